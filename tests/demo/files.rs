//! The files that the demo knows, and how it answers for each of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::server::{Reply, Request, json_string};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The one timestamp that does not move with the clock, for documents: the `created_at` of the
/// examples in the API reference.
const CREATED: i64 = 1_677_610_602;

/// After how many looks the files that change with each look start over.
const ROUND: usize = 3;

/// What the demo answers for an id.
#[derive(Clone, Copy)]
enum Answer {
    /// A file that stays as it is.
    File(File),
    /// A file that is not ready at the first looks of a round and becomes this one at the last.
    Later(File),
    /// Status 503 at the first looks of a round, this file at the last.
    Busy(File),
    /// Status 429, always.
    Limited,
}

/// A file object; times are Unix seconds, or relative to now where small (see [`time`]).
#[derive(Clone, Copy)]
struct File {
    bytes: u64,
    created_at: i64,
    expires_at: Option<i64>,
    filename: &'static str,
    purpose: &'static str,
    status: Option<&'static str>,
    status_details: Option<&'static str>,
}

/// What most files of the demo have in common.
const FILE: File = File {
    bytes: 120_000,
    created_at: -2 * DAY,
    expires_at: None,
    filename: "mydata.jsonl",
    purpose: "fine-tune",
    status: Some("processed"),
    status_details: None,
};

/// Every id that can be listed, a word on it, and its answer.
#[rustfmt::skip]
const CATALOGUE: &[(&str, &str, Answer)] = &[
    ("file-abc123", "the file of the README", Answer::File(File { created_at: CREATED, ..FILE })),
    ("file-assistants", "purpose assistants", Answer::File(File { purpose: "assistants", filename: "handbook.pdf", bytes: 2_400_000, ..FILE })),
    ("file-assistants-output", "purpose assistants_output", Answer::File(File { purpose: "assistants_output", filename: "chart.png", bytes: 48_213, created_at: -5 * MINUTE, ..FILE })),
    ("file-batch", "purpose batch, expires in 30 days", Answer::File(File { purpose: "batch", filename: "requests.jsonl", bytes: 199_999_999, expires_at: Some(30 * DAY), ..FILE })),
    ("file-batch-output", "purpose batch_output", Answer::File(File { purpose: "batch_output", filename: "batch_67ce_output.jsonl", bytes: 1_048_576, expires_at: Some(30 * DAY), ..FILE })),
    ("file-fine-tune", "purpose fine-tune", Answer::File(FILE)),
    ("file-fine-tune-results", "purpose fine-tune-results", Answer::File(File { purpose: "fine-tune-results", filename: "step_metrics.csv", bytes: 3_917, ..FILE })),
    ("file-vision", "purpose vision", Answer::File(File { purpose: "vision", filename: "cat.png", bytes: 734_003, ..FILE })),
    ("file-user-data", "purpose user_data", Answer::File(File { purpose: "user_data", filename: "report.pdf", bytes: 512, ..FILE })),
    ("file-evals", "purpose evals, empty", Answer::File(File { purpose: "evals", filename: "cases.jsonl", bytes: 0, ..FILE })),
    ("file-uploaded", "never processed: for --wait-timeout", Answer::File(File { status: Some("uploaded"), created_at: -3, ..FILE })),
    ("file-error", "status error, with details", Answer::File(File { status: Some("error"), status_details: Some("Invalid file format. Line 17 is not valid JSON."), ..FILE })),
    ("file-deleted", "status deleted", Answer::File(File { status: Some("deleted"), ..FILE })),
    ("file-soon", "processed at each third look: for --wait", Answer::Later(FILE)),
    ("file-fails", "status error at each third look: for --wait", Answer::Later(File { status: Some("error"), status_details: Some("The file has fewer than 10 examples."), ..FILE })),
    ("file-expiring", "expires in 3 days", Answer::File(File { expires_at: Some(3 * DAY + HOUR / 2), ..FILE })),
    ("file-expired", "expired an hour ago", Answer::File(File { expires_at: Some(-HOUR), ..FILE })),
    ("file-impala", "no status, as impala.ai answers", Answer::File(File { status: None, purpose: "batch", ..FILE })),
    ("file-hostile", "a name with escape sequences", Answer::File(File { filename: "\u{1b}]0;owned\u{7}\u{1b}[2Jinvoice\u{202e}fdp.exe\u{200b}", ..FILE })),
    ("file-wide", "a name with wide characters", Answer::File(File { filename: "資料 データ 👩‍🔬 한국어.jsonl", ..FILE })),
    ("file-busy", "HTTP 503 twice, then the file", Answer::Busy(FILE)),
    ("file-limited", "HTTP 429 with Retry-After, always", Answer::Limited),
];

