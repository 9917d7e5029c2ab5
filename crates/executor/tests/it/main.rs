//! The crate from outside: whole jobs on real containers.

#[cfg(test)]
mod algorithm;
#[cfg(test)]
#[path = "../../../container/tests/it/docker_engine.rs"]
#[expect(dead_code, reason = "tests of the sandbox also crash it")]
mod docker_engine;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod image;
#[cfg(test)]
mod in_an_engine;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod job;
#[cfg(test)]
mod model;
#[cfg(test)]
mod outputs;
#[cfg(test)]
mod report;
#[cfg(test)]
mod template;
#[cfg(test)]
mod without_root;
