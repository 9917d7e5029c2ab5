//! The system call filter: a list of what programs need without any privilege; everything else is refused.
//!
//! It is what users of Docker's default profile expect for a container without capabilities, and stricter where that
//! profile is open: sockets of four families only, no tracing or reading of other processes, no io_uring, no keyrings.
//! A call that is not listed fails with `EPERM`; `clone3` fails with `ENOSYS`, so that the C library falls back to
//! `clone`, whose flags can be checked.

mod allowed;
mod search;

use seccompiler::BpfProgram;

use crate::sandbox::outcome::ShimError;
use search::Rule;

/// All `CLONE_NEW*` flags.
const NEW_NAMESPACE: u32 = 0x7E02_0080;
/// Address families that a program without network needs: `AF_UNIX`, `AF_INET`, `AF_INET6`, `AF_NETLINK`.
const SOCKET_FAMILIES: &[u32] = &[1, 2, 10, 16];
/// Execution domains that keep the usual memory layout protections: Linux, 32-bit addresses, the query.
const PERSONALITIES: &[u32] = &[0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF];
/// `ioctl` that fakes typed input on a terminal (`TIOCSTI`).
const FAKE_INPUT: u32 = 0x5412;

/// Calls that are allowed under conditions.
const CONDITIONAL: [(i64, Rule); 5] = [
    (libc::SYS_clone, Rule::NoneOfBits(0, NEW_NAMESPACE)),
    (libc::SYS_socket, Rule::OneOf(0, SOCKET_FAMILIES)),
    (libc::SYS_socketpair, Rule::OneOf(0, SOCKET_FAMILIES)),
    (libc::SYS_personality, Rule::OneOf(0, PERSONALITIES)),
    (libc::SYS_ioctl, Rule::Not(1, FAKE_INPUT)),
];

/// The compiled filters in the order in which they are installed.
pub(super) struct Filters {
    programs: [BpfProgram; 2],
}

/// How many calls are allowed, possibly with conditions; `clone3` is not one of them.
pub(super) fn allowed_calls() -> usize {
    allowed::CALLS.len() + CONDITIONAL.len()
}

impl Filters {
    /// Compiles the filters for this machine.
    pub(super) fn compile() -> Self {
        let always = allowed::CALLS.iter().map(|call| (*call, Rule::Always));
        // So that the second filter, not the first one, answers.
        let other = [(libc::SYS_clone3, Rule::Always)];
        let number = |(call, rule)| (u32::try_from(call).expect("calls have small numbers"), rule);
        let mut rules: Vec<_> = always.chain(CONDITIONAL).chain(other).map(number).collect();
        let clone3 = number(other[0]).0;
        rules.sort_unstable_by_key(|(number, _)| *number);
        Self {
            programs: [search::compile(&rules), search::unknown(clone3)],
        }
    }

    /// The filters as the kernel takes them, for a process that installs them on itself.
    pub(super) fn as_bytes(&self) -> [Vec<u8>; 2] {
        let bytes = |program: &BpfProgram| {
            let instruction = |one: &seccompiler::sock_filter| {
                let [a, b] = one.code.to_ne_bytes();
                let [c, d, e, f] = one.k.to_ne_bytes();
                [a, b, one.jt, one.jf, c, d, e, f]
            };
            program.iter().flat_map(instruction).collect()
        };
        self.programs.each_ref().map(bytes)
    }

