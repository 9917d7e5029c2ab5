//! Archives in, images out: what is kept, what is checked and what is refused.

pub(crate) mod builder;
mod compressions;
mod damage;
mod documents;
mod formats;
mod found;
mod indexed;
mod keeping;
mod layers;
mod members;
mod read_file;
mod removal;
mod repeats;
