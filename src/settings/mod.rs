//! From what was typed, the environment and the terminal to [`Settings`]: every precedence rule
//! and every validation stands here, once.

mod connection;
mod environment;
mod no_proxy;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use crate::cli::{ColorChoice, Options};
use crate::error::Failure;
use crate::files::id::{BadId, FileId};
use crate::output::{self, Format};
use crate::terminal::{self, Stream};

pub use self::connection::{
    Connection, Credentials, DEFAULT_BASE_URL, Proxy, Tls, UserInfo, path_of, without_user_info,
};
pub use self::environment::Environment;

/// How many lookups are under way at once.
const CONCURRENCY: u8 = 8;

/// How often `--wait` looks (SDK default of `wait_for_processing`).
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// How long `--wait` waits (SDK default of `wait_for_processing`).
const WAIT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// Everything a lookup needs to know.
#[derive(Debug)]
pub struct Settings {
    /// What to look up, in this order.
    pub ids: Vec<IdSource>,
    /// How to look it up.
    pub lookup: Lookup,
    /// How to reach the server.
    pub connection: Connection,
}

/// Where ids come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdSource {
    /// The command line.
    Given(FileId),
    /// Standard input, one a line.
    Stdin,
}

/// How files are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// Whether the exit code tells the status of the file.
    pub exit_status: bool,
    /// Whether to wait until the file is processed, and how.
    pub wait: Option<Wait>,
}

/// How to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// From one look to the next.
    pub interval: Duration,
    /// From the moment the file could be asked for, be it its turn or not, to giving up.
    pub timeout: Duration,
}

/// Settles what `options` and `ids`, as typed, and the environment mean.
///
/// Reads the file of `--api-key-file`, if there is one; nothing else is touched.
///
/// # Errors
/// A [`Failure`] that names what cannot be used; [`Exit::Authentication`]
/// where a key is needed and there is none.
pub fn settle(
    options: &Options,
    ids: Vec<String>,
    environment: &Environment<'_>,
) -> Result<Settings, Failure> {
    let ids = id_sources(ids)?;
    let reads_ids = ids.contains(&IdSource::Stdin);
    let key_from_stdin =
        options.api_key.is_none() && options.api_key_file.as_deref() == Some(Path::new("-"));
    if reads_ids && key_from_stdin {
        return Err(Failure::usage(
            "standard input cannot be both the API key (--api-key-file -) and the ids (-)",
        ));
    }
    if !options.wait {
        for (flag, value) in [
            ("--poll-interval", options.poll_interval),
            ("--wait-timeout", options.wait_timeout),
        ] {
            if value.is_some() {
                return Err(Failure::usage(format!("{flag} needs --wait")));
            }
        }
    }
    let lookup = Lookup {
        concurrency: usize::from(options.concurrency.unwrap_or(CONCURRENCY)),
        exit_status: options.exit_status,
        wait: options.wait.then(|| Wait {
            interval: options.poll_interval.unwrap_or(POLL_INTERVAL),
            timeout: options.wait_timeout.unwrap_or(WAIT_TIMEOUT),
        }),
    };
    Ok(Settings {
        ids,
        lookup,
        connection: connection::settle(options, environment)?,
    })
}

/// Settles how to print: what `options` and the `choice` of colour ask for, on the streams as they
/// are. It depends on nothing that can be wrong, so that whatever is wrong can be told in the form
/// that was asked for.
#[must_use]
pub fn output(
    options: &Options,
    ids: &[String],
    choice: ColorChoice,
    environment: &Environment<'_>,
) -> output::Settings {
    let colored = |stream| colored(stream, choice, environment);
    let stderr = terminal::stderr();
    output::Settings {
        format: options.format.unwrap_or(Format::Auto),
        transform: options.transform.clone(),
        error_format: options.format_error.unwrap_or(Format::Auto),
        error_transform: options.transform_error.clone(),
        raw_output: options.raw_output,
        quiet: options.quiet,
        debug: options.debug,
        several: ids.len() > 1 || ids.iter().any(|id| id == "-"),
        stdout: colored(terminal::stdout()),
        stderr: colored(stderr),
        live: stderr.is_terminal && !is_log(environment),
    }
}

fn id_sources(ids: Vec<String>) -> Result<Vec<IdSource>, Failure> {
    if ids.is_empty() {
        return Err(Failure::usage("no file id").hint(
            "name one: openai files retrieve FILE_ID, or `-` to read ids from standard input",
        ));
    }
    let mut sources = Vec::with_capacity(ids.len());
    for id in ids {
        let source = if id == "-" {
            if sources.contains(&IdSource::Stdin) {
                return Err(Failure::usage("standard input (-) can be read once only"));
            }
            IdSource::Stdin
        } else {
            IdSource::Given(FileId::new(id.as_str()).map_err(|bad| {
                Failure::usage(match bad {
                    BadId::Pem => format!("an id cannot be looked up: {bad}"),
                    _ => format!("cannot look up `{id}`: {bad}"),
                })
            })?)
        };
        sources.push(source);
    }
    Ok(sources)
}

/// Whether what is written to a terminal is kept as a log, or shown by a terminal that cannot
/// move its cursor. The services for continuous integration set `CI`; some of them provide a
/// terminal.
fn is_log(environment: &Environment<'_>) -> bool {
    let is = |name, value: &str| environment.get(name).is_some_and(|found| found == value);
    is("TERM", "dumb") || (environment.get("CI").is_some() && !is("CI", "false"))
}

/// `stream`, coloured if it is to be.
#[must_use]
pub fn colored(stream: Stream, choice: ColorChoice, environment: &Environment<'_>) -> Stream {
    Stream {
        color: color(choice, environment, stream.is_terminal),
        ..stream
    }
}

/// Whether to colour a stream: what was typed, else `NO_COLOR` (no-color.org), else `FORCE_COLOR`
/// or `CLICOLOR_FORCE`, else `CLICOLOR` and `TERM`, else whether it is a terminal.
fn color(choice: ColorChoice, environment: &Environment<'_>, is_terminal: bool) -> bool {
    let is = |name, values: &[&str]| {
        environment
            .get(name)
            .is_some_and(|value| values.iter().any(|expected| value == *expected))
    };
    let set = |name| environment.get(name).is_some();
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if set("FORCE_COLOR") => !is("FORCE_COLOR", &["0", "false"]),
        ColorChoice::Auto if set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", &["0"]) => true,
        ColorChoice::Auto if is("CLICOLOR", &["0"]) || is("TERM", &["dumb"]) => false,
        ColorChoice::Auto => is_terminal,
    }
}
