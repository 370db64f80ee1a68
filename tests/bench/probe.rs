//! The measurements of one run: instructions, time, memory, system calls.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};

/// A program and its arguments, to be run again and again in an environment of its own.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The program and its arguments.
    pub(crate) words: Vec<String>,
    /// The environment; there is nothing else in it.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// What is read from standard input; nothing if there is no path.
    pub(crate) stdin: Option<PathBuf>,
    /// How it has to end.
    pub(crate) code: i32,
}

impl Run {
    /// The run as it is, or as the last of the `prefix` words starts it. Output is thrown away.
    fn command(&self, prefix: &[&str]) -> anyhow::Result<Command> {
        let mut words = prefix
            .iter()
            .copied()
            .chain(self.words.iter().map(String::as_str));
        let mut command = Command::new(words.next().context("no program")?);
        let stdin = match &self.stdin {
            Some(path) => File::open(path)?.into(),
            None => Stdio::null(),
        };
        command
            .args(words)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command)
    }

    fn check(&self, status: ExitStatus) -> anyhow::Result<()> {
        ensure!(
            status.code() == Some(self.code),
            "`{}` ended with {status}, not with {}",
            self.words.join(" "),
            self.code
        );
        Ok(())
    }

    /// Runs it and returns what it wrote to standard output.
    pub(crate) fn output(&self) -> anyhow::Result<Vec<u8>> {
        let output = self.command(&[])?.stdout(Stdio::piped()).output()?;
        self.check(output.status)?;
        Ok(output.stdout)
    }

    /// How many instructions it executes outside the kernel, from its first to its last. Of three
    /// runs the least, as random numbers and addresses make for a few more or less.
    pub(crate) fn instructions(&self) -> anyhow::Result<u64> {
        let valgrind = tool("valgrind")?;
        let callgrind = [
            &*valgrind,
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
        ];
        let mut least = u64::MAX;
        for _ in 0..3 {
            let output = self.command(&callgrind)?.stderr(Stdio::piped()).output()?;
            self.check(output.status)?;
            let log = String::from_utf8_lossy(&output.stderr);
            let counted = log
                .lines()
                .filter_map(|line| line.split_once("Collected :"))
                .find_map(|(_, count)| count.trim().parse().ok());
            least = least.min(counted.with_context(|| format!("valgrind counted nothing: {log}"))?);
        }
        Ok(least)
    }

    /// The most memory that is resident at once, in bytes. The file `log` is written on the way.
    ///
    /// Something as small as GNU time has to start it: the system counts the memory of who starts
    /// a process as that of the process.
    pub(crate) fn peak_memory(&self, log: &Path) -> anyhow::Result<u64> {
        let time = tool("time")?;
        let path = log.to_str().context("odd path")?;
        let prefix = [&*time, "--quiet", "--format=%M", "--output", path];
        self.check(self.command(&prefix)?.status()?)?;
        let kibibytes: u64 = fs::read_to_string(log)?.trim().parse()?;
        Ok(kibibytes * 1024)
    }

    /// How many system calls it makes and how many threads it starts. The file `log` is written
    /// on the way.
    pub(crate) fn system_calls(&self, log: &Path) -> anyhow::Result<(u64, u64)> {
        let strace = tool("strace")?;
        let path = log.to_str().context("odd path")?;
        self.check(
            self.command(&[&*strace, "-f", "-qq", "-c", "-o", path])?
                .status()?,
        )?;
        let (mut calls, mut threads) = (0, 0);
        for line in fs::read_to_string(log)?.lines() {
            let columns: Vec<_> = line.split_whitespace().collect();
            let [_, _, _, count, .., name] = columns[..] else {
                continue;
            };
            match (name, count.parse::<u64>()) {
                ("total", Ok(count)) => calls = count,
                ("clone" | "clone3", Ok(count)) => threads += count,
                _ => {}
            }
        }
        Ok((calls, threads))
    }

    fn seconds(&self) -> anyhow::Result<f64> {
        let mut command = self.command(&[])?;
        let started = Instant::now();
        let status = command.status()?;
        let elapsed = started.elapsed();
        self.check(status)?;
        Ok(elapsed.as_secs_f64())
    }
}

/// What a comparison found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// The median time of the first, in seconds.
    pub(crate) first: f64,
    /// The median time of the second, in seconds.
    pub(crate) second: f64,
    /// The median of the ratios of each pair.
    pub(crate) ratio: f64,
}

/// Runs the two in turns, `pairs` times each. The ratio is that of runs made one after the other,
/// so that a machine that is busy for a while slows both down.
pub(crate) fn pair(first: &Run, second: &Run, pairs: usize) -> anyhow::Result<Pair> {
    // Once for the caches.
    first.seconds()?;
    second.seconds()?;
    let mut times = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let (one, other) = (first.seconds()?, second.seconds()?);
        times.0.push(one);
        times.1.push(other);
        times.2.push(one / other);
    }
    Ok(Pair {
        first: median(times.0)?,
        second: median(times.1)?,
        ratio: median(times.2)?,
    })
}

fn median(mut numbers: Vec<f64>) -> anyhow::Result<f64> {
    numbers.sort_by(f64::total_cmp);
    let Some(middle) = numbers.get(numbers.len() / 2) else {
        bail!("nothing was measured");
    };
    Ok(*middle)
}

/// The path of the program `name`, also where only the administrator looks for it.
pub(crate) fn tool(name: &str) -> anyhow::Result<String> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .and_then(|path| path.to_str().map(str::to_owned))
        .with_context(|| format!("{name} is not installed"))
}
