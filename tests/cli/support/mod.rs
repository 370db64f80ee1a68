//! How the tests run the tool: the real binary, in an environment that holds nothing else.
//!
//! [`openai`] starts a command line, [`Openai::run`] runs it to its end, [`Run::is`] compares the
//! exit code, stdout and stderr together. What must hold for every run whatsoever is checked
//! after each: no secret in any output, no panic, only documented exit codes, and nothing on a
//! terminal that acts on it (see [`Process::wait`]).
//!
//! Unix only: pseudo-terminals and signals are a part of what is tested.

mod gate;
pub(crate) mod nginx;
pub(crate) mod node;
pub(crate) mod pki;
mod process;
pub(crate) mod proxy;
mod run;
pub(crate) mod secrets;
mod terminal;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::process::Signal as UnixSignal;
use tempfile::TempDir;

pub(crate) use self::gate::Gate;
pub(crate) use self::process::Process;
use self::process::Reader;
pub(crate) use self::run::{Run, like};
pub(crate) use self::terminal::screen;
use crate::server::Server;

/// A signal, by the name that POSIX gives it.
pub(crate) type Signal = UnixSignal;

/// How long a run may take before it is killed and the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// What the tool prints for [`crate::server::file_object`] unless another format is asked for.
pub(crate) const EXAMPLE: &str = r#"{
  "id": "id",
  "bytes": 0,
  "created_at": 0,
  "filename": "filename",
  "object": "file",
  "purpose": "assistants",
  "status": "uploaded",
  "expires_at": 0,
  "status_details": "status_details"
}
"#;

/// The command `openai`, ready for its arguments.
///
/// Its environment holds `HOME`, a fresh directory that is also the working directory, and
/// `TZ=UTC`. stdin is empty, stdout and stderr are pipes.
pub(crate) fn openai() -> Openai {
    program(assert_cmd::cargo::cargo_bin!("openai"))
}

/// Whether all of these programs are installed. Where one is not, the test that needs it is
/// skipped, which is said on stderr; under `CI`, where nothing may be skipped, that is a failure.
pub(crate) fn installed(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing = programs
        .iter()
        .find(|program| !std::env::split_paths(&path).any(|folder| folder.join(program).exists()));
    match missing {
        None => true,
        Some(program) => {
            skip(&format!("{program} is not installed"));
            false
        }
    }
}

/// Says that a test is skipped, and why; under `CI` that is a failure.
pub(crate) fn skip(why: &str) {
    let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    assert!(!ci, "nothing may be skipped in CI: {why}");
    // Written to the stream itself: the test runner hides what a passing test prints.
    let _ = writeln!(io::stderr(), "SKIPPED: {why}");
}

/// Whether a process can have mounts of its own here; a test that needs it is skipped otherwise.
pub(crate) fn mounts() -> bool {
    let run = program("/bin/true").mounting("").run();
    if run.code != Some(0) {
        skip(&format!("no mount namespace: {}", run.err()));
    }
    run.code == Some(0)
}

/// `openai files retrieve`, ready for ids and options.
pub(crate) fn retrieve() -> Openai {
    openai().args(["files", "retrieve"])
}

/// Another program in the same surroundings: the demo, or a stand-in that shows what a run sees.
pub(crate) fn program(path: impl Into<PathBuf>) -> Openai {
    let home = tempfile::tempdir().unwrap();
    let mut env = BTreeMap::new();
    env.insert("HOME".into(), home.path().into());
    env.insert("TZ".into(), "UTC".into());
    Openai {
        program: path.into(),
        args: Vec::new(),
        env,
        directory: home.path().into(),
        shell: None,
        stdin: Input::Null,
        stdout: Output::Pipe,
        stderr: Output::Pipe,
        size: (80, 24),
        nonblocking: false,
        deadline: DEADLINE,
        placeholders: vec![("home".into(), home.path().display().to_string())],
        secrets: Vec::new(),
        home,
    }
}

/// A command line that is yet to run, with all that is around it.
pub(crate) struct Openai {
    program: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    directory: PathBuf,
    shell: Option<String>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    size: (u16, u16),
    nonblocking: bool,
    deadline: Duration,
    placeholders: Vec<(String, String)>,
    secrets: Vec<String>,
    home: TempDir,
}

