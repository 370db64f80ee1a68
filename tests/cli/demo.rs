//! The demo: the tool without a key or a network, in one command or in two terminals.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::server::Server;
use crate::support::{Signal, like, program, retrieve, screen};

/// The program of the example `demo`, built if it is not yet: `cargo test --test cli` does not.
fn demo() -> PathBuf {
    static DEMO: OnceLock<PathBuf> = OnceLock::new();
    DEMO.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--example", "demo", "--message-format", "json"]);
        cargo.args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let output = cargo.output().unwrap();
        let messages = String::from_utf8(output.stdout).unwrap();
        let executable = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "demo")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from));
        executable.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    })
    .clone()
}

#[test]
fn one_command_starts_a_server_and_runs_the_tool() {
    program(demo())
        .args(["files", "retrieve", "--file-id", "file-abc123"])
        .run()
        .is(
            0,
            "{\n  \"object\": \"file\",\n  \"id\": \"file-abc123\",\n  \"purpose\": \"fine-tune\",\n  \"filename\": \"mydata.jsonl\",\n  \"bytes\": 120000,\n  \"created_at\": 1677610602,\n  \"expires_at\": null,\n  \"status\": \"processed\",\n  \"status_details\": null\n}\n",
            "",
        );
}

#[test]
fn the_exit_code_is_that_of_the_tool() {
    program(demo())
        .args(["files", "retrieve", "file-nobody-knows"])
        .run()
        .is(
            3,
            "",
            "error: no such file `file-nobody-knows` (HTTP 404)\n  No such File object: file-nobody-knows\n  url: http://127.0.0.1:[..]/v1/files/file-nobody-knows\n  request id: req_demo_1\n\nhint: check the id, and that the file is on this server\n",
        );
    program(demo())
        .args(["files", "retrieve"])
        .run()
        .is(
            2,
            "",
            "error: no file id\n\nhint: name one: openai files retrieve FILE_ID, or `-` to read ids from standard input\n",
        );
}

#[test]
fn nobody_else_is_asked_whatever_the_environment_says() {
    let server = Server::uncalled();
    program(demo())
        .args([
            "files",
            "retrieve",
            "file-abc123",
            "--transform",
            "id",
            "-r",
        ])
        .server(&server)
        .env("OPENAI_MTLS_CLIENT_CERT_FILE", "missing.pem")
        .run()
        .is(0, "file-abc123\n", "");
}

#[test]
fn a_served_demo_knows_every_file_that_it_lists() {
    let serving = program(demo()).spawn();
    serving.wait_for_stdout("as many as you like");
    let introduction = serving.stdout_so_far();
    let base_url = introduction
        .lines()
        .find_map(|line| line.trim().strip_prefix("export OPENAI_BASE_URL="))
        .unwrap();
    let ids: Vec<&str> = introduction
        .lines()
        .filter(|line| line.starts_with("file-"))
        .filter_map(|line| line.split([' ', ',']).next())
        .collect();
    assert!(ids.len() > 20, "{introduction}");
    for id in ids {
        let code = match id {
            "file-uploaded" | "file-soon" | "file-fails" => 8,
            "file-error" | "file-deleted" => 9,
            "file-limited" => 6,
            "file-impala" => 1,
            _ => 0,
        };
        let run = retrieve()
            .args([id, "--exit-status", "--quiet", "--max-retries", "2"])
            .env("OPENAI_BASE_URL", base_url)
            .run();
        assert_eq!(run.code, Some(code), "{id}\n{run}");
    }
    serving.signal(Signal::INT);
    serving.wait().is_killed_by(
        Signal::INT,
        like(predicates::str::contains("until Ctrl-C")),
        "",
    );
}

#[test]
fn a_hostile_name_is_harmless_on_a_terminal() {
    for format in ["auto", "json", "jsonl", "raw", "yaml", "pretty", "table"] {
        // What a terminal may not get is checked after each run.
        let run = program(demo())
            .args(["files", "retrieve", "file-hostile", "--format", format])
            .terminal(80, 24)
            .run();
        run.is(
            0,
            like(predicates::str::contains("invoice\\u202efdp.exe\\u200b")),
            "",
        );
    }
}

#[test]
fn nothing_is_left_of_the_live_line() {
    let run = program(demo())
        .args(["files", "retrieve", "file-soon", "--transform", "status"])
        .args(["--wait", "--poll-interval", "300ms", "--color", "never"])
        .terminal(80, 24)
        .run();
    run.is(
        0,
        "\"processed\"\n",
        like(predicates::str::contains("uploaded")),
    );
    assert_eq!(screen(&run.stderr, 80, 24), "");
}
