//! What goes over the wire, object by object (`gcapi.md` section 4).

mod algorithm;
mod image;
mod job;
mod socket;
mod value;

pub(super) use algorithm::{algorithm, algorithm_image};
pub(super) use image::image;
pub(super) use job::{job, posted_job};
pub(super) use socket::socket;
pub(crate) use value::value;
pub(super) use value::written_value;
