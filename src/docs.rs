//! The documentation that is data: what help and manual pages share, and what the tests look for in
//! them and in the README.
//!
//! Parsing needs none of it. [`command`] adds it to the tree of [`crate::cli`] for those who read.

use std::fmt::Write as _;

use clap::builder::{StyledStr, Styles};
use clap::{Arg, ArgAction, Command, CommandFactory as _};

use crate::cli::Cli;
use crate::error::Exit;

/// The environment variables that are read, in groups: names, and what they do.
pub const ENVIRONMENT: &[(&[&str], &str)] = &[
    (
        &["OPENAI_API_KEY"],
        "the API key, where no option gives one",
    ),
    (
        &["OPENAI_BASE_URL"],
        "the server to ask, where no option names one",
    ),
    (&["OPENAI_ORG_ID"], "the organization to act for"),
    (&["OPENAI_PROJECT_ID"], "the project to act for"),
    (
        &["OPENAI_CUSTOM_HEADERS"],
        "further headers of each request, a line `Name: value` for each",
    ),
    (
        &[
            "OPENAI_MTLS_CLIENT_CERT_FILE",
            "OPENAI_MTLS_CLIENT_KEY_FILE",
        ],
        "PEM files of a client certificate and of its key",
    ),
    (
        &["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"],
        "the proxy for https URLs, for http URLs, and for both where the other is unset: http://HOST:PORT or socks5://HOST:PORT; the names work in lower case, too; where a web server runs the tool (REQUEST_METHOD is set), only http_proxy does, not HTTP_PROXY",
    ),
    (
        &["NO_PROXY"],
        "hosts to reach without a proxy, separated by commas; a loopback address never goes through one",
    ),
    (
        &["SSL_CERT_FILE", "SSL_CERT_DIR"],
        "certificates to trust instead of the system's: a PEM file, folders of them; where they hold none, the system's with a warning",
    ),
    (&["NO_COLOR"], "no colour, whatever its value"),
    (
        &["FORCE_COLOR", "CLICOLOR_FORCE"],
        "colour in pipes and files, too; 0 does not force, and FORCE_COLOR=0 means no colour",
    ),
    (
        &["CLICOLOR", "TERM"],
        "no colour, if CLICOLOR is 0 or TERM is dumb; the variables above go first",
    ),
    (&["TZ"], "the time zone of dates in the table"),
    (
        &["CI"],
        "if it is set, and not to false, --wait writes log lines on a terminal, too; so it does where TERM is dumb",
    ),
];

/// What holds for all of [`ENVIRONMENT`].
pub const ENVIRONMENT_NOTE: &str =
    "A variable that is empty counts as unset. Options go before variables.";

/// The exit codes, in the order of their numbers.
pub const EXITS: [Exit; 10] = [
    Exit::Success,
    Exit::Failure,
    Exit::Usage,
    Exit::NotFound,
    Exit::Authentication,
    Exit::Server,
    Exit::RateLimit,
    Exit::Network,
    Exit::NotReady,
    Exit::FileFailed,
];

/// What an exit code tells a script.
#[must_use]
pub fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::Success => "success",
        Exit::Failure => "any other failure, or several failures of different kinds",
        Exit::Usage => "a wrong option or value, or no id",
        Exit::NotFound => "no such file (HTTP 404)",
        Exit::Authentication => "no key, or a key that is not accepted (401) or not allowed (403)",
        Exit::Server => "the server failed (408, 409, 5xx), when asked again, too",
        Exit::RateLimit => "too many requests, or no quota left (429)",
        Exit::Network => "no answer: name, connection, TLS, proxy or time-out",
        Exit::NotReady => "the file is not ready, with --exit-status; or --wait ran out of time",
        Exit::FileFailed => {
            "the file has the status error or deleted, with --exit-status or --wait"
        }
    }
}

/// What several files with different outcomes mean for the exit code, and what Ctrl-C does.
pub const EXITS_NOTE: &str = "Of several files each prints its own error and the others go on; the code is that of the failures if they agree, else 1. Codes not listed are reserved. Ctrl-C ends the run by its signal, which shells show as 130.";

/// Examples: what for, and the command line for a POSIX shell. The tests run them.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("Look a file up", "openai files retrieve file-abc123"),
    (
        "Only its status, for a script",
        "openai files retrieve file-abc123 --transform status -r",
    ),
    (
        "Wait until it is processed, then go on",
        "openai files retrieve file-abc123 --wait -q && echo ready",
    ),
    (
        "Several files in one table",
        "openai files retrieve file-abc123 file-batch --format table",
    ),
    (
        "The ids in a file, one JSON object a line",
        "openai files retrieve - --format jsonl < ids.txt",
    ),
    (
        "The key from a password manager",
        "pass openai | openai files retrieve file-abc123 --api-key-file -",
    ),
];

/// What `openai files retrieve` does, for its help and its manual page.
pub const RETRIEVE: &str = "\
Look up files by id and print them

Each id is asked for with GET /files/FILE_ID, and the file object is printed on standard output as the server sent it: unknown fields and the order of fields stay, and in JSON the spelling of numbers. Errors go to standard error. Failures that may pass are repeated.

