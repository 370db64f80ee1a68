//! `openai files`: commands on the files of the Files API.

mod backlog;
pub mod id;
mod ids;
pub mod object;
pub mod retrieve;
pub mod wait;
