//! Walks a data set up to its samples: no recursion without a bound, no value held that is not asked for.

use super::data_set::{DataSet, Value, refused};
use super::input::Input;
use super::tag::{self, Kind, Tag};
use crate::error::ReadProblem;

/// An item or sequence that ends with a delimiter.
const UNDEFINED: u32 = u32::MAX;
/// Sequences inside each other; real files have fewer than ten.
const MAX_DEPTH: usize = 32;
/// One value that is kept, bytes; the largest are palettes of 65 536 entries.
const MAX_VALUE: u32 = 1 << 20;
/// Values kept of one file, bytes.
const MAX_KEPT: usize = 64 << 20;

/// How elements are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
}

/// The element that holds the samples; the input stands at its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PixelElement {
    pub(super) tag: Tag,
    /// `None` for fragments.
    pub(super) length: Option<u32>,
    /// Stored as 16-bit words, which a big-endian file turns around even where samples have 8 bits.
    pub(super) words: bool,
}

struct Header {
    tag: Tag,
    vr: [u8; 2],
    length: u32,
}

/// Reads attributes one after the other.
pub(super) struct Parser<'a, 'b> {
    input: &'a mut Input<'b>,
    style: Style,
    kept: usize,
    /// Set when the samples are reached.
    pub(super) pixels: Option<PixelElement>,
}

