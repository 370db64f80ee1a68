//! `openai completion`: a script that lets a shell complete the command line.
//!
//! The scripts are those of `clap_complete`, with what it leaves out for a shell added in one
//! place for each: [`COMPLETE_IN_BASH`] and [`script`].

use std::io::{self, Write};

use clap::builder::PossibleValue;
use clap::{Arg, Command, CommandFactory as _};
use clap_complete::aot::{Generator as _, Shell as Target};

use crate::cli::{Cli, Shell};

/// Where the script for bash hands itself over to the shell. What `clap_complete` has there lets
/// bash offer file names wherever it finds nothing else, for an id, too; it offers options where
/// nobody typed a dash; it does not complete `--format=json`, which bash takes for three words;
/// nor the file of a redirection.
const COMPLETE_IN_BASH: &str = r#"
_openai_complete() {
    local cur="$2" prev="$3" word
    if [[ "${prev}" == [\<\>] || "${prev}" == ">>" ]]; then
        local IFS=$'\n'
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "${cur}"))
        return
    fi
    if [[ "${COMP_WORDS[COMP_CWORD]}" == "=" ]]; then
        cur=""
    elif [[ "${prev}" == "=" ]]; then
        prev="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    _openai "$1" "${cur}" "${prev}"
    if [[ "${cur}" != -* ]]; then
        for word in "${!COMPREPLY[@]}"; do
            [[ "${COMPREPLY[word]}" != -* ]] || unset -v "COMPREPLY[word]"
        done
    fi
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _openai_complete -o nosort openai
else
    complete -F _openai_complete openai
fi
"#;

/// Writes the completion script for `shell` to `out`.
///
/// # Errors
/// Those of `out`.
pub fn write(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    out.write_all(script(shell)?.as_bytes())?;
    out.flush()
}

/// The script for `shell`: that of `clap_complete`, with what it leaves out.
///
/// - bash: see [`COMPLETE_IN_BASH`].
/// - zsh has a message for ids where candidates go, which keeps it from completing an option that
///   was typed in part; no candidates do not.
/// - fish offers file names unless it is told not to, for an id, too; and it is not told the
///   values of arguments.
/// - elvish and PowerShell are told no values. For them a word that only some values may follow
///   becomes one more command, to which these are what another one's options are.
fn script(shell: Shell) -> io::Result<String> {
    let target = match shell {
        Shell::Bash => Target::Bash,
        Shell::Zsh => Target::Zsh,
        Shell::Fish => Target::Fish,
        Shell::PowerShell => Target::PowerShell,
        Shell::Elvish => Target::Elvish,
    };
    let mut command = visible(&Cli::command());
    let choices = choices(&command);
    command.set_bin_name("openai");
    command.build();
    // Generating into memory first: the generators take a failing writer for a bug of theirs.
    let mut script = Vec::new();
    target.try_generate(&command, &mut script)?;
    let mut script = String::from_utf8(script).map_err(io::Error::other)?;
    match shell {
        Shell::Zsh => {
            let end = "' \\\n&& ret=0";
            script = script.replace(&format!(":{end}"), &format!(":(){end}"));
        }
        Shell::Bash => {
            let end = script.rfind("\n}\n").map_or(script.len(), |at| at + 3);
            script.replace_range(end.., COMPLETE_IN_BASH);
        }
        Shell::Fish => {
            script.insert_str(0, "complete -c openai -f\n");
            for choice in choices
                .iter()
                .filter(|choice| !choice.word.starts_with('-'))
            {
                script += &choice.cases("", "", |value, help| {
                    let word = &choice.word;
                    format!("complete -c openai -n '__fish_openai_using_subcommand {word}' -a {value} -d '{help}'\n")
                });
            }
        }
        Shell::Elvish => {
            let cases: String = choices
                .iter()
                .map(|choice| {
                    let begin = format!("        &'{}'= {{\n", choice.word);
                    choice.cases(&begin, "        }\n", |value, help| {
                        format!("            cand {value} '{help}'\n")
                    })
                })
                .collect();
            let map = "    var completions = [\n";
            script = script
                .replacen(map, &(map.to_owned() + &cases), 1)
                .replacen("\n    $completions[$command]\n", CHOOSE_IN_ELVISH, 1);
        }
        Shell::PowerShell => {
            let cases: String = choices
                .iter()
                .map(|choice| {
                    let begin = format!("        '{}' {{\n", choice.word);
                    choice.cases(&begin, "            break\n        }\n", |value, help| {
                        format!("            [CompletionResult]::new('{value}', '{value}', [CompletionResultType]::ParameterValue, '{help}')\n")
                    })
                })
                .collect();
            let words: Vec<_> = choices
                .iter()
                .map(|choice| format!("'{}'", choice.word))
                .collect();
            let switch = "    $completions = @(switch ($command) {\n";
            let choose = CHOOSE_IN_POWERSHELL.replace("WORDS", &words.join(", "));
            script = script.replacen(switch, &(choose + switch + &cases), 1);
        }
    }
    Ok(script)
}

/// How elvish picks the candidates of a command, or of the word before the cursor.
const CHOOSE_IN_ELVISH: &str = "
    if (has-key $completions $words[-2]) {
        set command = $words[-2]
    }
    $completions[$command]
";

/// The same for PowerShell, before it picks them.
const CHOOSE_IN_POWERSHELL: &str = r#"    $previous = @($commandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })[-1]
    if ("$previous" -in WORDS) {
        $command = "$previous"
    }

"#;

/// The values that may follow a word.
struct Choice {
    /// An option, or a command of whose argument they are the values.
    word: String,
    values: Vec<PossibleValue>,
}

impl Choice {
    /// What `case` makes of each value and its meaning, between `begin` and `end`.
    fn cases(&self, begin: &str, end: &str, case: impl Fn(&str, &str) -> String) -> String {
        let mut cases = begin.to_owned();
        for value in &self.values {
            let help = value.get_help().map(ToString::to_string);
            // A quote is doubled within quotes, in elvish and PowerShell.
            let help = help.unwrap_or_default().replace('\'', "''");
            cases += &case(value.get_name(), &help);
        }
        cases + end
    }
}

/// The choices that options and arguments of `command` and of its commands leave.
fn choices(command: &Command) -> Vec<Choice> {
    let word = |arg: &Arg| match arg.get_long() {
        Some(long) => format!("--{long}"),
        None => command.get_name().to_owned(),
    };
    let of_arg = |arg: &Arg| Choice {
        word: word(arg),
        values: arg.get_possible_values(),
    };
    command
        .get_arguments()
        .filter(|arg| arg.get_action().takes_values())
        .map(of_arg)
        .filter(|choice| !choice.values.is_empty())
        .chain(command.get_subcommands().flat_map(choices))
        .collect()
}

/// `command` without what the help does not show either: the generators do not look at that.
fn visible(command: &Command) -> Command {
    let shown = Command::new(command.get_name().to_owned())
        .about(command.get_about().cloned().unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .args(
            command
                .get_arguments()
                .filter(|arg| !arg.is_hide_set())
                .cloned(),
        );
    command
        .get_subcommands()
        .map(visible)
        .fold(shown, Command::subcommand)
}
