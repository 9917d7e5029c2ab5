//! Writes a DICOM series: little-endian, explicit, one slice per file.

use std::path::Path;

/// Voxels are numbered from 0.
pub(crate) const COUNTED: fn(u16) -> u16 = |index| index;

/// Slices of 3 × 2 voxels of 0.5 × 0.7 mm, 1.5 mm apart. Files are named against the order of the slices.
pub(crate) fn write(folder: &Path, slices: u16, voxel: fn(u16) -> u16) {
    fs_err::create_dir_all(folder).expect("a folder of the test");
    for number in 0..slices {
        let name = format!("{}.dcm", slices - number);
        fs_err::write(folder.join(name), slice(number, voxel)).expect("a file of the test");
    }
}

/// Numbered voxels, as bytes.
pub(crate) fn voxels(slices: u16) -> Vec<u8> {
    (0..slices * 6).flat_map(u16::to_le_bytes).collect()
}

fn slice(number: u16, voxel: fn(u16) -> u16) -> Vec<u8> {
    let text = |tag, vr, value: &str| {
        let mut value = value.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == "UI" { 0 } else { b' ' });
        }
        short(tag, vr, &value)
    };
    let word = |tag, value: u16| short(tag, "US", &value.to_le_bytes());
    let meta = text(0x0002_0010, "UI", "1.2.840.10008.1.2.1");
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    let length = u32::try_from(meta.len()).expect("short");
    file.extend(short(0x0002_0000, "UL", &length.to_le_bytes()));
    file.extend(meta);
    for element in [
        text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
        text(0x0008_0018, "UI", &format!("1.2.3.{}", number + 1)),
        text(0x0008_0060, "CS", "CT"),
        text(0x0010_0010, "PN", "Doe^Jane"),
        text(0x0010_0020, "LO", "4711"),
        text(0x0020_000d, "UI", "1.2.3"),
        text(0x0020_000e, "UI", "1.2.840.99.5"),
        text(0x0020_0013, "IS", &(number + 1).to_string()),
        text(
            0x0020_0032,
            "DS",
            &format!("-5\\7\\{}", f64::from(number) * 1.5),
        ),
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
    ] {
        file.extend(element);
    }
    file.extend([0xe0, 0x7f, 0x10, 0, b'O', b'W', 0, 0, 12, 0, 0, 0]);
    file.extend((number * 6..number * 6 + 6).flat_map(|index| voxel(index).to_le_bytes()));
    file
}

fn short(tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    let [group, element] = [tag >> 16, tag & 0xffff].map(|half| u16::try_from(half).expect("half"));
    let mut bytes = [group.to_le_bytes(), element.to_le_bytes()].concat();
    bytes.extend(vr.as_bytes());
    bytes.extend(u16::try_from(value.len()).expect("short").to_le_bytes());
    bytes.extend(value);
    bytes
}
