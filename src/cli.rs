//! The command line: the tree of commands, their options and their help. No input or output, no
//! decisions; what the words mean is settled in [`crate::settings`].
//!
//! Environment variables are named in the help but not read here: clap would take an empty one
//! for a value, and a message could not say which of flag and variable it is about.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, PathBufValueParser, TypedValueParser as _};
use clap::{ArgAction, ArgMatches, Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::output::Format;
use crate::secret::Secret;

/// What the command line says, unjudged.
#[derive(Debug, Parser)]
#[command(
    name = "openai",
    display_name = "openai version",
    version,
    disable_version_flag = true,
    args_override_self = true,
    max_term_width = 100,
    about = "Look up files of the OpenAI API and of compatible servers",
    help_template = "{about}\n\n{usage-heading} {usage}\n\n{all-args}"
)]
pub struct Cli {
    /// What to do; without it the help is printed.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options, wherever they were typed.
    #[command(flatten)]
    pub options: Options,
    #[command(flatten)]
    early: EarlyIds,
    /// Print the version
    #[arg(short = 'V', short_alias = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// The commands of `openai`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Work with files of the Files API
    Files(Files),
    /// Print a completion script for a shell
    #[command(alias = "@completion")]
    Completion {
        /// The shell to complete in
        #[arg(value_enum, ignore_case = true)]
        shell: Shell,
    },
}

/// `openai files`
#[derive(Debug, Args)]
pub struct Files {
    /// What to do; without it the help is printed.
    #[command(subcommand)]
    pub command: Option<FilesCommand>,
    #[command(flatten)]
    early: EarlyIds,
}

/// The commands of `openai files`.
#[derive(Debug, Subcommand)]
pub enum FilesCommand {
    /// Look up files by id and print them
    Retrieve(Retrieve),
}

/// `openai files retrieve`
#[derive(Debug, Args)]
pub struct Retrieve {
    /// Ids of the files to look up; `-` reads them from standard input, one a line
    #[arg(value_name = "FILE_ID", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new())]
    ids: Vec<String>,
    /// The same as an option; may be repeated
    #[arg(
        long,
        value_name = "FILE_ID",
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        action = ArgAction::Append,
        value_parser = NonEmptyStringValueParser::new()
    )]
    file_id: Vec<String>,
}

/// `--file-id` before the command it belongs to: understood, though not in the help there.
#[derive(Debug, Args)]
struct EarlyIds {
    #[arg(
        long,
        hide = true,
        value_name = "FILE_ID",
        value_hint = ValueHint::Other,
        allow_hyphen_values = true,
        action = ArgAction::Append,
        value_parser = NonEmptyStringValueParser::new()
    )]
    file_id: Vec<String>,
}

/// The shells that completions can be written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bourne-again shell
    Bash,
    /// Z shell
    Zsh,
    /// Friendly interactive shell
    Fish,
    /// PowerShell
    #[value(name = "powershell", alias = "pwsh")]
    PowerShell,
    /// Elvish
    Elvish,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, as far as the environment does not say otherwise
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// Every option but the ids. All of them are accepted before, between and after the commands.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that people type"
)]
pub struct Options {
    /// Print files in this format [default: auto]
    #[arg(long, global = true, help_heading = OUTPUT, ignore_case = true)]
    pub format: Option<Format>,

    /// Print only this part of each file: a GJSON path such as `status`
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "GJSON", value_parser = NonEmptyStringValueParser::new())]
    pub transform: Option<String>,

    /// Print a result that is a string without quotes
    #[arg(short, long, global = true, help_heading = OUTPUT)]
    pub raw_output: bool,

    /// Print no files and no progress
    #[arg(short, long, global = true, help_heading = OUTPUT)]
    pub quiet: bool,

    /// Print the error object alone, in this format [default: auto]
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "FORMAT", ignore_case = true)]
    pub format_error: Option<Format>,

    /// Print only this part of the error object
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "GJSON", value_parser = NonEmptyStringValueParser::new())]
    pub transform_error: Option<String>,

    /// When to colour [default: auto]
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "WHEN", ignore_case = true)]
    pub color: Option<ColorChoice>,

    /// The same as `--color never`
    #[arg(long, global = true, hide = true, overrides_with = "color")]
    pub no_color: bool,

    /// Show requests and answers on standard error, secrets removed
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub debug: bool,

    /// Tell the status of the file by the exit code
    #[arg(long, global = true, help_heading = WAITING)]
    pub exit_status: bool,

    /// Wait until the file is processed or has failed
    #[arg(long, global = true, help_heading = WAITING)]
    pub wait: bool,

    /// Time between two looks [default: 5s]
    #[arg(long, global = true, help_heading = WAITING, value_name = "DURATION", value_parser = duration)]
    pub poll_interval: Option<Duration>,

    /// Longest time to wait [default: 30m]
    #[arg(long, global = true, help_heading = WAITING, value_name = "DURATION", value_parser = duration)]
    pub wait_timeout: Option<Duration>,

    /// API key [env: OPENAI_API_KEY]
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "KEY", value_hint = ValueHint::Other, value_parser = secret())]
    pub api_key: Option<Secret>,

    /// Read the API key from a file; `-` is standard input
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "PATH", value_hint = ValueHint::FilePath, value_parser = path())]
    pub api_key_file: Option<PathBuf>,

    /// Organization to act for [env: OPENAI_ORG_ID]
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "ID", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new())]
    pub organization: Option<String>,

    /// Project to act for [env: OPENAI_PROJECT_ID]
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "ID", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new())]
    pub project: Option<String>,

    /// PEM client certificate chain [env: OPENAI_MTLS_CLIENT_CERT_FILE]
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "PATH", value_hint = ValueHint::FilePath, value_parser = path())]
    pub mtls_client_cert_file: Option<PathBuf>,

    /// PEM private key of it [env: OPENAI_MTLS_CLIENT_KEY_FILE]
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "PATH", value_hint = ValueHint::FilePath, value_parser = path())]
    pub mtls_client_key_file: Option<PathBuf>,

    /// Server to ask [env: OPENAI_BASE_URL] [default: <https://api.openai.com/v1>]
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "URL", value_hint = ValueHint::Url, value_parser = NonEmptyStringValueParser::new())]
    pub base_url: Option<String>,

    /// Longest time one attempt may take [default: 10m]
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "DURATION", value_parser = positive_duration)]
    pub timeout: Option<Duration>,

    /// How often a failed request is repeated [default: 2]
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "N")]
    pub max_retries: Option<u32>,

    /// How many lookups are under way at once, 1 to 64 [default: 8]
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: Option<u8>,

    /// Accepted for scripts that wrap the official tool; not used
    #[arg(long, global = true, hide = true, value_name = "KEY", value_parser = secret())]
    admin_api_key: Option<Secret>,

    /// Accepted for scripts that wrap the official tool; not used
    #[arg(long, global = true, hide = true, value_name = "KEY", value_parser = secret())]
    webhook_secret: Option<Secret>,
}

