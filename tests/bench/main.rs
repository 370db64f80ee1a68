//! How fast the tool is, next to curl and to any other program.
//!
//! - `cargo bench --bench speed` measures everything, prints one table, and writes the same to
//!   `target/bench/speed.json`.
//! - `cargo bench --bench speed -- --check` counts instructions and the size of the binary only,
//!   and fails where they exceed `budget.json`. It needs no quiet machine.
//! - `cargo bench --bench speed -- --update` makes what it counts the new budget.
//!
//! It needs Linux with nginx, openssl, curl and valgrind; GNU time and strace where installed.
#![expect(
    clippy::cast_precision_loss,
    reason = "no number here has more than 53 bits"
)]

mod budget;
mod probe;
mod report;
mod servers;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use clap::Parser;

use crate::probe::{Run, tool};
use crate::report::{Report, Row, Unit};
use crate::servers::{MISSING, Servers};

/// The id of the file that is looked up.
const ID: &str = "file-abc123";

/// How many lookups are under way at once where there are many.
const CONCURRENCY: &str = "16";

/// The largest object that the tool reads, in bytes.
const LARGEST: usize = 16 << 20;

#[derive(Parser)]
struct Options {
    /// Compare instructions and binary size with the budget, and do nothing else
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Make the instructions and binary size of now the new budget
    #[arg(long)]
    update: bool,
    /// Another program to compare lookups with, as NAME=COMMAND; {base}, {id} and {url} in it are
    /// replaced
    #[arg(long, value_name = "NAME=COMMAND")]
    with: Vec<String>,
    /// How often each of two programs is run to compare times
    #[arg(long, default_value = "200")]
    pairs: usize,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let servers = Servers::start()?;
    if options.check || options.update {
        let costs = costs(&servers)?;
        return if options.update {
            budget::update(&costs)
        } else {
            budget::check(&costs)
        };
    }
    let report = report(&options, &servers)?;
    writeln!(io::stdout(), "{report}")?;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench/speed.json");
    fs::create_dir_all(path.with_file_name(""))?;
    fs::write(path, format!("{:#}\n", report.json()))?;
    Ok(())
}

/// A task that the tool is measured at, and what comes closest to it with curl.
struct Task {
    name: &'static str,
    openai: Run,
    curl: Option<Vec<String>>,
    /// Where the file is: what another program needs to know to look it up.
    lookup: Option<String>,
}

/// Makes tasks: knows the servers and whom to trust.
struct Tasks<'a> {
    servers: &'a Servers,
}

impl Tasks<'_> {
    fn run(&self, words: &[&str], trust: &Path) -> Run {
        let trust = trust.display().to_string();
        Run {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            variables: vec![
                ("HOME", self.servers.path("").display().to_string()),
                ("OPENAI_API_KEY", "sk-bench".to_owned()),
                ("SSL_CERT_FILE", trust.clone()),
                ("CURL_CA_BUNDLE", trust),
            ],
            stdin: None,
            code: 0,
        }
    }

    fn openai(&self, args: &[&str], trust: &Path) -> Run {
        let openai = [env!("CARGO_BIN_EXE_openai")];
        self.run(&[&openai, args].concat(), trust)
    }

    /// A lookup with further arguments.
    fn lookup(&self, name: &'static str, base: &str, trust: &Path, args: &[&str]) -> Task {
        let lookup = ["files", "retrieve", ID, "--base-url", base];
        Task {
            name,
            openai: self.openai(&[&lookup, args].concat(), trust),
            curl: args.is_empty().then(|| vec![format!("{base}/files/{ID}")]),
            lookup: args.is_empty().then(|| base.to_owned()),
        }
    }

    /// Something that needs no server.
    fn local(&self, name: &'static str, code: i32, curl: &str, args: &[&str]) -> Task {
        let openai = self.openai(args, Path::new("/dev/null"));
        Task {
            name,
            openai: Run { code, ..openai },
            curl: Some(curl.split(' ').map(str::to_owned).collect()),
            lookup: None,
        }
    }

    /// What is budgeted for. None of it depends on what is installed.
    fn budgeted(&self) -> anyhow::Result<Vec<Task>> {
        let (http, https) = (&self.servers.http, &self.servers.https);
        let one = self.servers.one_root();
        let nothing = Path::new("/dev/null");
        let mut missing = self.lookup("no such file, http", http, nothing, &[]);
        for word in missing
            .openai
            .words
            .iter_mut()
            .chain(missing.curl.iter_mut().flatten())
        {
            *word = word.replace(ID, MISSING);
        }
        missing.openai.code = 3;
        missing.lookup = None;
        Ok(vec![
            self.lookup("lookup, http", http, nothing, &[]),
            self.lookup(
                "lookup, http, as yaml",
                http,
                nothing,
                &["--format", "yaml"],
            ),
            self.lookup(
                "lookup, http, as table",
                http,
                nothing,
                &["--format", "table"],
            ),
            missing,
            self.lookup("lookup, https, one CA", https, &one, &[]),
            self.lookup("lookup, https, 100 CAs", https, &self.servers.roots()?, &[]),
            self.local("--version", 0, "--version", &["--version"]),
            self.local("-h", 0, "-h", &["-h"]),
            self.local(
                "files retrieve --help",
                0,
                "--help all",
                &["files", "retrieve", "--help"],
            ),
            self.local(
                "wrong option",
                2,
                "--nope",
                &["files", "retrieve", ID, "--nope"],
            ),
        ])
    }
}

