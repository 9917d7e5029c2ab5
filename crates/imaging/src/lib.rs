//! Read, check, convert, write and render medical images.
