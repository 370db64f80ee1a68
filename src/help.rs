//! What clap has to say, in our colours and with our exit codes: help, version, and mistakes on
//! the command line.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::builder::{StyledStr, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, ValueEnum as _};

use crate::cli::{self, Cli};
use crate::docs;
use crate::error::{self, Exit, Failure};
use crate::output::Format;
use crate::secret::{REDACTED, SHORTEST_SCRUBBED, Secret, Secrets, looks_like_key, looks_like_pem};
use crate::settings::{self, Environment};
use crate::terminal::{self, Stream};

/// The tree of commands for the command line `args`: with its documentation if they may ask for
/// help. Nobody else pays for that.
pub(crate) fn tree(args: &[OsString]) -> clap::Command {
    let asks = |arg: &OsString| match arg.as_encoded_bytes() {
        b"help" | b"--help" => true,
        // Letters may stand together: `-rh`.
        [b'-', letter, letters @ ..] => {
            *letter != b'-' && (*letter == b'h' || letters.contains(&b'h'))
        }
        _ => false,
    };
    if args.iter().any(asks) {
        docs::command(!args.iter().any(|arg| arg == "--help" || arg == "help"))
    } else {
        Cli::command()
    }
}

/// Prints the short help that the command line `args` asks for on standard output.
///
/// # Errors
/// Those of standard output.
pub(crate) fn print(args: &[&str], stdout: Stream) -> anyhow::Result<Exit> {
    if let Err(help) = docs::command(true).try_get_matches_from(args) {
        put(&help.render(), stdout)?;
    }
    Ok(Exit::Success)
}

/// Prints what clap answered instead of a parsed command line: the help or version that was asked
/// for on standard output, anything else on standard error as a usage error.
pub(crate) fn answer(error: clap::Error, args: &[OsString], environment: &Environment<'_>) -> Exit {
    let choice = cli::color(args);
    let colored = |stream| settings::colored(stream, choice, environment);
    if error.use_stderr() {
        let stream = colored(terminal::stderr());
        let keys = secrets(Vec::new(), environment, &typed(args));
        let harmless = harmless(args, stream, &keys);
        let again = || tree(&harmless).try_get_matches_from(&harmless);
        let error = match (harmless != args).then(again) {
            Some(Err(again)) if again.use_stderr() => again,
            // Nothing is wrong without the secret: it was taken for an option, and a part would be quoted.
            Some(_) if error.kind() != ErrorKind::InvalidUtf8 => {
                let what = "a key or certificate on the command line is taken for an option";
                let failure =
                    Failure::usage(what).hint("write it to a file and give the path of that");
                terminal::put(failure.report(&stream, &keys).as_bytes());
                return failure.exit;
            }
            _ => error,
        };
        let text = styled(&advised(error, &harmless).render(), stream);
        terminal::put(keys.scrub(&text).as_bytes());
        return Exit::Usage;
    }
    match put(&error.render(), colored(terminal::stdout())) {
        Ok(()) => Exit::Success,
        Err(error) => error::settle(error.into()).map_or(Exit::Success, |failure| {
            let report = failure.report(&colored(terminal::stderr()), &Secrets::default());
            terminal::put(report.as_bytes());
            failure.exit
        }),
    }
}

/// How many words of a command line may be keys by mistake. Ids may be chosen by others, and each
/// word takes time wherever secrets are looked for.
const MOST_KEYS: usize = 16;

/// What must not be printed: what is `known` by the settings, the key in the environment, be it in
/// use or not, and what is [`typed`].
pub(crate) fn secrets(
    mut known: Vec<Secret>,
    environment: &Environment<'_>,
    typed: &[Secret],
) -> Secrets {
    let key = environment.get("OPENAI_API_KEY");
    known.extend(key.and_then(|key| Some(Secret::new(key.to_str()?.trim()))));
    Secrets::from_iter(known).and_typed(typed.iter().cloned())
}

