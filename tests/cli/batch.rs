//! Many files at once: their order, their number under way, ids from stdin, failures in between.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::server::{PATIENCE, Reply, Request, Server, Step, file_object};
use crate::support::{Gate, Openai, Run, like, openai, retrieve};

/// The file of this id.
fn file(id: &str) -> Reply {
    Reply::json(200, file_object().with_text("id", id).to_string())
}

/// A server that has every file.
fn every_file() -> Server {
    Server::start(Reply::per_file(|id, _| file(id)))
}

/// `openai files retrieve` that prints the ids of what it found, a line each.
fn retrieve_ids(server: &Server) -> Openai {
    retrieve()
        .args(["--transform", "id", "--raw-output"])
        .server(server)
}

/// Numbers as ids, a line each.
fn numbers(count: usize) -> String {
    (1..=count).fold(String::new(), |mut lines, number| {
        writeln!(lines, "{number}").unwrap();
        lines
    })
}

#[test]
fn answers_out_of_order_are_printed_in_the_order_asked() {
    let last_was_asked_for = Gate::default();
    let gate = last_was_asked_for.clone();
    let server = Server::options()
        .expecting(4)
        .start(Reply::per_file(move |id, _| {
            match id {
                "a" => gate.pass(),
                "d" => gate.open(),
                _ => {}
            }
            if id == "a" {
                file(id).after(Duration::from_millis(50))
            } else {
                file(id)
            }
        }));
    retrieve_ids(&server)
        .args(["a", "b", "c", "d"])
        .run()
        .is(0, "a\nb\nc\nd\n", "");
}

#[test]
fn a_kept_connection_that_ends_costs_no_attempt() {
    let late = Step::bytes("what belongs to no answer\r\n\r\n");
    for end in [Step::Close, Step::Reset, late] {
        let used = Mutex::new(HashSet::new());
        let server = Server::options()
            .expecting(5)
            .start(move |request: &Request| {
                if used.lock().unwrap().insert(request.connection) {
                    file(request.path().strip_prefix("/v1/files/").unwrap())
                } else {
                    Reply::script([end.clone()])
                }
            });
        retrieve_ids(&server)
            .args(["a", "b", "c", "--concurrency", "1", "--max-retries", "0"])
            .run()
            .is(0, "a\nb\nc\n", "");
        assert_eq!(server.connections(), 3);
    }
}

#[test]
fn a_rate_limit_slows_a_run_down_before_it_fails() {
    // Five at once, and one more each 40 ms.
    const ROOM: f64 = 5.0;
    const INTERVAL: f64 = 0.04;
    let bucket = Mutex::new((ROOM, Instant::now()));
    let server = Server::options().start(Reply::per_file(move |id, _| {
        let mut bucket = bucket.lock().unwrap();
        let (tokens, last) = *bucket;
        let tokens = (tokens + last.elapsed().as_secs_f64() / INTERVAL).min(ROOM);
        let is_allowed = tokens >= 1.0;
        *bucket = (tokens - f64::from(is_allowed), Instant::now());
        if is_allowed {
            file(id)
        } else {
            Reply::error(429, "Slow down.")
        }
    }));
    let ids: Vec<_> = (0..60).map(|id| id.to_string()).collect();
    let found = ids.join("\n") + "\n";
    retrieve_ids(&server)
        .args(ids)
        .args(["--concurrency", "20"])
        .run()
        .is(0, found, "");
    // Those of the start that were too many, and one each time that five are used up.
    let refused = server.requests().len() - 60;
    assert!((15..=30).contains(&refused), "{refused} were refused");
}

#[test]
fn kept_connections_that_end_one_after_the_other_cost_an_attempt() {
    let four = Arc::new(Barrier::new(4));
    let server = Server::options()
        .expecting(7)
        .start(Reply::per_file(move |id, _| match id {
            "e" => Reply::script([Step::Close]),
            id => {
                // Each on a connection of its own.
                four.wait();
                file(id)
            }
        }));
    let mut process = retrieve_ids(&server)
        .args(["-", "--concurrency", "4", "--max-retries", "0"])
        .stdin_open()
        .spawn();
    process.write("a\nb\nc\nd\n");
    process.wait_for_stdout("a\nb\nc\nd\n");
    process.write("e\n");
    process.close_stdin();
    let run = process.wait();
    assert_eq!((run.code, &*run.out()), (Some(7), "a\nb\nc\nd\n"), "{run}");
}