/// What the budget is about: instructions by task, and the size of the binary.
fn costs(servers: &Servers) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut costs = BTreeMap::new();
    for task in (Tasks { servers }).budgeted()? {
        costs.insert(task.name.to_owned(), task.openai.instructions()?);
    }
    costs.insert(
        "binary, bytes".to_owned(),
        fs::metadata(env!("CARGO_BIN_EXE_openai"))?.len(),
    );
    Ok(costs)
}

/// A program to compare with.
struct Other {
    name: String,
    words: Vec<String>,
}

impl Other {
    /// Reads `NAME=COMMAND`.
    fn parse(text: &str) -> anyhow::Result<Self> {
        let (name, command) = text.split_once('=').context("--with takes NAME=COMMAND")?;
        let mut words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        let program = words.first_mut().context("--with names no command")?;
        *program = tool(program)?;
        Ok(Self {
            name: name.to_owned(),
            words,
        })
    }

    /// How this program does `task`, if it can.
    fn run(&self, task: &Task) -> Option<Run> {
        let mut run = task.openai.clone();
        if self.name == "curl" {
            run.words = [&self.words[..], task.curl.as_ref()?].concat();
            run.code = if task.openai.code == 2 { 2 } else { 0 };
        } else {
            let base = task.lookup.as_ref()?;
            let url = format!("{base}/files/{ID}");
            let fill = |word: &String| {
                word.replace("{base}", base)
                    .replace("{id}", ID)
                    .replace("{url}", &url)
            };
            run.words = self.words.iter().map(fill).collect();
        }
        Some(run)
    }
}

fn report(options: &Options, servers: &Servers) -> anyhow::Result<Report> {
    // curl sends the key, too, and reads no settings of whoever runs this.
    let curl = ["-q", "-sS", "-H", "Authorization: Bearer sk-bench"];
    let mut others = vec![Other {
        name: "curl".to_owned(),
        words: [tool("curl")?]
            .into_iter()
            .chain(curl.map(str::to_owned))
            .collect(),
    }];
    for with in &options.with {
        others.push(Other::parse(with)?);
    }
    let tasks = Tasks { servers };
    let mut bench = Bench {
        servers,
        pairs: options.pairs,
        rows: Vec::new(),
        skipped: Vec::new(),
        others,
    };
    let system = servers.system_bundle()?;
    let http = tasks.lookup("lookup, http", &servers.http, Path::new("/dev/null"), &[]);
    let https = tasks.lookup("lookup, https, system CAs", &servers.https, &system, &[]);
    let version = tasks.local("--version", 0, "--version", &["--version"]);
    bench.instructions(&tasks, &https)?;
    bench.times(&[(&http, Some(0.35)), (&https, Some(0.2)), (&version, None)])?;
    bench.memory(&[(&http, 6e6), (&https, 8e6)])?;
    bench.system_calls(&http)?;
    bench.size()?;
    bench.many(&tasks, &system)?;
    bench.large(&tasks)?;
    Ok(Report {
        circumstances: circumstances(options, &bench.others)?,
        others: bench.others.into_iter().map(|other| other.name).collect(),
        rows: bench.rows,
        skipped: bench.skipped,
    })
}

/// Measures everything, one kind of number after the other.
struct Bench<'a> {
    servers: &'a Servers,
    pairs: usize,
    rows: Vec<Row>,
    skipped: Vec<String>,
    others: Vec<Other>,
}

