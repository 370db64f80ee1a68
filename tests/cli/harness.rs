//! The tests' own tools: a check that cannot fail would prove nothing.
//!
//! `/bin/sh` stands in for the tool where a run must do what the tool never should.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use predicates::prelude::*;

use crate::server::{Refusing, Reply, Server, Step, file_object};
use crate::support::{Signal, like, program, screen, secrets};

/// Sends `request` to a server and returns everything up to the end of the stream.
fn exchange(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A reset ends the answer, too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

const GET: &str =
    "GET /v1/files/a%2Fb?x=1 HTTP/1.1\r\nHost: h\r\nX-Case: One \r\nConnection: close\r\n\r\n";

/// `sh -c script`, in the surroundings of every run.
fn shell(script: &str) -> crate::support::Openai {
    program("/bin/sh").args(["-c", script])
}

#[test]
fn a_server_records_what_it_received() {
    let server = Server::replying(Reply::file());
    let answer = exchange(&server, GET);
    assert_eq!(
        answer,
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 166\r\n\r\n{}",
            file_object()
        )
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].target, "/v1/files/a%2Fb?x=1");
    assert_eq!(requests[0].path(), "/v1/files/a%2Fb");
    assert_eq!(requests[0].headers[1], ("X-Case".into(), "One".into()));
    assert_eq!(requests[0].header("x-case"), Some("One"));
    assert_eq!((requests[0].number, requests[0].connection), (1, 1));
}