#[test]
fn a_new_connection_that_ends_costs_an_attempt() {
    let server = Server::options()
        .expecting(3)
        .start(Reply::per_file(|id, _| match id {
            "a" => file(id).then_close(),
            _ => Reply::script([Step::Close]),
        }));
    let run = retrieve_ids(&server)
        .args(["a", "b", "c", "--concurrency", "1", "--max-retries", "0"])
        .run();
    assert_eq!((run.code, &*run.out()), (Some(7), "a\n"), "{run}");
}

#[test]
fn an_object_is_printed_as_soon_as_its_predecessors_are() {
    let gate = Gate::default();
    let passing = gate.clone();
    let server = Server::options()
        .expecting(3)
        .start(Reply::per_file(move |id, _| {
            if id == "b" {
                passing.pass();
            }
            file(id)
        }));
    let process = retrieve_ids(&server).args(["a", "b", "c"]).spawn();
    process.wait_for_stdout("a\n");
    server.wait_for_requests(3);
    assert_eq!(process.stdout_so_far(), "a\n");
    gate.open();
    process.wait().is(0, "a\nb\nc\n", "");
}

#[test]
fn a_reader_that_takes_its_time_costs_no_lookup() {
    let (first, others) = (Gate::default(), Gate::default());
    let (first_passes, others_pass) = (first.clone(), others.clone());
    let server = Server::start(Reply::per_file(move |id, _| {
        if id == "first" {
            first_passes.pass();
            // More than a pipe holds.
            return large_file(id, "processed", 1 << 20);
        }
        others_pass.pass();
        file(id)
    }));
    let timeout = Duration::from_millis(500);
    let openai = retrieve()
        .args(["first", "second", "third", "--format", "raw"])
        .args(["--timeout", "500ms", "--max-retries", "0"])
        .server(&server)
        .env("PATH", "/usr/bin:/bin")
        .shell("mkfifo out && exec \"$@\" 1<>out");
    let pipe = openai.home().join("out");
    let process = openai.spawn();
    server.wait_for_requests(3);
    first.open();
    // The first byte says that the rest is being written.
    let mut pipe = File::open(pipe).unwrap();
    pipe.read_exact(&mut [0]).unwrap();
    others.open();
    std::thread::sleep(timeout * 2);
    let mut printed = String::new();
    pipe.read_to_string(&mut printed).unwrap();
    let ids = ["first", "second", "third"].map(|id| format!("\"{id}\""));
    assert!(
        ids.iter().all(|id| printed.contains(id)),
        "{}",
        printed.len()
    );
    process.wait().is(0, "", "");
}

#[test]
fn ids_are_read_from_stdin_as_they_come() {
    let server = every_file();
    let mut process = retrieve_ids(&server).args(["-"]).stdin_open().spawn();
    for id in ["a", "b", "c"] {
        process.write(format!("{id}\n"));
        process.wait_for_stdout(&format!("{id}\n"));
    }
    process.write("last line without an end");
    process.close_stdin();
    process
        .wait()
        .is(0, "a\nb\nc\nlast%20line%20without%20an%20end\n", "");
}

#[test]
fn stdin_has_its_place_among_the_ids() {
    let server = every_file();
    for (arguments, stdin, expected) in [
        (&["-"][..], "a\nb\n", "a\nb\n"),
        (&["a", "-", "d"], "b\nc\n", "a\nb\nc\nd\n"),
        (&["--file-id", "-", "--file-id=c"], "a\nb", "a\nb\nc\n"),
        (&["a", "-"], "", "a\n"),
        (
            &["-"],
            "\u{feff}a\r\n\r\n  \t\nb\r\n  c \n\n\u{a0}d",
            "a\nb\nc\nd\n",
        ),
        (&["-"], "a\na\na\n", "a\na\na\n"),
    ] {
        retrieve_ids(&server)
            .args(arguments)
            .stdin(stdin)
            .run()
            .is(0, expected, "");
    }
}

#[test]
fn no_id_on_stdin_is_a_mistake() {
    let server = Server::uncalled();
    let error = "error: no file id on standard input\n";
    for stdin in ["", "\n", " \r\n\n"] {
        retrieve_ids(&server)
            .args(["-"])
            .stdin(stdin)
            .run()
            .is(2, "", error);
    }
    retrieve_ids(&server).args(["-"]).run().is(2, "", error);
    retrieve_ids(&server)
        .args(["-"])
        .shell("\"$@\" <&-")
        .run()
        .is(2, "", error);
    retrieve_ids(&server).args(["-"]).stdin_file("/").run().is(
        2,
        "",
        "error: line 1 of standard input cannot be read: is a directory\n",
    );
    retrieve_ids(&server).args(["-", "-"]).run().is(
        2,
        "",
        "error: standard input (-) can be read once only\n",
    );
}

