//! The outside of the process: streams that are closed, full or something else, limits, a working
//! directory that is gone, a locale and variables of other times, signals.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use crate::server::{Reply, Server, Step, file_object};
use crate::support::{Openai, Signal, like, mounts, openai, retrieve, secrets};

/// The lookup of the example file, on one line.
fn lookup(server: &Server) -> Openai {
    retrieve().args(["a", "--format", "jsonl"]).server(server)
}

fn line() -> String {
    format!("{}\n", file_object())
}

/// Whatever prints something on stdout.
fn printing(server: &Server) -> Vec<Openai> {
    let mut all: Vec<Openai> = ["json", "jsonl", "raw", "yaml", "pretty", "table"]
        .into_iter()
        .map(|format| {
            retrieve()
                .args(["a", "b", "--format", format])
                .server(server)
        })
        .collect();
    all.extend(
        [
            &["--version"][..],
            &["--help"],
            &["files"],
            &["files", "retrieve", "-h"],
            &["completion", "zsh"],
        ]
        .map(|args| openai().args(args)),
    );
    all
}

#[test]
fn a_full_device_is_told() {
    let server = Server::replying(Reply::file());
    for tool in printing(&server) {
        tool.shell("exec \"$@\" >/dev/full").run().is(
            1,
            "",
            "error: cannot write to standard output: no space left on device\n",
        );
    }
}

#[test]
fn a_stdout_that_cannot_be_written_to_is_told() {
    let server = Server::replying(Reply::file());
    for tool in printing(&server) {
        tool.shell("exec \"$@\" 1</dev/null").run().is(
            1,
            "",
            "error: cannot write to standard output: bad file descriptor\n",
        );
    }
}

/// Before `main` the runtime of Rust opens /dev/null in the place of a standard stream that is
/// closed, as that of Go does: nothing that is safe can tell it from a /dev/null that was asked
/// for, as by `subprocess.DEVNULL` of Python, which is also open for reading and writing. So all
/// of it is written, to nowhere.
#[test]
fn a_closed_stdout_is_one_that_takes_everything() {
    let server = Server::replying(Reply::file());
    for tool in printing(&server) {
        tool.shell("exec \"$@\" >&-").run().is(0, "", "");
    }
    lookup(&server)
        .shell("exec \"$@\" 1<>/dev/null")
        .run()
        .is(0, "", "");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let large = file_object().with_text("filename", &"x".repeat(1 << 20));
    let server = Server::replying(Reply::json(200, large.to_string()));
    for tool in printing(&server) {
        tool.stdout_closed_after(0).run().is(0, "", "");
    }
    // In the first write, between two writes, in a later one.
    for bytes in [1, 4096, 100_000] {
        for format in ["json", "jsonl", "raw", "yaml", "pretty", "table"] {
            let run = lookup(&server)
                .args(["--format", format])
                .stdout_closed_after(bytes)
                .run();
            assert_eq!((run.code, &*run.err()), (Some(0), ""), "{run}");
            assert_eq!(run.stdout.len(), bytes);
        }
    }
}

#[test]
fn a_reader_that_goes_away_ends_a_batch() {
    let server = Server::start(|request| {
        let large = file_object().with_text("filename", &"x".repeat(100_000));
        Reply::json(200, large.with_text("id", request.path()).to_string())
    });
    let ids: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    let run = retrieve()
        .args(ids)
        .args(["--concurrency", "1"])
        .server(&server)
        .stdout_closed_after(1)
        .run();
    assert_eq!((run.code, &*run.err()), (Some(0), ""), "{run}");
    assert!(server.requests().len() < 100);
}

#[test]
fn a_reader_that_goes_away_does_not_make_a_file_ready() {
    let large = file_object().with_text("filename", &"x".repeat(1 << 20));
    let server = Server::start(Reply::per_file(move |id, _| {
        Reply::json(200, large.clone().with_text("status", id).to_string())
    }));
    let look = |ids: &[&str], option: &str| {
        retrieve()
            .args(ids)
            .args([option, "--concurrency", "1"])
            .server(&server)
            .stdout_closed_after(1)
            .run()
    };
    let failed = "error: `error` failed to be processed: its status is `error`\n  status_details\n";
    for format in ["--exit-status", "--wait"] {
        let run = look(&["processed"], format);
        assert_eq!(run.code, Some(0), "{run}");
        for ids in [&["error"][..], &["processed", "error", "processed"]] {
            let run = look(ids, format);
            assert_eq!(run.code, Some(9), "{run}");
            assert!(run.err().contains(failed), "{run}");
        }
    }
}

