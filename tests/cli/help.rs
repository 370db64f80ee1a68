//! Help and version, the tree behind them, and how mistakes on the command line are met.

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use openai_cli::cli::Cli;
use openai_cli::docs;
use predicates::prelude::*;

use crate::demo_files::Files;
use crate::server::Server;
use crate::support::{Run, like, openai, program, secrets};

const OPENAI: &str = "\
Look up files of the OpenAI API and of compatible servers

Usage: openai [COMMAND]

Commands:
  files       Work with files of the Files API
  completion  Print a completion script for a shell
  help        Print this message or the help of the given subcommand(s)

Options:
  -V, --version  Print the version
  -h, --help     Print help (see more with '--help')

Example:
  openai files retrieve file-abc123

Options may stand anywhere; they are listed by: openai files retrieve --help
";

const FILES: &str = "\
Work with files of the Files API

Usage: openai files [COMMAND]

Commands:
  retrieve  Look up files by id and print them
  help      Print this message or the help of the given subcommand(s)

Options:
  -h, --help  Print help (see more with '--help')

Example:
  openai files retrieve file-abc123

Options may stand anywhere; they are listed by: openai files retrieve --help
";

const RETRIEVE: &str = "\
Look up files by id and print them

Usage: openai files retrieve [OPTIONS] [FILE_ID]...

Lookup:
  [FILE_ID]...             Ids of the files; - reads them from stdin, one a line
      --file-id <FILE_ID>  The same as an option; may be repeated
      --concurrency <N>    Lookups at once, 1 to 64 [default: 8]

Output:
      --format <FORMAT>          Print json, jsonl, yaml, raw, table or pretty
      --transform <GJSON>        Print only the part at this GJSON path
  -r, --raw-output               Print a string without its quotes
  -q, --quiet                    Print no files and no progress
      --color <WHEN>             When to colour: auto, always or never
      --debug                    Show requests and answers, without secrets
      --format-error <FORMAT>    Print the error object alone, in this format
      --transform-error <GJSON>  Print only this part of the error object

Waiting:
      --wait                      Wait until the file is processed or has failed
      --wait-timeout <DURATION>   Longest time to wait for a file [default: 30m]
      --poll-interval <DURATION>  Time between two looks [default: 5s]
      --exit-status               Tell the status of the file by the exit code

Connection:
      --base-url <URL>      Server to ask [env: OPENAI_BASE_URL]
      --timeout <DURATION>  Longest time for one attempt [default: 10m]
      --max-retries <N>     Repeats of a failed request [default: 2]

Authentication:
      --api-key-file <PATH>           Read the API key from a file; - is stdin
      --api-key <KEY>                 API key [env: OPENAI_API_KEY]
      --organization <ID>             Organization [env: OPENAI_ORG_ID]
      --project <ID>                  Project [env: OPENAI_PROJECT_ID]
      --mtls-client-cert-file <PATH>  PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]
      --mtls-client-key-file <PATH>   PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]

Help:
  -h, --help  Print help (see more with '--help')
";

/// `openai` with these words, on a terminal of so many columns, without colour.
fn on_terminal(line: &str, columns: u16) -> Run {
    openai()
        .args(line.split_whitespace())
        .env("NO_COLOR", "1")
        .terminal(columns, 24)
        .run()
}

#[test]
fn the_short_help_fits_a_screen() {
    for (line, expected) in [
        ("", OPENAI),
        ("-h", OPENAI),
        ("files", FILES),
        ("files -h", FILES),
        ("files retrieve -h", RETRIEVE),
        ("--format yaml files --wait retrieve x -h", RETRIEVE),
    ] {
        on_terminal(line, 80).is(0, expected, "");
    }
    // One more row is the next prompt's.
    assert!(OPENAI.lines().count() < 24 && FILES.lines().count() < 24);
}

