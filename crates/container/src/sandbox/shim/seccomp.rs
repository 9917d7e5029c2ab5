//! The system call filter: a list of what programs need without any privilege; everything else is refused.
//!
//! It is what users of Docker's default profile expect for a container without capabilities, and stricter where that
//! profile is open: sockets of four families only, no tracing or reading of other processes, no io_uring, no keyrings.
//! A call that is not listed fails with `EPERM`; `clone3` fails with `ENOSYS`, so that the C library falls back to
//! `clone`, whose flags can be checked.

mod allowed;

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::sandbox::outcome::ShimError;

/// All `CLONE_NEW*` flags.
const NEW_NAMESPACE: u64 = 0x7E02_0080;
/// Address families that a program without network needs.
const SOCKET_FAMILIES: [i32; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];
/// Execution domains that keep the usual memory layout protections: Linux, 32-bit addresses, the query.
const PERSONALITIES: [u64; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF];

/// The compiled filters in the order in which they are installed.
pub(super) struct Filters {
    programs: Vec<BpfProgram>,
}

/// How many calls are allowed, possibly with conditions; `clone3` is not one of them.
pub(super) fn allowed_calls() -> usize {
    allowed::CALLS.len() + CONDITIONAL
}

/// Calls that are allowed under conditions.
const CONDITIONAL: usize = 5;

impl Filters {
    /// Compiles the filters for this machine.
    pub(super) fn compile() -> Result<Self, ShimError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            allowed::CALLS.iter().map(|call| (*call, vec![])).collect();
        rules.extend(conditional_rules()?);
        let allow_list = SeccompFilter::new(
            rules,
            SeccompAction::Errno(libc::EPERM.cast_unsigned()),
            SeccompAction::Allow,
            TargetArch::x86_64,
        );
        let unknown_to_us = SeccompFilter::new(
            BTreeMap::from([(libc::SYS_clone3, vec![])]),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::ENOSYS.cast_unsigned()),
            TargetArch::x86_64,
        );
        let programs = [allow_list, unknown_to_us]
            .into_iter()
            .map(|filter| BpfProgram::try_from(filter.map_err(internal)?).map_err(internal))
            .collect::<Result<_, ShimError>>()?;
        Ok(Self { programs })
    }

    /// Installs the filters on this process and all it will start; new privileges must be off already.
    pub(super) fn install(&self) -> Result<(), ShimError> {
        self.programs
            .iter()
            .try_for_each(|program| seccompiler::apply_filter(program).map_err(internal))
    }
}

fn internal(error: impl std::fmt::Display) -> ShimError {
    ShimError::internal(format!("failed to install the system call filter: {error}"))
}

fn conditional_rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, ShimError> {
    let any_of = |argument, values: &[u64]| -> Result<Vec<SeccompRule>, ShimError> {
        values
            .iter()
            .map(|value| rule(argument, SeccompCmpOp::Eq, *value))
            .collect()
    };
    let families: Vec<u64> = SOCKET_FAMILIES
        .iter()
        .map(|family| u64::from(family.cast_unsigned()))
        .collect();
    Ok(BTreeMap::from([
        (
            libc::SYS_clone,
            vec![rule(0, SeccompCmpOp::MaskedEq(NEW_NAMESPACE), 0)?],
        ),
        (libc::SYS_socket, any_of(0, &families)?),
        (libc::SYS_socketpair, any_of(0, &families)?),
        (libc::SYS_personality, any_of(0, &PERSONALITIES)?),
        // Faking typed input on a terminal.
        (
            libc::SYS_ioctl,
            vec![rule(1, SeccompCmpOp::Ne, libc::TIOCSTI)?],
        ),
        // So that the second filter, not this one, answers.
        (libc::SYS_clone3, vec![]),
    ]))
}

fn rule(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, ShimError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
        .map_err(internal)?;
    SeccompRule::new(vec![condition]).map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiles_and_leaves_out_what_escapes_use() {
        Filters::compile().unwrap();
        assert_eq!(conditional_rules().unwrap().len(), CONDITIONAL + 1);
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
