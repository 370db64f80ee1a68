//! The `openai` command: look up files of the `OpenAI` Files API.
//!
//! argv becomes a [`cli::Cli`], that becomes [`settings::Settings`], they drive a
//! [`client::Client`], what it finds is printed by [`output::Printer`], and failures become a
//! message and an [`error::Exit`] in one place. Each arrow is one function, and none calls one that
//! comes before it. What a file is ([`files::id`], [`files::object`]) all of them know.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | [`cli`], [`docs`] | the words: commands, options, help; what documents share |
//! | `help`, [`completion`] | what is answered without a lookup: help, mistakes, completions |
//! | [`settings`] | their meaning: precedence and validation |
//! | [`client`] | one lookup: request, retries, what can go wrong |
//! | [`files`] | the command: many lookups, waiting, the object |
//! | [`output`] | objects to standard output, in every format |
//! | [`console`], `live` | everything said on standard error; the line that is drawn again |
//! | [`error`] | failures, in words and as exit codes |
//! | [`json`], [`terminal`], [`secret`] | text that is JSON, hostile, or must not be seen |
//! | `columns` | text on a terminal: measured, cut, wrapped and coloured |

pub mod cli;
pub mod client;
mod columns;
pub mod completion;
pub mod console;
pub mod docs;
pub mod error;
pub mod files;
mod help;
pub mod json;
mod live;
pub mod output;
pub mod secret;
pub mod settings;
pub mod terminal;

use std::ffi::OsString;

use clap::FromArgMatches as _;

use crate::cli::{Cli, Command, Files, FilesCommand, Options};
use crate::client::Client;
use crate::console::Console;
use crate::error::{Exit, Failure};
use crate::output::Format;
use crate::secret::Secret;
use crate::settings::{Environment, IdSource, Settings};

/// Runs the command line `args`, whose first word is the name of the program, to its exit code.
/// Objects go to standard output, everything else to standard error.
pub fn run(args: impl IntoIterator<Item = OsString>, environment: &Environment<'_>) -> Exit {
    console::hide_panics();
    // `colored` would decide once for the whole process; here each stream decides for itself and
    // calls it only where it has colour.
    colored::control::set_override(true);
    let args: Vec<OsString> = args.into_iter().collect();
    // The tree is left to the end of the process: freeing it piece by piece is a tenth of all
    // that a lookup executes.
    let tree = Box::leak(Box::new(help::tree(&args)));
    let parsed = tree
        .try_get_matches_from_mut(&args)
        .and_then(|matches| Ok((cli::ids(&matches), Cli::from_arg_matches(&matches)?)));
    let (
        ids,
        Cli {
            command, options, ..
        },
    ) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return help::answer(error, &args, environment),
    };
    let output = settings::output(&options, &ids, cli::color(&args), environment);
    // A mistake may be to have put the key somewhere else.
    let typed = help::typed(&args);
    let secrets = help::secrets(Vec::new(), environment, &typed);
    let console = Console::new(&output, secrets);
    let outcome = match command {
        Some(Command::Files(Files {
            command: Some(FilesCommand::Retrieve(_)),
            ..
        })) => retrieve(&options, ids, environment, &output, &typed),
        Some(Command::Completion { shell }) => terminal::standard_output()
            .and_then(|mut out| completion::write(shell, &mut out))
            .map(|()| Exit::Success)
            .map_err(Into::into),
        Some(Command::Files(_)) => help::print(&["openai", "files", "-h"], output.stdout),
        None => help::print(&["openai", "-h"], output.stdout),
    };
    outcome.unwrap_or_else(|error| console.settle(error, &output))
}

/// `openai files retrieve`; the keys that were `typed` are not printed, wherever they were put.
fn retrieve(
    options: &Options,
    ids: Vec<String>,
    environment: &Environment<'_>,
    output: &output::Settings,
    typed: &[Secret],
) -> anyhow::Result<Exit> {
    let settings = settings::settle(options, ids, environment)?;
    // From here on it is known what must not be printed.
    let secrets = help::secrets(settings.connection.secrets(), environment, typed);
    let console = Console::new(output, secrets);
    Ok(look_up(&settings, output, &console).unwrap_or_else(|error| console.settle(error, output)))
}

/// After how many turns of connections the clock is looked at: one that a server floods takes long
/// for each of its turns, and the time of a lookup must end all the same. After each, but where many
/// files are looked up once: that would take a quarter longer.
fn event_interval(settings: &Settings) -> u32 {
    /// In files.
    const MANY: usize = 64;
    let is_many = settings.ids.len() > MANY || settings.ids.contains(&IdSource::Stdin);
    if is_many && settings.lookup.wait.is_none() {
        4
    } else {
        1
    }
}

/// Looks up what `settings` ask for.
fn look_up(
    settings: &Settings,
    output: &output::Settings,
    console: &Console,
) -> anyhow::Result<Exit> {
    if output.format == Format::Explore && !output.quiet {
        if output.stdout.is_terminal {
            console.note("the explore viewer is not there yet; this is the table view");
        } else {
            console.warn("the format explore needs a terminal; falling back to json");
        }
    }
    let client = Client::new(&settings.connection, console)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .event_interval(event_interval(settings))
        .build()
        .map_err(|error| {
            let why = error::io_words(&error);
            Failure::new(Exit::Failure, format!("cannot start: {why}"))
        })?;
    let out = terminal::standard_output()?;
    let exit = runtime.block_on(files::retrieve::run(
        settings, output, &client, console, out,
    ));
    // A read of standard input may be under way for ever; it ends with the process.
    runtime.shutdown_background();
    exit
}
