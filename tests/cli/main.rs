//! The tests that run the real binary, one module for each topic.
//!
//! `support` runs the tool, `server` is what it talks to. A test asserts the exit code, stdout and
//! stderr together, and what the server received.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it skips"
)]

#[expect(dead_code, reason = "the demo lists its files, the tests do not")]
#[path = "../demo/files.rs"]
mod demo_files;
#[path = "../support/server.rs"]
mod server;
mod support;

mod aimock;
mod batch;
mod completions;
mod demo;
mod errors;
mod faults;
mod formats;
mod generated;
mod harness;
mod help;
mod hostile;
mod http2;
mod man;
mod outside;
mod proxy;
mod readme;
mod retrieve;
mod retry;
mod secrets;
mod steady;
mod terminal;
mod tls;
mod transform;
mod wait;