impl<'a, 'b> Parser<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, style: Style) -> Parser<'a, 'b> {
        Parser {
            input,
            style,
            kept: 0,
            pixels: None,
        }
    }

    /// The elements of a part of the file: up to byte `end`, a delimiter, the samples or the end of the file.
    pub(super) fn data_set(
        &mut self,
        end: Option<u64>,
        depth: usize,
    ) -> Result<DataSet, ReadProblem> {
        let mut set = DataSet::default();
        loop {
            if end.is_some_and(|end| self.input.position() >= end) {
                return Ok(set);
            }
            let Some(header) = self.header()? else {
                return Ok(set);
            };
            if header.tag == tag::ITEM_END || (depth == 0 && header.tag == 0) {
                return Ok(set);
            }
            if depth == 0 && tag::is_pixels(header.tag) {
                let length = (header.length != UNDEFINED).then_some(header.length);
                self.pixels = Some(PixelElement {
                    tag: header.tag,
                    length,
                    words: header.vr == *b"OW",
                });
                return Ok(set);
            }
            if let Some(value) = self.value(&header, depth)? {
                set.0.entry(header.tag).or_insert(value);
            }
        }
    }

    fn value(&mut self, header: &Header, depth: usize) -> Result<Option<Value>, ReadProblem> {
        let what = || tag::name(header.tag);
        let kind = tag::kind(header.tag);
        if header.length == UNDEFINED && matches!(&header.vr, b"OB" | b"OW") {
            // Compressed pixels of an icon: what their fragments hold is no data set.
            return self.skip_fragments(header).map(|()| None);
        }
        let is_sequence = header.length == UNDEFINED
            || kind == Some(Kind::Sequence) && header.vr != *b"UN"
            || header.vr == *b"SQ" && header.length > 0 && kind.is_some();
        if is_sequence {
            if header.length != UNDEFINED {
                self.input.promise(header.length.into(), &what())?;
            }
            let style = self.style;
            if header.vr == *b"UN" {
                // PS3.5 6.2.2: what is inside is implicit VR, little-endian.
                self.style = Style {
                    explicit: false,
                    big_endian: false,
                };
            }
            let items = self.items(header, depth + 1);
            self.style = style;
            return items.map(|items| kind.map(|_| Value::Items(items)));
        }
        let Some(kind) = kind.filter(|_| header.length <= MAX_VALUE) else {
            self.input.skip(header.length.into(), &what())?;
            return Ok(None);
        };
        self.kept += header.length as usize;
        if self.kept > MAX_KEPT {
            return Err(ReadProblem::Unsupported(
                "the attributes take more than 64 MiB".into(),
            ));
        }
        let mut bytes = self.input.take(header.length.into(), &what())?;
        if self.style.big_endian {
            swap(&mut bytes, word_bytes(header.vr, kind));
        }
        Ok(Some(Value::Bytes(bytes)))
    }

    fn items(&mut self, sequence: &Header, depth: usize) -> Result<Vec<DataSet>, ReadProblem> {
        if depth > MAX_DEPTH {
            return Err(refused(
                sequence.tag,
                &format!("at most {MAX_DEPTH} sequences inside each other"),
                "more",
            ));
        }
        let end = (sequence.length != UNDEFINED)
            .then(|| self.input.position() + u64::from(sequence.length));
        let mut items = Vec::new();
        loop {
            if end.is_some_and(|end| self.input.position() >= end) {
                return Ok(items);
            }
            let Some((tag, length)) = self.item_header()? else {
                return Ok(items);
            };
            match tag {
                tag::SEQUENCE_END => return Ok(items),
                tag::ITEM => {
                    let end =
                        (length != UNDEFINED).then(|| self.input.position() + u64::from(length));
                    let item = self.data_set(end, depth)?;
                    if tag::kind(sequence.tag).is_some() {
                        self.kept += size_of::<DataSet>();
                        items.push(item);
                    }
                }
                other => {
                    return Err(refused(sequence.tag, "an item", &tag::name(other)));
                }
            }
        }
    }

    fn skip_fragments(&mut self, pixels: &Header) -> Result<(), ReadProblem> {
        while let Some((tag, length)) = self.item_header()? {
            match tag {
                tag::SEQUENCE_END => return Ok(()),
                tag::ITEM => self.input.skip(length.into(), &tag::name(pixels.tag))?,
                other => return Err(refused(pixels.tag, "a fragment", &tag::name(other))),
            }
        }
        Ok(())
    }

    fn item_header(&mut self) -> Result<Option<(Tag, u32)>, ReadProblem> {
        let Some([a, b, c, d, e, f, g, h]) = self.input.next::<8>("item of a sequence")? else {
            return Ok(None);
        };
        Ok(Some((self.tag([a, b, c, d]), self.long([e, f, g, h]))))
    }

    fn tag(&self, [a, b, c, d]: [u8; 4]) -> Tag {
        let (group, element) = if self.style.big_endian {
            (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
        } else {
            (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
        };
        Tag::from(group) << 16 | Tag::from(element)
    }

    fn long(&self, bytes: [u8; 4]) -> u32 {
        if self.style.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    fn header(&mut self) -> Result<Option<Header>, ReadProblem> {
        let Some([a, b, c, d]) = self.input.next::<4>("attribute")? else {
            return Ok(None);
        };
        let tag = self.tag([a, b, c, d]);
        let mut rest = [0; 4];
        self.input.fill(&mut rest, "attribute")?;
        let implicit = Header {
            tag,
            vr: *b"  ",
            length: self.long(rest),
        };
        let is_delimiter = tag >> 16 == 0xfffe;
        if is_delimiter || !self.style.explicit {
            return Ok(Some(implicit));
        }
        let [v, r, low, high] = rest;
        let vr = [v, r];
        if !is_vr(vr) {
            // Some writers forget the VR of one element: what stands there is the length.
            return Ok(Some(implicit));
        }
        let length = if has_long_length(vr) {
            let mut length = [0; 4];
            self.input.fill(&mut length, "attribute")?;
            self.long(length)
        } else if self.style.big_endian {
            u16::from_be_bytes([low, high]).into()
        } else {
            u16::from_le_bytes([low, high]).into()
        };
        Ok(Some(Header { tag, vr, length }))
    }
}

/// True for the value representations of the standard.
pub(super) fn is_vr(vr: [u8; 2]) -> bool {
    const KNOWN: &[u8] = b"AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV";
    KNOWN.as_chunks::<2>().0.contains(&vr)
}

fn has_long_length(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"OB"
            | b"OD"
            | b"OF"
            | b"OL"
            | b"OV"
            | b"OW"
            | b"SQ"
            | b"SV"
            | b"UC"
            | b"UN"
            | b"UR"
            | b"UT"
            | b"UV"
    )
}

fn word_bytes(vr: [u8; 2], kind: Kind) -> usize {
    match &vr {
        b"US" | b"SS" | b"OW" | b"AT" => 2,
        b"UL" | b"SL" | b"FL" | b"OL" | b"OF" => 4,
        b"FD" | b"OD" | b"SV" | b"UV" | b"OV" => 8,
        b"UN" => match kind {
            Kind::Text | Kind::Bytes | Kind::Sequence => 1,
            Kind::Words => 2,
            Kind::Longs => 4,
            Kind::Doubles => 8,
        },
        _ => 1,
    }
}

/// Turns the bytes of every word around.
pub(super) fn swap(bytes: &mut [u8], word: usize) {
    if word > 1 {
        bytes.chunks_exact_mut(word).for_each(<[u8]>::reverse);
    }
}