#[test]
fn a_connection_serves_several_requests() {
    let server = Server::sequence([
        Reply::status(204),
        Reply::error(404, "no"),
        Reply::status(200),
    ]);
    let keep_alive = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    let answer = exchange(&server, &[keep_alive, keep_alive, GET].concat());
    assert!(answer.starts_with("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 404 Not Found\r\n"));
    assert!(answer.ends_with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    assert_eq!(server.connections(), 1);
    assert_eq!(
        server
            .requests()
            .iter()
            .map(|request| request.number)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
}

#[test]
fn a_script_is_sent_byte_for_byte() {
    let server = Server::replying(Reply::script([
        Step::bytes("HTTP/1.1 200 OK\r\nContent-"),
        Step::Drip {
            bytes: b"Length".to_vec(),
            every: Duration::from_millis(5),
        },
        Step::Pause(Duration::from_millis(20)),
        Step::Close,
    ]));
    let start = Instant::now();
    let answer = exchange(&server, GET);
    assert_eq!(answer, "HTTP/1.1 200 OK\r\nContent-Length");
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[test]
fn a_reset_is_one() {
    let server = Server::replying(Reply::script([Step::Reset]));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_server_may_listen_on_ipv6_and_speak_first() {
    let server = Server::options()
        .on_ipv6()
        .expecting(0)
        .greeting([Step::bytes("SSH-2.0-OpenSSH_9.9\r\n"), Step::Close])
        .start(|_| Reply::file());
    assert!(server.base_url().starts_with("http://[::1]:"));
    assert_eq!(exchange(&server, ""), "SSH-2.0-OpenSSH_9.9\r\n");
}

#[test]
fn a_hanging_server_ends_at_once() {
    let server = Server::replying(Reply::script([Step::Hang]));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(GET.as_bytes()).unwrap();
    server.wait_for_requests(1);
    let start = Instant::now();
    drop(server);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_refusing_port_refuses() {
    let refusing = Refusing::start();
    let error = TcpStream::connect(refusing.address()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
#[should_panic(expected = "got 0 requests, but was to get AtLeast(1)")]
fn a_server_that_nobody_called_fails_the_test() {
    drop(Server::replying(Reply::file()));
}

#[test]
#[should_panic(expected = "got 1 requests, but was to get AtLeast(2)")]
fn a_sequence_that_is_not_used_up_fails_the_test() {
    let server = Server::sequence([Reply::status(503), Reply::file()]);
    exchange(&server, GET);
}

#[test]
#[should_panic(expected = "got 1 requests, but was to get Exactly(0)")]
fn a_request_that_should_not_come_fails_the_test() {
    exchange(&Server::uncalled(), GET);
}

#[test]
#[should_panic(expected = "the handler of a server panicked")]
fn a_panic_in_a_handler_fails_the_test() {
    exchange(
        &Server::start(|_| panic!("expected in the log of this test")),
        GET,
    );
}

#[test]
fn a_file_object_can_be_varied() {
    let file = file_object()
        .without("expires_at")
        .without("status_details")
        .with_text("filename", "a\"\u{1b}b")
        .with("new", "[1.50]");
    assert_eq!(
        file.to_string(),
        r#"{"id":"id","bytes":0,"created_at":0,"filename":"a\"\u001bb","object":"file","purpose":"assistants","status":"uploaded","new":[1.50]}"#
    );
    assert!(format!("{file:#}").starts_with("{\n  \"id\": \"id\",\n  \"bytes\": 0,\n"));
}

#[test]
fn a_run_sees_nothing_of_the_developer() {
    shell("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort; pwd; cat; exit 3")
        .run()
        .is(3, "HOME={home}\nTZ=UTC\n{home}\n", "");
}

#[test]
fn expectations_know_placeholders_wildcards_and_predicates() {
    let run = shell("echo at $PORT after 12 ms; echo more >&2")
        .env("PORT", "77")
        .placeholder("port", "77")
        .run();
    run.is(
        0,
        "at {port} after [..] ms\n",
        like(predicate::str::contains("more")),
    );
    run.is(0, &b"at 77 after 12 ms\n"[..], "more\n");
}

#[test]
#[should_panic(expected = "expected exit code 1\n--- expected stdout\none line\n")]
fn a_difference_shows_everything() {
    shell("echo two; echo lines").run().is(1, "one line\n", "");
}

#[test]
#[should_panic(expected = "expected stderr\n")]
fn an_expected_text_is_the_whole_stream() {
    shell("echo more >&2").run().is(0, "", "");
}

#[test]
#[should_panic(expected = "leaked to stderr")]
fn a_leaked_key_fails_the_test() {
    shell("echo $KEY >&2").env("KEY", secrets::API_KEY).run();
}

#[test]
#[should_panic(expected = "leaked to stdout")]
fn a_fragment_of_a_secret_is_a_leak() {
    shell("echo $KEY | cut -c 14-22")
        .env("KEY", secrets::CUSTOM_HEADER)
        .run();
}

#[test]
#[should_panic(expected = "leaked to stdout")]
fn a_secret_in_base64_is_a_leak() {
    let pair = format!("someone:{}", secrets::USER_INFO_PASSWORD);
    shell("printf %s $PAIR | base64")
        .env("PAIR", pair)
        .env("PATH", "/usr/bin:/bin")
        .run();
}

#[test]
#[should_panic(expected = "leaked to stdout")]
fn a_secret_with_escapes_is_a_leak() {
    shell("printf '%s' 'Kq%33v\\u0058w8Z'").run();
}

#[test]
#[should_panic(expected = "leaked to stderr")]
fn a_secret_over_two_lines_is_a_leak() {
    shell("printf '| Kq3v |\n| Xw8Z |\n' >&2").run();
}

#[test]
#[should_panic(expected = "secret hunter-2-hunter leaked")]
fn a_test_may_have_its_own_secret() {
    shell("echo hunter-2-hunter")
        .secret("hunter-2-hunter")
        .run();
}

#[test]
#[should_panic(expected = "the command crashed")]
fn a_panic_fails_the_test() {
    shell("echo \"thread 'main' panicked at src/main.rs:1:1:\" >&2; exit 1").run();
}

#[test]
#[should_panic(expected = "undocumented exit code")]
fn an_undocumented_exit_code_fails_the_test() {
    shell("exit 101").run();
}

#[test]
#[should_panic(expected = "stdout is a terminal and got escape sequence \"]52;c;")]
fn an_escape_sequence_on_a_terminal_fails_the_test() {
    shell("printf '\\033[1mbold\\033[0m \\033]52;c;aGk=\\007'")
        .terminal(80, 24)
        .run();
}

#[test]
#[should_panic(expected = "stderr is a terminal and got invisible or reordering")]
fn a_bidirectional_override_on_a_terminal_fails_the_test() {
    shell("printf '\u{202e}gpj.exe' >&2").terminal(80, 24).run();
}

#[test]
fn a_terminal_has_its_size_and_captures_what_was_written() {
    let script = "test -t 0 && test -t 1 && test -t 2 && stty size && printf 'a\\nb' >&2";
    shell(script)
        .env("PATH", "/usr/bin:/bin")
        .terminal(123, 45)
        .run()
        .is(0, "45 123\n", "a\nb");
}

#[test]
fn streams_can_be_terminals_one_by_one() {
    let which = "for n in 0 1 2; do test -t $n && echo $n; done; true";
    shell(which).run().is(0, "", "");
    shell(which).stdout_terminal(80, 24).run().is(0, "1\n", "");
    shell(which).stderr_terminal(80, 24).run().is(0, "2\n", "");
    shell("echo a >&2; echo b; echo c >&2")
        .together()
        .run()
        .is(0, "a\nb\nc\n", "");
}

#[test]
fn a_process_can_be_talked_to_and_signalled() {
    let mut process = shell("read line; echo got $line; exec sleep 100")
        .env("PATH", "/usr/bin:/bin")
        .stdin_open()
        .spawn();
    process.write("hello\n");
    process.wait_for_stdout("got hello\n");
    assert_eq!(process.stdout_so_far(), "got hello\n");
    process.signal(Signal::INT);
    process.wait().is_killed_by(Signal::INT, "got hello\n", "");
}

#[test]
fn a_reader_may_go_away() {
    shell("echo a || echo failed >&2")
        .stdout_closed_after(0)
        .run()
        .is_killed_by(Signal::PIPE, "", "");
}

#[test]
#[should_panic(expected = "did not end in time")]
fn an_endless_run_fails_the_test() {
    shell("echo started; exec sleep 100")
        .env("PATH", "/usr/bin:/bin")
        .deadline(Duration::from_millis(50))
        .run();
}

#[test]
#[cfg(target_os = "linux")]
fn peak_memory_is_that_of_the_program() {
    let run = shell("sleep 0.1").env("PATH", "/usr/bin:/bin").run();
    let peak = run.peak_memory.unwrap();
    assert!((100 << 10..32 << 20).contains(&peak), "{peak} bytes");
    assert!(run.elapsed >= Duration::from_millis(100));
}

#[test]
fn a_script_limits_what_it_starts() {
    program("/bin/sh")
        .args(["-c", "ulimit -n; read line || echo no stdin"])
        .shell("ulimit -n 20; exec \"$@\" <&- 2>/dev/null")
        .run()
        .is(0, "20\nno stdin\n", "");
}

#[test]
fn stdin_comes_from_where_it_should() {
    let cat = || shell("cat; echo end >&2").env("PATH", "/usr/bin:/bin");
    cat().run().is(0, "", "end\n");
    cat().stdin("a\nb").run().is(0, "a\nb", "end\n");
    cat().stdin_file("/dev/null").run().is(0, "", "end\n");
    let mut process = cat().stdin_open().spawn();
    process.write("typed");
    process.close_stdin();
    process.wait_for_stderr("end\n");
    process.wait().is(0, "typed", "end\n");
}

#[test]
fn a_run_may_have_files_and_another_directory() {
    let run = shell("cat $HOME/key; pwd")
        .env("PATH", "/usr/bin:/bin")
        .file("key", "in the file\n")
        .directory("/");
    assert!(run.home().join("key").exists());
    run.run().is(0, "in the file\n/\n", "");
}

#[test]
fn a_run_is_pointed_at_a_server() {
    let server = Server::uncalled();
    shell("echo $OPENAI_BASE_URL ${#OPENAI_API_KEY}$TZ")
        .server(&server)
        .without_env("TZ")
        .run()
        .is(0, "{base} 34\n", "");
    assert_eq!(server.base_url(), format!("{}/v1", server.origin()));
}

#[test]
fn stderr_may_go_away() {
    shell("echo a >&2 && echo unnoticed")
        .stderr_closed_after(0)
        .run()
        .is_killed_by(Signal::PIPE, "", "");
}

#[test]
fn a_screen_shows_what_is_left_of_a_live_line() {
    let run = shell("printf 'first\\nworking 1'; printf '\\r\\033[2Kworking 2\\r\\033[2Klast'")
        .terminal(10, 24)
        .run();
    assert_eq!(screen(&run.stdout, 10, 24), "first\nlast");
    // A line that is too long wraps, and clearing it leaves its beginning.
    assert_eq!(screen(&run.stdout, 8, 24), "first\nworking\nworking\nlast");
}