/// What may be a key in the command line `args`, in the wrong place, too: messages quote parts of a
/// command line.
pub(crate) fn typed(args: &[OsString]) -> Vec<Secret> {
    // A key may be pasted with what stands around it: `Bearer KEY`, `"KEY"`. What follows a slash
    // is left alone: hosts and files have names of their own.
    let between = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "=:,;'\"`()[]{}<>".contains(character)
    };
    let mut known = HashSet::new();
    let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    let words = words.iter().map(|word| &**word);
    // One that is not of OpenAI may hold anything, up to the end.
    let whole = words.clone().flat_map(|word| {
        let (_, value) = word.split_once('=').unwrap_or(("", word));
        [value, word].map(str::trim)
    });
    whole
        .chain(words.flat_map(|word| word.split(between)))
        .filter(|piece| looks_like_key(piece) || looks_like_pem(piece))
        .filter(|piece| known.insert(*piece))
        .take(MOST_KEYS)
        .map(Secret::new)
        .collect()
}

/// Writes `text` to standard output, which is `stdout`.
fn put(text: &StyledStr, stdout: Stream) -> io::Result<()> {
    terminal::standard_output()?.write_all(styled(text, stdout).as_bytes())
}

fn styled(text: &StyledStr, stream: Stream) -> String {
    if stream.color {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
}

/// `args` without the `keys`, as clap may repeat them on `stream`: scripts pass on what they were
/// given. Colours would hide where a word begins.
fn harmless(args: &[OsString], stream: Stream, keys: &Secrets) -> Vec<OsString> {
    /// The option for a key, behind which the blank or sign may be missing.
    const API_KEY: &str = "--api-key";
    args.iter()
        .map(|arg| {
            let arg = arg.to_string_lossy();
            let is_key = |rest: &str| {
                rest.len() >= SHORTEST_SCRUBBED
                    && rest.starts_with(|it: char| it.is_ascii_alphanumeric())
            };
            if arg.strip_prefix(API_KEY).is_some_and(is_key) {
                return format!("{API_KEY}{REDACTED}").into();
            }
            stream.safe_words(&keys.scrub(&arg)).into()
        })
        .collect()
}

/// What other tools and mere guesses call `files retrieve`.
const RETRIEVE: &[&str] = &[
    "file", "retrieve", "get", "show", "info", "status", "fetch", "read", "view", "lookup", "wait",
];

/// What other tools and mere guesses call our options, and how they are written here.
const OPTIONS: &[(&[&str], &str)] = &[
    (&["--id", "--ids", "--file"], "--file-id"),
    (&["--output", "--output-format", "-o"], "--format"),
    (&["--jq", "--query", "--field", "--fields"], "--transform"),
    (&["--key", "--token"], "--api-key-file"),
    (
        &["--url", "--host", "--endpoint", "--api-base"],
        "--base-url",
    ),
    (&["--header", "-H"], "OPENAI_CUSTOM_HEADERS"),
    (&["--watch", "--follow"], "--wait"),
    (&["--retry", "--retries"], "--max-retries"),
    (&["--silent"], "--quiet"),
    (&["--verbose"], "--debug"),
];

/// The tip for a command that is not even like one of ours: most are of the official tool.
const ONLY: &str = "the only command on the API is 'openai files retrieve FILE_ID'";

/// `mistake` with the tip that leads to the right command in one step, where there is one, and
/// without those tips of clap that do not.
fn advised(mut mistake: clap::Error, args: &[OsString]) -> clap::Error {
    let kind = match mistake.kind() {
        ErrorKind::InvalidValue if is_empty(&mistake, args) => {
            let tip = "the value is empty; is a variable unset?".into();
            mistake.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
            return mistake;
        }
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        _ => return mistake,
    };
    let Some(ContextValue::String(word)) = mistake.get(kind) else {
        return mistake;
    };
    let words = args.iter().filter_map(|arg| arg.to_str());
    if let Some(right) = instead(word, words) {
        let valid = *Styles::styled().get_valid();
        let tip = format!("use '{valid}{right}{valid:#}'");
        for wrong in [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            // It shows the suggested argument.
            ContextKind::Usage,
        ] {
            mistake.remove(wrong);
        }
        mistake.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![tip.into()]),
        );
    } else {
        // That an unknown option may also be meant as an id helps nobody.
        mistake.remove(ContextKind::Suggested);
        // Nor does a name that the help does not show.
        let mut names = match mistake.remove(ContextKind::SuggestedSubcommand) {
            Some(ContextValue::Strings(names)) => names,
            _ => Vec::new(),
        };
        names.retain(|name| !name.starts_with('@'));
        if !names.is_empty() {
            mistake.insert(
                ContextKind::SuggestedSubcommand,
                ContextValue::Strings(names),
            );
        } else if kind == ContextKind::InvalidSubcommand {
            mistake.insert(
                ContextKind::Suggested,
                ContextValue::StyledStrs(vec![ONLY.into()]),
            );
        }
    }
    mistake
}

