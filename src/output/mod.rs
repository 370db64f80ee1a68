//! How objects become text: one module per format.

pub mod json;
pub mod yaml;
