//! RLE Lossless (PS3.5 annex G): one PackBits segment for each byte of each sample.

use super::pixel::Pixels;

/// Decodes one frame to little-endian interleaved samples.
pub(super) fn decode(frame: &[u8], pixels: &Pixels) -> Result<Vec<u8>, String> {
    let sample_bytes = usize::try_from(pixels.sample_bytes()).expect("at most 8");
    let samples = usize::try_from(pixels.samples).expect("1 or 3");
    let segments = sample_bytes * samples;
    let count = usize::try_from(pixels.per_frame()).map_err(|_| "is too large")?;
    let (words, _) = frame
        .get(..64)
        .ok_or("is shorter than its header")?
        .as_chunks::<4>();
    let word = |index: usize| u32::from_le_bytes(words[index]) as usize;
    if word(0) != segments {
        return Err(format!("expected {segments} segments, found {}", word(0)));
    }
    // Each pair of bytes gives at most 128.
    if count.div_ceil(64) > frame.len() {
        return Err(format!("{} bytes cannot hold {count} pixels", frame.len()));
    }
    let mut decoded = vec![0; count * segments];
    for segment in 0..segments {
        let from = word(segment + 1);
        let to = if segment + 1 < segments {
            word(segment + 2)
        } else {
            frame.len()
        };
        let bytes = frame
            .get(from..to)
            .ok_or_else(|| format!("segment {} lies outside of it", segment + 1))?;
        // The most significant byte comes first.
        let sample = segment / sample_bytes;
        let byte = sample_bytes - 1 - segment % sample_bytes;
        let found = unpack(
            bytes,
            &mut decoded[sample * sample_bytes + byte..],
            segments,
            count,
        );
        if found < count {
            return Err(format!(
                "segment {}: expected {count} bytes, found {found}",
                segment + 1
            ));
        }
    }
    Ok(decoded)
}

/// PackBits into every `step`-th byte; returns the bytes written, at most `count`.
fn unpack(bytes: &[u8], out: &mut [u8], step: usize, count: usize) -> usize {
    let mut written = 0;
    let mut at = 0;
    let mut put = |value: u8, written: &mut usize| {
        if *written < count {
            out[*written * step] = value;
            *written += 1;
        }
    };
    while written < count {
        let Some(control) = bytes.get(at) else {
            break;
        };
        at += 1;
        match *control {
            128 => {}
            literal @ 0..=127 => {
                let end = (at + usize::from(literal) + 1).min(bytes.len());
                for value in &bytes[at..end] {
                    put(*value, &mut written);
                }
                at = end;
            }
            repeat => {
                let Some(value) = bytes.get(at) else {
                    break;
                };
                at += 1;
                for _ in 0..257 - usize::from(repeat) {
                    put(*value, &mut written);
                }
            }
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals_are_unpacked() {
        let mut out = [0; 12];
        assert_eq!(unpack(&[2, 1, 2, 3, 254, 9, 128], &mut out, 2, 6), 6);
        assert_eq!(out, [1, 0, 2, 0, 3, 0, 9, 0, 9, 0, 9, 0]);
        assert_eq!(unpack(&[2, 1], &mut out, 1, 6), 1);
    }
}