Several ids are looked up at once and printed in their order; an id that fails does not stop the others.";

/// The long help of `--transform`.
pub const TRANSFORM: &str = "\
Print only the part at this GJSON path

The result is printed in the format of `--format`. A path that finds nothing is an error; within braces and brackets, what is not there is left out. Put the path in quotes for the shell.

  status: one field
  {id,status}: several fields, as an object
  [id,bytes]: several fields, as an array
  status_details|@tostr: a field and a modifier

The modifiers are @this @pretty @ugly @reverse @keys @values @tostr @fromstr @valid @flatten @join. More on paths: https://github.com/tidwall/gjson/blob/master/SYNTAX.md";

/// How each shell loads its completions: the file for the line, and the line.
pub const LOAD_COMPLETIONS: &[(&str, &str)] = &[
    ("bash, in ~/.bashrc", "eval \"$(openai completion bash)\""),
    (
        "zsh, in ~/.zshrc after compinit",
        "eval \"$(openai completion zsh)\"",
    ),
    (
        "fish, in ~/.config/fish/config.fish",
        "openai completion fish | source",
    ),
    (
        "PowerShell, in $PROFILE",
        "openai completion powershell | Out-String | Invoke-Expression",
    ),
    (
        "elvish, in ~/.config/elvish/rc.elv",
        "eval (openai completion elvish | slurp)",
    ),
];

/// The tree of commands with all its documentation, not yet built: for help and manual pages.
///
/// Options are accepted everywhere, but shown only where they act, below `files retrieve`: above
/// it they would bury the commands. The `short` help leaves out what values mean.
#[must_use]
pub fn command(short: bool) -> Command {
    let header = *Styles::styled().get_header();
    let section = |title: &str| format!("\n{header}{title}:{header:#}\n");
    let pointer =
        "\nOptions may stand anywhere; they are listed by: openai files retrieve --help\n";
    let example = section("Example") + "  openai files retrieve file-abc123\n" + pointer;
    // The short help only has to know that there is more to read.
    let (mut story, mut load) = (String::new(), String::new());
    if !short {
        story = section("Examples")
            + &pairs(EXAMPLES)
            + &section("Environment")
            + &environment()
            + &section("Exit codes")
            + &exit_codes();
        load = section("To load it") + &pairs(LOAD_COMPLETIONS);
    }
    let documented = |command: Command| match command.get_name() {
        "retrieve" => command.after_long_help(styled(&story)),
        "completion" => command.after_long_help(styled(&load)),
        _ => command
            .after_help(styled(&example))
            .after_long_help(styled(&(pointer.to_owned() + &story))),
    };
    // What is hidden here is so in the commands below, too, when they are built.
    let root = documented(Cli::command()).mut_args(|option| {
        if option.is_global_set() {
            option.hide(true)
        } else {
            option
        }
    });
    root.mut_subcommands(|command| {
        documented(command).mut_subcommands(|command| {
            documented(command).defer(if short { with_options } else { with_values })
        })
    })
}

/// `text`, which clap puts a blank line before, without its own ones around.
fn styled(text: &str) -> StyledStr {
    text.trim().to_owned().into()
}

/// `command` with its options shown, but for those that are nobody's business: they have no
/// heading. The option for the help itself goes last.
fn with_options(command: Command) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help_heading("Help")
        .help("Print help (see more with '--help')")
        .long_help("Print help (see a summary with '-h')");
    command
        .mut_args(|option| {
            let hide = option.get_help_heading().is_none();
            option.hide(hide)
        })
        .disable_help_flag(true)
        .arg(help)
}

/// The same with the values of its options and what they mean.
fn with_values(command: Command) -> Command {
    with_options(command).mut_args(|option| match option.get_id().as_str() {
        "format" | "color" => option.hide_possible_values(false).hide_default_value(false),
        _ => option,
    })
}

/// Command lines under what they are for.
fn pairs(pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(String::new(), |mut text, (what, line)| {
        let _ = writeln!(text, "  {what}:\n    {line}");
        text
    })
}

fn environment() -> String {
    let mut text = String::new();
    for (names, what) in ENVIRONMENT {
        let _ = writeln!(text, "  {}\n          {what}", names.join(", "));
    }
    let _ = writeln!(text, "\n{ENVIRONMENT_NOTE}");
    text
}

fn exit_codes() -> String {
    let mut text = String::new();
    for exit in EXITS {
        let _ = writeln!(text, "  {}  {}", exit as u8, meaning(exit));
    }
    let _ = writeln!(text, "\n{EXITS_NOTE}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_all_there_in_order() {
        let numbers: Vec<u8> = EXITS.iter().map(|exit| *exit as u8).collect();
        assert_eq!(numbers, (0..=9).collect::<Vec<u8>>());
    }

    #[test]
    fn options_show_where_they_act() {
        let shown = |command: &Command| {
            command
                .get_arguments()
                .filter(|option| !option.is_hide_set())
                .count()
        };
        let mut root = command(true);
        root.build();
        let files = root.find_subcommand("files").unwrap();
        assert_eq!((shown(&root), shown(files)), (2, 1));
        assert!(shown(files.find_subcommand("retrieve").unwrap()) > 20);
    }
}
