//! The completions in the shells themselves, from the files that packages install.
//!
//! bash, zsh and elvish run on a terminal and are typed into; a function stands in for the tool
//! and shows the line as it was completed. fish says without a terminal what it would offer.
//! PowerShell is not to be had here: its script is only compared, in `generated`.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;

use crate::support::{Openai, Process, installed, like, openai, program};

/// What each line typed comes to, in bash and zsh.
const DIALOG: &[(&str, &str)] = &[
    ("openai fi\t", "<files>"),
    ("openai files ret\t", "<files><retrieve>"),
    (
        "openai files retrieve --format-e\t",
        "<files><retrieve><--format-error>",
    ),
    (
        "openai files retrieve --format ta\t",
        "<files><retrieve><--format><table>",
    ),
    (
        "openai files --color al\tre\t",
        "<files><--color><always><retrieve>",
    ),
    ("openai completion zs\t", "<completion><zsh>"),
    // The home has a file of that name, which is no id.
    (
        "openai files retrieve file-on\t",
        "<files><retrieve><file-on>",
    ),
    (
        "openai files retrieve --file-id file-on\t",
        "<files><retrieve><--file-id><file-on>",
    ),
    (
        "openai files retrieve --timeout file-on\t",
        "<files><retrieve><--timeout><file-on>",
    ),
    (
        "openai files retrieve --base-url file-on\t",
        "<files><retrieve><--base-url><file-on>",
    ),
    // Hidden options stay hidden.
    (
        "openai files retrieve --admin\t",
        "<files><retrieve><--admin>",
    ),
];

/// The same for paths and for values behind an equals sign.
const PATHS: &[(&str, &str)] = &[
    (
        "openai files retrieve --api-key-file key\t",
        "<files><retrieve><--api-key-file><key file>",
    ),
    (
        "openai files retrieve --format=ta\t",
        "<files><retrieve><--format=table>",
    ),
    // Where the file is not there the command is not run.
    ("openai files retrieve - < key\t", "<files><retrieve><->"),
];

/// Shows the line and counts; the prompt shows the count.
const STAND_IN: &str = r#"
n=0
openai() { printf '<%s>' "$@"; n=$((n + 1)); echo "END"; }
PS1='${n}ready>'
"#;

fn completions(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("completions")
        .join(file)
}

/// A shell in a home that holds files which nobody wants for an id.
fn shell(args: &[&str]) -> Openai {
    program("/usr/bin/env")
        .args(args)
        .env("PATH", path())
        .file("file-on-disk", "")
        .file("key file", "")
}

/// The search path of this process, behind the folder of the tool.
fn path() -> String {
    let openai = Path::new(assert_cmd::cargo::cargo_bin!("openai"));
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", openai.parent().unwrap().display())
}

/// Puts a file of `completions/` where the shell looks for it below its home.
fn install(shell: Openai, file: &str, place: &str) -> Openai {
    let place = shell.home().join(place);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::copy(completions(file), place).unwrap();
    shell
}

/// Starts a shell that is typed into, on a terminal of its own session.
fn start(shell: Openai) -> Process {
    shell.terminal(120, 60).together().spawn()
}

/// Types each line and compares what it came to.
fn converse<'a>(shell: &mut Process, dialog: impl IntoIterator<Item = (&'a str, &'a str)>) {
    for (number, (typed, expected)) in dialog.into_iter().enumerate() {
        shell.wait_for_stdout(&format!("{number}ready>"));
        shell.write(format!("{typed}\r"));
        shell.wait_for_stdout(&format!("{expected}END"));
    }
}

#[test]
fn bash_with_its_package_for_completions() {
    const LOADER: &str = "/usr/share/bash-completion/bash_completion";
    if installed(&["bash", "setsid", LOADER]) {
        let place = ".local/share/bash-completion/completions/openai";
        bash(install(
            interactive_bash(&format!(". {LOADER}")),
            "openai.bash",
            place,
        ));
    }
}

#[test]
fn bash_that_evaluates_the_script() {
    if installed(&["bash", "setsid"]) {
        bash(interactive_bash("eval \"$(openai completion bash)\""));
    }
}

fn interactive_bash(script: &str) -> Openai {
    shell(&[
        "setsid",
        "--ctty",
        "bash",
        "--noprofile",
        "--rcfile",
        "rc",
        "-i",
    ])
    .file("rc", format!("{script}\n{STAND_IN}"))
}

fn bash(shell: Openai) {
    // M-* inserts all that would be offered.
    let home = format!(
        "<files><retrieve><--api-key-file><{}/key file>",
        shell.home().display()
    );
    let more = [
        (
            "openai files retrieve --format \x1b*",
            "<files><retrieve><--format><auto><json><jsonl><pretty><raw><yaml><table><explore>",
        ),
        (
            "openai files retrieve --format=\x1b*",
            "<files><retrieve><--format=auto><json><jsonl><pretty><raw><yaml><table><explore>",
        ),
        (
            "openai files retrieve --fo\x1b*",
            "<files><retrieve><--format><--format-error>",
        ),
        (
            "openai completion \x1b*",
            "<completion><bash><zsh><fish><powershell><elvish>",
        ),
        (
            "openai files retrieve file-1 \x1b*",
            "<files><retrieve><file-1>",
        ),
        ("openai files retrieve --api-key-file ~/k\t", &home),
    ];
    let dialog = DIALOG.iter().chain(PATHS).copied().chain(more);
    converse(&mut start(shell), dialog);
}