#[test]
fn a_line_that_is_no_id_is_told_by_its_number_and_the_rest_goes_on() {
    let server = Server::options()
        .expecting(4)
        .start(Reply::per_file(|id, _| file(id)));
    let input = b"a\n..\n\nb\nc\x1b[2Jd\n\xff\xfe\ne\n.\nf";
    retrieve_ids(&server).args(["-"]).stdin(*input).run().is(
        2,
        "a\nb\ne\nf\n",
        "\
error: line 2 of standard input cannot be looked up: `.` and `..` are no names in a URL
error: line 5 of standard input cannot be looked up: it has a control character inside
error: line 6 of standard input is not valid UTF-8
error: line 8 of standard input cannot be looked up: `.` and `..` are no names in a URL
",
    );
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let server = Server::options()
        .expecting(1)
        .start(Reply::per_file(|id, _| file(id)));
    let run = retrieve_ids(&server)
        .args(["-"])
        .env("PATH", "/usr/bin:/bin")
        .shell("{ echo a; tr '\\0' x </dev/zero; } | \"$@\"")
        .run();
    run.is(
        2,
        "a\n",
        "\
error: line 2 of standard input is too long for a file id

hint: what follows it was not read
",
    );
    if let Some(peak) = run.peak_memory {
        assert!(peak < 64 << 20, "{peak} bytes");
    }
}

#[test]
fn ids_without_end_end_with_their_reader() {
    let server = Server::options()
        .unrecorded()
        .start(|_| file("file-abc123"));
    let run = retrieve_ids(&server)
        .args(["-"])
        .env("PATH", "/usr/bin:/bin")
        .shell("yes file-abc123 | \"$@\"")
        .stdout_closed_after(1200)
        .run();
    run.is(0, "file-abc123\n".repeat(100), "");
}

/// A server whose requests wait for each other until `together` of them are there, and which
/// fails the test if there are ever more.
fn meeting(together: usize) -> Server {
    let here = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    Server::options().start(move |request: &Request| {
        let (state, changed) = &*here;
        let mut here = state.lock().unwrap();
        let round = here.1;
        here.0 += 1;
        assert!(here.0 <= together, "{} requests are under way", here.0);
        if here.0 == together {
            // Whoever is too many has some time to show up.
            here = changed
                .wait_timeout(here, Duration::from_millis(20))
                .unwrap()
                .0;
            *here = (0, round + 1);
            changed.notify_all();
        } else {
            let (now, timeout) = changed
                .wait_timeout_while(here, PATIENCE, |here| here.1 == round)
                .unwrap();
            assert!(
                !timeout.timed_out(),
                "only {} requests are under way",
                now.0
            );
        }
        file(request.path().rsplit_once('/').unwrap().1)
    })
}

#[test]
fn as_many_lookups_as_asked_for_are_under_way_and_no_more() {
    for (arguments, together) in [
        (&[][..], 8),
        (&["--concurrency", "1"], 1),
        (&["--concurrency=3"], 3),
        (&["--concurrency", "64"], 64),
    ] {
        let server = meeting(together);
        let count = together * 4;
        retrieve_ids(&server)
            .args(arguments)
            .args(["-"])
            .stdin(numbers(count))
            .run()
            .is(0, numbers(count), "");
        assert_eq!(server.connections(), together);
        assert_eq!(server.requests().len(), count);
    }
}