/// Where stdin comes from.
enum Input {
    Null,
    Bytes(Vec<u8>),
    Open,
    File(PathBuf),
    Terminal,
}

/// Where stdout or stderr goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    /// A pipe that is read to its end.
    Pipe,
    /// A pipe whose reader goes away after this number of bytes; after 0, before the start.
    ClosedAfter(usize),
    /// A pseudo-terminal of its own.
    Terminal,
    /// Of stderr: where stdout goes.
    WithStdout,
}

impl Openai {
    /// Adds arguments.
    pub(crate) fn args<I, A>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = A>,
        A: AsRef<OsStr>,
    {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.into(), value.as_ref().into());
        self
    }

    /// Takes an environment variable away again.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.env.remove(OsStr::new(name));
        self
    }

    /// Points the tool at this server by `OPENAI_BASE_URL`, with [`secrets::API_KEY`].
    ///
    /// Expected texts may then say `{base}` (`http://127.0.0.1:PORT/v1`), `{origin}` (the same
    /// without the path) and `{address}` (`127.0.0.1:PORT`).
    pub(crate) fn server(self, server: &Server) -> Self {
        self.placeholder("base", &server.base_url())
            .placeholder("origin", &server.origin())
            .placeholder("address", &server.address().to_string())
            .base_url(&server.base_url())
    }

    /// Points the tool at this URL by `OPENAI_BASE_URL`, with [`secrets::API_KEY`].
    pub(crate) fn base_url(self, url: &str) -> Self {
        self.env("OPENAI_BASE_URL", url)
            .env("OPENAI_API_KEY", secrets::API_KEY)
    }

    /// Lets expected texts say `{name}` for `value`.
    pub(crate) fn placeholder(mut self, name: &str, value: &str) -> Self {
        self.placeholders.push((name.into(), value.into()));
        self
    }

    /// Names a further secret that must not be printed, of at least eight characters.
    pub(crate) fn secret(mut self, secret: &str) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Writes a file into the home directory, which is also the working directory.
    pub(crate) fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        fs::write(self.home.path().join(name), contents).unwrap();
        self
    }

    /// The home directory, which is removed after the run.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs in this directory instead.
    pub(crate) fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Runs a shell script that starts the command by `exec "$@"`: for limits (`ulimit -n 10`)
    /// and redirections (`<&-`, `>/dev/full`) of all kinds.
    pub(crate) fn shell(mut self, script: &str) -> Self {
        self.shell = Some(script.into());
        self
    }

    /// Starts the command where these lines of a shell have mounted other files of the system;
    /// needs [`mounts`].
    pub(crate) fn mounting(self, lines: &str) -> Self {
        self.shell(&format!(
            "exec unshare --map-root-user --mount /bin/sh -c 'set -e\n{lines}\nexec \"$@\"' sh \"$@\""
        ))
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
    }

    /// Gives this text to stdin, which then ends.
    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Input::Bytes(text.into());
        self
    }

    /// Keeps stdin open; [`Process::write`] writes to it.
    pub(crate) fn stdin_open(mut self) -> Self {
        self.stdin = Input::Open;
        self
    }

    /// Takes stdin from a file or directory.
    pub(crate) fn stdin_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdin = Input::File(path.into());
        self
    }

    /// Makes all three streams terminals of this size. stdout and stderr each have their own, so
    /// that both are captured apart; stdin is that of stdout. `TERM` becomes `xterm-256color`.
    pub(crate) fn terminal(mut self, columns: u16, rows: u16) -> Self {
        self.stdin = Input::Terminal;
        self.stdout_terminal(columns, rows)
            .stderr_terminal(columns, rows)
    }

    /// Makes stdout a terminal of this size. `TERM` becomes `xterm-256color`.
    pub(crate) fn stdout_terminal(mut self, columns: u16, rows: u16) -> Self {
        self.stdout = Output::Terminal;
        self.size = (columns, rows);
        self.env("TERM", "xterm-256color")
    }

    /// Makes stderr a terminal of this size. `TERM` becomes `xterm-256color`.
    pub(crate) fn stderr_terminal(mut self, columns: u16, rows: u16) -> Self {
        self.stderr = Output::Terminal;
        self.size = (columns, rows);
        self.env("TERM", "xterm-256color")
    }

    /// Sends stderr where stdout goes, as `2>&1` does: [`Run::stdout`] is then both, as a person
    /// sees them.
    pub(crate) fn together(mut self) -> Self {
        self.stderr = Output::WithStdout;
        self
    }

    /// Goes away as the reader of stdout after this number of bytes; 0 is before the start.
    pub(crate) fn stdout_closed_after(mut self, bytes: usize) -> Self {
        self.stdout = Output::ClosedAfter(bytes);
        self
    }

    /// Goes away as the reader of stderr after this number of bytes; 0 is before the start.
    pub(crate) fn stderr_closed_after(mut self, bytes: usize) -> Self {
        self.stderr = Output::ClosedAfter(bytes);
        self
    }

    /// Gives the program streams that do not block, as some programs leave them behind.
    pub(crate) fn nonblocking(mut self) -> Self {
        self.nonblocking = true;
        self
    }

    /// Lets the run take this long instead of a minute.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs the command to its end.
    pub(crate) fn run(self) -> Run {
        self.spawn().wait()
    }

    /// Starts the command.
    pub(crate) fn spawn(self) -> Process {
        let mut command = match &self.shell {
            None => Command::new(&self.program),
            Some(script) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", script, "sh"]).arg(&self.program);
                shell
            }
        };
        command
            .args(&self.args)
            .env_clear()
            .envs(&self.env)
            .current_dir(&self.directory);
        let (columns, rows) = self.size;
        let terminal = |wanted: bool| wanted.then(|| terminal::open(columns, rows));

        let out_terminal =
            terminal(self.stdout == Output::Terminal || matches!(self.stdin, Input::Terminal));
        let err_terminal = terminal(self.stderr == Output::Terminal);

        let (stdout, out_reader) = output(self.stdout, out_terminal.as_ref());
        let (stderr, err_reader) = if self.stderr == Output::WithStdout {
            (stdout.try_clone().unwrap(), None)
        } else {
            output(self.stderr, err_terminal.as_ref())
        };
        let mut writer: Option<Box<dyn io::Write + Send>> = None;
        let stdin = match &self.stdin {
            Input::Null => Stdio::null(),
            Input::File(path) => fs::File::open(path).unwrap().into(),
            Input::Terminal => {
                let terminal = out_terminal.as_ref().unwrap();
                writer = Some(Box::new(terminal.person.try_clone().unwrap()));
                terminal.program.try_clone().unwrap().into()
            }
            Input::Bytes(_) | Input::Open => {
                let (reader, pipe) = io::pipe().unwrap();
                writer = Some(Box::new(pipe));
                self.unblock(&reader);
                reader.into()
            }
        };
        self.unblock(&stdout);
        self.unblock(&stderr);
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let mut process = Process::start(
            command,
            [out_reader, err_reader],
            writer,
            process::Context {
                deadline: self.deadline,
                placeholders: self.placeholders,
                secrets: self.secrets,
                terminals: [
                    self.stdout == Output::Terminal,
                    self.stderr == Output::Terminal,
                ],
                _home: self.home,
            },
        );
        if let Input::Bytes(bytes) = self.stdin {
            process.feed(bytes);
        }
        process
    }

    fn unblock(&self, stream: impl AsFd) {
        if self.nonblocking {
            fcntl_setfl(stream, OFlags::NONBLOCK).unwrap();
        }
    }
}

/// What the program writes to and, unless nobody reads, what the test reads from.
fn output(output: Output, terminal: Option<&terminal::Terminal>) -> (OwnedFd, Option<Reader>) {
    if output == Output::Terminal {
        let terminal = terminal.unwrap();
        let reader = Reader {
            stream: Box::new(terminal.person.try_clone().unwrap()),
            limit: usize::MAX,
        };
        return (terminal.program.try_clone().unwrap(), Some(reader));
    }
    let (reader, writer) = io::pipe().unwrap();
    let limit = match output {
        Output::ClosedAfter(bytes) => bytes,
        _ => usize::MAX,
    };
    let reader = Reader {
        stream: Box::new(reader),
        limit,
    };
    // Who reads nothing is gone before the program starts.
    (writer.into(), (limit > 0).then_some(reader))
}
