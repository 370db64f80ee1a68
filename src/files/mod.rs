//! `openai files`: commands on the files of the Files API.

pub mod id;
mod ids;
pub mod object;
pub mod retrieve;
pub mod wait;
