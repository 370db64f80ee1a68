//! The command line: the tree of commands, their options and their help. No input or output, no
//! decisions; what the words mean is settled in [`crate::settings`].
//!
//! Environment variables are named in the help but not read here: clap would take an empty one
//! for a value, and a message could not say which of flag and variable it is about.

#![expect(
    clippy::doc_markdown,
    reason = "doc comments of options are help text, not Markdown"
)]

use std::ffi::OsString;
use std::num::IntErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, PathBufValueParser, TypedValueParser as _};
use clap::{ArgAction, ArgMatches, Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::docs;
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
    help_template = "{about}\n\n{usage-heading} {usage}\n\n{all-args}{after-help}"
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
        /// Shell to complete in
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
    #[command(long_about = docs::RETRIEVE)]
    Retrieve(Retrieve),
}

/// `openai files retrieve`
#[derive(Debug, Args)]
pub struct Retrieve {
    /// Ids of the files; - reads them from stdin, one a line
    ///
    /// Files are printed in the order of their ids. Blank lines on standard input are skipped; it
    /// is read only where - asks for it.
    #[arg(value_name = "FILE_ID", value_hint = ValueHint::Other, help_heading = LOOKUP, display_order = 0, value_parser = NonEmptyStringValueParser::new())]
    ids: Vec<String>,
    /// The same as an option; may be repeated
    ///
    /// As the official tool has it. Both forms may be mixed; here the id may begin with a dash.
    #[arg(
        long,
        value_name = "FILE_ID",
        value_hint = ValueHint::Other,
        help_heading = LOOKUP,
        display_order = 1,
        allow_hyphen_values = true,
        action = ArgAction::Append,
        value_parser = NonEmptyStringValueParser::new()
    )]
    file_id: Vec<String>,
}

/// `--file-id` before the command it belongs to: understood, though not in the help there.
#[derive(Debug, Args)]
struct EarlyIds {
    /// Id of a file
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
///
/// The first paragraph of each is its line in `-h`, 80 columns wide; the others follow in
/// `--help` and in the manual.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that people type"
)]
pub struct Options {
    /// Lookups at once, 1 to 64 [default: 8]
    ///
    /// The output keeps the order of the ids all the same. After "too many requests" (429) there is
    /// one at a time, unless it takes more than 250 ms, and by and by there are more again.
    #[arg(long, global = true, help_heading = LOOKUP, display_order = 2, value_name = "N", value_hint = ValueHint::Other, allow_negative_numbers = true, value_parser = concurrency)]
    pub concurrency: Option<u8>,

    /// Print json, jsonl, yaml, raw, table or pretty
    ///
    /// The default is auto. Names may be typed in any case.
    #[arg(long, global = true, help_heading = OUTPUT, ignore_case = true, hide_possible_values = true)]
    pub format: Option<Format>,