#[test]
fn a_stderr_that_is_gone_changes_nothing_else() {
    let missing = Server::replying(Reply::status(404));
    let found = Server::replying(Reply::file());
    for script in [
        "exec \"$@\" 2>&-",
        "exec \"$@\" 2>/dev/full",
        "exec \"$@\" 2</dev/null",
    ] {
        lookup(&missing).shell(script).run().is(3, "", "");
        lookup(&found)
            .args(["--debug"])
            .shell(script)
            .run()
            .is(0, line(), "");
        lookup(&found)
            .args(["--exit-status", "--format", "explore", "--quiet"])
            .shell(script)
            .run()
            .is(8, "", "");
        openai().args(["filse"]).shell(script).run().is(2, "", "");
    }
    lookup(&missing).stderr_closed_after(0).run().is(3, "", "");
    lookup(&found)
        .args(["--debug"])
        .stderr_closed_after(1)
        .run()
        .is(0, line(), like(predicates::ord::eq("d")));
    // Both are gone.
    lookup(&found)
        .shell("exec \"$@\" >/dev/full 2>&1")
        .run()
        .is(1, "", "");
    lookup(&found)
        .shell("exec \"$@\" <&- >&- 2>&-")
        .run()
        .is(0, "", "");
}

#[test]
fn stdin_is_left_alone_unless_it_is_asked_for() {
    let server = Server::replying(Reply::file());
    lookup(&server).stdin_file("/").run().is(0, line(), "");
    lookup(&server)
        .shell("exec \"$@\" <&-")
        .run()
        .is(0, line(), "");
    lookup(&server).stdin_open().run().is(0, line(), "");
    let ids = || retrieve().args(["-", "--format", "jsonl"]).server(&server);
    for nothing in ["exec \"$@\" <&-", "exec \"$@\" </dev/null"] {
        ids()
            .shell(nothing)
            .run()
            .is(2, "", "error: no file id on standard input\n");
    }
    ids().stdin_file("/").run().is(
        2,
        "",
        "error: line 1 of standard input cannot be read: is a directory\n",
    );
    let key = || lookup(&server).args(["--api-key-file", "-"]);
    key().shell("exec \"$@\" <&-").run().is(
        2,
        "",
        "error: the API key from --api-key-file is empty\n",
    );
    key().stdin_file("/").run().is(
        2,
        "",
        "error: cannot read the API key from standard input: is a directory\n",
    );
}

#[test]
fn ids_can_be_typed_at_a_terminal() {
    let server = Server::replying(Reply::file());
    let mut process = retrieve()
        .args(["-", "--format", "jsonl", "--no-color"])
        .server(&server)
        .terminal(200, 24)
        .spawn();
    process.write("a\n");
    process.wait_for_stdout(&line());
    // The end of a transmission, as Ctrl-D types it.
    process.write("b\n\u{4}");
    process.wait().is(0, line().repeat(2), "");
}

#[test]
fn streams_that_do_not_block_are_waited_for() {
    let large = file_object().with_text("filename", &"x".repeat(4 << 20));
    let large = large.to_string();
    let object = large.clone();
    let server = Server::start(Reply::per_file(move |id, _| match id {
        "a" => Reply::file(),
        "b" => Reply::json(200, object.clone()),
        _ => Reply::json(404, "{}"),
    }));
    let mut process = retrieve()
        .args(["-", "--format", "jsonl"])
        .server(&server)
        .stdin_open()
        .nonblocking()
        .spawn();
    process.write("a\n");
    process.wait_for_stdout(&line());
    // More than a pipe takes, whatever its reader does.
    process.write(format!("b\n{}", "c\n".repeat(1000)));
    process.close_stdin();
    let told =
        "error: no such file `c` (HTTP 404)\n  {}\n  url: [..]\n\nhint: [..]\n\n".repeat(1000);
    process.wait().is(
        3,
        format!("{}{large}\n", line()),
        told.strip_suffix('\n').unwrap(),
    );
    retrieve()
        .args(["a", "--format", "jsonl", "--api-key-file", "-"])
        .server(&server)
        .stdin("sk-typed")
        .nonblocking()
        .run()
        .is(0, line(), "");
}