/// The ids and a word on each, in the order to show them.
pub(crate) fn catalogue() -> impl Iterator<Item = (&'static str, &'static str)> {
    CATALOGUE.iter().map(|(id, word, _)| (*id, *word)).chain([(
        "file-n1, file-n2, ...",
        "as many as you like: for long lists",
    )])
}

/// The state of the Files API: how often the files that change were looked at.
#[derive(Default)]
pub(crate) struct Files {
    looks: Mutex<HashMap<&'static str, usize>>,
}

impl Files {
    /// Answers a request to `GET …/files/{id}`, and any other with an error of the API.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let reply = match request.path().rsplit_once("/files/") {
            None | Some((_, "")) => Reply::error(
                404,
                &format!(
                    "Unknown request URL: {} {}. This demo serves GET /v1/files/{{file_id}} only.",
                    request.method,
                    request.path()
                ),
            ),
            Some(_) if request.method != "GET" => Reply::error(
                405,
                &format!(
                    "Invalid method for URL ({} {})",
                    request.method,
                    request.path()
                ),
            )
            .header("Allow", "GET"),
            Some((_, segment)) => self.file(&decode(segment)),
        };
        reply.header("x-request-id", &format!("req_demo_{}", request.number))
    }

    fn file(&self, id: &str) -> Reply {
        let now = now();
        if let Some(number) = generated(id) {
            return FILE.numbered(number).reply(id, now);
        }
        let Some((id, _, answer)) = CATALOGUE.iter().find(|(known, _, _)| *known == id) else {
            return Reply::error(404, &format!("No such File object: {id}"));
        };
        match answer {
            Answer::File(file) => file.reply(id, now),
            Answer::Later(file) if self.is_last_look(id) => file.reply(id, now),
            Answer::Later(file) => {
                let unready = File {
                    status: Some("uploaded"),
                    status_details: None,
                    ..*file
                };
                unready.reply(id, now)
            }
            Answer::Busy(file) if self.is_last_look(id) => file.reply(id, now),
            Answer::Busy(_) => Reply::error_with_code(
                503,
                "The server is overloaded. Please try again later.",
                "server_error",
                None,
            ),
            Answer::Limited => Reply::error_with_code(
                429,
                "Rate limit reached for requests. Please try again in 1s.",
                "requests",
                Some("rate_limit_exceeded"),
            )
            .header("Retry-After", "1"),
        }
    }

    /// Counts a look; true for the last one of each round.
    fn is_last_look(&self, id: &'static str) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let count = looks.entry(id).or_default();
        *count += 1;
        count.is_multiple_of(ROUND)
    }
}

impl File {
    /// A file that differs from others in what a list shows.
    fn numbered(self, number: u64) -> Self {
        Self {
            bytes: number.wrapping_mul(7919) % 100_000_000,
            created_at: -i64::try_from(number % 100_000).unwrap_or_default() * MINUTE,
            ..self
        }
    }

    /// The object in the layout of the API: two spaces of indentation, a line feed at the end.
    fn reply(&self, id: &str, now: i64) -> Reply {
        let filename = json_string(self.filename);
        let expires_at = self
            .expires_at
            .map_or(Cow::Borrowed("null"), |at| time(at, now).to_string().into());
        let mut body = format!(
            "{{\n  \"object\": \"file\",\n  \"id\": {},\n  \"purpose\": \"{}\",\n  \"filename\": {filename},\n  \"bytes\": {},\n  \"created_at\": {},\n  \"expires_at\": {expires_at}",
            json_string(id),
            self.purpose,
            self.bytes,
            time(self.created_at, now),
        );
        // Writing into a `String` cannot fail.
        if let Some(status) = self.status {
            let details = self
                .status_details
                .map_or(Cow::Borrowed("null"), |details| json_string(details).into());
            let _ = write!(
                body,
                ",\n  \"status\": \"{status}\",\n  \"status_details\": {details}"
            );
        }
        body.push_str("\n}\n");
        Reply::json(200, body)
    }
}

/// The number in `file-n123`.
fn generated(id: &str) -> Option<u64> {
    let digits = id.strip_prefix("file-n")?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

/// A timestamp: as it is if it is one, else `seconds` from now.
fn time(seconds: i64, now: i64) -> i64 {
    if seconds < CREATED {
        now.saturating_add(seconds)
    } else {
        seconds
    }
}

/// The clock in Unix seconds.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|elapsed| elapsed.as_secs().try_into().ok())
        .unwrap_or_default()
}

/// A path segment without its percent-encoding; what is not encoded right stays as it is.
fn decode(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let hex = (byte == b'%')
            .then(|| segment.get(index + 1..index + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(hex.unwrap_or(byte));
        index += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