const WAITING: &str = "Waiting";
const OUTPUT: &str = "Output";
const CONNECTION: &str = "Connection";
const AUTHENTICATION: &str = "Authentication";

/// The ids on the command line in the order they were typed, options and arguments mixed.
///
/// Takes what clap matched at the root, since the order is not kept in [`Cli`].
#[must_use]
pub fn ids(matches: &ArgMatches) -> Vec<String> {
    let mut ids = Vec::new();
    let mut level = Some(matches);
    while let Some(matches) = level {
        let mut here = Vec::new();
        for name in ["file_id", "ids"] {
            if let (Ok(Some(values)), Some(indices)) = (
                matches.try_get_many::<String>(name),
                matches
                    .try_contains_id(name)
                    .ok()
                    .and_then(|_| matches.indices_of(name)),
            ) {
                here.extend(indices.zip(values));
            }
        }
        here.sort_unstable_by_key(|(index, _)| *index);
        ids.extend(here.into_iter().map(|(_, id)| id.clone()));
        level = matches.subcommand().map(|(_, matches)| matches);
    }
    ids
}

fn secret() -> impl clap::builder::TypedValueParser<Value = Secret> {
    NonEmptyStringValueParser::new().map(Secret::new)
}

fn path() -> impl clap::builder::TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path.as_os_str().is_empty() {
            Err("the path is empty")
        } else {
            Ok(path)
        }
    })
}

/// A span of time as people type it: a bare number is seconds, else units as in `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = |text: &str| -> Option<Duration> {
        let number: f64 = text.parse().ok()?;
        Duration::try_from_secs_f64(number).ok()
    };
    let with_units = |text: &str| -> Option<Duration> {
        let span: jiff::SignedDuration = text.parse().ok()?;
        Duration::try_from(span).ok()
    };
    seconds(text)
        .or_else(|| with_units(text))
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| {
            "expected a time of at most 365 days, such as 500ms, 30s, 5m or 1h30m".to_owned()
        })
}

/// Far more than anybody waits, and small enough to be added to any clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("expected more than no time".to_owned()),
        duration => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn typed(args: &[&str]) -> Result<(Cli, Vec<String>), clap::Error> {
        let matches = Cli::command().try_get_matches_from(args)?;
        let ids = ids(&matches);
        let cli = <Cli as clap::FromArgMatches>::from_arg_matches(&matches)?;
        Ok((cli, ids))
    }

    #[test]
    fn the_tree_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn ids_keep_their_order_wherever_they_are_typed() {
        let args = "openai --file-id a files --file-id=b retrieve c --file-id -d e --file-id - f";
        let (_, ids) = typed(&args.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!(ids, ["a", "b", "c", "-d", "e", "-", "f"]);
    }

    #[test]
    fn the_last_of_an_option_wins_wherever_it_is_typed() {
        let args = "openai --format json files --format raw --timeout 3 retrieve a --format yaml --format TABLE";
        let (cli, _) = typed(&args.split(' ').collect::<Vec<_>>()).unwrap();
        assert_eq!(cli.options.format, Some(Format::Table));
        assert_eq!(cli.options.timeout, Some(Duration::from_secs(3)));
    }

    #[test]
    fn empty_values_are_refused() {
        for option in [
            "--file-id",
            "--api-key",
            "--api-key-file",
            "--base-url",
            "--transform",
            "--project",
        ] {
            assert!(
                typed(&["openai", "files", "retrieve", "a", option, ""]).is_err(),
                "{option}"
            );
        }
        assert!(typed(&["openai", "files", "retrieve", ""]).is_err());
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let (cli, _) = typed(&[
            "openai",
            "--api-key",
            "sk-1",
            "--admin-api-key",
            "sk-2",
            "--webhook-secret",
            "sk-3",
        ])
        .unwrap();
        assert!(!format!("{cli:?}").contains("sk-"));
    }

    #[test]
    fn durations_are_read_as_people_type_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("5", 5000),
            ("0.5", 500),
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "-1",
            "-1s",
            "nan",
            "inf",
            "1e30",
            "5 apples",
            "400d",
            "9999999999h",
            "1M",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(positive_duration("0").is_err());
    }
}