#[test]
fn no_home_and_no_directory_are_needed() {
    let server = Server::replying(Reply::file());
    lookup(&server).without_env("HOME").run().is(0, line(), "");
    let gone = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
    let path = "/usr/bin:/bin";
    lookup(&server)
        .env("PATH", path)
        .shell(gone)
        .run()
        .is(0, line(), "");
    lookup(&server)
        .env("PATH", path)
        .shell("chmod 500 . && exec \"$@\"")
        .run()
        .is(0, line(), "");
    lookup(&server)
        .args(["--api-key-file", "key"])
        .env("PATH", path)
        .shell(gone)
        .run()
        .is(
            2,
            "",
            "error: cannot read the API key from `key`: no such file or directory\n",
        );
}

#[test]
fn ten_files_are_enough() {
    let server = Server::replying(Reply::file());
    let ids: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    for options in [&[][..], &["--wait", "--wait-timeout", "0"]] {
        let run = lookup(&server)
            .args(&ids)
            .args(["--concurrency", "2"])
            .args(options)
            .shell("ulimit -n 10; exec \"$@\"")
            .run();
        assert_eq!(run.out(), line().repeat(21), "{run}");
    }
}

#[test]
fn too_few_files_are_told() {
    let server = Server::replying(Reply::file());
    let mut told = Vec::new();
    for limit in 5..=10 {
        let run = lookup(&server)
            .args(["--max-retries", "0"])
            .shell(&format!("ulimit -n {limit}; exec \"$@\""))
            .run();
        match run.code {
            Some(0) => drop(run.is(0, line(), "")),
            _ => told.push(run.err().lines().next().unwrap().to_owned()),
        }
    }
    let network = format!(
        "error: cannot reach {} to look up `a`: too many open files",
        server.address()
    );
    let known = [
        "error: cannot start: too many open files",
        "error: cannot write to standard output: too many open files",
        &network,
    ];
    assert!(!told.is_empty());
    assert!(
        told.iter().all(|told| known.contains(&told.as_str())),
        "{told:#?}"
    );
}

/// 20 MB of address space are about the least that a debug build runs in, threads included; the
/// loader of the system fails below 19.
#[test]
fn little_memory_is_enough() {
    let server = Server::replying(Reply::file());
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/v1", server.address().port());
        retrieve()
            .args(["-", "--format", "jsonl"])
            .base_url(&url)
            .stdin("a\nb\n")
            .shell("ulimit -v 60000; exec \"$@\"")
            .run()
            .is(0, line().repeat(2), "");
    }
}

#[test]
fn an_empty_time_zone_is_that_of_the_system() {
    if !mounts() || !Path::new("/etc/localtime").exists() {
        return;
    }
    // The least file of a zone (RFC 8536) that is nine hours ahead.
    let mut zone = b"TZif2".to_vec();
    zone.extend([0; 15]);
    for count in [0_u32, 0, 0, 0, 1, 4] {
        zone.extend(count.to_be_bytes());
    }
    zone.extend((9 * 3600_i32).to_be_bytes());
    zone.extend(b"\0\0JST\0");
    zone.extend(zone.clone());
    zone.extend(b"\nJST-9\n");
    let server = Server::replying(Reply::file());
    for value in [None, Some("")] {
        let mut run = lookup(&server)
            .args(["--transform", "{object,created_at}", "--format", "table"])
            .file("zone", zone.clone())
            .mounting("mount --bind zone /etc/localtime")
            .without_env("TZ");
        if let Some(value) = value {
            run = run.env("TZ", value);
        }
        run.run().is(
            0,
            "\
ID        -
Filename  -
Size      -
Purpose   -
Status    -
Created   1970-01-01 09:00:00 +09:00 ([..] years ago)
Expires   never
",
            "",
        );
    }
}

#[test]
fn a_time_zone_that_is_no_file_is_not_waited_for() {
    let server = Server::replying(Reply::file());
    for (zone, made) in [
        ("zone", "mkfifo zone"),
        (":zone", "mkfifo zone"),
        // Files, but far too large for a zone, or without an end.
        ("zone", "truncate -s 512M zone"),
        ("/proc/self/pagemap", ":"),
    ] {
        let run = lookup(&server)
            .args(["--transform", "{object,id,bytes,created_at,filename}"])
            .args(["--format", "table"])
            .env("TZ", zone)
            .shell(&format!("{made}; exec \"$@\""))
            .run();
        run.is(
            0,
            "\
ID        id
Filename  filename
Size      0 bytes
Purpose   -
Status    -
Created   1970-01-01 00:00:00 +00:00 ([..] years ago)
Expires   never
",
            "",
        );
        if let Some(peak) = run.peak_memory {
            assert!(peak < 64 << 20, "{zone}: {peak} bytes");
        }
    }
}