    /// Print only the part at this GJSON path
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "GJSON", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new(), long_help = docs::TRANSFORM)]
    pub transform: Option<String>,

    /// Print a string without its quotes
    ///
    /// For scripts: the bare text of a field that `--transform` picks, or `--transform-error`. Any
    /// other result is printed as ever.
    #[arg(short, long, global = true, help_heading = OUTPUT)]
    pub raw_output: bool,

    /// Print no files and no progress
    ///
    /// Errors are still told, and the exit code is the same.
    #[arg(short, long, global = true, help_heading = OUTPUT)]
    pub quiet: bool,

    /// When to colour: auto, always or never
    ///
    /// The default is auto. `--no-color` is the same as `--color never`. Standard output and
    /// standard error are judged apart.
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "WHEN", ignore_case = true, hide_possible_values = true)]
    pub color: Option<ColorChoice>,

    /// The same as `--color never`
    #[arg(long, global = true, hide = true)]
    pub no_color: bool,

    /// Show requests and answers, without secrets
    ///
    /// For each attempt: method, URL, headers, status and times, on standard error. The API key,
    /// the values of custom headers and cookies are replaced; bodies are never shown.
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub debug: bool,

    /// Print the error object alone, in this format
    ///
    /// For scripts: standard error then holds what the server sent as its error, or an object
    /// with the same fields (message, type, param, code) where no server answered, and no
    /// progress. The formats are those of `--format`; auto is the report for people. Warnings, and
    /// options that are unknown or have a wrong value, are told in words all the same.
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "FORMAT", ignore_case = true, hide_possible_values = true)]
    pub format_error: Option<Format>,

    /// Print only this part of the error object
    ///
    /// A GJSON path, as for `--transform`. Where it finds nothing the report for people is
    /// printed, so that no failure gets lost.
    #[arg(long, global = true, help_heading = OUTPUT, value_name = "GJSON", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new())]
    pub transform_error: Option<String>,

    /// Wait until the file is processed or has failed
    ///
    /// Asks again until the status is processed, error or deleted, then prints the file as it was
    /// last seen. The exit code tells how it ended: 0 for processed, 9 for error and deleted, 8
    /// where the time ran out. Several files, up to 1024, are waited for together; each has its own
    /// time.
    #[arg(long, global = true, help_heading = WAITING)]
    pub wait: bool,

    /// Longest time to wait for a file [default: 30m]
    ///
    /// Needs `--wait`. A bare number is seconds; 500ms, 30s, 5m and 1h30m are understood, too. The
    /// last look is taken up to a second before the end, so that its answer can arrive.
    #[arg(long, global = true, help_heading = WAITING, value_name = "DURATION", value_hint = ValueHint::Other, allow_negative_numbers = true, value_parser = duration)]
    pub wait_timeout: Option<Duration>,

    /// Time between two looks [default: 5s]
    ///
    /// Needs `--wait`. A server may ask for another time with the header openai-poll-after-ms.
    #[arg(long, global = true, help_heading = WAITING, value_name = "DURATION", value_hint = ValueHint::Other, allow_negative_numbers = true, value_parser = positive_duration)]
    pub poll_interval: Option<Duration>,

    /// Tell the status of the file by the exit code
    ///
    /// 0 for a file that is processed, 8 for one that is not yet, 9 for error and deleted.
    /// Implied by `--wait`.
    #[arg(long, global = true, help_heading = WAITING)]
    pub exit_status: bool,

    /// Server to ask [env: OPENAI_BASE_URL]
    ///
    /// Any http or https URL, https://api.openai.com/v1 if nothing is said. The path
    /// /files/FILE_ID is appended to its path; its query is kept.
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "URL", value_hint = ValueHint::Other, value_parser = secret())]
    pub base_url: Option<Secret>,

    /// Longest time for one attempt [default: 10m]
    ///
    /// From connecting to the last byte of the answer; connecting alone may take 5 seconds. A
    /// bare number is seconds; 500ms, 30s, 5m and 1h30m are understood, too.
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "DURATION", value_hint = ValueHint::Other, allow_negative_numbers = true, value_parser = positive_duration)]
    pub timeout: Option<Duration>,

    /// Repeats of a failed request [default: 2]
    ///
    /// Repeated are the answers 408, 409, 429 and 5xx, failed connections, and answers that were
    /// cut off: after about 0.5 to 8 seconds, or when the server says in Retry-After, if that is
    /// within 2 minutes. Never repeated: a quota that is used up, a certificate that is not
    /// trusted. 0 means no repeats. After a 429 no lookup begins or is repeated before that time is
    /// over. A request did not fail that came over a connection which the server kept and then
    /// ended, or that a server of HTTP/2 handed back unread: it is sent again at once, up to twice,
    /// and up to eight times where both happen.
    #[arg(long, global = true, help_heading = CONNECTION, value_name = "N", value_hint = ValueHint::Other, allow_negative_numbers = true, value_parser = retries)]
    pub max_retries: Option<u32>,

    /// Read the API key from a file; - is stdin
    ///
    /// White space around the key is dropped. This keeps the key out of the list of processes and
    /// of the history of the shell.
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "PATH", value_hint = ValueHint::FilePath, value_parser = path())]
    pub api_key_file: Option<PathBuf>,

    /// API key [env: OPENAI_API_KEY]
    ///
    /// Everybody on the machine can see it in the output of ps: better use `--api-key-file` or
    /// the variable. Servers that need no key are asked without one; api.openai.com is not.
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "KEY", value_hint = ValueHint::Other, value_parser = secret())]
    pub api_key: Option<Secret>,

    /// Organization [env: OPENAI_ORG_ID]
    ///
    /// The organization to act for; sent as the header OpenAI-Organization.
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "ID", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new())]
    pub organization: Option<String>,

    /// Project [env: OPENAI_PROJECT_ID]
    ///
    /// The project to act for; sent as the header OpenAI-Project. Files belong to one project.
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "ID", value_hint = ValueHint::Other, value_parser = NonEmptyStringValueParser::new())]
    pub project: Option<String>,

    /// PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]
    ///
    /// The client certificate and its chain, for servers that ask for one (mutual TLS). Only
    /// together with `--mtls-client-key-file`, and only with an https URL.
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "PATH", value_hint = ValueHint::FilePath, value_parser = path())]
    pub mtls_client_cert_file: Option<PathBuf>,

    /// PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]
    ///
    /// The private key of the client certificate.
    #[arg(long, global = true, help_heading = AUTHENTICATION, value_name = "PATH", value_hint = ValueHint::FilePath, value_parser = path())]
    pub mtls_client_key_file: Option<PathBuf>,

    /// Accepted for scripts that wrap the official tool; not used
    #[arg(long, global = true, hide = true, value_name = "KEY", value_hint = ValueHint::Other, value_parser = secret())]
    admin_api_key: Option<Secret>,

    /// Accepted for scripts that wrap the official tool; not used
    #[arg(long, global = true, hide = true, value_name = "KEY", value_hint = ValueHint::Other, value_parser = secret())]
    webhook_secret: Option<Secret>,
}

