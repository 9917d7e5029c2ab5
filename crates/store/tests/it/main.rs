//! The store on a real database in a temporary folder.
