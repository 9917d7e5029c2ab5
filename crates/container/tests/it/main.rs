//! Tests of the crate from outside, in one program.

#[cfg(test)]
mod docker_engine;
#[cfg(test)]
mod image;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod trial_disk;
