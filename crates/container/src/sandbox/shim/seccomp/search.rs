//! The filter as a program for the kernel: a binary search over the numbers of system calls.
//!
//! The kernel runs a new filter once for every call it knows, to remember those that are always allowed. A list that is
//! walked from the front makes that a millisecond for every container; a search takes a tenth of that.

use seccompiler::{BpfProgram, sock_filter};

/// When a call is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Never,
    Always,
    /// The lower half of an argument is one of these.
    OneOf(u8, &'static [u32]),
    /// The lower half of an argument has none of these bits.
    NoneOfBits(u8, u32),
    /// The lower half of an argument is not this.
    Not(u8, u32),
}

const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

// Where the kernel's `struct seccomp_data` has what.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;
const ARGUMENT_BYTES: u32 = 8;

const X86_64: u32 = 0xC000_003E;

/// Allows calls by their rules, given in ascending order of numbers; refuses all others with `EPERM`; ends processes
/// that use another architecture's calls.
pub(super) fn compile(rules: &[(u32, Rule)]) -> BpfProgram {
    let mut program = vec![
        statement(LOAD, ARCHITECTURE),
        branch(IF_EQUAL, X86_64, 1, 0),
        statement(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        statement(LOAD, NUMBER),
    ];
    program.extend(search(&ranges(rules)));
    program
}

/// Says of one call that the kernel does not know it; allows all others.
pub(super) fn unknown(number: u32) -> BpfProgram {
    vec![
        statement(LOAD, ARCHITECTURE),
        branch(IF_EQUAL, X86_64, 1, 0),
        statement(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
        statement(LOAD, NUMBER),
        branch(IF_EQUAL, number, 0, 1),
        statement(
            RETURN,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned(),
        ),
        statement(RETURN, libc::SECCOMP_RET_ALLOW),
    ]
}

/// All numbers there are, as ranges of one rule each: where each begins, and its rule.
fn ranges(rules: &[(u32, Rule)]) -> Vec<(u32, Rule)> {
    let mut ranges = vec![(0, Rule::Never)];
    for &(number, rule) in rules {
        for (begin, rule) in [(number, rule), (number + 1, Rule::Never)] {
            ranges.retain(|(other, _)| *other != begin);
            ranges.push((begin, rule));
        }
    }
    ranges.dedup_by_key(|(_, rule)| *rule);
    ranges
}

/// Finds the range of the loaded number and decides by its rule.
fn search(ranges: &[(u32, Rule)]) -> BpfProgram {
    let (low, high) = ranges.split_at(ranges.len() / 2);
    let (Some(_), Some((begin, _))) = (low.first(), high.first()) else {
        return high.first().map_or(vec![], |(_, rule)| decide(*rule));
    };
    let low = search(low);
    let mut program = match u8::try_from(low.len()) {
        Ok(over) => vec![branch(IF_AT_LEAST, *begin, over, 0)],
        Err(_) => {
            let over = u32::try_from(low.len()).expect("filters are short");
            vec![branch(IF_AT_LEAST, *begin, 0, 1), statement(JUMP, over)]
        }
    };
    program.extend(low);
    program.extend(search(high));
    program
}

fn decide(rule: Rule) -> BpfProgram {
    let allow = statement(RETURN, libc::SECCOMP_RET_ALLOW);
    let refuse = statement(
        RETURN,
        libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned(),
    );
    let load = |argument| {
        let offset = ARGUMENTS + ARGUMENT_BYTES * u32::from(argument);
        statement(LOAD, offset)
    };
    match rule {
        Rule::Never => vec![refuse],
        Rule::Always => vec![allow],
        Rule::OneOf(argument, values) => {
            let compare = |value: &u32| [branch(IF_EQUAL, *value, 0, 1), allow.clone()];
            let mut program = vec![load(argument)];
            program.extend(values.iter().flat_map(compare));
            program.push(refuse);
            program
        }
        Rule::NoneOfBits(argument, bits) => {
            vec![
                load(argument),
                branch(IF_ANY_BIT, bits, 1, 0),
                allow,
                refuse,
            ]
        }
        Rule::Not(argument, value) => {
            vec![load(argument), branch(IF_EQUAL, value, 1, 0), allow, refuse]
        }
    }
}

fn statement(code: u16, k: u32) -> sock_filter {
    branch(code, k, 0, 0)
}

/// Skips `jt` instructions if the comparison holds, else `jf`.
fn branch(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_neighbours_with_one_rule() {
        let rules = [
            (0, Rule::Always),
            (1, Rule::Always),
            (2, Rule::Not(0, 7)),
            (5, Rule::Always),
        ];
        let expected = [
            (0, Rule::Always),
            (2, Rule::Not(0, 7)),
            (3, Rule::Never),
            (5, Rule::Always),
            (6, Rule::Never),
        ];
        assert_eq!(ranges(&rules), expected);
    }
}