#[test]
fn no_thread_to_be_had_is_told() {
    // No thread gets a stack of 2^45 bytes.
    let limited = |tool: Openai| tool.env("RUST_MIN_STACK", "35184372088832");
    let server = Server::options().expecting(1).start(|_| Reply::file());
    limited(lookup(&server)).run().is(0, line(), "");
    limited(retrieve().args(["-"]).server(&server))
        .stdin("a\n")
        .run()
        .is(
            1,
            "",
            "error: cannot read standard input: resource temporarily unavailable\n",
        );
    let url = format!("http://localhost:{}/v1", server.address().port());
    limited(lookup(&server).base_url(&url))
        .args(["--max-retries", "0"])
        .placeholder("url", &url)
        .run()
        .is(
            7,
            "",
            "error: cannot reach [..] to look up `a`: resource temporarily unavailable\n  \
             url: {url}/files/a\n\n\
             hint: check the network and the base URL\n",
        );
}

#[test]
fn the_locale_changes_nothing() {
    let object = file_object().with_text("filename", "資料 é 😀.txt");
    let server = Server::replying(Reply::json(200, object.to_string()));
    for locale in ["C", "POSIX", "de_DE.ISO-8859-1", "tr_TR.UTF-8", "\u{1b}[2J"] {
        let tool = || lookup(&server).env("LC_ALL", locale).env("LANG", locale);
        tool().run().is(0, format!("{object}\n"), "");
        tool()
            .args(["--color", "never"])
            .terminal(300, 24)
            .run()
            .is(0, format!("{object}\n"), "");
    }
}

/// A text that is no UTF-8.
fn broken() -> &'static OsStr {
    OsStr::from_bytes(b"sk-sentinel-\xff\xfe")
}

#[test]
fn arguments_that_are_no_text_are_refused() {
    let server = Server::uncalled();
    for option in [
        "--file-id",
        "--transform",
        "--api-key",
        "--base-url",
        "--project",
    ] {
        lookup(&server).args([OsStr::new(option), broken()]).run().is(
            2,
            "",
            "error: invalid UTF-8 was detected in one or more arguments\n\nUsage: openai files retrieve [OPTIONS] [FILE_ID]...\n\nFor more information, try '--help'.\n",
        );
    }
    let run = retrieve().args([broken()]).server(&server).run();
    assert_eq!((run.code, &*run.out()), (Some(2), ""), "{run}");
    retrieve()
        .args(["-"])
        .server(&server)
        .stdin(&b"a\xff\n"[..])
        .run()
        .is(
            2,
            "",
            "error: line 1 of standard input is not valid UTF-8\n",
        );
}

#[test]
fn a_path_need_not_be_text() {
    let server = Server::replying(Reply::file());
    lookup(&server)
        .file("key", secrets::API_KEY)
        .env("PATH", "/usr/bin:/bin")
        .args([OsStr::new("--api-key-file"), OsStr::from_bytes(b"k\xff")])
        .shell("mv key \"$(printf 'k\\377')\" && exec \"$@\"")
        .run()
        .is(0, line(), "");
    assert_eq!(
        server.requests()[0].header("authorization"),
        Some(format!("Bearer {}", secrets::API_KEY).as_str())
    );
}

#[test]
fn variables_that_are_no_text_are_refused_by_name() {
    let server = Server::uncalled();
    for name in [
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_CUSTOM_HEADERS",
    ] {
        lookup(&server).env(name, broken()).run().is(
            2,
            "",
            format!("error: {name} is not valid UTF-8\n"),
        );
    }
    lookup(&server)
        .base_url("http://x.invalid/")
        .env("HTTP_PROXY", broken())
        .run()
        .is(2, "", "error: HTTP_PROXY is not valid UTF-8\n");
}

