//! `openai files`: commands on the files of the Files API.

pub mod id;
pub mod object;
pub mod retrieve;
pub mod wait;
