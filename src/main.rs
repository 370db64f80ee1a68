//! The process of the `openai` command.

use std::process::ExitCode;

use openai_cli::settings::Environment;

fn main() -> ExitCode {
    openai_cli::run(std::env::args_os(), &Environment::of_process()).into()
}
