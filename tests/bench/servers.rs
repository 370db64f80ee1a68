//! What the programs talk to: nginx on free loopback ports, over http and https, with
//! certificates that nobody needs afterwards. All of it lives in one temporary directory.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::probe::tool;

/// The file object that is served for every id: what the API sends, 209 bytes of it.
const FILE: &str = r#"{
  "id": "file-abc123",
  "object": "file",
  "bytes": 120000,
  "created_at": 1677610602,
  "expires_at": 1680202602,
  "filename": "salesOverview.pdf",
  "purpose": "assistants",
  "status": "processed"
}
"#;

/// What is served for [`MISSING`].
const NO_SUCH_FILE: &str = r#"{
  "error": {
    "message": "No such File object: file-missing",
    "type": "invalid_request_error",
    "param": "id",
    "code": null
  }
}
"#;

/// An id that there is no file for.
pub(crate) const MISSING: &str = "file-missing";

/// How many certificates the bundle of [`Servers::roots`] has: about as many as systems trust.
const ROOTS: usize = 100;

/// How long nginx may take to answer its first request.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running nginx with its files.
pub(crate) struct Servers {
    nginx: Child,
    dir: TempDir,
    /// The base URL over http.
    pub(crate) http: String,
    /// The base URL over https, HTTP/2.
    pub(crate) https: String,
}

impl Servers {
    /// Makes the certificates and starts nginx.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        certificates(dir.path())?;
        // Between finding a free port and taking it somebody else may be faster.
        for _ in 0..5 {
            let (http, https) = (free_port()?, free_port()?);
            fs::write(dir.path().join("nginx.conf"), configuration(http, https))?;
            let mut nginx = Command::new(tool("nginx")?)
                .args(["-e", "error.log", "-c", "nginx.conf", "-p"])
                .arg(dir.path())
                .current_dir(dir.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            if is_up(&mut nginx, https)? {
                return Ok(Self {
                    nginx,
                    dir,
                    http: format!("http://127.0.0.1:{http}/v1"),
                    https: format!("https://127.0.0.1:{https}/v1"),
                });
            }
        }
        let log = fs::read_to_string(dir.path().join("error.log")).unwrap_or_default();
        bail!("nginx does not start:\n{log}")
    }

    /// The path of a file in the directory of the servers.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A bundle of the one CA that signed the certificate of the server.
    pub(crate) fn one_root(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A bundle of [`ROOTS`] CAs, the same on every machine. That of the server comes last.
    pub(crate) fn roots(&self) -> anyhow::Result<PathBuf> {
        let path = self.path("roots.pem");
        let mut bundle = Vec::new();
        for number in 1..ROOTS {
            let subject = format!("/O=Throw-away/CN=Root {number:03}");
            openssl(
                self.dir.path(),
                &["-extensions", "ca", "-key", "ca.key", "-subj", &subject],
                "root.pem",
            )?;
            bundle.extend(fs::read(self.path("root.pem"))?);
        }
        bundle.extend(fs::read(self.one_root())?);
        fs::write(&path, bundle)?;
        Ok(path)
    }

    /// The bundle of the system with the CA of the server behind it: to read it is the work that
    /// reading the bundle of the system is.
    pub(crate) fn system_bundle(&self) -> anyhow::Result<PathBuf> {
        /// Where Debian, Fedora and Alpine have it.
        const PLACES: [&str; 3] = [
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/cert.pem",
        ];
        let system = PLACES
            .iter()
            .find(|place| Path::new(place).is_file())
            .context("this system has no bundle of CA certificates")?;
        let path = self.path("system.pem");
        let mut bundle = fs::read(system)?;
        bundle.push(b'\n');
        bundle.extend(fs::read(self.one_root())?);
        fs::write(&path, bundle)?;
        Ok(path)
    }

    /// Serves an object of `size` bytes and returns its id. Its members are like those of the
    /// API: short strings, numbers, objects in arrays.
    pub(crate) fn large(&self, size: usize) -> anyhow::Result<String> {
        const END: &str = "{}]}";
        let id = format!("large-{size}");
        let mut text = format!(r#"{{"object":"file","id":"{id}","status":"processed","parts":["#);
        let mut number = 0;
        while text.len() + 128 + END.len() < size {
            write!(
                text,
                r#"{{"id":"part-{number:08}","bytes":{number},"ok":true,"note":null,"tags":["a","b c"],"at":1677610602}},"#
            )?;
            number += 1;
        }
        text.extend(std::iter::repeat_n(' ', size - text.len() - END.len()));
        text.push_str(END);
        fs::write(self.path(&id), text)?;
        Ok(id)
    }

    /// Writes `number` ids to a file, one a line; and how curl asks for the same at `base`.
    pub(crate) fn ids(&self, number: usize, base: &str) -> anyhow::Result<(PathBuf, PathBuf)> {
        let paths = (self.path("ids"), self.path("curlrc"));
        let mut ids = BufWriter::new(fs::File::create(&paths.0)?);
        let mut curl = BufWriter::new(fs::File::create(&paths.1)?);
        for number in 0..number {
            writeln!(ids, "file-{number:06}")?;
            writeln!(curl, "url = \"{base}/files/file-{number:06}\"")?;
        }
        ids.flush()?;
        curl.flush()?;
        Ok(paths)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Whether nginx takes connections at `port`; not if it has ended instead.
fn is_up(nginx: &mut Child, port: u16) -> anyhow::Result<bool> {
    let started = Instant::now();
    while nginx.try_wait()?.is_none() {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(true);
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "nginx takes too long to start"
        );
        thread::sleep(Duration::from_millis(1));
    }
    Ok(false)
}

/// One process that writes no log and keeps connections for as long as they are used.
fn configuration(http: u16, https: u16) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\n', "\\n"));
    format!(
        "daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    default_type application/json;
    keepalive_requests 1000000;
    sendfile on;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate server.pem;
        ssl_certificate_key server.key;
        location = /v1/files/{MISSING} {{ return 404 {}; }}
        location /v1/files/large- {{ alias large-; }}
        location /v1/files/ {{ return 200 {}; }}
    }}
}}
",
        quoted(NO_SUCH_FILE),
        quoted(FILE),
    )
}

/// Makes a CA (`ca.pem`, `ca.key`) and a certificate by it for the server.
fn certificates(dir: &Path) -> anyhow::Result<()> {
    let settings = "
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
subjectAltName = IP:127.0.0.1
";
    fs::write(dir.join("openssl.cnf"), settings)?;
    let new_key = |file| {
        [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-keyout",
            file,
        ]
    };
    let ca = ["-extensions", "ca", "-subj", "/O=Throw-away/CN=Root 000"];
    openssl(dir, &[&new_key("ca.key")[..], &ca].concat(), "ca.pem")?;
    let server = [
        "-extensions",
        "server",
        "-subj",
        "/CN=127.0.0.1",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
    ];
    openssl(
        dir,
        &[&new_key("server.key")[..], &server].concat(),
        "server.pem",
    )
}

/// Makes a certificate that is valid for a week.
fn openssl(dir: &Path, args: &[&str], certificate: &str) -> anyhow::Result<()> {
    let output = Command::new(tool("openssl")?)
        .args([
            "req",
            "-x509",
            "-config",
            "openssl.cnf",
            "-days",
            "7",
            "-out",
            certificate,
        ])
        .args(args)
        .current_dir(dir)
        .output()?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "openssl: {words}");
    Ok(())
}
