//! Tests of the public face of the crate, on files that the tests make and on files by others where they are present.

#[cfg(test)]
mod convert;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod dicom;
#[cfg(test)]
mod edge_cases;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod render;
#[cfg(test)]
mod slide;
#[cfg(test)]
mod tiffs;
#[cfg(test)]
mod uploads;