#[test]
fn a_narrow_terminal_wraps_the_help() {
    for line in [
        "-h",
        "--help",
        "files -h",
        "files retrieve -h",
        "files retrieve --help",
    ] {
        let run = on_terminal(line, 40);
        for wide in run
            .out()
            .lines()
            .filter(|line| line.trim_end().chars().count() > 40)
        {
            // What cannot be broken: an address, a variable, the usage.
            assert!(
                wide.trim().split(' ').count() == 1 || wide.starts_with("Usage:"),
                "{wide:?}\n{run}"
            );
        }
    }
}

#[test]
fn the_long_help_tells_all() {
    let run = openai().args(["files", "retrieve", "--help"]).run();
    let help = run.out();
    for (what, line) in docs::EXAMPLES {
        assert!(help.contains(&format!("  {what}:\n    {line}\n")), "{help}");
    }
    for (names, _) in docs::ENVIRONMENT {
        assert!(help.contains(&names.join(", ")), "{names:?} in\n{help}");
    }
    for exit in docs::EXITS {
        let line = format!("\n  {}  {}\n", exit as u8, docs::meaning(exit));
        assert!(help.contains(&line), "{line} in\n{help}");
    }
    assert!(help.contains("- jsonl:   JSON on one line\n"));
    let words: Vec<_> = help.split_whitespace().collect();
    assert!(words.join(" ").ends_with(docs::EXITS_NOTE), "{help}");
    assert_eq!(run.code, Some(0));
    openai()
        .args(["help", "files", "retrieve"])
        .run()
        .is(0, help.as_ref(), "");
}

#[test]
fn help_never_shows_the_environment() {
    // The runner looks for the key in what is printed.
    for line in ["--help", "files retrieve --help", "files retrieve -h"] {
        let run = openai()
            .args(line.split(' '))
            .env("OPENAI_API_KEY", secrets::API_KEY)
            .env("OPENAI_BASE_URL", "http://sentinel.example/")
            .run();
        assert!(!run.out().contains("sentinel"), "{run}");
    }
}

#[test]
fn help_is_coloured_as_all_else() {
    let bold = like(predicate::str::contains("\u{1b}[1m"));
    openai()
        .args(["-h"])
        .env("FORCE_COLOR", "1")
        .run()
        .is(0, bold, "");
    openai()
        .args(["-h", "--no-color"])
        .env("FORCE_COLOR", "1")
        .run()
        .is(0, OPENAI, "");
    let red = like(predicate::str::starts_with("\u{1b}[1m\u{1b}[31merror:"));
    openai().args(["--color=always", "x"]).run().is(2, "", red);
}

#[test]
fn the_version_is_that_of_the_package() {
    let expected = concat!("openai version ", env!("CARGO_PKG_VERSION"), "\n");
    for flag in ["--version", "-V", "-v"] {
        openai().args([flag]).run().is(0, expected, "");
    }
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    let full = "error: cannot write to standard output: no space left on device\n";
    for line in ["-h", "--help", "--version", "files", "help files retrieve"] {
        let run = || openai().args(line.split(' '));
        run().shell("exec \"$@\" >/dev/full").run().is(1, "", full);
        run().stdout_closed_after(0).run().is(0, "", "");
    }
}

/// A usage error: what is wrong, and what helps.
fn mistake(line: &str, expected: &str) {
    openai().args(line.split(' ')).run().is(
        2,
        "",
        format!("error: {expected}\n\nFor more information, try '--help'.\n"),
    );
}

