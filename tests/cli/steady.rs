//! Against Steady, the mock server that the tests of the official CLI run against, serving the
//! specification of impala.ai: its answers are pretty-printed and have no `status`, and its
//! headers say whether a request was valid.

use std::path::Path;

use predicates::prelude::*;

use crate::support::node::{self, Foreign};
use crate::support::{Openai, like, retrieve};

const SPECIFICATION: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/fixtures/impala-openapi.yaml"
);

/// Starts Steady; nothing where it cannot be had.
fn steady() -> Option<Foreign> {
    let script = node::package("@stdy/cli", "0.22.2", "steady.js")?;
    assert!(Path::new(SPECIFICATION).exists());
    Some(Foreign::start(
        &script,
        &["--port", "{port}", "--host", "127.0.0.1", SPECIFICATION],
        &[],
    ))
}

/// A lookup there.
fn lookup(steady: &Foreign, id: &str) -> Openai {
    retrieve()
        .args(["--file-id", id])
        .placeholder("base", &steady.base_url())
        .base_url(&steady.base_url())
}

#[test]
fn requests_are_valid_whatever_the_id() {
    let Some(steady) = steady() else { return };
    for id in [
        "file-abc123",
        "a/b",
        "gs://b/o?x#y z",
        "é",
        "-x",
        "%2F",
        "..x",
    ] {
        lookup(&steady, id).args(["--debug", "--quiet"]).run().is(
            0,
            "",
            like(
                predicate::str::contains("x-steady-request-valid: true")
                    .and(predicate::str::contains("x-steady-error-count: 0"))
                    .and(predicate::str::contains(
                        "x-steady-matched-path: /v1/files/{file_id}",
                    )),
            ),
        );
    }
}

#[test]
fn a_pretty_printed_object_goes_through_unchanged() {
    let Some(steady) = steady() else { return };
    // A custom header chooses the object; some expire and some do not.
    let mut seen = Vec::new();
    for seed in 1..=8 {
        let lookup = |format| {
            lookup(&steady, "file-abc123")
                .env("OPENAI_CUSTOM_HEADERS", format!("X-Steady-Seed: {seed}"))
                .args(["--format", format])
                .run()
        };
        let raw = lookup("raw");
        let object = raw.out().into_owned();
        raw.is(0, like(predicate::str::starts_with("{\n  \"id\": \"")), "");
        lookup("json").is(0, &object, "");
        seen.push(object);
    }
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() > 1, "the seed was not obeyed");
}

#[test]
fn a_file_without_a_status_is_printed_but_not_judged() {
    let Some(steady) = steady() else { return };
    let object = lookup(&steady, "file-abc123").run().out().into_owned();
    let error = "error: `file-abc123` has no status: this server does not report one\n\nhint: leave out --wait and --exit-status to look it up all the same\n";
    for option in ["--exit-status", "--wait"] {
        lookup(&steady, "file-abc123")
            .args([option])
            .run()
            .is(1, &object, error);
    }
}

#[test]
fn a_wrong_base_url_is_told_in_the_words_of_the_server() {
    let Some(steady) = steady() else { return };
    lookup(&steady, "file-abc123")
        .args(["--base-url", &format!("{}/v2", steady.origin())])
        .placeholder("origin", &steady.origin())
        .run()
        .is(
            3,
            "",
            "error: no such file `file-abc123` (HTTP 404)\n  Path not found: /v2/files/file-abc123\n  url: {origin}/v2/files/file-abc123\n\nhint: check the id, and the base URL: most servers want one that ends in /v1\n",
        );
}
