//! The manual pages: what the tree of commands and `docs` say, and the sections that are written
//! here by hand.

use clap::{Arg, Command};
use openai_cli::docs;
use roff::{Inline, Roff, bold, italic, roman};

/// Each page by its name.
pub(super) fn pages() -> [(&'static str, String); 3] {
    let mut root = docs::command(false);
    root.build();
    let files = root.find_subcommand("files").unwrap();
    let retrieve = files.find_subcommand("retrieve").unwrap();
    [
        ("openai", openai(&root)),
        ("openai-files", openai_files(files)),
        ("openai-files-retrieve", openai_files_retrieve(retrieve)),
    ]
}

const OPENAI: &str = "\
`openai` looks up files of the OpenAI API and of servers that speak it. What was asked for goes to standard output, everything else to standard error.

It has one command for files, and one that prints completions for shells. Options are accepted before, between and after the words of a command; `--` ends them. Of an option that is given twice the last counts.";

const FILES: &str = "\
Commands on the files of the Files API: what was uploaded for fine-tuning, batches, assistants and other purposes.";

const WAITING: &str = "\
With `--wait` a file is asked for again and again until its status is final. On a terminal one live line shows how it goes; elsewhere each change of the status is told in a line on standard error.

On a terminal, characters that could act on it (escape sequences, text that runs backwards) are shown escaped. In a pipe the data is untouched, but for what would break the lines of table and pretty.";

const DIFFERENCES: &[&str] = &[
    "Ids are arguments, too; there may be several of them, and - reads them from standard input. The official tool takes one `--file-id` and drains standard input.",
    "Errors go to standard error, the error object as well; the official tool prints that on standard output. The exit code tells what happened, where the official tool has one code for all.",
    "An answer that is no JSON object is an error, and so is a `--transform` that finds nothing. The official tool prints nothing for the one and the whole object for the other.",
    "An option with an empty value is refused. The official tool goes on without it: to its default server, with the key.",
    "Without a key api.openai.com is not asked. A redirect to another origin is not followed. The query of the base URL is kept.",
    "A quota that is used up is not asked for again, nor is a server that wants to be left alone for more than 2 minutes. An attempt ends after `--timeout`; the official tool has no limit.",
    "Colour follows NO_COLOR and its relatives. No query is ever written to the terminal, and text from a server cannot act on it.",
    "The options `--api-key-file`, `--color`, `--concurrency`, `--exit-status`, `--max-retries`, `--poll-interval`, `--quiet`, `--timeout`, `--wait`, `--wait-timeout` and the format table are new. The options `--admin-api-key` and `--webhook-secret` are accepted and not used. The format explore is table here, for now.",
    "There is `openai files retrieve` and no other command of the official tool.",
];

fn openai(command: &Command) -> String {
    let mut page = page("openai", command);
    page.synopsis(&[
        "openai files retrieve [OPTIONS] [FILE_ID]...",
        "openai completion SHELL",
        "openai help [COMMAND]...",
        "openai --version",
    ]);
    page.section("DESCRIPTION").paragraphs(OPENAI, "PP");
    page.section("COMMANDS");
    page.entry(
        "openai-files-retrieve(1)",
        "look up files by id and print them",
    );
    page.entry(
        "openai completion SHELL",
        "print a script for bash, zsh, fish, powershell or elvish that completes the command line",
    );
    page.section("OPTIONS").options(command);
    page.text(
        "The other options are described in openai-files-retrieve(1).",
        "PP",
    );
    page.section("COMPLETIONS");
    page.text(
        "Packages install them. Without a package a line in a file that the shell reads at its start loads them:",
        "PP",
    );
    page.examples(docs::LOAD_COMPLETIONS);
    page.reference();
    page.section("DIFFERENCES FROM THE OFFICIAL CLI");
    page.text("See openai-files-retrieve(1).", "PP");
    page.see_also(&["openai-files(1)", "openai-files-retrieve(1)"])
}

fn openai_files(command: &Command) -> String {
    let mut page = page("openai-files", command);
    page.synopsis(&["openai files COMMAND"]);
    page.section("DESCRIPTION").paragraphs(FILES, "PP");
    page.section("COMMANDS");
    page.entry(
        "openai-files-retrieve(1)",
        "look up files by id and print them",
    );
    page.section("OPTIONS").options(command);
    page.text(
        "The other options are described in openai-files-retrieve(1).",
        "PP",
    );
    page.see_also(&["openai(1)", "openai-files-retrieve(1)"])
}

fn openai_files_retrieve(command: &Command) -> String {
    let mut page = page("openai-files-retrieve", command);
    page.synopsis(&["openai files retrieve [OPTIONS] [FILE_ID]..."]);
    let (_, description) = docs::RETRIEVE.split_once("\n\n").unwrap();
    page.section("DESCRIPTION").paragraphs(description, "PP");
    page.paragraphs(WAITING, "PP");
    page.section("OPTIONS").options(command);
    page.reference();
    page.section("DIFFERENCES FROM THE OFFICIAL CLI");
    page.text("A script that was written for `openai files retrieve` of the official tool, version 1.8.0, keeps working. These things are different:", "PP");
    for difference in DIFFERENCES {
        page.roff.control("IP", [r"\(bu", "2"]);
        page.roff.text(inlines(difference));
    }
    page.see_also(&["openai(1)", "openai-files(1)", "jq(1)"])
}

/// A page under way.
struct Page {
    roff: Roff,
    /// Whether a section has just begun, and with it a paragraph.
    begins: bool,
}

/// The page `name` of `command`, up to its name.
fn page(name: &str, command: &Command) -> Page {
    let mut roff = Roff::new();
    let version = env!("CARGO_PKG_VERSION");
    let title = name.to_uppercase();
    let source = format!("openai {version}");
    roff.control(
        "TH",
        [
            title.as_str(),
            "1",
            release_date(version),
            &source,
            "User Commands",
        ],
    );
    let mut page = Page {
        roff,
        begins: false,
    };
    let about = command.get_about().unwrap().to_string();
    let (first, rest) = about.split_at(1);
    page.section("NAME");
    page.roff
        .text([roman(format!("{name} - {}{rest}", first.to_lowercase()))]);
    page
}

/// The date of this version in the changelog.
fn release_date(version: &str) -> &'static str {
    include_str!("../../../CHANGELOG.md")
        .lines()
        .find_map(|line| line.strip_prefix(&format!("## [{version}] - ")))
        .unwrap()
}