#[test]
fn mistakes_lead_to_the_right_command_in_one_step() {
    for (line, expected) in [
        (
            "file retrieve",
            "unrecognized subcommand 'file'\n\n  tip: use 'openai files retrieve'",
        ),
        (
            "file retrieve file-1",
            "unrecognized subcommand 'file'\n\n  tip: use 'openai files retrieve file-1'",
        ),
        (
            "files get",
            "unrecognized subcommand 'get'\n\n  tip: use 'openai files retrieve'",
        ),
        (
            "files get file-1 file-2",
            "unrecognized subcommand 'get'\n\n  tip: use 'openai files retrieve file-1 file-2'",
        ),
        (
            "retrieve file-1",
            "unrecognized subcommand 'retrieve'\n\n  tip: use 'openai files retrieve file-1'",
        ),
        (
            "file-abc123",
            "unrecognized subcommand 'file-abc123'\n\n  tip: use 'openai files retrieve file-abc123'",
        ),
        (
            "files file-abc123",
            "unrecognized subcommand 'file-abc123'\n\n  tip: use 'openai files retrieve file-abc123'",
        ),
        (
            "files retrieve --file_id x",
            "unexpected argument '--file_id' found\n\n  tip: a similar argument exists: '--file-id'\n\nUsage: openai files retrieve --file-id <FILE_ID> [FILE_ID]...",
        ),
        (
            "files retrieve --fileid x",
            "unexpected argument '--fileid' found\n\n  tip: a similar argument exists: '--file-id'\n\nUsage: openai files retrieve --file-id <FILE_ID> [FILE_ID]...",
        ),
        (
            "files retrieve --id x",
            "unexpected argument '--id' found\n\n  tip: use '--file-id'",
        ),
        (
            "files retrieve x --output json",
            "unexpected argument '--output' found\n\n  tip: use '--format'",
        ),
        (
            "files retrieve x -o json",
            "unexpected argument '-o' found\n\n  tip: use '--format'",
        ),
        (
            "files retrieve x --json",
            "unexpected argument '--json' found\n\n  tip: use '--format json'",
        ),
        (
            "completions bash",
            "unrecognized subcommand 'completions'\n\n  tip: a similar subcommand exists: 'completion'\n\nUsage: openai [OPTIONS] [COMMAND]",
        ),
        (
            "version",
            "unrecognized subcommand 'version'\n\n  tip: use 'openai --version'",
        ),
        (
            "files retrieve x --format jsn",
            "invalid value 'jsn' for '--format <FORMAT>'\n  [possible values: auto, json, jsonl, pretty, raw, yaml, table, explore]\n\n  tip: a similar value exists: 'json'",
        ),
    ] {
        mistake(line, expected);
    }
}

#[test]
fn no_guess_is_better_than_a_wrong_one() {
    for (line, expected) in [
        (
            "chat",
            "unrecognized subcommand 'chat'\n\n  tip: the only command on the API is 'openai files retrieve FILE_ID'\n\nUsage: openai [OPTIONS] [COMMAND]",
        ),
        (
            "files list",
            "unrecognized subcommand 'list'\n\n  tip: the only command on the API is 'openai files retrieve FILE_ID'\n\nUsage: openai files [OPTIONS] [COMMAND]",
        ),
        (
            "files retrieve x --zzz",
            "unexpected argument '--zzz' found\n\nUsage: openai files retrieve <FILE_ID>...",
        ),
    ] {
        mistake(line, expected);
    }
}

#[test]
fn a_value_that_cannot_be_used_is_told() {
    for (line, expected) in [
        (
            "x --timeout -1",
            "invalid value '-1' for '--timeout <DURATION>': expected a time of at most 365 days, such as 500ms, 30s, 5m or 1h30m",
        ),
        (
            "x --wait --poll-interval 0",
            "invalid value '0' for '--poll-interval <DURATION>': expected more than no time",
        ),
        (
            "x --max-retries -1",
            "invalid value '-1' for '--max-retries <N>': expected a whole number, 0 or more",
        ),
        (
            "x --concurrency 65",
            "invalid value '65' for '--concurrency <N>': expected a whole number from 1 to 64",
        ),
        (
            "x --base-url",
            "a value is required for '--base-url <URL>' but none was supplied",
        ),
        (
            "x --base-url=",
            "a value is required for '--base-url <URL>' but none was supplied\n\n  tip: the value is empty; is a variable unset?",
        ),
        // Two spaces: an empty word is between them.
        (
            "x --api-key  --wait",
            "a value is required for '--api-key <KEY>' but none was supplied\n\n  tip: the value is empty; is a variable unset?",
        ),
        (
            "x  --wait",
            "a value is required for '[FILE_ID]...' but none was supplied\n\n  tip: the value is empty; is a variable unset?",
        ),
    ] {
        mistake(&format!("files retrieve {line}"), expected);
    }
}

