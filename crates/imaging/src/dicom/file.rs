//! One file: preamble, file meta information and data set up to the samples.

use super::data_set::{DataSet, shortened};
use super::input::Input;
use super::parse::{Parser, PixelElement, Style, is_vr};
use super::syntax::Syntax;
use super::tag;
use crate::error::ReadProblem;
use crate::source::ReadSeek;

/// Bytes before the magic word.
const PREAMBLE: usize = 128;

/// A file whose header was read; the input stands at the first byte of the samples.
pub(super) struct File<'a> {
    pub(super) set: DataSet,
    pub(super) syntax: Syntax,
    pub(super) pixels: PixelElement,
    pub(super) input: Input<'a>,
    pub(super) warnings: Vec<String>,
}

/// True when the magic word stands behind the preamble.
pub(crate) fn has_magic(start: &[u8]) -> bool {
    start
        .get(PREAMBLE..)
        .is_some_and(|rest| rest.starts_with(b"DICM"))
}

/// True when the start of a file looks like DICOM: the magic word, or a first element of group 2 or 8.
pub(crate) fn looks_like(start: &[u8]) -> bool {
    has_magic(start) || bare(start).is_some()
}

/// How a data set without preamble is written, judged by its first element.
fn bare(start: &[u8]) -> Option<Style> {
    let (element, rest) = start.split_first_chunk::<4>()?;
    let field = rest.first_chunk::<4>()?;
    let has_vr = is_vr([field[0], field[1]]);
    let big_endian = matches!(element, [0, 2 | 8, 0, _]);
    if !big_endian && !matches!(element, [2 | 8, 0, _, 0]) {
        return None;
    }
    let length = u32::from_le_bytes(*field);
    // Without a VR only little-endian exists, and what comes first is short.
    (has_vr || (!big_endian && element[0] == 8 && length <= 256 && length.is_multiple_of(2)))
        .then_some(Style {
            explicit: has_vr,
            big_endian,
        })
}

impl<'a> File<'a> {
    /// Reads the header.
    pub(super) fn open(file: &'a mut dyn ReadSeek) -> Result<File<'a>, ReadProblem> {
        let mut warnings = Vec::new();
        let mut input = Input::new(file)?;
        let mut start = [0; PREAMBLE + 12];
        let known = usize::try_from(input.remaining())
            .unwrap_or(usize::MAX)
            .min(start.len());
        input.fill(&mut start[..known], "header")?;
        let after_preamble = PREAMBLE + 4;
        let has_preamble = start[PREAMBLE..].starts_with(b"DICM");
        let begin = if has_preamble { after_preamble } else { 0 };
        let begin_bytes = &start[begin..known.max(begin)];
        if !has_preamble {
            warnings.push("there is no preamble: this is no complete DICOM file".into());
        }
        let begin = begin as u64;
        input.go_to(begin)?;
        let syntax = if begin_bytes.starts_with(&[2, 0]) {
            meta(&mut input, begin, &mut warnings)?
        } else {
            let style = bare(begin_bytes).ok_or_else(|| ReadProblem::UnknownFormat {
                looks_like: "it does not look like DICOM".into(),
            })?;
            Syntax {
                big_endian: style.big_endian,
                ..Syntax::little_endian(style.explicit)
            }
        };
        let set;
        let pixels;
        {
            let style = style(&mut input, &syntax, &mut warnings)?;
            let mut parser = Parser::new(&mut input, style);
            set = parser.data_set(None, 0)?;
            pixels = parser.pixels;
        }
        let pixels = pixels.ok_or_else(|| without_pixels(&set))?;
        Ok(File {
            set,
            syntax,
            pixels,
            input,
            warnings,
        })
    }
}

fn without_pixels(set: &DataSet) -> ReadProblem {
    match set.text(tag::MODALITY) {
        Some(modality) if set.unsigned(tag::ROWS).is_none() => ReadProblem::Unsupported(format!(
            "is a DICOM object without an image (modality {})",
            shortened(&modality)
        )),
        Some(_) | None => ReadProblem::MissingField("PixelData".into()),
    }
}

/// The file meta information; the input then stands at the first byte of the data set.
fn meta(
    input: &mut Input<'_>,
    begin: u64,
    warnings: &mut Vec<String>,
) -> Result<Syntax, ReadProblem> {
    let end = end_of_meta(input)?;
    input.go_to(begin)?;
    let style = Style {
        explicit: true,
        big_endian: false,
    };
    let set = Parser::new(input, style).data_set(Some(end), 1)?;
    input.go_to(end)?;
    let Some(uid) = set.text(tag::TRANSFER_SYNTAX) else {
        warnings.push("`TransferSyntaxUID` is missing: judged by the first attribute".into());
        let mut next = [0; 8];
        let style = if input.remaining() >= 8 {
            input.fill(&mut next, "header")?;
            input.go_to(end)?;
            bare(&next)
        } else {
            None
        };
        let style = style.ok_or_else(|| ReadProblem::MissingField("TransferSyntaxUID".into()))?;
        return Ok(Syntax {
            big_endian: style.big_endian,
            ..Syntax::little_endian(style.explicit)
        });
    };
    let syntax = Syntax::of(&uid)?;
    if syntax.deflated {
        input.inflate();
    }
    Ok(syntax)
}

/// Where group 2 ends: its own length attribute is often wrong or missing, so the elements are walked.
fn end_of_meta(input: &mut Input<'_>) -> Result<u64, ReadProblem> {
    loop {
        let at = input.position();
        let Some([group, 0, _, _, v, r, low, high]) = input.next::<8>("file meta information")?
        else {
            return Ok(at);
        };
        if group != 2 || !is_vr([v, r]) {
            return Ok(at);
        }
        let length = if matches!(&[v, r], b"OB" | b"UN" | b"OW" | b"UT" | b"SQ") {
            let mut length = [0; 4];
            input.fill(&mut length, "file meta information")?;
            u32::from_le_bytes(length).into()
        } else {
            u64::from(u16::from_le_bytes([low, high]))
        };
        input.skip(length, "file meta information")?;
    }
}

/// How the data set is really written: some writers state explicit VR and write implicit, and the other way round.
fn style(
    input: &mut Input<'_>,
    syntax: &Syntax,
    warnings: &mut Vec<String>,
) -> Result<Style, ReadProblem> {
    let stated = Style {
        explicit: syntax.explicit,
        big_endian: syntax.big_endian,
    };
    if syntax.deflated || input.remaining() < 8 {
        return Ok(stated);
    }
    let at = input.position();
    let mut first = [0; 8];
    input.fill(&mut first, "header")?;
    input.go_to(at)?;
    let explicit = is_vr([first[4], first[5]]);
    if explicit != stated.explicit {
        let (found, expected) = if explicit {
            ("explicit", "implicit")
        } else {
            ("implicit", "explicit")
        };
        warnings.push(format!(
            "`TransferSyntaxUID` says {expected} VR, the attributes are {found} VR"
        ));
    }
    Ok(Style { explicit, ..stated })
}
