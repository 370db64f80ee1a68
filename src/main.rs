//! The process of the `openai` command.

fn main() {}