#[test]
fn a_mistake_beside_a_key_does_not_show_it() {
    // The runner looks for the key in what is printed.
    for line in [
        "--api-key KEY retrieve file-1",
        "files retrieve --api_key KEY x",
        "files retrieve --apikey=KEY x",
        "files retrieve --token=KEY x",
        "files --api-key KEY get file-1",
    ] {
        let run = openai()
            .args(line.replace("KEY", secrets::API_KEY).split(' '))
            .run();
        run.is(2, "", like(predicate::str::contains("tip: ")));
    }
}

#[test]
fn every_example_works() {
    let files = Files::default();
    let server = Server::options()
        .unrecorded()
        .start(move |request| files.answer(request));
    let openai = std::path::Path::new(assert_cmd::cargo::cargo_bin!("openai"));
    let tools = openai.parent().unwrap().display();
    for (what, example) in docs::EXAMPLES {
        let run = program("/bin/sh")
            .args(["-c", &format!("pass() {{ echo sk-demo; }}\n{example}")])
            .env("PATH", format!("{tools}:/usr/bin:/bin"))
            .server(&server)
            .file("ids.txt", "file-abc123\nfile-batch\n")
            .run();
        run.is(0, like(predicate::str::is_empty().not()), "");
        assert!(run.out().contains(if what.contains("Only") {
            "processed\n"
        } else {
            ""
        }));
    }
}

/// Every command, with every argument of its own.
fn walk(command: &Command, visit: &mut dyn FnMut(&Command, &Arg)) {
    for arg in command.get_arguments() {
        visit(command, arg);
    }
    for command in command.get_subcommands() {
        walk(command, visit);
    }
}

#[test]
fn every_argument_is_documented_and_knows_how_it_is_completed() {
    let mut hidden = Vec::new();
    walk(&Cli::command(), &mut |command, arg| {
        let name = format!("{} {}", command.get_name(), arg.get_id());
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(!help.is_empty(), "{name} has no help");
        assert!(!help.ends_with('.'), "{name}: {help}");
        if arg.is_hide_set() {
            hidden.push(name.clone());
        }
        if !arg.get_action().takes_values() {
            return;
        }
        let value = arg.get_value_names().unwrap_or_default().concat();
        assert!(!value.is_empty(), "{name} has no value name");
        assert_eq!(value, value.to_uppercase(), "{name}");
        let values = arg.get_possible_values();
        assert_eq!(
            arg.get_value_hint() == ValueHint::Unknown,
            !values.is_empty(),
            "{name} has neither values nor a hint, or both"
        );
        for value in values {
            assert!(value.get_help().is_some(), "{name} {}", value.get_name());
        }
    });
    assert_eq!(
        hidden,
        [
            "openai no_color",
            "openai admin_api_key",
            "openai webhook_secret",
            "openai file_id",
            "files file_id"
        ]
    );
}

#[test]
fn manual_and_readme_name_every_option_variable_and_exit_code() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
    let readme = read("README.md");
    // Without what sets it in bold, and the backslash of a minus sign.
    let manual = read("man/openai-files-retrieve.1")
        .replace("\\fB", "")
        .replace("\\fR", "")
        .replace('\\', "");
    walk(&Cli::command(), &mut |_, arg| {
        let Some(long) = arg.get_long() else { return };
        let option = format!("--{long}");
        assert!(names(&readme, &option), "{option} in the README");
        if long != "version" {
            assert!(names(&manual, &option), "{option} in the manual");
        }
    });
    for (variables, _) in docs::ENVIRONMENT {
        for variable in *variables {
            assert!(names(&readme, variable), "{variable} in the README");
            assert!(names(&manual, variable), "{variable} in the manual");
        }
    }
    for exit in docs::EXITS {
        let code = exit as u8;
        assert!(
            readme.contains(&format!("\n| {code} | ")),
            "{code} in the README"
        );
        assert!(
            manual.contains(&format!(".TP\n{code}\n")),
            "{code} in the manual"
        );
    }
}

/// Whether `text` has `word`, and not only as a part of a longer one.
fn names(text: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}