#[test]
fn zsh() {
    if !installed(&["zsh", "setsid"]) {
        return;
    }
    let start_up =
        "setopt prompt_subst\nfpath=(~/functions $fpath)\nautoload -U compinit\ncompinit -u\n";
    let shell = shell(&["setsid", "--ctty", "zsh", "-d", "-i"])
        .file(".zshrc", format!("{start_up}{STAND_IN}"));
    let mut zsh = start(install(shell, "_openai", "functions/_openai"));
    converse(&mut zsh, DIALOG.iter().chain(PATHS).copied());
    zsh.wait_for_stdout(&format!("{}ready>", DIALOG.len() + PATHS.len()));
    // Lists, with what each value means.
    for (typed, listed) in [
        ("openai fil\t", "openai files"),
        (
            "openai files retrieve --fo\t\t",
            "--format-error  -- Print the error object",
        ),
        (
            "openai files retrieve --format \t",
            "jsonl    -- JSON on one line",
        ),
        ("openai files retrieve --color \t", "never   -- "),
        ("openai completion \t", "fish        -- "),
        ("openai \t", "files       -- Work with files"),
    ] {
        // First takes away the line before.
        zsh.write(format!("\x15{typed}"));
        zsh.wait_for_stdout(listed);
    }
}

#[test]
fn fish() {
    if !installed(&["fish"]) {
        return;
    }
    for (line, expected) in [
        ("openai fi", "files\tWork with files of the Files API\n"),
        (
            "openai files ret",
            "retrieve\tLook up files by id and print them\n",
        ),
        (
            "openai files retrieve --fo",
            "--format\tPrint json, jsonl, yaml, raw, table or pretty\n\
             --format-error\tPrint the error object alone, in this format\n",
        ),
        (
            "openai files retrieve --format jsonl",
            "jsonl\tJSON on one line\n",
        ),
        (
            "openai files retrieve --format=jsonl",
            "--format=jsonl\tJSON on one line\n",
        ),
        ("openai files retrieve --color n", "never\tNowhere\n"),
        ("openai completion z", "zsh\tZ shell\n"),
        ("openai files retrieve --api-key-file key", "key file\n"),
        ("openai files retrieve ", ""),
        ("openai files retrieve file-on", ""),
        ("openai files retrieve --file-id file-on", ""),
        ("openai files retrieve --timeout file-on", ""),
        ("openai files retrieve --admin", ""),
    ] {
        let shell = shell(&[
            "fish",
            "--command",
            &format!("complete --do-complete '{line}'"),
        ]);
        install(shell, "openai.fish", ".config/fish/completions/openai.fish")
            .run()
            .is(0, expected, "");
    }
}

#[test]
fn elvish() {
    if !installed(&["elvish", "setsid"]) {
        return;
    }
    let start_up = "
        eval (slurp < ~/openai.elv)
        var n = (num 0)
        fn openai {|@words| print '<'(str:join '><' $words)'>'; set n = (+ $n 1); echo END }
        set edit:prompt = { put $n'ready>' }
        set edit:rprompt = { put '' }
    ";
    let shell = shell(&["setsid", "--ctty", "elvish", "-rc", "rc.elv"])
        .file("rc.elv", format!("use str\n{start_up}"));
    let mut elvish = start(install(shell, "openai.elv", "openai.elv"));
    converse(
        &mut elvish,
        [
            ("openai fi\t", "<files>"),
            ("openai files ret\t", "<files><retrieve>"),
            (
                "openai files retrieve --format ta\t",
                "<files><retrieve><--format><table>",
            ),
            ("openai completion zs\t", "<completion><zsh>"),
            (
                "openai files retrieve file-on\t",
                "<files><retrieve><file-on>",
            ),
        ],
    );
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    for bytes in [0, 1, 5000] {
        openai()
            .args(["completion", "bash"])
            .stdout_closed_after(bytes)
            .run()
            .is(0, like(predicate::always()), "");
    }
}

#[test]
fn a_disk_that_is_full_is_one() {
    openai()
        .args(["completion", "zsh"])
        .shell("exec \"$@\" >/dev/full")
        .run()
        .is(
            1,
            "",
            "error: cannot write to standard output: no space left on device\n",
        );
}

#[test]
fn the_names_of_the_official_tool_work() {
    for (args, same) in [
        (["@completion", "bash"], "bash"),
        (["@completion", "pwsh"], "powershell"),
        (["completion", "PowerShell"], "powershell"),
    ] {
        let expected = openai().args(["completion", same]).run();
        openai()
            .args(args)
            .run()
            .is(0, expected.stdout.as_slice(), "");
    }
}