    /// Installs the filters on this process and all it will start; new privileges must be off already.
    pub(super) fn install(&self) -> Result<(), ShimError> {
        let internal = |error| {
            ShimError::internal(format!("failed to install the system call filter: {error}"))
        };
        self.programs
            .iter()
            .try_for_each(|program| seccompiler::apply_filter(program).map_err(internal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seccompiler::{
        SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch,
    };
    use std::collections::BTreeMap;

    /// The same rules as a library for such filters writes them.
    fn as_the_library_has_it() -> [BpfProgram; 2] {
        let rule = |argument, operator, value: u32| {
            let length = SeccompCmpArgLen::Dword;
            let condition =
                SeccompCondition::new(argument, length, operator, u64::from(value)).unwrap();
            SeccompRule::new(vec![condition]).unwrap()
        };
        let equal = |values: &[u32]| -> Vec<_> {
            let values = values.iter();
            values
                .map(|value| rule(0, SeccompCmpOp::Eq, *value))
                .collect()
        };
        let families = [
            libc::AF_UNIX,
            libc::AF_INET,
            libc::AF_INET6,
            libc::AF_NETLINK,
        ]
        .map(i32::cast_unsigned);
        let namespaces = SeccompCmpOp::MaskedEq(u64::from(NEW_NAMESPACE));
        let fake_input = u32::try_from(libc::TIOCSTI).unwrap();
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            allowed::CALLS.iter().map(|call| (*call, vec![])).collect();
        rules.extend([
            (libc::SYS_clone, vec![rule(0, namespaces, 0)]),
            (libc::SYS_socket, equal(&families)),
            (libc::SYS_socketpair, equal(&families)),
            (libc::SYS_personality, equal(PERSONALITIES)),
            (libc::SYS_ioctl, vec![rule(1, SeccompCmpOp::Ne, fake_input)]),
            (libc::SYS_clone3, vec![]),
        ]);
        let errno = |code: i32| SeccompAction::Errno(code.cast_unsigned());
        let (allow, refuse, unknown) = (
            SeccompAction::Allow,
            errno(libc::EPERM),
            errno(libc::ENOSYS),
        );
        let clone3 = BTreeMap::from([(libc::SYS_clone3, vec![])]);
        [
            SeccompFilter::new(rules, refuse, allow.clone(), TargetArch::x86_64),
            SeccompFilter::new(clone3, allow, unknown, TargetArch::x86_64),
        ]
        .map(|filter| filter.unwrap().try_into().unwrap())
    }

    /// What a filter answers, as the kernel runs it; `data` is `struct seccomp_data`.
    fn answer(program: &BpfProgram, data: &[u32; 16]) -> u32 {
        let (mut at, mut loaded) = (0, 0);
        loop {
            let step = &program[at];
            let mut skip = |holds| at += usize::from(if holds { step.jt } else { step.jf });
            match step.code {
                0x20 => loaded = data[usize::try_from(step.k).unwrap() / 4],
                0x54 => loaded &= step.k,
                0x05 => at += usize::try_from(step.k).unwrap(),
                0x15 => skip(loaded == step.k),
                0x25 => skip(loaded > step.k),
                0x35 => skip(loaded >= step.k),
                0x45 => skip(loaded & step.k != 0),
                0x06 => return step.k,
                other => panic!("instruction {other:#x}"),
            }
            at += 1;
        }
    }

    #[test]
    fn answers_every_call_as_the_library_does() {
        let (ours, theirs) = (Filters::compile().programs, as_the_library_has_it());
        let near = |value: u32| [value.wrapping_sub(1), value, value.wrapping_add(1)];
        let bits = (0..32).map(|bit| 1 << bit);
        let values = (0..64).chain(PERSONALITIES.iter().copied().flat_map(near));
        let values: Vec<u32> = values.chain(bits).chain(near(FAKE_INPUT)).collect();
        // All that the kernel has, those with the bit of 32-bit pointers, and the last ones.
        let numbers = (0..1024)
            .chain(0x4000_0000..0x4000_0400)
            .chain([u32::MAX - 1, u32::MAX]);
        for number in numbers {
            let looks = CONDITIONAL
                .iter()
                .any(|(call, _)| *call == i64::from(number));
            for &value in values.iter().take(if looks { values.len() } else { 4 }) {
                for (argument, upper) in [(0, 0), (1, 0), (0, 1), (1, u32::MAX)] {
                    let mut data = [0; 16];
                    (data[0], data[1]) = (number, 0xC000_003E);
                    (data[4 + 2 * argument], data[5 + 2 * argument]) = (value, upper);
                    let got = ours.each_ref().map(|filter| answer(filter, &data));
                    let expected = theirs.each_ref().map(|filter| answer(filter, &data));
                    assert_eq!(
                        got, expected,
                        "call {number}, argument {argument} {value:#x}"
                    );
                }
            }
        }
    }

    #[test]
    fn ends_a_process_with_calls_of_another_architecture() {
        let mut data = [0; 16];
        // 32-bit x86, in which 1 is `exit` and 102 `socketcall`.
        for (number, architecture) in [(1, 0x4000_0003), (102, 0x4000_0003), (1, 0)] {
            (data[0], data[1]) = (number, architecture);
            for filter in Filters::compile().programs {
                assert_eq!(answer(&filter, &data), libc::SECCOMP_RET_KILL_PROCESS);
            }
        }
    }

    #[test]
    fn is_short_and_leaves_out_what_escapes_use() {
        let [filter, _] = Filters::compile().programs;
        assert!(filter.len() < 400, "{} instructions", filter.len());
        for call in [
            libc::SYS_mount,
            libc::SYS_ptrace,
            libc::SYS_bpf,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_keyctl,
            libc::SYS_io_uring_setup,
            libc::SYS_userfaultfd,
            libc::SYS_open_by_handle_at,
            libc::SYS_name_to_handle_at,
            libc::SYS_process_vm_readv,
            libc::SYS_kexec_load,
            libc::SYS_perf_event_open,
        ] {
            assert!(
                !allowed::CALLS.contains(&call),
                "call {call} must not be allowed"
            );
        }
    }
}