#[test]
fn files_that_are_waited_for_keep_the_bound_too() {
    let server = meeting(2);
    retrieve_ids(&server)
        .args(["-", "--concurrency", "2", "--wait", "--wait-timeout", "0"])
        .args(["--quiet"])
        .stdin(numbers(8))
        .run()
        .is(
            8,
            "",
            (1..=8).fold(String::new(), |mut text, id| {
                text.push_str(if text.is_empty() { "" } else { "\n" });
                write!(text, "error: `{id}` was not ready within [..]: its status is `uploaded`\n\nhint: raise --wait-timeout to wait longer\n").unwrap();
                text
            }),
        );
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_concurrency_out_of_bounds_is_a_mistake() {
    let server = Server::uncalled();
    for value in ["0", "65", "-1", "many", "1.5"] {
        let run = retrieve()
            .args(["a", &format!("--concurrency={value}")])
            .server(&server)
            .run();
        run.is(
            2,
            "",
            crate::support::like(predicates::str::starts_with(format!(
                "error: invalid value '{value}' for '--concurrency <N>': "
            ))),
        );
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_ids() {
    let peak = |count: usize| {
        let server = Server::options()
            .unrecorded()
            .start(Reply::per_file(|id, _| file(id)));
        let run = retrieve_ids(&server)
            .args(["-"])
            .stdin(numbers(count))
            .run();
        run.is(0, numbers(count), "");
        assert!(server.connections() <= 8, "{}", server.connections());
        run.peak_memory
    };
    if let (Some(few), Some(many)) = (peak(100), peak(4000)) {
        assert!(many < few + (4 << 20), "{few} and {many} bytes");
    }
}

/// A file of this id and status, which takes this many bytes.
fn large_file(id: &str, status: &str, bytes: usize) -> Reply {
    let object = file_object()
        .with_text("id", id)
        .with_text("status", status)
        .with_text("filename", &"x".repeat(bytes));
    Reply::json(200, object.to_string())
}

/// More than a run with files of 8 MiB needs, in bytes: 16 MiB that are kept, 32 MiB for 4 requests
/// under way, and the program itself; on a busy machine 77 MiB were seen. All that is open at once
/// would be 114 MiB.
const BOUND: u64 = 88 << 20;

#[test]
fn large_files_that_wait_for_a_slow_one_are_bounded() {
    let server = Server::options()
        .unrecorded()
        .start(Reply::per_file(|id, _| {
            let reply = large_file(id, "processed", 8 << 20);
            match id {
                "1" => reply.after(Duration::from_secs(3)),
                _ => reply,
            }
        }));
    let run = retrieve_ids(&server)
        .args(["-", "--concurrency", "4"])
        .stdin(numbers(17))
        .run();
    run.is(0, numbers(17), "");
    if let Some(peak) = run.peak_memory {
        assert!(peak < BOUND, "{peak} bytes");
    }
}

#[test]
fn large_files_that_are_waited_for_are_bounded() {
    let server = Server::options()
        .unrecorded()
        .start(Reply::per_file(|id, asked| {
            let status = if asked < 2 { "uploaded" } else { "processed" };
            large_file(id, status, 8 << 20)
        }));
    let run = retrieve_ids(&server)
        .args(["-", "--concurrency", "2", "--wait", "--quiet"])
        .args(["--poll-interval", "1ms"])
        .stdin(numbers(16))
        .run();
    run.is(0, "", "");
    if let Some(peak) = run.peak_memory {
        assert!(peak < BOUND, "{peak} bytes");
    }
}

#[test]
fn a_rate_limit_slows_all_lookups() {
    let pause = Duration::from_millis(400);
    let answered = Gate::default();
    let server = Server::start(Reply::per_file(move |id, asked| match (id, asked) {
        ("limited", 1) => {
            answered.open();
            Reply::error(429, "Slow down.").header("retry-after-ms", "400")
        }
        ("a", _) => {
            // Under way at the same time, and done after the tool has read what was answered.
            answered.pass();
            file(id).after(Duration::from_millis(100))
        }
        _ => file(id),
    }));
    retrieve_ids(&server)
        .args(["a", "limited", "b", "c", "--concurrency", "2"])
        .run()
        .is(0, "a\nlimited\nb\nc\n", "");
    let requests = server.requests();
    let limited = requests
        .iter()
        .find(|request| request.path().ends_with("limited"))
        .unwrap();
    assert_eq!(requests.len(), 5);
    for request in &requests[2..] {
        assert!(request.at - limited.at >= pause, "{requests:#?}");
    }
}

#[test]
fn a_rate_limit_holds_back_others_even_where_its_own_lookup_gives_up() {
    let server = Server::options()
        .expecting(2)
        .start(Reply::per_file(|id, _| match id {
            "limited" => Reply::error(429, "Slow down.").header("retry-after-ms", "300"),
            _ => file(id),
        }));
    retrieve_ids(&server)
        .args(["limited", "a", "--concurrency", "1", "--max-retries", "0"])
        .run()
        .is(
            6,
            "a\n",
            "\
error: too many requests; `limited` was not looked up (HTTP 429)
  Slow down.
  url: {base}/files/limited

hint: try again later, or with a lower --concurrency
",
        );
    let [limited, next] = &server.requests()[..] else {
        unreachable!()
    };
    assert!(next.at - limited.at >= Duration::from_millis(300));
}

#[test]
fn a_rate_limit_holds_back_others_even_where_its_own_lookup_is_not_to_come_again() {
    let server = Server::options()
        .expecting(2)
        .start(Reply::per_file(|id, _| match id {
            "limited" => Reply::error(429, "Slow down.")
                .header("retry-after-ms", "300")
                .header("x-should-retry", "false"),
            _ => file(id),
        }));
    let look = retrieve_ids(&server).args(["limited", "a", "--concurrency", "1"]);
    let run = look.run();
    assert_eq!((run.code, &*run.out()), (Some(6), "a\n"), "{run}");
    let [limited, next] = &server.requests()[..] else {
        unreachable!()
    };
    assert!(next.at - limited.at >= Duration::from_millis(300));
}

#[test]
fn a_rate_limit_holds_back_what_is_sent_again_at_once() {
    let (two, gate) = (Barrier::new(2), Gate::default());
    let passing = gate.clone();
    let server = Server::options()
        .expecting(5)
        .start(Reply::per_file(move |id, asked| match (id, asked) {
            ("limited", _) => Reply::error(429, "Slow down.").header("retry-after-ms", "1500"),
            ("a", 1) => {
                passing.pass();
                Reply::script([Step::Close])
            }
            ("a", _) => file(id),
            _ => {
                // Each on a connection of its own.
                two.wait();
                file(id)
            }
        }));
    // The wait takes none of the time of the attempt, and costs none.
    let mut process = retrieve_ids(&server)
        .args(["-", "--concurrency", "2"])
        .args(["--timeout", "1s", "--max-retries", "0"])
        .stdin_open()
        .spawn();
    process.write("1\n2\n");
    process.wait_for_stdout("1\n2\n");
    process.write("limited\na\n");
    process.close_stdin();
    process.wait_for_stderr("`limited` was not looked up");
    gate.open();
    let run = process.wait();
    assert_eq!((run.code, &*run.out()), (Some(6), "1\n2\na\n"), "{run}");
    let requests = server.requests();
    let limited = requests
        .iter()
        .find(|request| request.path().ends_with("limited"))
        .unwrap();
    let again = requests.last().unwrap();
    assert!(
        again.at - limited.at >= Duration::from_millis(1500),
        "{requests:#?}"
    );
}

#[test]
fn that_a_rate_limit_holds_lookups_back_is_told() {
    let server = Server::options()
        .expecting(6)
        .start(Reply::per_file(|id, _| match id {
            "limited" => Reply::error(429, "Slow down.").header("retry-after-ms", "1500"),
            _ => file(id),
        }));
    let look =
        || retrieve_ids(&server).args(["limited", "a", "--concurrency", "1", "--max-retries", "0"]);
    let told = |words: &'static str| like(predicates::str::contains(words));
    let run = look().args(["--debug"]).run();
    run.is(
        6,
        "a\n",
        told("\ndebug: held back by a rate limit; next in 1"),
    );
    let run = look().stderr_terminal(80, 24).run();
    run.is(6, "a\n", told("held back by a rate limit; going on in 1s"));
    let run = look().run();
    assert!(!run.err().contains("held back"), "{run}");
}

#[test]
fn a_rate_limit_that_is_too_long_ends_the_rest_without_a_request() {
    let server = Server::options()
        .expecting(1)
        .start(|_| Reply::error(429, "Come back tomorrow.").header("retry-after", "86400"));
    retrieve_ids(&server)
        .args(["a", "b", "--concurrency", "1"])
        .run()
        .is(
            6,
            "",
            "\
error: too many requests; `a` was not looked up (HTTP 429)
  Come back tomorrow.
  url: {base}/files/a

hint: the server asks to come back in 24h

error: `b` was not looked up: the server asked for no more requests
  url: {base}/files/b

hint: the server asks to come back in 2[..]
",
        );
}

/// What can come of an id: the line of stdin, then exit code, stdout and stderr of the run.
const OUTCOMES: [(&str, i32, &str, &str); 11] = [
    ("processed", 0, "processed\n", ""),
    (
        "422",
        1,
        "",
        "error: the server refused to look up `422` (HTTP 422)\n  no\n  url: {base}/files/422\n",
    ),
    (
        "..",
        2,
        "",
        "error: line [..] of standard input cannot be looked up: `.` and `..` are no names in a URL\n",
    ),
    (
        "404",
        3,
        "",
        "error: no such file `404` (HTTP 404)\n  no\n  url: {base}/files/404\n\nhint: check the id, and that the file is on this server\n",
    ),
    (
        "403",
        4,
        "",
        "error: not allowed to look up `403` (HTTP 403)\n  no\n  url: {base}/files/403\n\nhint: check what the API key may do, and the organization and project it is for\n",
    ),
    (
        "503",
        5,
        "",
        "error: the server failed to look up `503` (HTTP 503)\n  no\n  url: {base}/files/503\n\nhint: try again later, or raise --max-retries\n",
    ),
    (
        "429",
        6,
        "",
        "error: too many requests; `429` was not looked up (HTTP 429)\n  no\n  url: {base}/files/429\n\nhint: try again later, or with a lower --concurrency\n",
    ),
    (
        "reset",
        7,
        "",
        "error: the connection to {address} ended before the answer for `reset` was complete\n  url: {base}/files/reset\n\nhint: try again later\n",
    ),
    (
        "uploaded",
        8,
        "uploaded\n",
        "error: `uploaded` is not ready: its status is `uploaded`\n\nhint: wait for it with --wait\n",
    ),
    (
        "error",
        9,
        "error\n",
        "error: `error` failed to be processed: its status is `error`\n  status_details\n",
    ),
    (
        "deleted",
        9,
        "deleted\n",
        "error: `deleted` is gone: its status is `deleted`\n",
    ),
];

/// The run of a batch with these outcomes.
fn mix(server: &Server, outcomes: &[usize]) -> Run {
    let lines: String = outcomes
        .iter()
        .flat_map(|outcome| [OUTCOMES[*outcome].0, "\n"])
        .collect();
    retrieve()
        .args(["-", "--exit-status", "--max-retries", "0"])
        .args(["--transform", "status", "-r"])
        .server(server)
        .stdin(lines)
        .run()
}

#[test]
fn every_mix_of_outcomes_has_its_code() {
    let server = Server::start(Reply::per_file(|id, _| match (id, id.parse()) {
        ("reset", _) => Reply::script([Step::Reset]),
        (_, Ok(status)) => Reply::error(status, "no"),
        (status, Err(_)) => Reply::json(200, file_object().with_text("status", status).to_string()),
    }));
    let check = |outcomes: &[usize]| {
        let mut codes: Vec<i32> = outcomes
            .iter()
            .map(|outcome| OUTCOMES[*outcome].1)
            .collect();
        codes.retain(|code| *code != 0);
        codes.dedup();
        let code = match codes[..] {
            [] => 0,
            [code] => code,
            _ => 1,
        };
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let mut ends_with_hint = false;
        for (_, _, object, failure) in outcomes.iter().map(|outcome| OUTCOMES[*outcome]) {
            stdout += object;
            if !failure.is_empty() {
                if ends_with_hint {
                    stderr.push('\n');
                }
                stderr += failure;
                ends_with_hint = failure.contains("\nhint: ");
            }
        }
        mix(&server, outcomes).is(code, stdout, stderr);
    };
    for one in 0..OUTCOMES.len() {
        check(&[one]);
        check(&[0, one, 0]);
        for other in 0..OUTCOMES.len() {
            check(&[one, other]);
        }
    }
    let all: Vec<usize> = (0..OUTCOMES.len()).collect();
    check(&all);
}

#[test]
fn errors_stand_where_their_objects_would() {
    let server = Server::start(Reply::per_file(|id, _| match id {
        "b" => Reply::error(404, "no"),
        _ => file(id),
    }));
    retrieve_ids(&server)
        .args([
            "a",
            "b",
            "c",
            "--format-error",
            "jsonl",
            "--transform-error",
            "message",
        ])
        .together()
        .run()
        .is(3, "a\nno\nc\n", "");
}

#[test]
fn a_bad_argument_stops_the_run_before_it_starts() {
    let server = Server::uncalled();
    openai()
        .args(["files", "retrieve", "a", "..", "b"])
        .server(&server)
        .run()
        .is(
            2,
            "",
            "error: cannot look up `..`: `.` and `..` are no names in a URL\n",
        );
}

#[test]
fn error_objects_are_parted_as_files_are() {
    let server = Server::replying(Reply::error(404, "gone"));
    let object = "message: gone\ntype: invalid_request_error\nparam: null\ncode: null\n";
    let table = "message  gone\ntype     invalid_request_error\nparam    null\ncode     null\n";
    for (format, expected) in [
        ("yaml", format!("{object}---\n{object}")),
        ("table", format!("{table}\n{table}")),
    ] {
        retrieve_ids(&server)
            .args(["a", "b", "--format-error", format])
            .run()
            .is(3, "", expected);
    }
}
