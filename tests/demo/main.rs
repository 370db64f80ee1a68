//! The tool without a key or a network: the Files API in a small server of its own.
//!
//! `cargo run --example demo -- files retrieve --file-id file-abc123 --format table` starts the
//! server, points the tool at it and runs it. Without arguments the server stays until Ctrl-C, for
//! use from a second terminal.

mod files;
#[path = "../support/server.rs"]
mod server;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use files::Files;
use openai_cli::settings::Environment;
use server::Server;

fn main() -> ExitCode {
    let files = Files::default();
    let server = Server::options()
        .unrecorded()
        .start(move |request| files.answer(request));
    let mut words = env::args_os();
    words.next();
    if words.len() > 0 {
        return run(words, &server);
    }
    match introduce(&server) {
        Ok(()) => {
            server.run_forever();
            ExitCode::SUCCESS
        }
        // Nobody can read where it is served.
        Err(_) => ExitCode::FAILURE,
    }
}

/// Runs the tool on these words against `server`, whatever else the environment is set up for.
fn run(words: impl Iterator<Item = OsString>, server: &Server) -> ExitCode {
    let base_url = server.base_url();
    let environment = Environment::new(|name| match name {
        "OPENAI_BASE_URL" => Some(OsString::from(&base_url)),
        name if name.starts_with("OPENAI_") => None,
        name => env::var_os(name),
    });
    let args = [OsString::from("openai")].into_iter().chain(words);
    openai_cli::run(args, &environment).into()
}

/// Says where the server is, how to use it and what it knows.
fn introduce(server: &Server) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(
        stdout,
        "The Files API is served at {base} until Ctrl-C, no key needed.\n\
         In a second terminal:\n\n  \
         export OPENAI_BASE_URL={base}\n  \
         cargo run --quiet -- files retrieve file-abc123 --format table\n",
        base = server.base_url()
    )?;
    for (id, word) in files::catalogue() {
        writeln!(stdout, "{id:24}{word}")?;
    }
    stdout.flush()
}
