//! The `openai` command: look up files of the OpenAI Files API.

pub mod files;
pub mod json;
pub mod output;
pub mod terminal;
