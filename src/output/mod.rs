//! How results are written.

mod columns;
mod human;
mod layout;
pub mod pretty;
#[cfg(test)]
mod samples;
pub mod table;
