//! The Files API: its object, and one module for each of its commands.

pub mod object;
