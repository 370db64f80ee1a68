//! Servers that others wrote, from npm: installed once into `target/`, started on a free port.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The oldest Node that aimock runs on ("engines" of its `package.json`), major and minor.
const OLDEST_NODE: (u32, u32) = (20, 15);

/// The file `script` of an npm package in this exact version. Nothing, after saying so on stderr,
/// where it cannot be had: without a recent Node or the registry; under `CI` that is a failure.
///
/// Scripts of packages are not run. The caller's environment is used: npm may need a proxy.
pub(crate) fn package(name: &str, version: &str, script: &str) -> Option<PathBuf> {
    /// One installation at a time.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _installing = INSTALLING.lock();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("npm")
        .join(format!("{}-{version}", name.replace('/', "-")));
    let installed = directory.join("node_modules").join(name).join(script);
    let ready = check_node().and_then(|()| {
        if installed.exists() {
            return Ok(());
        }
        install(&format!("{name}@{version}"), &directory)
    });
    if let Err(reason) = ready {
        let reason = reason
            .lines()
            .find(|line| line.contains("error"))
            .unwrap_or(&reason);
        super::skip(&format!("{name} {version} cannot be installed: {reason}"));
        return None;
    }
    assert!(installed.exists(), "{name} has no {script}");
    Some(installed)
}

/// Whether there is a Node that is not too old.
fn check_node() -> Result<(), String> {
    let output = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|error| format!("node: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= OLDEST_NODE => Ok(()),
        _ => Err(format!("node is too old: {}", version.trim())),
    }
}

/// Installs into a directory beside the right one, which is renamed when all is there.
fn install(package: &str, directory: &Path) -> Result<(), String> {
    let parent = directory.parent().ok_or("no parent")?;
    fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    let part = tempfile::tempdir_in(parent).map_err(|error| error.to_string())?;
    let output = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg("--prefix")
        .arg(part.path())
        .arg(package)
        .current_dir(part.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    // Another process may have been faster; its installation is as good.
    if fs::rename(part.path(), directory).is_ok() {
        // The directory has another name now.
        let _ = part.keep();
    }
    Ok(())
}

/// How long a server of others may take to start.
const START: Duration = Duration::from_secs(60);

/// An address that nobody has, below those that the system gives to the servers of other tests: one
/// of them would be taken for what is started.
fn free_address() -> SocketAddr {
    let chance = || RandomState::new().build_hasher().finish();
    let port = || u16::try_from(16_384 + chance() % 16_384).unwrap();
    let free = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, port())).ok();
    let listener = (0..100).find_map(free).unwrap();
    listener.local_addr().unwrap()
}

/// A running server of others; ended when dropped.
pub(crate) struct Foreign {
    child: Child,
    address: SocketAddr,
}

impl Foreign {
    /// Starts `node script …` and waits until it takes connections: what it says of itself on
    /// stdout may come late or never.
    ///
    /// `{port}` in `args` is a port that was free just before; `env` is added to ours.
    pub(crate) fn start(script: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        // Another process may have taken the port since.
        (0..3)
            .find_map(|_| Self::try_start(script, args, env))
            .unwrap_or_else(|| panic!("{} ended", script.display()))
    }

    /// The same at one port; nothing if it ends instead of starting.
    fn try_start(script: &Path, args: &[&str], env: &[(&str, &str)]) -> Option<Self> {
        let address = free_address();
        let child = Command::new("node")
            .arg(script)
            .args(
                args.iter()
                    .map(|arg| arg.replace("{port}", &address.port().to_string())),
            )
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child, address };
        let deadline = Instant::now() + START;
        // A connection to a port that is free may be one to itself.
        let is_served = |stream: TcpStream| stream.local_addr().unwrap() != address;
        while !TcpStream::connect(address).is_ok_and(is_served) {
            if server.child.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(
                Instant::now() < deadline,
                "{} does not start",
                script.display()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    /// Address and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub(crate) fn base_url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// Sends a request and returns the body of the answer, which must have status 200.
    ///
    /// HTTP/1.0, so that the body ends with the connection.
    pub(crate) fn exchange(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let mut request = format!("{method} {target} HTTP/1.0\r\n");
        for (name, value) in headers {
            // Writing into a `String` cannot fail.
            let _ = write!(request, "{name}: {value}\r\n");
        }
        let _ = write!(request, "Content-Length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{request}\n{answer}");
        body.to_owned()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // Not `kill`: a launcher passes this signal on to what it started.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
