//! A real web server, which knows TLS and HTTP/2 better than a test server of our own would.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::pki::Identity;
use super::skip;
use crate::server::file_object;

/// Whether nginx is there; a test that needs it is skipped otherwise.
pub(crate) fn is_available() -> bool {
    let found = binary().is_some();
    if !found {
        skip("nginx is not installed");
    }
    found
}

/// The program; on Debian it is where the path of an ordinary user does not lead.
fn binary() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("nginx"))
        .find(|file| file.is_file())
}

/// A running nginx that answers every request with the documented example object; ended when
/// dropped.
pub(crate) struct Nginx {
    process: Child,
    directory: TempDir,
    address: SocketAddr,
}

impl Nginx {
    /// Speaks HTTPS as `identity`. `directives` go into the `server` block; in them `{dir}` is a
    /// directory that holds `files`, which are given as name and contents.
    pub(crate) fn https(identity: &Identity, directives: &str, files: &[(&str, &str)]) -> Self {
        Self::secured("ssl http2", identity, directives, files)
    }

    fn secured(
        listen: &str,
        identity: &Identity,
        directives: &str,
        files: &[(&str, &str)],
    ) -> Self {
        let with_identity = [
            files,
            &[
                ("server.pem", &identity.certificate),
                ("server.key", &identity.key),
            ],
        ]
        .concat();
        let directives = format!(
            "ssl_certificate {{dir}}/server.pem;\nssl_certificate_key {{dir}}/server.key;\n{directives}"
        );
        Self::start(listen, &directives, &with_identity)
    }

    /// Speaks HTTPS without HTTP/2, as a proxy does.
    pub(crate) fn https_proxy(identity: &Identity) -> Self {
        Self::secured("ssl", identity, "", &[])
    }

    /// Speaks plain HTTP.
    pub(crate) fn http() -> Self {
        Self::start("", "", &[])
    }

    fn start(listen: &str, directives: &str, files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        for (name, contents) in files {
            fs::write(path.join(name), contents).unwrap();
        }
        // nginx takes over a listening socket that it finds open, so that its port is ours from
        // the start and connections that come before it is ready wait in the queue.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        fs::write(
            path.join("nginx.conf"),
            configuration(path, address, listen, directives),
        )
        .unwrap();
        let process = Command::new(binary().unwrap())
            .args(["-e", "stderr", "-c"])
            .arg(path.join("nginx.conf"))
            .env("NGINX", "0;")
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)))
            .stdout(Stdio::null())
            .stderr(fs::File::create(path.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        Self {
            process,
            directory,
            address,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port on `127.0.0.1`.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends it and returns what it served, a line for each request: the HTTP version, the TLS
    /// version, the request target, the `Authorization` and `Proxy-Authorization` headers and what
    /// it thinks of the client certificate.
    pub(crate) fn served(mut self) -> Vec<String> {
        self.end();
        let log =
            fs::read_to_string(self.directory.path().join("served")).unwrap_or_else(|error| {
                let complaints = fs::read_to_string(self.directory.path().join("stderr"));
                panic!("nginx wrote no log: {error}; {complaints:?}")
            });
        log.lines().map(str::to_owned).collect()
    }

    fn end(&mut self) {
        // Not `kill`: it is to write its log first.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.end();
    }
}

fn configuration(directory: &Path, address: SocketAddr, listen: &str, directives: &str) -> String {
    let dir = directory.to_str().unwrap();
    let directives = directives.replace("{dir}", dir);
    let object = file_object();
    format!(
        "daemon off;
pid {dir}/pid;
events {{}}
http {{
    log_format served '$server_protocol $ssl_protocol $request_uri \"$http_authorization\" \"$http_proxy_authorization\" $ssl_client_verify';
    access_log {dir}/served served;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {{
        listen {address} {listen};
        default_type application/json;
        {directives}
        location / {{ return 200 '{object}'; }}
    }}
}}
"
    )
}
