//! How fast the tool is, next to curl and to any other program.
//!
//! - `cargo bench --bench speed` measures everything, prints one table, and writes the same to
//!   `target/bench/speed.json`.
//! - `cargo bench --bench speed -- --check` counts instructions and the size of the binary only,
//!   and fails where they exceed `budget.json`. It needs no quiet machine.
//! - `cargo bench --bench speed -- --update` makes what it counts the new budget.
//!
//! It needs Linux with nginx, openssl, valgrind and curl, the budget alone no curl. Memory is
//! measured with GNU time, system calls with strace, where they are installed.
#![expect(
    clippy::cast_precision_loss,
    reason = "no number here has more than 53 bits"
)]

mod budget;
mod probe;
mod report;
mod servers;
mod tasks;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::ensure;
use clap::Parser;

use crate::probe::{Run, tool};
use crate::report::{Number, Report, Row, Unit};
use crate::servers::Servers;
use crate::tasks::{NOBODY, OPENAI, Other, Task, Tasks};

/// How many lookups are under way at once where there are many.
const CONCURRENCY: u8 = 16;

/// What one answer under way may need beside its object, in bytes: the buffers of a connection.
const IN_FLIGHT: f64 = 32e3;

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
    /// Said by `cargo bench`, but not by `cargo test --all-targets`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if !options.bench {
        return ExitCode::SUCCESS;
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let servers = Servers::start()?;
    if options.check || options.update {
        let costs = costs(&servers)?;
        return if options.update {
            budget::update(&costs)
        } else {
            budget::check(&costs)
        };
    }
    let report = report(options, &servers)?;
    writeln!(io::stdout(), "{report}")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("speed.json"), format!("{:#}\n", report.json()))?;
    Ok(())
}

/// What the budget is about: instructions of each task, and the size of the binary.
fn costs(servers: &Servers) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut costs = BTreeMap::new();
    for task in (Tasks { servers }).budgeted()? {
        costs.insert(task.name.to_owned(), task.openai.instructions()?);
    }
    costs.insert("binary, bytes".to_owned(), fs::metadata(OPENAI)?.len());
    Ok(costs)
}

fn report(options: &Options, servers: &Servers) -> anyhow::Result<Report> {
    tool("curl")?;
    let others: Result<_, _> = options.with.iter().map(|with| Other::parse(with)).collect();
    let mut bench = Bench {
        tasks: Tasks { servers },
        others: others?,
        pairs: options.pairs,
        rows: Vec::new(),
    };
    let mut skipped = Vec::new();
    let system = servers.system_bundle()?;
    let http = bench
        .tasks
        .lookup("lookup, http", &servers.http, Path::new(NOBODY));
    let https = bench
        .tasks
        .lookup("lookup, https, system CAs", &servers.https, &system);
    let version = bench.tasks.version();

    bench.instructions(&https)?;
    bench.time(&http, Some(0.35))?;
    bench.time(&https, Some(0.2))?;
    bench.time(&version, None)?;
    match tool("time") {
        Ok(_) => {
            bench.memory(&http, 6e6)?;
            bench.memory(&https, 8e6)?;
        }
        Err(error) => skipped.push(format!("memory: {error}")),
    }
    match tool("strace") {
        Ok(_) => bench.system_calls(&http)?,
        Err(error) => skipped.push(format!("system calls and threads: {error}")),
    }
    bench.size()?;
    for (scheme, base) in [("http", &servers.http), ("https", &servers.https)] {
        bench.many(scheme, base, &system)?;
    }
    bench.large()?;
    let names = bench.others.iter().map(|other| other.name.clone());
    Ok(Report {
        circumstances: circumstances(options, &bench.others)?,
        others: ["curl".to_owned()].into_iter().chain(names).collect(),
        rows: bench.rows,
        skipped,
    })
}

/// Measures one number after the other.
struct Bench<'a> {
    tasks: Tasks<'a>,
    others: Vec<Other>,
    pairs: usize,
    rows: Vec<Row>,
}

