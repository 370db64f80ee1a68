//! The README: what it shows is run against the demo's server and compared.
//!
//! - ```` ```console ````: commands after `$ ` and what they print; `…` stands for what differs
//!   from run to run.
//! - ```` ```sh run ````, ```` ```make run ````, ```` ```yaml run ```` (its `run: |`): must succeed.
//! - any other block is not run.

use std::fmt::Write as _;
use std::path::Path;

use crate::demo_files::Files;
use crate::server::Server;
use crate::support::{self, Run, program};

const README: &str = include_str!("../../README.md");

/// The origin that the README shows in the place of the server's own.
const SHOWN_ORIGIN: &str = "http://127.0.0.1:8080";

/// Printed after each command of a block.
const MARK: &str = "-- end of command --";

/// The contents of the README's blocks whose info string is `info`.
fn blocks(info: &str) -> Vec<&'static str> {
    let blocks: Vec<_> = README
        .split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'))
        .filter_map(|(found, text)| (found == info).then_some(text))
        .collect();
    assert!(!blocks.is_empty(), "no block of {info:?} in the README");
    blocks
}

/// Runs `script` in bash, with `openai` on the path and the demo's server set.
fn bash(script: &str, file: Option<(&str, &str)>) -> Run {
    let files = Files::default();
    let server = Server::options()
        .unrecorded()
        .start(move |request| files.answer(request));
    let binary = Path::new(assert_cmd::cargo::cargo_bin!("openai"));
    let path = std::env::var("PATH").unwrap();
    let mut bash = program("/bin/bash")
        .args(["-c", script])
        .env(
            "PATH",
            format!("{}:{path}", binary.parent().unwrap().display()),
        )
        .server(&server);
    if let Some((name, contents)) = file {
        bash = bash.file(name, contents);
    }
    bash.run()
}

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    for block in blocks("console") {
        let mut script = String::new();
        let mut expected = String::new();
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                // The exit code must reach an `echo $?` that follows.
                writeln!(
                    script,
                    "{{ {command}; }} 2>&1; code=$?; echo '{MARK}'; (exit $code)"
                )
                .unwrap();
                if !expected.is_empty() {
                    writeln!(expected, "{MARK}").unwrap();
                }
            } else {
                writeln!(expected, "{line}").unwrap();
            }
        }
        writeln!(expected, "{MARK}").unwrap();
        let expected = expected
            .replace('…', "[..]")
            .replace(SHOWN_ORIGIN, "{origin}");
        bash(&format!("{script}exit 0"), None).is(0, &expected, "");
    }
}

#[test]
fn the_recipes_of_the_readme_work() {
    if !support::installed(&["jq", "make"]) {
        return;
    }
    for block in blocks("sh run") {
        succeeds(&bash(&format!("set -e -o pipefail\n{block}"), None));
    }
    for block in blocks("make run") {
        succeeds(&bash("make train", Some(("Makefile", block))));
    }
}

#[test]
fn the_step_of_the_readme_lets_a_job_go_on_or_fails_it() {
    let card = |id, status| {
        format!(
            "ID        {id}\nFilename  mydata.jsonl\nSize      120 kB (120,000 bytes)\n\
             Purpose   fine-tune\nStatus    {status}\nCreated   [..]\nExpires   never\n"
        )
    };
    for block in blocks("yaml run") {
        let (_, script) = block.split_once("run: |\n").unwrap();
        let step = |id| bash(&format!("set -e -o pipefail\nFILE_ID={id}\n{script}"), None);
        step("file-abc123").is(
            0,
            card("file-abc123", "processed"),
            "`file-abc123`: processed (after [..])\n",
        );
        step("file-error").is(
            9,
            card(
                "file-error",
                "error\nDetails   Invalid file format. Line 17 is not valid JSON.",
            ) + "::error::the training file is not usable (exit code 9)\n",
            "`file-error`: error (after [..])\nerror: `file-error` failed to be processed: its status is `error`\n  \
             Invalid file format. Line 17 is not valid JSON.\n",
        );
    }
}

/// The numbers of a benchmark are true for the build that they were measured with. Those that the
/// budget has, too, show when that was long ago.
#[test]
fn the_speed_that_the_readme_tells_is_that_of_the_budget() {
    let budget: serde_json::Value =
        serde_json::from_str(include_str!("../bench/budget.json")).unwrap();
    for (name, cost) in budget["x86_64-linux"].as_object().unwrap() {
        let row = match name.as_str() {
            "binary, bytes" => "| stripped binary ".to_owned(),
            name => format!("| instructions: {name} "),
        };
        let told = README
            .lines()
            .find(|line| line.starts_with(&row))
            .and_then(|line| line.split('|').nth(2))
            .and_then(|cell| cell.split_whitespace().next())
            .unwrap_or_else(|| panic!("no row {row:?} with a number in the README"));
        let told: f64 = told.parse().unwrap();
        let cost = cost.as_f64().unwrap() / 1e6;
        // Two decimals are told, and the budget allows for 3 %.
        let off = (told - cost).abs();
        assert!(off <= 0.005 + 0.03 * cost, "{name}: {told} M, not {cost} M");
    }
}

fn succeeds(run: &Run) {
    assert_eq!(run.code, Some(0), "{}{}", run.out(), run.err());
}
