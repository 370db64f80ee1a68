//! The files that are made from the program and checked in, for packagers and for reviewers, who
//! see in them what a change changes.
//!
//! `UPDATE=1 cargo test --test cli generated` writes them; without `UPDATE` each is compared.

mod man;
mod picture;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::builder::PossibleValue;
use clap::{Arg, Command, CommandFactory as _};
use openai_cli::cli::Cli;

use crate::support::openai;

/// Compares the file at `path`, from the root of the repository, with what it should hold, or
/// writes it.
#[track_caller]
fn check(path: &str, contents: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, contents).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == contents,
        "{path} is not what the program makes of it; if that is right, run\n\
         UPDATE=1 cargo test --test cli generated\n{}",
        first_difference(&found, contents)
    );
}

fn first_difference(found: &str, expected: &str) -> String {
    let (mut found, mut expected) = (found.lines(), expected.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (found.next(), expected.next()) {
            (None, None) => return "they differ in line breaks".into(),
            (found, expected) if found == expected => {}
            (found, expected) => {
                let (found, expected) = (found.unwrap_or("end"), expected.unwrap_or("end"));
                return format!("line {number}\n  found    {found}\n  expected {expected}");
            }
        }
    }
}

#[test]
fn completions() {
    for (shell, file) in [
        ("bash", "openai.bash"),
        ("zsh", "_openai"),
        ("fish", "openai.fish"),
        ("powershell", "_openai.ps1"),
        ("elvish", "openai.elv"),
    ] {
        let run = openai().args(["completion", shell]).run();
        run.is(0, run.stdout.as_slice(), "");
        check(&format!("completions/{file}"), &run.out());
    }
}

#[test]
fn manual_pages() {
    for (name, page) in man::pages() {
        check(&format!("man/{name}.1"), &page);
    }
}

#[test]
fn the_changelog_of_the_debian_package() {
    check(".ci/debian/changelog", &debian_changelog());
}

/// The changelog in the form of Debian (Debian Policy, section 4.4).
fn debian_changelog() -> String {
    let (mut changelog, mut end) = (String::new(), String::new());
    for line in include_str!("../../CHANGELOG.md").lines() {
        let release = line
            .strip_prefix("## [")
            .and_then(|line| line.split_once("] - "));
        if let Some((version, date)) = release {
            let date: jiff::civil::Date = date.parse().unwrap();
            write!(
                changelog,
                "{end}openai-cli ({version}-1) unstable; urgency=medium\n\n"
            )
            .unwrap();
            end = format!(
                "\n -- The openai-cli contributors <openai-cli@packages.invalid>  {} 00:00:00 +0000\n\n",
                date.strftime("%a, %d %b %Y")
            );
        } else if end.is_empty() {
            // Before the first release.
        } else if let Some(item) = line.strip_prefix("- ") {
            writeln!(changelog, "  * {item}").unwrap();
        } else if line.starts_with("  ") {
            writeln!(changelog, "  {line}").unwrap();
        }
    }
    changelog + end.trim_end() + "\n"
}

#[test]
fn the_picture_of_the_readme() {
    check("tests/demo/terminal.svg", &picture::svg());
}

#[test]
fn the_surface() {
    let mut root = Cli::command();
    root.build();
    let mut surface = String::new();
    list(&root, &mut surface);
    check("tests/cli/generated/surface.txt", &surface);
}

/// Lists a command, its arguments and its commands: all that a script may come to rely on.
fn list(command: &Command, surface: &mut String) {
    let name = command.get_bin_name().unwrap_or("openai");
    writeln!(surface, "{name}").unwrap();
    for alias in command.get_all_aliases() {
        writeln!(surface, "  also: {alias}").unwrap();
    }
    for arg in command.get_arguments() {
        if !arg.is_global_set() || name == "openai" {
            writeln!(surface, "  {}", described(arg)).unwrap();
        }
    }
    for command in command.get_subcommands() {
        // The tree below `help` repeats this one.
        if command.get_name() != "help" {
            list(command, surface);
        }
    }
}

fn described(arg: &Arg) -> String {
    let mut text = arg.to_string();
    if let Some(short) = arg.get_short() {
        text = format!("-{short}, {text}");
    }
    for alias in arg.get_all_short_aliases().unwrap_or_default() {
        write!(text, ", -{alias}").unwrap();
    }
    if arg.is_global_set() {
        text.push_str(" global");
    }
    if arg.is_hide_set() {
        text.push_str(" hidden");
    }
    write!(text, " {:?}", arg.get_action()).unwrap();
    if arg.get_action().takes_values() {
        write!(text, " {:?}", arg.get_value_hint()).unwrap();
        let values = arg.get_possible_values();
        let names: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
        if !names.is_empty() {
            write!(text, " values: {}", names.join(" ")).unwrap();
        }
    }
    text
}
