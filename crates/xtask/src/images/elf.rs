//! Whether a program needs nothing beside itself.

/// Program header type of the path of a dynamic loader (ELF-64, `PT_INTERP`).
const INTERPRETER: u32 = 3;

/// True for a 64-bit x86 Linux program that names no dynamic loader.
pub(super) fn is_static_amd64(program: &[u8]) -> bool {
    segment_types(program).is_some_and(|mut types| types.all(|kind| kind != INTERPRETER))
}

/// Types of the program headers; `None` for anything but ELF-64, little-endian, x86-64.
fn segment_types(program: &[u8]) -> Option<impl Iterator<Item = u32>> {
    let is_amd64 = program.starts_with(b"\x7fELF\x02\x01") && number(program, 18, 2)? == 62;
    let first = number(program, 32, 8)?;
    let bytes_each = number(program, 54, 2)?;
    let count = number(program, 56, 2)?;
    let types: Option<Vec<u32>> = (0..count)
        .map(|index| {
            let kind = number(program, first.checked_add(index * bytes_each)?, 4)?;
            u32::try_from(kind).ok()
        })
        .collect();
    types
        .filter(|types| is_amd64 && !types.is_empty())
        .map(Vec::into_iter)
}

/// A little-endian number of `bytes` bytes.
fn number(program: &[u8], offset: usize, bytes: usize) -> Option<usize> {
    let digits = program.get(offset..offset.checked_add(bytes)?)?;
    Some(
        digits
            .iter()
            .rev()
            .fold(0, |value, digit| value << 8 | usize::from(*digit)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF header and one program header of the type.
    fn program(machine: u8, segment: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (bytes[18], bytes[32], bytes[54], bytes[56]) = (machine, 64, 56, 1);
        bytes[64] = segment;
        bytes
    }

    #[test]
    fn a_loader_makes_a_program_dynamic() {
        assert!(is_static_amd64(&program(62, 1)));
        assert!(!is_static_amd64(&program(62, 3)));
    }

    #[test]
    fn other_machines_and_other_files_are_not_taken() {
        assert!(!is_static_amd64(&program(183, 1)));
        assert!(!is_static_amd64(b"#!/bin/sh\n"));
        assert!(!is_static_amd64(&program(62, 1)[..66]));
        assert!(!is_static_amd64(b""));
    }
}
