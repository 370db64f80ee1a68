//! A running command: what it printed so far, signals, what is typed into it, its end.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, kill_process};
use tempfile::TempDir;

use super::{Run, Signal, secrets, terminal};
use crate::server::PATIENCE;

/// How often a running process is looked at: its end is seen and its memory known this exactly.
const TICK: Duration = Duration::from_millis(1);

/// What is known of a run beside the process itself.
pub(super) struct Context {
    pub(super) deadline: Duration,
    pub(super) placeholders: Vec<(String, String)>,
    pub(super) secrets: Vec<String>,
    /// Whether stdout and stderr are terminals.
    pub(super) terminals: [bool; 2],
    /// Removed when the run is over.
    pub(super) _home: TempDir,
}

/// A command that was started; killed if it is dropped before its end.
pub(crate) struct Process {
    child: Child,
    command_line: String,
    started: Instant,
    streams: [Capture; 2],
    stdin: Option<Box<dyn Write + Send>>,
    feeding: Option<JoinHandle<()>>,
    /// Taken by [`Process::wait`].
    context: Option<Context>,
}

/// The test's end of stdout or stderr.
pub(super) struct Reader {
    pub(super) stream: Box<dyn Read + Send>,
    /// It goes away after this number of bytes.
    pub(super) limit: usize,
}

impl Process {
    /// Starts `command`, and a thread for each reader.
    pub(super) fn start(
        mut command: Command,
        readers: [Option<Reader>; 2],
        stdin: Option<Box<dyn Write + Send>>,
        context: Context,
    ) -> Self {
        let command_line = format!("{command:?}");
        let started = Instant::now();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command_line}: {error}"));
        // It holds our copies of the ends that belong to the child.
        drop(command);
        Self {
            child,
            started,
            command_line,
            streams: readers.map(Capture::start),
            stdin,
            feeding: None,
            context: Some(context),
        }
    }

    /// Writes all of `input` to stdin on a thread of its own, then closes it.
    pub(super) fn feed(&mut self, input: Vec<u8>) {
        let mut stdin = self.stdin.take().unwrap();
        self.feeding = Some(thread::spawn(move || {
            // The tool need not read what it does not want.
            let _ = stdin.write_all(&input);
        }));
    }

    /// Writes to stdin, or types into the terminal.
    pub(crate) fn write(&mut self, input: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(input.as_ref()).unwrap();
        stdin.flush().unwrap();
    }

    /// Closes stdin.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Gives the terminal that stderr is another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let stderr = format!("/proc/{}/fd/2", self.child.id());
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(stderr, flags, Mode::empty()).unwrap();
        terminal::resize(&terminal, columns, rows);
    }

    /// Waits until stdout contains `text`.
    pub(crate) fn wait_for_stdout(&self, text: &str) {
        self.wait_for(0, text);
    }

    /// Waits until stderr contains `text`.
    pub(crate) fn wait_for_stderr(&self, text: &str) {
        self.wait_for(1, text);
    }

    /// What was written to stdout so far.
    pub(crate) fn stdout_so_far(&self) -> String {
        String::from_utf8_lossy(&self.streams[0].lock().bytes).into_owned()
    }

    fn wait_for(&self, stream: usize, text: &str) {
        assert!(
            self.streams[stream].wait_for(text.as_bytes()),
            "{text:?} did not come\n{}",
            self.captured()
        );
    }

    /// Both streams so far, for messages.
    fn captured(&self) -> String {
        let [stdout, stderr] = &self.streams;
        format!(
            "--- command\n{}\n--- stdout\n{}\n--- stderr\n{}",
            self.command_line,
            String::from_utf8_lossy(&stdout.lock().bytes),
            String::from_utf8_lossy(&stderr.lock().bytes)
        )
    }

    /// Waits for the end and checks what holds for every run:
    ///
    /// - no part of a secret in either stream,
    /// - no panic and no exhausted stack or memory,
    /// - an exit code from 0 to 9, or death by a signal that the kernel or the test sent,
    /// - on a terminal, nothing that [`terminal::forbidden`] names.
    pub(crate) fn wait(mut self) -> Run {
        let context = self.context.take().unwrap();
        let mut peak_memory = None;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                self.started.elapsed() < context.deadline,
                "the command did not end in time\n{}",
                self.captured()
            );
            peak_memory = resident_peak(self.child.id()).or(peak_memory);
            thread::sleep(TICK);
        };
        let elapsed = self.started.elapsed();
        self.stdin = None;
        let [stdout, stderr] = &mut self.streams;
        let run = Run {
            stdout: stdout.finish(),
            stderr: stderr.finish(),
            code: status.code(),
            signal: status.signal(),
            elapsed,
            peak_memory,
            command_line: self.command_line.clone(),
            placeholders: context.placeholders,
        };
        for (name, bytes, is_terminal) in [
            ("stdout", &run.stdout, context.terminals[0]),
            ("stderr", &run.stderr, context.terminals[1]),
        ] {
            if let Some(secret) = secrets::leaked(bytes, &context.secrets) {
                panic!("secret {secret} leaked to {name}\n{run}");
            }
            if is_terminal && let Some(what) = terminal::forbidden(bytes) {
                panic!("{name} is a terminal and got {what}\n{run}");
            }
        }
        for words in [
            "panicked at",
            "this is a bug in openai",
            "RUST_BACKTRACE",
            "has overflowed its stack",
        ] {
            assert!(!run.err().contains(words), "the command crashed\n{run}");
        }
        assert!(
            matches!(run.code, Some(0..=9) | None)
                && run.signal != Some(6)
                && run.signal != Some(11),
            "undocumented exit code, abort or crash\n{run}"
        );
        run
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail where the process has ended, as it should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most memory that a process has had resident so far, in bytes, as Linux accounts for it;
/// nothing elsewhere. `wait4` would be exact, but counts the memory of this process in, which
/// the child shares until it executes its program.
fn resident_peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// What one stream wrote, gathered by a thread.
struct Capture {
    shared: Arc<(Mutex<Captured>, Condvar)>,
    reading: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    ended: bool,
}

impl Capture {
    fn start(reader: Option<Reader>) -> Self {
        let shared = Arc::<(Mutex<Captured>, Condvar)>::default();
        let reading = reader.map(|reader| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || read(reader, &shared))
        });
        Self { shared, reading }
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `text` was written; false if it did not come in time or at all.
    fn wait_for(&self, text: &[u8]) -> bool {
        let found = |captured: &Captured| {
            captured
                .bytes
                .windows(text.len())
                .any(|window| window == text)
        };
        let (captured, _) = self
            .shared
            .1
            .wait_timeout_while(self.lock(), PATIENCE, |captured| {
                !captured.ended && !found(captured)
            })
            .unwrap_or_else(PoisonError::into_inner);
        found(&captured)
    }

    /// Everything that was written until the end of the stream.
    fn finish(&mut self) -> Vec<u8> {
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
        std::mem::take(&mut self.lock().bytes)
    }
}

/// Reads up to the limit, then lets the stream go.
fn read(mut reader: Reader, shared: &(Mutex<Captured>, Condvar)) {
    let lock = || shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    let mut buffer = [0; 16 << 10];
    loop {
        let wanted = buffer.len().min(reader.limit - lock().bytes.len());
        match reader.stream.read(&mut buffer[..wanted]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A terminal whose last program has gone answers EIO: its end.
            Ok(0) | Err(_) => break,
            Ok(count) => {
                lock().bytes.extend_from_slice(&buffer[..count]);
                shared.1.notify_all();
            }
        }
    }
    drop(reader);
    lock().ended = true;
    shared.1.notify_all();
}