impl Page {
    fn section(&mut self, title: &str) -> &mut Self {
        self.roff.control("SH", [title]);
        self.begins = true;
        self
    }

    fn synopsis(&mut self, lines: &[&str]) {
        self.section("SYNOPSIS");
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                self.roff.control("br", []);
            }
            let words = line.split(' ').enumerate().flat_map(|(index, word)| {
                let space = (index > 0).then(|| roman(" "));
                let is_literal = word.starts_with(|letter: char| letter.is_lowercase())
                    || word.starts_with("--");
                space
                    .into_iter()
                    .chain([if is_literal { bold(word) } else { roman(word) }])
            });
            self.roff.text(words.collect::<Vec<_>>());
        }
    }

    /// A paragraph, begun by the request `begin`.
    fn text(&mut self, text: &str, begin: &str) {
        self.begin(begin);
        self.roff.text(inlines(text));
    }

    fn begin(&mut self, request: &str) {
        if !std::mem::take(&mut self.begins) {
            self.roff.control(request, []);
        }
    }

    /// Paragraphs with a blank line between; one of indented lines is shown as it is.
    fn paragraphs(&mut self, text: &str, begin: &str) {
        for paragraph in text.split("\n\n") {
            if paragraph.starts_with("  ") {
                self.begin(begin);
                self.roff.control("EX", []);
                for line in paragraph.lines() {
                    self.roff.text([roman(line.trim_start())]);
                }
                self.roff.control("EE", []);
            } else {
                self.text(&paragraph.replace('\n', " "), begin);
            }
        }
    }

    /// A term and what it means.
    fn entry(&mut self, term: &str, meaning: &str) {
        self.begins = false;
        self.roff.control("TP", []);
        self.roff.text([bold(term)]);
        self.roff.text(inlines(meaning));
    }

    /// The visible options, under their headings.
    fn options(&mut self, command: &Command) {
        let mut args: Vec<_> = command
            .get_arguments()
            .filter(|arg| !arg.is_hide_set())
            .collect();
        // Stable: within a heading they stay in their order.
        args.sort_by_key(|arg| arg.get_help_heading() == Some("Help"));
        let mut heading = None;
        for arg in args {
            if arg.get_help_heading() != heading {
                heading = arg.get_help_heading();
                self.roff.control("SS", heading);
            }
            self.option(arg);
        }
    }

    fn option(&mut self, arg: &Arg) {
        self.begins = false;
        self.roff.control("TP", []);
        let mut term = Vec::new();
        if let Some(short) = arg.get_short() {
            term.extend([bold(format!("-{short}")), roman(", ")]);
        }
        if let Some(long) = arg.get_long() {
            term.push(bold(format!("--{long}")));
        }
        if arg.get_action().takes_values() {
            let name = arg.get_value_names().unwrap().join(" ");
            if arg.is_positional() {
                term.extend([roman("["), italic(name), roman("]...")]);
            } else {
                term.extend([roman(" "), italic(name)]);
            }
        }
        self.roff.text(term);
        let help = arg.get_long_help().or(arg.get_help()).unwrap().to_string();
        let (first, rest) = help.split_once("\n\n").unwrap_or((&help, ""));
        self.roff.text(inlines(first));
        if !rest.is_empty() {
            self.paragraphs(rest, "IP");
        }
        if !arg.get_action().takes_values() || arg.is_positional() {
            return;
        }
        if !arg.is_hide_possible_values_set() && !arg.get_possible_values().is_empty() {
            self.roff.control("RS", []);
            for value in arg.get_possible_values() {
                self.entry(value.get_name(), &value.get_help().unwrap().to_string());
            }
            self.roff.control("RE", []);
        }
    }

    fn examples(&mut self, examples: &[(&str, &str)]) {
        for (what, line) in examples {
            self.text(&format!("{what}:"), "PP");
            self.roff.control("RS", ["4"]);
            self.roff.control("EX", []);
            self.roff.text([bold(*line)]);
            self.roff.control("EE", []);
            self.roff.control("RE", []);
        }
    }

    /// The sections that `docs` holds.
    fn reference(&mut self) {
        self.section("EXAMPLES").examples(docs::EXAMPLES);
        self.section("EXIT STATUS");
        for exit in docs::EXITS {
            self.entry(&(exit as u8).to_string(), docs::meaning(exit));
        }
        self.text(docs::EXITS_NOTE, "PP");
        self.section("ENVIRONMENT");
        for (names, what) in docs::ENVIRONMENT {
            self.entry(&names.join(", "), what);
        }
        self.text(docs::ENVIRONMENT_NOTE, "PP");
    }

    /// The last section, and the whole page.
    fn see_also(mut self, pages: &[&str]) -> String {
        self.section("SEE ALSO").text(&pages.join(", "), "PP");
        self.text(
            "The reference of the API: https://platform.openai.com/docs/api-reference/files/retrieve",
            "PP",
        );
        format!(
            ".\\\" Made by `UPDATE=1 cargo test --test cli generated`.\n{}",
            self.roff.to_roff()
        )
    }
}

/// `text`, with what stands between backquotes in bold.
fn inlines(text: &str) -> Vec<Inline> {
    text.split('`')
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| {
            if index % 2 == 1 {
                bold(part)
            } else {
                roman(part)
            }
        })
        .collect()
}
