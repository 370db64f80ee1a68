//! `--wait`: a file whose status changes, servers that fail in between, and what is told meanwhile.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

use crate::server::{FileObject, Refusing, Reply, Server, Step, file_object};
use crate::support::{Gate, Openai, retrieve};

/// The documented example with this status.
fn file(status: &str) -> FileObject {
    file_object().with_text("status", status)
}

/// A reply with it.
fn seen(status: &str) -> Reply {
    Reply::json(200, file(status).to_string())
}

/// What `raw` prints for it.
fn printed(status: &str) -> String {
    format!("{}\n", file(status))
}

/// `openai files retrieve a --wait`, which looks again at once.
fn wait(server: &Server) -> Openai {
    retrieve()
        .args(["a", "--format", "raw", "--wait", "--poll-interval", "1ms"])
        .server(server)
}

/// The least time from one request to the next.
fn least_gap(server: &Server) -> Duration {
    let at: Vec<Instant> = server.requests().iter().map(|request| request.at).collect();
    let gaps = at.windows(2).map(|pair| pair[1] - pair[0]);
    gaps.min().unwrap()
}

/// The failure that a reply other than a file stands for, in requests that are not repeated.
fn failing(status: u16, message: &str) -> Reply {
    Reply::error(status, message).header("retry-after-ms", "1")
}

