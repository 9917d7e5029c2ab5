//! `gantry run`: find the algorithm, run it, say what happened.

pub(crate) mod interrupts;
pub(crate) mod live_log;
pub(crate) mod overrides;
