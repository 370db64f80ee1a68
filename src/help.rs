//! What clap has to say, in our colours and with our exit codes: help, version, and mistakes on
//! the command line.

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap::builder::StyledStr;

use crate::cli::{Cli, ColorChoice};
use crate::error::Exit;
use crate::settings::{self, Environment};
use crate::terminal::{self, Stream};

/// Prints the help of `openai` or of one of its commands on standard output.
///
/// # Errors
/// Those of standard output.
pub(crate) fn print(command: Option<&str>, stdout: Stream) -> anyhow::Result<Exit> {
    let mut root = Cli::command();
    root.build();
    let help = match command.and_then(|name| root.find_subcommand_mut(name)) {
        Some(command) => command.render_help(),
        None => root.render_help(),
    };
    let mut out = io::stdout().lock();
    out.write_all(styled(&help, stdout.color).as_bytes())?;
    out.flush()?;
    Ok(Exit::Success)
}

/// Prints what clap answered instead of a parsed command line: the help or version that was asked
/// for on standard output, anything else on standard error as a usage error.
pub(crate) fn answer(
    error: &clap::Error,
    args: &[OsString],
    environment: &Environment<'_>,
) -> Exit {
    let choice = color_choice(args);
    let colored = |stream: Stream| settings::color(choice, environment, stream.is_terminal);
    let text = error.render();
    if error.use_stderr() {
        let text = styled(&text, colored(terminal::stderr()));
        // Where this fails there is nobody left to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
        return Exit::Usage;
    }
    let mut out = io::stdout().lock();
    let text = styled(&text, colored(terminal::stdout()));
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failure,
        _ => Exit::Success,
    }
}

fn styled(text: &StyledStr, color: bool) -> String {
    if color {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
}

/// The choice of colour in `args`, which clap has not made sense of.
fn color_choice(args: &[OsString]) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    let mut words = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(word) = words.next() {
        let value = match word.as_ref() {
            "--" => break,
            "--no-color" => Some("never".into()),
            "--color" => words.next(),
            word => word
                .strip_prefix("--color=")
                .map(|value| value.to_owned().into()),
        };
        if let Some(value) = value {
            choice = clap::ValueEnum::from_str(&value, true).unwrap_or(choice);
        }
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_colour_is_found_without_clap() {
        for (line, expected) in [
            ("openai --help", ColorChoice::Auto),
            ("openai --no-color --help", ColorChoice::Never),
            ("openai --color always --help", ColorChoice::Always),
            ("openai --color=ALWAYS --color never", ColorChoice::Never),
            ("openai --color sometimes", ColorChoice::Auto),
            ("openai -- --no-color", ColorChoice::Auto),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(color_choice(&args), expected, "{line}");
        }
    }
}
