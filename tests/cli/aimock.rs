//! Against aimock, a stateful server for the `OpenAI` API that others wrote: uploads, keys, and
//! faults that can be switched on.

use std::time::Duration;

use serde_json::Value;

use crate::support::node::{self, Foreign};
use crate::support::{Openai, retrieve, secrets};

/// Starts aimock with the key of all tests; nothing where it cannot be had.
fn aimock() -> Option<Foreign> {
    let script = node::package("@copilotkit/aimock", "1.43.0", "dist/cli.js")?;
    // It does not start without a fixture, and the Files API needs none.
    let fixtures = tempfile::tempdir().unwrap();
    std::fs::write(
        fixtures.path().join("unused.json"),
        r#"{"fixtures": [{"match": {"userMessage": "unused"}, "response": {"content": "unused"}}]}"#,
    )
    .unwrap();
    Some(Foreign::start(
        &script,
        &[
            "--host",
            "127.0.0.1",
            "--port",
            "{port}",
            "--fixtures",
            fixtures.path().to_str().unwrap(),
        ],
        &[("AIMOCK_API_KEYS", secrets::API_KEY)],
    ))
}

/// Sends a request with the key of all tests.
fn exchange(aimock: &Foreign, method: &str, target: &str, media_type: &str, body: &str) -> String {
    let authorization = format!("Bearer {}", secrets::API_KEY);
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", media_type),
    ];
    aimock.exchange(method, target, &headers, body)
}