impl Bench<'_> {
    fn row(&mut self, name: impl Into<String>, unit: Unit, openai: f64) -> &mut Row {
        let name = name.into();
        // Where one waits, one wants to see that something happens.
        let _ = writeln!(io::stderr(), "{name}");
        self.rows.push(Row {
            name,
            unit,
            openai,
            others: self.others.iter().map(|_| None).collect(),
            limit: None,
            ratio_limit: None,
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// Measures `task` with each program by `measure`.
    fn each(
        &self,
        task: &Task,
        measure: impl Fn(&Run) -> anyhow::Result<f64>,
    ) -> anyhow::Result<(f64, Vec<Option<(f64, f64)>>)> {
        let openai = measure(&task.openai)?;
        let others = self.others.iter().map(|other| {
            let Some(run) = other.run(task) else {
                return Ok(None);
            };
            let value = measure(&run)?;
            Ok(Some((value, openai / value)))
        });
        Ok((openai, others.collect::<anyhow::Result<_>>()?))
    }

    fn instructions(&mut self, tasks: &Tasks<'_>, https: &Task) -> anyhow::Result<()> {
        let budgeted = tasks.budgeted()?;
        for task in budgeted.iter().chain([https]) {
            let (openai, others) = self.each(task, |run| Ok(run.instructions()? as f64))?;
            let (limit, ratio_limit) = match task.name {
                "lookup, http" => (Some(1.5e6), Some(0.1)),
                "lookup, https, system CAs" => (Some(14e6), Some(0.055)),
                "--version" => (Some(0.7e6), None),
                "-h" => (Some(1e6), None),
                _ => (None, None),
            };
            let row = self.row(
                format!("instructions: {}", task.name),
                Unit::Instructions,
                openai,
            );
            (row.others, row.limit, row.ratio_limit) = (others, limit, ratio_limit);
        }
        Ok(())
    }

    fn times(&mut self, tasks: &[(&Task, Option<f64>)]) -> anyhow::Result<()> {
        for (task, ratio_limit) in tasks {
            let mut openai = 0.0;
            let mut others = Vec::new();
            for other in &self.others {
                let Some(run) = other.run(task) else {
                    others.push(None);
                    continue;
                };
                let pair = probe::pair(&task.openai, &run, self.pairs)?;
                if others.is_empty() {
                    openai = pair.first;
                }
                others.push(Some((pair.second, pair.ratio)));
            }
            let row = self.row(format!("time: {}", task.name), Unit::Seconds, openai);
            (row.others, row.ratio_limit) = (others, *ratio_limit);
        }
        Ok(())
    }

    fn memory(&mut self, tasks: &[(&Task, f64)]) -> anyhow::Result<()> {
        let scratch = self.servers.path("");
        if let Err(error) = tool("time") {
            self.skipped.push(format!("memory: {error}"));
            return Ok(());
        }
        for (task, limit) in tasks {
            let (openai, others) = self.each(task, |run| Ok(run.peak_memory(&scratch)? as f64))?;
            let row = self.row(format!("peak memory: {}", task.name), Unit::Bytes, openai);
            (row.others, row.limit) = (others, Some(*limit));
        }
        Ok(())
    }

    fn system_calls(&mut self, task: &Task) -> anyhow::Result<()> {
        let scratch = self.servers.path("");
        if let Err(error) = tool("strace") {
            self.skipped
                .push(format!("system calls and threads: {error}"));
            return Ok(());
        }
        let (calls, others) = self.each(task, |run| Ok(run.system_calls(&scratch)?.0 as f64))?;
        self.row(format!("system calls: {}", task.name), Unit::Count, calls)
            .others = others;
        let (threads, _) = self.each(task, |run| Ok(run.system_calls(&scratch)?.1 as f64))?;
        self.row(
            format!("threads started: {}", task.name),
            Unit::Count,
            threads,
        )
        .limit = Some(0.0);
        Ok(())
    }

    fn size(&mut self) -> anyhow::Result<()> {
        let size = fs::metadata(env!("CARGO_BIN_EXE_openai"))?.len() as f64;
        // Most of curl is in libraries.
        let others = self.others.iter().map(|other| {
            let path = other.words.first().filter(|_| other.name != "curl")?;
            let bytes = fs::metadata(path).ok()?.len() as f64;
            Some((bytes, size / bytes))
        });
        let others = others.collect();
        let row = self.row("stripped binary", Unit::Bytes, size);
        (row.others, row.limit) = (others, Some(5e6));
        Ok(())
    }

    /// Many lookups in one run, next to `curl --parallel`.
    fn many(&mut self, tasks: &Tasks<'_>, system: &Path) -> anyhow::Result<()> {
        for (scheme, base) in [("http", &self.servers.http), ("https", &self.servers.https)] {
            let args = [
                "files",
                "retrieve",
                "-",
                "--concurrency",
                CONCURRENCY,
                "--format",
                "jsonl",
                "--base-url",
                base,
            ];
            let mut openai = tasks.openai(&args, system);
            let curl = [
                "--no-progress-meter",
                "--parallel",
                "--parallel-max",
                CONCURRENCY,
                "-K",
            ];
            let words: Vec<_> = self.others[0]
                .words
                .iter()
                .map(String::as_str)
                .chain(curl)
                .collect();
            let mut curl = tasks.run(&words, system);
            for (number, pairs) in [(1_000, self.pairs / 10), (10_000, self.pairs / 20)] {
                let (ids, curlrc) = self.servers.ids(number, base)?;
                openai.stdin = Some(ids);
                curl.words.truncate(words.len());
                curl.words.push(curlrc.display().to_string());
                for run in [&openai, &curl] {
                    let found = run
                        .output()?
                        .windows(4)
                        .filter(|four| four == b"\"id\"")
                        .count();
                    ensure!(
                        found == number,
                        "{} printed {found} objects",
                        run.words.join(" ")
                    );
                }
                let pair = probe::pair(&openai, &curl, pairs.max(3))?;
                let row = self.row(
                    format!("time: {number} lookups, {scheme}"),
                    Unit::Seconds,
                    pair.first,
                );
                row.others[0] = Some((pair.second, pair.ratio));
                row.ratio_limit = Some(0.8);
            }
            if tool("time").is_err() {
                continue;
            }
            let mut memory = Vec::new();
            for number in [1_000, 100_000] {
                openai.stdin = Some(self.servers.ids(number, base)?.0);
                let bytes = openai.peak_memory(&self.servers.path(""))? as f64;
                let row = self.row(
                    format!("peak memory: {number} lookups, {scheme}"),
                    Unit::Bytes,
                    bytes,
                );
                row.limit = memory.first().map(|first| first * 1.05);
                memory.push(bytes);
            }
        }
        Ok(())
    }

    /// The largest object, in each format: memory as a multiple of it, and how much longer it
    /// takes than one of half the size.
    fn large(&mut self, tasks: &Tasks<'_>) -> anyhow::Result<()> {
        let base = &self.servers.http;
        let ids = [LARGEST / 2, LARGEST].map(|size| self.servers.large(size));
        let [half, whole] = ids;
        let (half, whole) = (half?, whole?);
        for format in ["json", "jsonl", "raw", "yaml", "pretty", "table"] {
            let run = |id: &str| {
                let args = [
                    "files",
                    "retrieve",
                    id,
                    "--format",
                    format,
                    "--base-url",
                    base,
                ];
                tasks.openai(&args, Path::new("/dev/null"))
            };
            let (half, whole) = (run(&half), run(&whole));
            let pair = probe::pair(&whole, &half, 5)?;
            let memory = match tool("time") {
                Ok(_) => Some(whole.peak_memory(&self.servers.path(""))?),
                Err(_) => None,
            };
            self.row(
                format!("time: 16 MiB as {format}"),
                Unit::Seconds,
                pair.first,
            );
            self.row(
                format!("… of the time for 8 MiB, {format}"),
                Unit::Times,
                pair.ratio,
            )
            .limit = Some(2.5);
            if let Some(memory) = memory {
                let times = memory as f64 / LARGEST as f64;
                self.row(
                    format!("peak memory: 16 MiB as {format}, times its size"),
                    Unit::Times,
                    times,
                )
                .limit = Some(3.0);
            }
        }
        Ok(())
    }
}

/// When, where, with what and how this was measured.
fn circumstances(
    options: &Options,
    others: &[Other],
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let model = processor
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(key, value)| (key.trim() == "model name").then_some(value.trim()))
        .unwrap_or(std::env::consts::ARCH);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let cores = std::thread::available_parallelism()?;
    let version = |program: &str| -> anyhow::Result<String> {
        let run = std::process::Command::new(program)
            .arg("--version")
            .output()?;
        let text = String::from_utf8_lossy(&run.stdout);
        Ok(text.lines().next().unwrap_or_default().to_owned())
    };
    let mut programs = vec![version(env!("CARGO_BIN_EXE_openai"))?];
    for other in others {
        programs.extend(other.words.first().map(|word| version(word)).transpose()?);
    }
    let mut command = "cargo bench --bench speed".to_owned();
    if !options.with.is_empty() {
        let with: Vec<_> = options
            .with
            .iter()
            .map(|with| format!("--with '{with}'"))
            .collect();
        command = format!("{command} -- {}", with.join(" "));
    }
    Ok(vec![
        ("date", jiff::Zoned::now().date().to_string()),
        (
            "machine",
            format!("{model}, {cores} cores, Linux {}", kernel.trim()),
        ),
        ("programs", programs.join("; ")),
        ("command", command),
    ])
}