#[test]
fn variables_that_do_not_matter_may_be_anything() {
    let server = Server::replying(Reply::file());
    let mut tool = lookup(&server)
        .args(["--format", "table"])
        .args(["--organization=o", "--project=p"]);
    for name in [
        // Options come first.
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "HOME",
        "TZ",
        "TERM",
        "LANG",
        "COLUMNS",
        "LINES",
        "NO_COLOR",
        "RUST_LOG",
        "RUST_BACKTRACE",
        "HTTP_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "OPENAI_ADMIN_KEY",
    ] {
        tool = tool.env(name, broken());
    }
    let run = tool.run();
    assert_eq!((run.code, &*run.err()), (Some(0), ""), "{run}");
    assert!(run.out().contains("1970-01-01 00:00:00 +00:00"), "{run}");
}

#[test]
fn a_url_that_no_request_can_carry_is_refused() {
    let server = Server::uncalled();
    let id = format!("`{}", "x".repeat(70_000));
    let start = format!("\\u0060{}", "x".repeat(114));
    let length = server.base_url().len() + "/files/%60".len() + 70_000;
    retrieve().args([&id]).server(&server).run().is(
        2,
        "",
        format!(
            "error: cannot look up `{start}…`: its URL has {length} bytes, and 65534 are the limit\n"
        ),
    );
}

/// A run in each state that lasts, and what says that it has come there.
fn lasting(state: &str) -> (Server, Openai, &'static str) {
    let hang = |steps: Vec<Step>| {
        let mut steps = steps;
        steps.push(Step::Hang);
        Server::options()
            .expecting(1)
            .start(move |_| Reply::Script(steps.clone()))
    };
    let debug = |server: &Server| lookup(server).args(["--debug"]);
    match state {
        "connecting" => {
            let server = Server::options()
                .expecting(0)
                .greeting([Step::Hang])
                .start(|_| Reply::file());
            let tool = debug(&server);
            (server, tool, "debug: > accept: ")
        }
        "reading the head" => {
            let server = hang(vec![Step::bytes("HTTP/1.1 200 OK\r\nConte")]);
            let tool = debug(&server);
            (server, tool, "debug: > accept: ")
        }
        "reading the body" => {
            let server = hang(vec![Step::bytes(
                "HTTP/1.1 200 OK\r\nContent-Length: 166\r\n\r\n{",
            )]);
            let tool = debug(&server);
            (server, tool, "debug: > accept: ")
        }
        "waiting to try again" => {
            let busy = Reply::error(503, "busy").header("Retry-After", "100");
            let server = Server::options().expecting(1).start(move |_| busy.clone());
            let tool = debug(&server);
            (server, tool, "next in 100000 ms")
        }
        "waiting for the file" => {
            let server = Server::replying(Reply::file());
            let tool = lookup(&server).args(["--wait", "--poll-interval", "100s"]);
            (server, tool, "`a`: uploaded")
        }
        "waiting for a line of stdin" => {
            let server = Server::replying(Reply::file());
            let tool = retrieve()
                .args(["-", "--debug"])
                .server(&server)
                .stdin_open();
            (server, tool, "debug: < HTTP 200 OK")
        }
        other => panic!("{other}"),
    }
}

const STATES: [&str; 6] = [
    "connecting",
    "reading the head",
    "reading the body",
    "waiting to try again",
    "waiting for the file",
    "waiting for a line of stdin",
];

#[test]
fn a_signal_ends_the_run_at_once_whatever_it_does() {
    for state in STATES {
        for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
            let (server, tool, sign) = lasting(state);
            let mut process = tool.spawn();
            let mut stdout = "";
            let printed = format!("{:#}\n", file_object());
            if state == "waiting for a line of stdin" {
                process.write("a\n");
                process.wait_for_stdout(&printed);
                stdout = &printed;
            }
            process.wait_for_stderr(sign);
            if state.starts_with("reading") {
                server.wait_for_requests(1);
            }
            process.signal(signal);
            let run = process.wait();
            assert!(run.elapsed < Duration::from_secs(20), "{state}\n{run}");
            run.is_killed_by(signal, stdout, like(predicates::str::contains(sign)));
        }
    }
}

#[test]
fn the_signal_of_a_broken_pipe_ends_nothing() {
    let busy = Reply::error(503, "busy").header("Retry-After", "1");
    let server = Server::sequence([busy, Reply::file()]);
    let process = lookup(&server).args(["--debug"]).spawn();
    process.wait_for_stderr("next in 1000 ms");
    process.signal(Signal::PIPE);
    process
        .wait()
        .is(0, line(), like(predicates::str::contains("attempt 2")));
}