const LOOKUP: &str = "Lookup";
const OUTPUT: &str = "Output";
const WAITING: &str = "Waiting";
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
            // Only of a name that it knows does clap tell the places.
            if let Ok(Some(values)) = matches.try_get_many::<String>(name)
                && let Some(indices) = matches.indices_of(name)
            {
                here.extend(indices.zip(values));
            }
        }
        here.sort_unstable_by_key(|(index, _)| *index);
        ids.extend(here.into_iter().map(|(_, id)| id.clone()));
        level = matches.subcommand().map(|(_, matches)| matches);
    }
    ids
}

/// The choice of colour in `args`: that of the last `--color` or `--no-color`.
///
/// Takes the words as typed: [`Options`] does not tell which of two options at different levels of
/// the tree was the last, and nothing at all of a command line that clap refuses.
#[must_use]
pub fn color(args: &[OsString]) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    let mut words = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(word) = words.next() {
        let value = match word.as_ref() {
            "--" => break,
            "--no-color" => Some("never".into()),
            "--color" => words.next(),
            // An id may look like an option.
            "--file-id" => words.next().and(None),
            word => word
                .strip_prefix("--color=")
                .map(|value| value.to_owned().into()),
        };
        if let Some(value) = value {
            choice = ColorChoice::from_str(&value, true).unwrap_or(choice);
        }
    }
    choice
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

fn concurrency(text: &str) -> Result<u8, &'static str> {
    match text.parse() {
        Ok(number @ 1..=64) => Ok(number),
        _ => Err("expected a whole number from 1 to 64"),
    }
}

fn retries(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(number) => Ok(number),
        // More than anybody lives to see.
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Ok(u32::MAX),
        Err(_) => Err("expected a whole number, 0 or more"),
    }
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
    use proptest::prelude::*;

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
    fn the_last_choice_of_colour_wins_wherever_it_is_typed() {
        for (line, expected) in [
            ("openai --help", ColorChoice::Auto),
            ("openai --no-color --help", ColorChoice::Never),
            ("openai --color always --help", ColorChoice::Always),
            ("openai --color=ALWAYS --color never", ColorChoice::Never),
            (
                "openai --no-color files retrieve a --color always",
                ColorChoice::Always,
            ),
            ("openai --color sometimes", ColorChoice::Auto),
            ("openai --file-id --no-color", ColorChoice::Auto),
            ("openai -- --no-color", ColorChoice::Auto),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(color(&args), expected, "{line}");
        }
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

    /// The options that may hold a secret. A new one whose name says so belongs here, too.
    const SECRETS: [&str; 4] = ["api-key", "admin-api-key", "webhook-secret", "base-url"];

    fn check_secrets(command: &clap::Command) {
        let secret = clap::builder::ValueParser::from(secret()).type_id();
        for argument in command.get_arguments() {
            let Some(name) = argument.get_long() else {
                continue;
            };
            let is_secret = argument.get_value_parser().type_id() == secret;
            assert_eq!(is_secret, SECRETS.contains(&name), "--{name}");
            let sounds_secret = crate::secret::is_secret_name(name);
            assert!(
                is_secret || !sounds_secret || name == "api-key-file",
                "--{name}"
            );
            // Defaults are in the help.
            assert!(
                !is_secret || argument.get_default_values().is_empty(),
                "--{name}"
            );
        }
        command.get_subcommands().for_each(check_secrets);
    }

    #[test]
    fn what_may_be_secret_has_a_type_that_hides_it() {
        check_secrets(&Cli::command());
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
            "--base-url",
            "http://user:sk-4@host",
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

    proptest! {
        #[test]
        fn any_duration_is_read_or_refused(text in "\\PC{0,12}|-?[0-9.]{0,22}(ms|s|m|h|d|w|y)?") {
            if let Ok(duration) = duration(&text) {
                prop_assert!(duration <= LONGEST);
            }
        }

        #[test]
        fn whole_milliseconds_are_read_exactly(milliseconds in 0..=31_536_000_000_u64) {
            let expected = Ok(Duration::from_millis(milliseconds));
            prop_assert_eq!(duration(&format!("{milliseconds}ms")), expected.clone());
            let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
            prop_assert_eq!(duration(&format!("{minutes}m{rest}ms")), expected);
        }
    }
}