/// Uploads a file of eight bytes and returns the object that aimock made of it.
fn upload(aimock: &Foreign, name: &str) -> Value {
    let form = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/jsonl\r\n\r\n{{\"a\":1}}\n\r\n--edge--\r\n"
    );
    let media_type = "multipart/form-data; boundary=edge";
    serde_json::from_str(&exchange(aimock, "POST", "/v1/files", media_type, &form)).unwrap()
}

/// Makes a fault happen to every request from now on.
fn inject(aimock: &Foreign, fault: &str) {
    let rates = format!("{{\"{fault}\": 1}}");
    exchange(
        aimock,
        "POST",
        "/__aimock/chaos",
        "application/json",
        &rates,
    );
}

/// What aimock says it received for this file.
fn journal(aimock: &Foreign, id: &str) -> Vec<Value> {
    let target = format!("/__aimock/journal?path=/v1/files/{id}");
    serde_json::from_str(&exchange(aimock, "GET", &target, "", "")).unwrap()
}

/// A lookup there; expected texts may say `{id}` and `{created_at}`.
fn lookup(aimock: &Foreign, file: &Value) -> Openai {
    let id = file["id"].as_str().unwrap();
    retrieve()
        .args(["--file-id", id])
        .placeholder("base", &aimock.base_url())
        .placeholder("address", &aimock.address().to_string())
        .placeholder("id", id)
        .placeholder("created_at", &file["created_at"].to_string())
        .base_url(&aimock.base_url())
}

#[test]
fn an_upload_is_found_in_every_format() {
    let Some(aimock) = aimock() else { return };
    let file = upload(&aimock, "ünï 資料.jsonl");
    let formats = [
        (
            "json",
            "{\n  \"id\": \"{id}\",\n  \"object\": \"file\",\n  \"bytes\": 8,\n  \"created_at\": {created_at},\n  \"filename\": \"ünï 資料.jsonl\",\n  \"purpose\": \"fine-tune\",\n  \"status\": \"processed\"\n}\n",
        ),
        (
            "jsonl",
            "{\"id\":\"{id}\",\"object\":\"file\",\"bytes\":8,\"created_at\":{created_at},\"filename\":\"ünï 資料.jsonl\",\"purpose\":\"fine-tune\",\"status\":\"processed\"}\n",
        ),
        (
            "raw",
            "{\"id\":\"{id}\",\"object\":\"file\",\"bytes\":8,\"created_at\":{created_at},\"filename\":\"ünï 資料.jsonl\",\"purpose\":\"fine-tune\",\"status\":\"processed\"}\n",
        ),
        (
            "yaml",
            "id: {id}\nobject: file\nbytes: 8\ncreated_at: {created_at}\nfilename: \"ünï 資料.jsonl\"\npurpose: fine-tune\nstatus: processed\n",
        ),
        (
            "pretty",
            "╭─ files retrieve ──────────╮\n│ id: {id} │\n│ object: file              │\n│ bytes: 8                  │\n│ created_at: {created_at}    │\n│ filename: ünï 資料.jsonl  │\n│ purpose: fine-tune        │\n│ status: processed         │\n╰───────────────────────────╯\n",
        ),
        (
            "table",
            "ID        {id}\nFilename  ünï 資料.jsonl\nSize      8 bytes\nPurpose   fine-tune\nStatus    processed\nCreated   [..] +00:00 ([..])\nExpires   never\n",
        ),
    ];
    for (format, expected) in formats {
        lookup(&aimock, &file)
            .args(["--format", format])
            .run()
            .is(0, expected, "");
    }
    lookup(&aimock, &file)
        .args(["--wait", "--quiet"])
        .run()
        .is(0, "", "");

    let journal = journal(&aimock, file["id"].as_str().unwrap());
    assert_eq!(journal.len(), formats.len() + 1);
    for request in journal {
        assert_eq!(request["method"], "GET");
        let headers = request["headers"].as_object().unwrap();
        assert_eq!(headers["accept"], "application/json");
        assert!(
            headers["user-agent"]
                .as_str()
                .unwrap()
                .starts_with(concat!("openai-cli/", env!("CARGO_PKG_VERSION")))
        );
        // aimock does not show it, but answers 401 without it.
        assert!(headers.contains_key("authorization"));
    }
}

#[test]
fn a_missing_file_is_told_in_the_words_of_the_server() {
    let Some(aimock) = aimock() else { return };
    let missing = serde_json::json!({"id": "file-missing", "created_at": 0});
    lookup(&aimock, &missing).run().is(
        3,
        "",
        "error: no such file `file-missing` (HTTP 404)\n  No such file: file-missing\n  url: {base}/files/file-missing\n  request id: req-[..]\n\nhint: check the id, and that the file is on this server\n",
    );
}

#[test]
fn a_wrong_key_is_refused() {
    let Some(aimock) = aimock() else { return };
    let file = upload(&aimock, "data.jsonl");
    lookup(&aimock, &file)
        .env("OPENAI_API_KEY", "sk-wrong")
        .secret("sk-wrong")
        .run()
        .is(
            4,
            "",
            "error: not authorized to look up `{id}` (HTTP 401)\n  Invalid API key\n  url: {base}/files/{id}\n  request id: req-[..]\n\nhint: the server did not accept the API key from OPENAI_API_KEY\n",
        );
    lookup(&aimock, &file)
        .without_env("OPENAI_API_KEY")
        .run()
        .is(
            4,
            "",
            "error: not authorized to look up `{id}` (HTTP 401)\n  Invalid API key\n  url: {base}/files/{id}\n  request id: req-[..]\n\nhint: set OPENAI_API_KEY or use --api-key-file\n",
        );
}

#[test]
fn a_rate_limit_is_waited_for_and_then_reported() {
    let Some(aimock) = aimock() else { return };
    let file = upload(&aimock, "data.jsonl");
    inject(&aimock, "rateLimitRate");
    let run = lookup(&aimock, &file).run();
    run.is(
        6,
        "",
        "error: too many requests; `{id}` was not looked up (HTTP 429, 3 attempts)\n  Chaos: rate limit exceeded\n  url: {base}/files/{id}\n  request id: req-[..]\n\nhint: try again later, or with a lower --concurrency\n",
    );
    // Two retries, each after the second that `Retry-After` asked for.
    assert!(run.elapsed >= Duration::from_secs(2), "{run}");
    assert_eq!(journal(&aimock, file["id"].as_str().unwrap()).len(), 3);
}

#[test]
fn malformed_json_fails_loudly() {
    let Some(aimock) = aimock() else { return };
    let file = upload(&aimock, "data.jsonl");
    inject(&aimock, "malformedRate");
    lookup(&aimock, &file).run().is(
        1,
        "",
        "error: the answer for `{id}` is not a file object: not JSON: key must be a string at line 1 column 2\n  HTTP 200, application/json\n  {malformed json: <<<chaos>>>\n  url: {base}/files/{id}\n  request id: req-[..]\n\nhint: check the base URL; a login page or a gateway may have answered instead of the API\n",
    );
    assert_eq!(journal(&aimock, file["id"].as_str().unwrap()).len(), 1);
}

#[test]
fn a_lost_connection_is_tried_again_and_then_reported() {
    let Some(aimock) = aimock() else { return };
    let file = upload(&aimock, "data.jsonl");
    inject(&aimock, "disconnectRate");
    lookup(&aimock, &file).run().is(
        7,
        "",
        "error: the connection to {address} ended before the answer for `{id}` was complete, 3 attempts\n  url: {base}/files/{id}\n\nhint: try again later\n",
    );
    assert_eq!(journal(&aimock, file["id"].as_str().unwrap()).len(), 3);
}