/// Whether the value that `mistake` misses is there in `args`, but empty.
fn is_empty(mistake: &clap::Error, args: &[OsString]) -> bool {
    let missed = mistake.get(ContextKind::InvalidValue);
    let is_there = |arg: &OsString| matches!(arg.as_encoded_bytes(), [] | [.., b'=']);
    missed == Some(&ContextValue::String(String::new())) && args.iter().any(is_there)
}

/// What to write instead of the unknown `word`, in the command line `words`.
fn instead<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<String> {
    if word.starts_with('-') {
        let format = word
            .strip_prefix("--")
            .and_then(|name| Format::from_str(name, false).ok())
            .and_then(|format| format.to_possible_value());
        return match format {
            Some(format) => Some(format!("--format {}", format.get_name())),
            None => OPTIONS
                .iter()
                .find(|(names, _)| names.contains(&word))
                .map(|(_, right)| (*right).to_owned()),
        };
    }
    if word == "version" {
        return Some("openai --version".to_owned());
    }
    if !RETRIEVE.contains(&word) && !is_like_an_id(word) {
        return None;
    }
    // Other words are left out: an API key may be among them.
    let mut right = "openai files retrieve".to_owned();
    for id in words.filter(|word| is_like_an_id(word)) {
        right.push(' ');
        right.push_str(id);
    }
    Some(right)
}

/// Whether `word` looks like an id of the API, which needs no quotes in any shell.
fn is_like_an_id(word: &str) -> bool {
    word.starts_with("file-")
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_words_have_right_ones() {
        for (word, line, expected) in [
            ("retrieve", "openai retrieve", Some("openai files retrieve")),
            (
                "get",
                "openai --api-key sk-1 get file-1 --wait file-2",
                Some("openai files retrieve file-1 file-2"),
            ),
            (
                "file-abc123",
                "openai file-abc123",
                Some("openai files retrieve file-abc123"),
            ),
            ("file-$(x)", "openai file-$(x)", None),
            ("chat", "openai chat file-1", None),
            ("version", "openai version", Some("openai --version")),
            ("--json", "", Some("--format json")),
            ("--table", "", Some("--format table")),
            ("-o", "", Some("--format")),
            ("--id", "", Some("--file-id")),
            ("--get", "", None),
        ] {
            assert_eq!(
                instead(word, line.split(' ')).as_deref(),
                expected,
                "{word} in {line}"
            );
        }
    }

    #[test]
    fn every_right_option_exists() {
        let root = docs::command(true);
        for (wrong, right) in OPTIONS {
            let known = |name: &str| {
                root.get_arguments()
                    .any(|option| option.get_long() == name.strip_prefix("--"))
            };
            let variable = docs::ENVIRONMENT
                .iter()
                .any(|(names, _)| names.contains(right));
            assert!(known(right) || *right == "--file-id" || variable, "{right}");
            assert!(!wrong.iter().any(|wrong| known(wrong)), "{wrong:?}");
        }
    }
}