#[test]
fn a_log_gets_a_line_for_each_change_of_status() {
    let statuses = [
        "uploaded",
        "uploaded",
        "pending",
        "pending",
        "running",
        "uploaded",
        "processed",
    ];
    let server = Server::options()
        .expecting(statuses.len())
        .start(Reply::sequence(statuses.map(seen)));
    wait(&server).run().is(
        0,
        printed("processed"),
        "\
`a`: uploaded (after [..])
`a`: pending (after [..])
`a`: running (after [..])
`a`: uploaded (after [..])
`a`: processed (after [..])
",
    );
    assert_eq!(server.targets(), ["/v1/files/a"; 7]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_final_status_ends_the_wait_and_tells_by_the_exit_code() {
    for (status, code, error) in [
        ("processed", 0, ""),
        (
            "error",
            9,
            "error: `a` failed to be processed: its status is `error`\n  status_details\n",
        ),
        (
            "deleted",
            9,
            "error: `a` is gone: its status is `deleted`\n",
        ),
    ] {
        let at_once = Server::options().expecting(1).start(move |_| seen(status));
        wait(&at_once).run().is(
            code,
            printed(status),
            format!("`a`: {status} (after [..])\n{error}"),
        );
        let later = Server::options()
            .expecting(2)
            .start(Reply::sequence([seen("uploaded"), seen(status)]));
        wait(&later).run().is(
            code,
            printed(status),
            format!("`a`: uploaded (after [..])\n`a`: {status} (after [..])\n{error}"),
        );
    }
}

#[test]
fn quiet_leaves_the_errors_and_the_exit_code() {
    let server = Server::sequence([seen("uploaded"), failing(503, "x"), seen("processed")]);
    wait(&server)
        .args(["--quiet", "--max-retries", "0"])
        .shell("\"$@\" && echo trained")
        .run()
        .is(0, "trained\n", "");
    let server = Server::sequence([seen("uploaded"), seen("error")]);
    wait(&server)
        .args(["-q"])
        .shell("\"$@\" && echo trained")
        .run()
        .is(
            9,
            "",
            "error: `a` failed to be processed: its status is `error`\n  status_details\n",
        );
}

#[test]
fn a_server_without_a_status_is_told_at_once() {
    let body = file_object().without("status").to_string();
    let server = Server::options()
        .expecting(1)
        .start(move |_| Reply::json(200, body.clone()));
    wait(&server).run().is(
        1,
        format!("{}\n", file_object().without("status")),
        "\
error: `a` has no status: this server does not report one

hint: leave out --wait and --exit-status to look it up all the same
",
    );
}

#[test]
fn a_status_that_is_dropped_ends_the_wait() {
    let body = file_object().with("status", "null");
    let server = Server::options().expecting(2).start(Reply::sequence([
        seen("uploaded"),
        Reply::json(200, body.to_string()),
    ]));
    wait(&server).run().is(
        1,
        format!("{body}\n"),
        "\
`a`: uploaded (after [..])
error: `a` has no status: this server does not report one

hint: leave out --wait and --exit-status to look it up all the same
",
    );
}

#[test]
fn the_retries_carry_a_failure_in_between() {
    let server = Server::options().expecting(5).start(Reply::sequence([
        failing(500, "no"),
        seen("uploaded"),
        failing(503, "no"),
        failing(429, "no"),
        seen("processed"),
    ]));
    wait(&server).run().is(
        0,
        printed("processed"),
        "`a`: uploaded (after [..])\n`a`: processed (after [..])\n",
    );
}

#[test]
fn the_wait_outlasts_a_server_that_is_down_for_a_while() {
    let server = Server::options().expecting(8).start(Reply::sequence([
        seen("uploaded"),
        failing(503, "no"),
        failing(503, "no"),
        Reply::script([Step::Reset]),
        Reply::script([Step::bytes("HTTP/1.1 200 OK\r\nContent-Len"), Step::Close]),
        failing(503, "no"),
        seen("uploaded"),
        seen("processed"),
    ]));
    wait(&server).args(["--max-retries", "0"]).run().is(
        0,
        printed("processed"),
        "\
`a`: uploaded (after [..])
note: still waiting for `a`: HTTP 503
note: still waiting for `a`: connection lost
note: still waiting for `a`: HTTP 503
`a`: processed (after [..])
",
    );
}

#[test]
fn what_is_not_to_be_asked_for_again_is_looked_at_later() {
    let server = Server::options().expecting(3).start(Reply::sequence([
        seen("uploaded"),
        failing(503, "no").header("x-should-retry", "false"),
        seen("processed"),
    ]));
    wait(&server).run().is(
        0,
        printed("processed"),
        "\
`a`: uploaded (after [..])
note: still waiting for `a`: HTTP 503
`a`: processed (after [..])
",
    );
}

#[test]
fn what_will_not_pass_ends_the_wait() {
    for (reply, code, error) in [
        (
            failing(404, "No such File object: a"),
            3,
            "\
error: no such file `a` (HTTP 404)
  No such File object: a
  url: {base}/files/a

hint: check the id, and that the file is on this server
",
        ),
        (
            failing(401, "revoked"),
            4,
            "\
error: not authorized to look up `a` (HTTP 401)
  revoked
  url: {base}/files/a

hint: the server did not accept the API key from OPENAI_API_KEY
",
        ),
        (
            Reply::error_with_code(429, "Pay.", "insufficient_quota", None),
            6,
            "\
error: no quota left to look up `a` (HTTP 429)
  Pay.
  url: {base}/files/a

hint: asking again does not help; check plan and billing of the organization
",
        ),
        (
            Reply::text(200, "text/html", "<html>"),
            1,
            "\
error: the answer for `a` is not a file object: not JSON: expected value at line 1 column 1
  HTTP 200, text/html
  <html>
  url: {base}/files/a

hint: check the base URL; a login page or a gateway may have answered instead of the API
",
        ),
    ] {
        let server = Server::options().expecting(3).start(Reply::sequence([
            seen("uploaded"),
            seen("uploaded"),
            reply.clone(),
        ]));
        wait(&server)
            .run()
            .is(code, "", format!("`a`: uploaded (after [..])\n{error}"));
        // At the first look it is the same.
        let server = Server::options().expecting(1).start(move |_| reply.clone());
        wait(&server).run().is(code, "", error);
    }
}

#[test]
fn a_log_that_is_not_read_takes_its_time_from_the_wait() {
    let timeout = Duration::from_millis(500);
    // A pipe holds 64 kB, and nearly all of them are taken.
    let large = "x".repeat(15 << 10);
    let server = Server::replying(seen("uploaded").header("x-large", &large));
    let openai = wait(&server)
        .args(["--wait-timeout", "500ms", "--debug"])
        .env("PATH", "/usr/bin:/bin")
        .shell("mkfifo log && exec 2<>log && head -c 60000 /dev/zero >&2 && exec \"$@\"");
    let log = openai.home().join("log");
    let process = openai.spawn();
    server.wait_for_requests(1);
    let mut log = File::open(log).unwrap();
    std::thread::sleep(timeout * 2);
    let mut told = String::new();
    log.read_to_string(&mut told).unwrap();
    process.wait().is(8, printed("uploaded"), "");
    let (_, failure) = told.split_once("error: ").unwrap();
    assert_eq!(
        failure,
        "`a` was not ready within 500ms: its status is `uploaded`\n\n\
         hint: raise --wait-timeout to wait longer\n"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_server_that_is_down_from_the_start_is_not_waited_for() {
    let server = Server::options().expecting(3).start(|_| failing(503, "no"));
    wait(&server).run().is(
        5,
        "",
        "\
error: the server failed to look up `a` (HTTP 503, 3 attempts)
  no
  url: {base}/files/a

hint: try again later, or raise --max-retries
",
    );
    let refusing = Refusing::start();
    retrieve()
        .args(["a", "--wait", "--max-retries", "0"])
        .base_url(&refusing.base_url())
        .placeholder("address", &refusing.address().to_string())
        .run()
        .is(
            7,
            "",
            "\
error: cannot reach {address} to look up `a`: connection refused
  url: http://{address}/v1/files/a

hint: check that the server is running, and the base URL
",
        );
}

#[test]
fn the_time_to_wait_ends_repetitions() {
    for (reply, what, words) in [
        (
            Reply::error(503, "no").header("retry-after-ms", "1500"),
            "the server failed to look up `a` (HTTP 503, 2 attempts)",
            "no",
        ),
        (
            Reply::error(429, "slow down").header("retry-after-ms", "1500"),
            "too many requests; `a` was not looked up (HTTP 429, 2 attempts)",
            "slow down",
        ),
    ] {
        let server = Server::options().expecting(2).start(move |_| reply.clone());
        wait(&server)
            .args(["--wait-timeout", "2900ms", "--max-retries", "9"])
            .run()
            .is(
                8,
                "",
                format!(
                    "\
error: {what}
  {words}
  url: {{base}}/files/a

hint: try again, or raise --wait-timeout
"
                ),
            );
    }
}

#[test]
fn a_file_whose_turn_does_not_come_is_not_asked_for() {
    let server = Server::options()
        .expecting(1)
        .start(|_| Reply::file().after(Duration::from_secs(5)));
    wait(&server)
        .args(["b", "--concurrency", "1", "--wait-timeout", "500ms"])
        .run()
        .is(
            8,
            "",
            "\
error: no complete answer for `a` from {address} within [..]ms
  url: {base}/files/a

hint: try again, or raise --wait-timeout

error: `b` was not looked up: its turn did not come in time
  url: {base}/files/b

hint: raise --wait-timeout or --concurrency
",
        );
}

#[test]
fn the_time_of_a_file_is_up_whatever_others_take() {
    let gate = Gate::default();
    let opened = gate.clone();
    let server = Server::start(Reply::per_file(move |id, _| {
        if id == "b" {
            opened.pass();
            seen("processed")
        } else {
            seen("uploaded")
        }
    }));
    let mut process = retrieve()
        .args(["-", "--format", "raw", "--wait", "--concurrency", "1"])
        .args(["--poll-interval", "100ms", "--wait-timeout", "4s"])
        .server(&server)
        .stdin_open()
        .spawn();
    process.write("a\n");
    // For one second.
    server.wait_for_requests(11);
    process.write("b\n");
    process.close_stdin();
    // While the only request that may be under way is that for the other file.
    process.wait_for_stderr("`a` was not ready within 4s");
    gate.open();
    process.wait().is(
        8,
        printed("uploaded") + &printed("processed"),
        "\
`a`: uploaded (after [..])
error: `a` was not ready within 4s: its status is `uploaded`
  the last look failed: no time was left for it

hint: raise --wait-timeout to wait longer
`b`: processed (after [..])
",
    );
}

#[test]
fn a_server_that_is_down_is_asked_no_more_often_than_it_wants() {
    for delay in ["Retry-After", "retry-after-ms"] {
        let long = if delay == "Retry-After" { "1" } else { "1000" };
        let server = Server::options().expecting(3).start(Reply::sequence([
            seen("uploaded"),
            Reply::error(503, "no").header(delay, long),
            seen("processed"),
        ]));
        wait(&server).args(["--max-retries", "0"]).run().is(
            0,
            printed("processed"),
            "\
`a`: uploaded (after [..])
note: still waiting for `a`: HTTP 503
`a`: processed (after [..])
",
        );
        let at: Vec<Instant> = server.requests().iter().map(|request| request.at).collect();
        assert!(at[2] - at[1] >= Duration::from_secs(1));
    }
    // No delay at all is no reason to ask without a pause.
    let server = Server::options().expecting(3).start(Reply::sequence([
        seen("uploaded"),
        Reply::error(503, "no").header("Retry-After", "0"),
        seen("processed"),
    ]));
    let run = wait(&server)
        .args(["--max-retries", "0", "--poll-interval", "400ms", "-q"])
        .run();
    run.is(0, "", "");
    assert!(least_gap(&server) >= Duration::from_millis(400), "{run}");
}

#[test]
fn an_error_object_comes_without_progress() {
    let server = Server::options().expecting(2).start(Reply::sequence([
        seen("uploaded"),
        Reply::error(404, "gone"),
    ]));
    wait(&server).args(["--format-error", "jsonl"]).run().is(
        3,
        "",
        "{\"message\":\"gone\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}\n",
    );
}

#[test]
fn the_time_to_wait_runs_out() {
    for status in ["uploaded", "pending"] {
        let server = Server::sequence([seen(status), seen(status), seen(status)]);
        let run = wait(&server).args(["--wait-timeout", "800ms"]).run();
        run.is(
            8,
            printed(status),
            format!(
                "\
`a`: {status} (after [..])
error: `a` was not ready within 800ms: its status is `{status}`

hint: raise --wait-timeout to wait longer
"
            ),
        );
        assert!(run.elapsed >= Duration::from_millis(600), "{run}");
    }
}

#[test]
fn no_time_to_wait_is_one_look() {
    let server = Server::options().expecting(1).start(|_| seen("uploaded"));
    wait(&server).args(["--wait-timeout", "0"]).run().is(
        8,
        printed("uploaded"),
        "\
`a`: uploaded (after [..])
error: `a` was not ready within 0s: its status is `uploaded`

hint: raise --wait-timeout to wait longer
",
    );
}

#[test]
fn a_look_takes_no_longer_than_what_is_left() {
    let server = Server::options().expecting(2).start(Reply::sequence([
        seen("uploaded"),
        Reply::script([Step::Hang]),
    ]));
    let run = wait(&server).args(["--wait-timeout", "1s"]).run();
    run.is(
        8,
        printed("uploaded"),
        "\
`a`: uploaded (after [..])
error: `a` was not ready within 1s: its status is `uploaded`
  the last look failed: timed out

hint: raise --wait-timeout to wait longer
",
    );
    let server = Server::options()
        .expecting(1)
        .start(|_| Reply::script([Step::Hang]));
    let run = wait(&server).args(["--wait-timeout", "200ms"]).run();
    run.is(
        8,
        "",
        "\
error: no complete answer for `a` from {address} within [..]ms
  url: {base}/files/a

hint: try again, or raise --wait-timeout
",
    );
}

#[test]
fn the_interval_lies_between_two_looks() {
    let replies = [seen("uploaded"), seen("uploaded"), seen("processed")];
    let server = Server::sequence(replies);
    wait(&server)
        .args(["--poll-interval", "120ms", "--quiet"])
        .run()
        .is(0, "", "");
    assert!(least_gap(&server) >= Duration::from_millis(120));
}

#[test]
fn the_server_may_set_the_interval() {
    let hinted = |milliseconds| seen("uploaded").header("openai-poll-after-ms", milliseconds);
    let server = Server::sequence([hinted("5"), hinted("5"), seen("processed")]);
    wait(&server)
        .args(["--poll-interval", "1h", "--quiet"])
        .run()
        .is(0, "", "");

    let server = Server::sequence([hinted("150"), hinted("150"), seen("processed")]);
    wait(&server).args(["--quiet"]).run().is(0, "", "");
    assert!(least_gap(&server) >= Duration::from_millis(150));
}

#[test]
fn the_last_look_is_taken_before_the_time_is_up() {
    // With the interval alone there would be no second look.
    let server = Server::options()
        .expecting(2)
        .start(Reply::sequence([seen("uploaded"), seen("processed")]));
    wait(&server)
        .args(["--poll-interval", "1h", "--wait-timeout", "1.2s"])
        .run()
        .is(
            0,
            printed("processed"),
            "`a`: uploaded (after [..])\n`a`: processed (after [..])\n",
        );
}

#[test]
fn a_rate_limit_that_outlasts_the_wait_ends_it_without_a_further_request() {
    let server = Server::options().expecting(2).start(Reply::sequence([
        seen("uploaded"),
        Reply::error(429, "Slow down.").header("retry-after", "3600"),
    ]));
    wait(&server).args(["--wait-timeout", "1.2s"]).run().is(
        8,
        printed("uploaded"),
        "\
`a`: uploaded (after [..])
note: still waiting for `a`: HTTP 429
note: still waiting for `a`: held back by a rate limit
error: `a` was not ready within [..]: its status is `uploaded`
  the last look failed: held back by a rate limit

hint: raise --wait-timeout to wait longer
",
    );
}

#[test]
fn the_options_of_waiting_need_it() {
    let server = Server::uncalled();
    for (option, value) in [("--poll-interval", "1s"), ("--wait-timeout", "1m")] {
        retrieve()
            .args(["a", option, value])
            .server(&server)
            .run()
            .is(2, "", format!("error: {option} needs --wait\n"));
    }
}

#[test]
fn statuses_from_afar_do_not_break_the_log() {
    let server = Server::sequence([seen("up\nloaded\u{1b}[2J"), seen("processed")]);
    let run = wait(&server).run();
    run.is(
        0,
        printed("processed"),
        "`a`: up\\u000aloaded\\u001b[2J (after [..])\n`a`: processed (after [..])\n",
    );
    let spaces = " ".repeat(120);
    let server = Server::replying(seen(&format!("{spaces}processed")));
    let run = wait(&server).args(["--wait-timeout", "0s"]).run();
    assert_eq!(run.code, Some(8), "{run}");
    assert!(!run.err().contains("processed"), "{run}");
}

#[test]
fn several_files_wait_together_and_are_printed_in_the_order_asked() {
    // The first file is processed only after all others were.
    let server = Server::start(Reply::per_file(|id, asked| {
        let ready = match id {
            "slow" => 40,
            "quick" => 1,
            _ => 3,
        };
        let status = if asked >= ready {
            "processed"
        } else {
            "uploaded"
        };
        Reply::json(200, file(status).with_text("id", id).to_string())
    }));
    let run = retrieve()
        .args([
            "slow",
            "quick",
            "middle",
            "--wait",
            "--poll-interval",
            "5ms",
        ])
        .args(["--transform", "id", "-r"])
        .server(&server)
        .run();
    run.is(0, "slow\nquick\nmiddle\n", "[..]: [..]\n".repeat(5));
    let err = run.err();
    let place = |line: &str| err.find(line).unwrap();
    assert!(
        place("`quick`: processed") < place("`middle`: processed"),
        "{run}"
    );
    assert!(
        place("`middle`: processed") < place("`slow`: processed"),
        "{run}"
    );
}

#[test]
fn every_file_that_is_not_ready_is_told_and_the_code_is_theirs_if_they_agree() {
    let server = Server::start(|request| {
        let (_, status) = request.target.rsplit_once('/').unwrap();
        match status {
            "missing" => failing(404, "no"),
            status => seen(status),
        }
    });
    for (ids, code) in [
        (&["processed", "processed"][..], 0),
        (&["processed", "error", "deleted"], 9),
        (&["uploaded", "processed", "pending"], 8),
        (&["uploaded", "error"], 1),
        (&["processed", "missing"], 3),
        (&["missing", "error"], 1),
    ] {
        let run = retrieve()
            .args(ids)
            .args(["--wait", "--wait-timeout", "0"])
            .args(["--transform", "status", "-r"])
            .server(&server)
            .run();
        assert_eq!(run.code, Some(code), "{run}");
        let printed: Vec<_> = ids.iter().filter(|id| **id != "missing").collect();
        assert_eq!(
            run.out().lines().collect::<Vec<_>>(),
            printed.iter().map(|id| **id).collect::<Vec<_>>()
        );
    }
}
