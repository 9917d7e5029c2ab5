//! Writes DICOM files, element by element.

pub(super) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub(super) const IMPLICIT: &str = "1.2.840.10008.1.2";
pub(super) const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
pub(super) const RLE: &str = "1.2.840.10008.1.2.5";

/// A value as the test means it; how it is written depends on the transfer syntax.
#[derive(Clone)]
pub(super) enum Is {
    Text(String),
    Words(Vec<u16>),
    Bytes(Vec<u8>),
    Items(Vec<Vec<Element>>),
    Fragments(Vec<Vec<u8>>),
}

pub(super) type Element = (u32, &'static str, Is);

pub(super) fn text(tag: u32, vr: &'static str, value: &str) -> Element {
    (tag, vr, Is::Text(value.to_owned()))
}

pub(super) fn word(tag: u32, value: u16) -> Element {
    (tag, "US", Is::Words(vec![value]))
}

pub(super) fn sequence(tag: u32, items: Vec<Vec<Element>>) -> Element {
    (tag, "SQ", Is::Items(items))
}

#[derive(Clone, Copy)]
pub(super) struct Style {
    explicit: bool,
    big_endian: bool,
}

impl Style {
    pub(super) fn of(syntax: &str) -> Style {
        Style {
            explicit: syntax != IMPLICIT,
            big_endian: syntax == BIG_ENDIAN,
        }
    }

    fn word(self, value: u16) -> [u8; 2] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn long(self, value: u32) -> [u8; 4] {
        if self.big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn tag(self, tag: u32) -> [u8; 4] {
        let half = |half: u32| self.word(u16::try_from(half).unwrap());
        let ([a, b], [c, d]) = (half(tag >> 16), half(tag & 0xffff));
        [a, b, c, d]
    }

    pub(super) fn write(self, elements: &[Element], out: &mut Vec<u8>) {
        let mut sorted = elements.to_vec();
        sorted.sort_by_key(|(tag, _, _)| *tag);
        for (tag, vr, value) in &sorted {
            let mut bytes = Vec::new();
            let mut undefined = false;
            match value {
                Is::Text(text) => bytes.extend(text.bytes()),
                Is::Words(words) => bytes.extend(words.iter().flat_map(|word| self.word(*word))),
                Is::Bytes(given) => bytes.clone_from(given),
                Is::Items(items) => {
                    for item in items {
                        bytes.extend(self.tag(0xfffe_e000));
                        bytes.extend(self.long(u32::MAX));
                        self.write(item, &mut bytes);
                        bytes.extend(self.tag(0xfffe_e00d));
                        bytes.extend([0; 4]);
                    }
                }
                Is::Fragments(fragments) => {
                    undefined = true;
                    for fragment in [Vec::new()].iter().chain(fragments) {
                        bytes.extend(self.tag(0xfffe_e000));
                        bytes.extend(self.long(u32::try_from(fragment.len()).unwrap()));
                        bytes.extend(fragment);
                    }
                    bytes.extend(self.tag(0xfffe_e0dd));
                    bytes.extend([0; 4]);
                }
            }
            if bytes.len() % 2 == 1 {
                bytes.push(if matches!(value, Is::Text(_)) {
                    b' '
                } else {
                    0
                });
            }
            let length = if undefined {
                u32::MAX
            } else {
                u32::try_from(bytes.len()).unwrap()
            };
            out.extend(self.tag(*tag));
            if self.explicit {
                out.extend(vr.bytes());
                if matches!(*vr, "OB" | "OW" | "SQ" | "UN") {
                    out.extend([0; 2]);
                    out.extend(self.long(length));
                } else {
                    out.extend(self.word(u16::try_from(length).unwrap()));
                }
            } else {
                out.extend(self.long(length));
            }
            out.extend(bytes);
        }
    }
}

/// A whole file.
pub(super) fn file(syntax: &str, elements: &[Element]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    Style::of(EXPLICIT).write(
        &[text(0x0002_0010, "UI", &format!("{syntax}\0"))],
        &mut bytes,
    );
    Style::of(syntax).write(elements, &mut bytes);
    bytes
}

/// 3 × 2 pixels of 16 bits, the samples little-endian words.
pub(super) fn grey(samples: &[u16]) -> Vec<Element> {
    vec![
        text(0x0008_0060, "CS", "CT"),
        text(0x0020_000d, "UI", "1.2.3"),
        text(0x0020_000e, "UI", "1.2.4"),
        text(0x0020_0032, "DS", "-10\\20\\5.5"),
        text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0"),
        word(0x0028_0002, 1),
        text(0x0028_0004, "CS", "MONOCHROME2"),
        word(0x0028_0010, 2),
        word(0x0028_0011, 3),
        text(0x0028_0030, "DS", "0.7\\0.5"),
        word(0x0028_0100, 16),
        word(0x0028_0101, 16),
        word(0x0028_0102, 15),
        word(0x0028_0103, 0),
        (0x7fe0_0010, "OW", Is::Words(samples.to_vec())),
    ]
}

/// The same with some elements replaced or added.
pub(super) fn with(mut elements: Vec<Element>, changes: Vec<Element>) -> Vec<Element> {
    for change in changes {
        elements.retain(|(tag, _, _)| *tag != change.0);
        elements.push(change);
    }
    elements
}
