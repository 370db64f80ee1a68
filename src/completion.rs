//! `openai completion`: a script that lets a shell complete the command line.

use std::io::{self, Write};

use clap::CommandFactory as _;
use clap_complete::aot::{Generator as _, Shell as Target};

use crate::cli::{Cli, Shell};

/// Writes the completion script for `shell` to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    let target = match shell {
        Shell::Bash => Target::Bash,
        Shell::Zsh => Target::Zsh,
        Shell::Fish => Target::Fish,
        Shell::PowerShell => Target::PowerShell,
        Shell::Elvish => Target::Elvish,
    };
    let mut command = Cli::command();
    command.set_bin_name("openai");
    command.build();
    // Generating into memory first: the generators take a failing writer for a bug of theirs.
    let mut script = Vec::new();
    target.try_generate(&command, &mut script)?;
    out.write_all(&script)
}