impl Bench<'_> {
    fn add(&mut self, row: Row) {
        // Who waits wants to see that something happens.
        let _ = writeln!(io::stderr(), "{}", row.name);
        self.rows.push(row);
    }

    /// `task` by curl and by the other programs, if they can.
    fn runs(&self, task: &Task) -> Vec<Option<Run>> {
        let others = self.others.iter().map(|other| other.run(&self.tasks, task));
        [task.curl.clone()].into_iter().chain(others).collect()
    }

    /// Measures `task` by `measure` with each program.
    fn each(
        &self,
        what: &str,
        unit: Unit,
        task: &Task,
        measure: impl Fn(&Run) -> anyhow::Result<u64>,
    ) -> anyhow::Result<Row> {
        let mut row = Row::new(
            format!("{what}: {}", task.name),
            unit,
            measure(&task.openai)? as f64,
        );
        for run in self.runs(task) {
            let value = run.map(|run| measure(&run)).transpose()?;
            row.others
                .push(value.map(|value| Number::new(value as f64, row.openai)));
        }
        Ok(row)
    }

    fn instructions(&mut self, https: &Task) -> anyhow::Result<()> {
        for task in self.tasks.budgeted()?.iter().chain([https]) {
            let row = self.each("instructions", Unit::Instructions, task, Run::instructions)?;
            self.add(match task.name {
                "lookup, http" => row.at_most(1.5e6).at_most_of_curl(0.1),
                "lookup, https, system CAs" => row.at_most(14e6).at_most_of_curl(0.055),
                "--version" => row.at_most(0.7e6),
                "-h" => row.at_most(1e6),
                _ => row,
            });
        }
        Ok(())
    }

    fn time(&mut self, task: &Task, limit: Option<f64>) -> anyhow::Result<()> {
        let mut row = Row::new(format!("time: {}", task.name), Unit::Seconds, f64::NAN);
        for run in self.runs(task) {
            let pair = run
                .map(|run| probe::pair(&task.openai, &run, self.pairs))
                .transpose()?;
            row.openai = pair.map_or(row.openai, |pair| pair.first.min(row.openai));
            row.others.push(pair.map(|pair| Number {
                value: pair.second,
                ratio: pair.ratio,
            }));
        }
        self.add(match limit {
            Some(limit) => row.at_most_of_curl(limit),
            None => row,
        });
        Ok(())
    }

    fn memory(&mut self, task: &Task, limit: f64) -> anyhow::Result<()> {
        let log = self.tasks.servers.path("time");
        let measure = |run: &Run| run.peak_memory(&log);
        let row = self.each("peak memory", Unit::Bytes, task, measure)?;
        self.add(row.at_most(limit));
        Ok(())
    }

    fn system_calls(&mut self, task: &Task) -> anyhow::Result<()> {
        let log = self.tasks.servers.path("strace");
        let calls = |run: &Run| Ok(run.system_calls(&log)?.0);
        let threads = |run: &Run| Ok(run.system_calls(&log)?.1);
        let row = self.each("system calls", Unit::Count, task, calls)?;
        self.add(row);
        let row = self.each("threads started", Unit::Count, task, threads)?;
        self.add(row.at_most(0.0));
        Ok(())
    }

    fn size(&mut self) -> anyhow::Result<()> {
        let size = |program: &str| fs::metadata(program).map(|file| file.len() as f64);
        let mut row = Row::new("stripped binary", Unit::Bytes, size(OPENAI)?).at_most(5e6);
        // Most of curl is in libraries.
        row.others.push(None);
        for other in &self.others {
            row.others
                .push(Some(Number::new(size(&other.program)?, row.openai)));
        }
        self.add(row);
        Ok(())
    }

    /// Many lookups in one run, next to curl; and that memory does not grow with them.
    fn many(&mut self, scheme: &str, base: &str, trust: &Path) -> anyhow::Result<()> {
        let tasks = &self.tasks;
        let mut openai = tasks.openai(
            &format!(
                "files retrieve - --concurrency {CONCURRENCY} --format jsonl --base-url {base}"
            ),
            trust,
        );
        let curl = format!("--no-progress-meter --parallel --parallel-max {CONCURRENCY} -K");
        let mut rows = Vec::new();
        for (number, pairs) in [(1_000, self.pairs / 10), (10_000, self.pairs / 20)] {
            let (ids, settings) = tasks.servers.ids(number, base)?;
            openai.stdin = Some(ids);
            let mut curl = tasks.curl(&curl, trust);
            curl.words.push(settings.display().to_string());
            for run in [&openai, &curl] {
                let text = String::from_utf8(run.output()?)?;
                let found = text.matches("\"id\"").count();
                ensure!(
                    found == number,
                    "{} printed {found} objects",
                    run.words.join(" ")
                );
            }
            let pair = probe::pair(&openai, &curl, pairs.max(3))?;
            let name = format!("time: {number} lookups, {scheme}");
            let mut row = Row::new(name, Unit::Seconds, pair.first);
            row.others.push(Some(Number {
                value: pair.second,
                ratio: pair.ratio,
            }));
            rows.push(row.at_most_of_curl(0.8));
        }
        if tool("time").is_ok() {
            let log = tasks.servers.path("time");
            let one = tasks.lookup("", base, trust).openai.peak_memory(&log)? as f64;
            let mut limit = 1.3 * one + f64::from(CONCURRENCY) * IN_FLIGHT;
            for number in [1_000, 100_000] {
                openai.stdin = Some(tasks.servers.ids(number, base)?.0);
                let bytes = openai.peak_memory(&log)? as f64;
                let name = format!("peak memory: {number} lookups, {scheme}");
                rows.push(Row::new(name, Unit::Bytes, bytes).at_most(limit));
                // Flat: but how many answers wait for an earlier one differs from run to run.
                limit = 1.15 * bytes;
            }
        }
        for row in rows {
            self.add(row);
        }
        Ok(())
    }

    /// The largest object in each format: how long it takes, how much longer than one of half the
    /// size, and memory as a multiple of its size.
    fn large(&mut self) -> anyhow::Result<()> {
        let servers = self.tasks.servers;
        let (half, whole) = (servers.large(LARGEST / 2)?, servers.large(LARGEST)?);
        for format in ["json", "jsonl", "raw", "yaml", "pretty", "table"] {
            let run = |id: &str| {
                let args = format!(
                    "files retrieve {id} --format {format} --base-url {}",
                    servers.http
                );
                self.tasks.openai(&args, Path::new(NOBODY))
            };
            let (half, whole) = (run(&half), run(&whole));
            let pair = probe::pair(&whole, &half, 5)?;
            self.add(Row::new(
                format!("time: 16 MiB as {format}"),
                Unit::Seconds,
                pair.first,
            ));
            let name = format!("time: 16 MiB as {format}, of that for 8 MiB");
            self.add(Row::new(name, Unit::Times, pair.ratio).at_most(2.5));
            if tool("time").is_ok() {
                let bytes = whole.peak_memory(&servers.path("time"))? as f64;
                let name = format!("peak memory: 16 MiB as {format}, of its size");
                self.add(Row::new(name, Unit::Times, bytes / LARGEST as f64).at_most(3.0));
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
    let curl = tool("curl")?;
    let mut versions = Vec::new();
    for program in [OPENAI, &curl]
        .into_iter()
        .chain(others.iter().map(|other| other.program.as_str()))
    {
        let output = Command::new(program).arg("--version").output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        versions.extend(text.lines().next().map(str::to_owned));
    }
    let with = options.with.iter().map(|with| format!(" --with '{with}'"));
    let with: String = with.collect();
    let separator = if with.is_empty() { "" } else { " --" };
    Ok(vec![
        ("date", jiff::Zoned::now().date().to_string()),
        (
            "machine",
            format!("{model}, {cores} cores, Linux {}", kernel.trim()),
        ),
        ("programs", versions.join("; ")),
        (
            "command",
            format!("cargo bench --bench speed{separator}{with}"),
        ),
    ])
}
