//! Where the compressed frames of a file lie.

use super::data_set::refused;
use super::input::Input;
use super::syntax::Coding;
use super::tag;
use crate::error::ReadProblem;

/// One fragment: where it starts and how long it is, with its first bytes.
struct Fragment {
    at: u64,
    length: u32,
    start: [u8; 4],
}

/// Pieces of one frame: place and bytes.
pub(super) type Pieces = Vec<(u64, u32)>;

/// Walks the fragments and gathers those of each frame. The input stands behind the pixel data element.
pub(super) fn frames(
    input: &mut Input<'_>,
    frames: u64,
    coding: Coding,
) -> Result<Vec<Pieces>, ReadProblem> {
    let (offsets, fragments) = walk(input)?;
    let count = fragments.len() as u64;
    // RLE has one fragment for a frame by the standard (PS3.5 A.4.2), but single frames in several are about.
    if frames == 1 || count == frames {
        let single = |fragment: &Fragment| (fragment.at, fragment.length);
        return Ok(if frames == 1 {
            vec![fragments.iter().map(single).collect()]
        } else {
            fragments.iter().map(|one| vec![single(one)]).collect()
        });
    }
    let first = fragments.first().map_or(0, |fragment| fragment.at);
    let starts_frame = |fragment: &Fragment| {
        if offsets.len() as u64 == frames {
            offsets.binary_search(&(fragment.at - first)).is_ok()
        } else {
            match coding {
                Coding::Jpeg => fragment.start.starts_with(b"\xff\xd8"),
                Coding::Jpeg2000 => {
                    fragment.start.starts_with(b"\xff\x4f") || fragment.start == *b"\0\0\0\x0c"
                }
                Coding::Rle | Coding::Native => true,
            }
        }
    };
    let mut gathered: Vec<Pieces> = Vec::new();
    for fragment in &fragments {
        let piece = (fragment.at, fragment.length);
        match gathered.last_mut() {
            Some(frame) if !starts_frame(fragment) => frame.push(piece),
            Some(_) | None => gathered.push(vec![piece]),
        }
    }
    if gathered.len() as u64 != frames {
        return Err(refused(
            tag::FRAMES,
            &format!("the number of frames in `PixelData`, {}", gathered.len()),
            &frames.to_string(),
        ));
    }
    Ok(gathered)
}

/// The basic offset table, sorted, and all fragments that are not empty.
fn walk(input: &mut Input<'_>) -> Result<(Vec<u64>, Vec<Fragment>), ReadProblem> {
    let what = "fragment of `PixelData`";
    let mut offsets = None;
    let mut fragments = Vec::new();
    while let Some([a, b, c, d, e, f, g, h]) = input.next::<8>(what)? {
        let found =
            u32::from(u16::from_le_bytes([a, b])) << 16 | u32::from(u16::from_le_bytes([c, d]));
        let length = u32::from_le_bytes([e, f, g, h]);
        match found {
            tag::ITEM => {}
            tag::SEQUENCE_END => break,
            other => return Err(refused(tag::PIXELS, "a fragment", &tag::name(other))),
        }
        if offsets.is_none() {
            let table = input.take(length.into(), "offset table of `PixelData`")?;
            let (words, _) = table.as_chunks::<4>();
            let mut table: Vec<u64> = words
                .iter()
                .map(|word| u32::from_le_bytes(*word).into())
                .collect();
            table.sort_unstable();
            offsets = Some(table);
            continue;
        }
        input.promise(length.into(), what)?;
        let at = input.position();
        let mut start = [0; 4];
        if length >= 4 {
            input.fill(&mut start, what)?;
            input.skip(u64::from(length) - 4, what)?;
        } else {
            input.skip(length.into(), what)?;
        }
        if length > 0 {
            fragments.push(Fragment { at, length, start });
        }
    }
    if fragments.is_empty() {
        return Err(refused(tag::PIXELS, "compressed frames", "none"));
    }
    // A sorted table is searched quickly; the offsets are those of the item headers, as are the places here.
    Ok((offsets.unwrap_or_default(), fragments))
}
