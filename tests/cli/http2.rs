//! HTTP/2, frame by frame: streams that end where they should not, and are handed back unread; and
//! what comes over TLS that is none.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::file_object;
use crate::support::pki::Authority;
use crate::support::{Openai, retrieve};

/// What a client sends before its first frame (RFC 9113, section 3.4).
const PREFACE: usize = 24;

// Types of frames, a flag, and codes (RFC 9113, sections 6 and 7).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;

/// What somebody in between may say in place of the server.
const NO_TLS: &[u8] = b"HTTP/1.1 400 \r\n\r\n";

/// What a server does with a request.
#[derive(Clone)]
enum Answer {
    /// Status 200 with this length, if one is announced, and this body; then the end, or a reset
    /// with this code.
    Body(Option<usize>, String, Option<u32>),
    /// Status 200 with a field of this name so many times, and an object.
    Fields(&'static str, usize),
    /// A reset with this code.
    Reset(u32),
    /// Nothing, nor to any further request on this connection.
    Silence,
    /// An object behind a frame without anything, which flushes the head.
    Flushed,
    /// The end of the connection.
    Close,
    /// These bytes, not encrypted, as somebody in between can send.
    Raw(&'static [u8]),
}

/// A server whose nth request, on whatever connection, gets the nth answer, and all further ones
/// the last.
struct Http2 {
    address: SocketAddr,
    authority: String,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Http2 {
    fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::speaking("h2", answers)
    }

    /// The same in one protocol or the other (RFC 7301, section 6).
    fn speaking(protocol: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::greeting(0, protocol, answers)
    }

    /// One that ends each connection with the last words of its handshake: the client knows before it
    /// can ask for anything.
    fn ending() -> Self {
        let last = frame(GOAWAY, 0, 0, &[0; 8]);
        let flight = [frame(SETTINGS, 0, 0, b""), last].concat();
        Self::listening(0, "h2", flight, [Answer::Close])
    }

    /// The same, but the connection of this `number`, from 1, gets what is no TLS.
    fn greeting(number: usize, protocol: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::listening(number, protocol, Vec::new(), answers)
    }

    /// The same, and all others get this with the last words of their handshake.
    fn listening(
        number: usize,
        protocol: &str,
        flight: Vec<u8>,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Self {
        let authority = Authority::new("one");
        let identity = authority.server();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![protocol.into()];
        config.send_half_rtt_data = true;
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let answers: Arc<[Answer]> = answers.into_iter().collect();
        let counted = Arc::clone(&requests);
        let accepted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if accepted.fetch_add(1, Ordering::SeqCst) + 1 == number {
                    stream.write_all(NO_TLS).unwrap();
                    // Until the client has read it and goes.
                    drop(stream.read_to_end(&mut Vec::new()));
                    continue;
                }
                let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                connection.writer().write_all(&flight).unwrap();
                let stream = StreamOwned::new(connection, stream);
                let (answers, counted) = (Arc::clone(&answers), Arc::clone(&counted));
                // A client may go at any time.
                let next = move || {
                    let number = counted.fetch_add(1, Ordering::SeqCst);
                    answers[number.min(answers.len() - 1)].clone()
                };
                thread::spawn(move || drop(serve(stream, next)));
            }
        });
        Self {
            address,
            authority: authority.certificate(),
            requests,
            connections,
        }
    }

    /// A lookup at this server, with these options.
    fn look(&self, options: &[&str]) -> Openai {
        let port = self.address.port().to_string();
        retrieve()
            .args(["a", "--format", "jsonl"])
            .args(options)
            .base_url(&format!("https://localhost:{port}/v1"))
            .placeholder("port", &port)
            .file("ca.pem", &self.authority)
            .env("SSL_CERT_FILE", "ca.pem")
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Serves a connection; `next` is asked for what to do with each request.
fn serve(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    next: impl Fn() -> Answer,
) -> std::io::Result<()> {
    let mut first = [0; PREFACE];
    stream.read_exact(&mut first)?;
    if !first.starts_with(b"PRI ") {
        return serve_http1(stream, first.to_vec(), next);
    }
    stream.write_all(&frame(SETTINGS, 0, 0, b""))?;
    let mut is_silent = false;
    loop {
        let mut head = [0; 9];
        match stream.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload)?;
        if kind == SETTINGS && flags == 0 {
            stream.write_all(&frame(SETTINGS, 1, 0, b""))?;
        } else if kind == HEADERS {
            let answer = next();
            if matches!(answer, Answer::Close) {
                return Ok(());
            }
            is_silent |= matches!(answer, Answer::Silence);
            if is_silent {
                continue;
            }
            if let Answer::Raw(bytes) = answer {
                stream.sock.write_all(bytes)?;
            }
            stream.write_all(&frames(&answer, u32::from_be_bytes(id)))?;
        }
        stream.flush()?;
    }
}

/// The same over HTTP/1.1, with objects, raw bytes or the end; of the first request there is the `start`.
fn serve_http1(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    start: Vec<u8>,
    next: impl Fn() -> Answer,
) -> std::io::Result<()> {
    let mut request = start;
    loop {
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            request.extend(byte);
        }
        request.clear();
        match next() {
            Answer::Close => return Ok(()),
            Answer::Raw(bytes) => stream.sock.write_all(bytes)?,
            _ => {
                let (object, length) = (object(), object().len());
                write!(
                    stream,
                    "HTTP/1.1 200 \r\ncontent-length: {length}\r\n\r\n{object}"
                )?;
            }
        }
        stream.flush()?;
    }
}

/// The frames of an answer on the stream `id`.
fn frames(answer: &Answer, id: u32) -> Vec<u8> {
    let reset = |code: u32| frame(RST_STREAM, 0, id, &code.to_be_bytes());
    match answer {
        Answer::Silence | Answer::Close | Answer::Raw(_) => Vec::new(),
        Answer::Flushed => [
            frame(HEADERS, END_HEADERS, id, &[0x88]),
            frame(DATA, 0, id, b""),
            frame(DATA, END_STREAM, id, object().as_bytes()),
        ]
        .concat(),
        Answer::Reset(code) => reset(*code),
        Answer::Fields(name, times) => {
            let mut field = vec![0, u8::try_from(name.len()).unwrap()];
            field.extend(name.bytes());
            field.push(100);
            field.extend([b'v'; 100]);
            let mut all = frame(HEADERS, 0, id, &[0x88]);
            for fields in vec![field; *times].chunks(100) {
                all.extend(frame(CONTINUATION, 0, id, &fields.concat()));
            }
            all.extend(frame(CONTINUATION, END_HEADERS, id, &[]));
            all.extend(frame(DATA, END_STREAM, id, object().as_bytes()));
            all
        }
        Answer::Body(length, body, code) => {
            // `:status: 200` as the table of HPACK has it, then a literal `content-length`
            // (RFC 7541, section 6.2.2 and appendix A).
            let mut fields = vec![0x88];
            if let Some(length) = length {
                let length = length.to_string();
                fields.extend([0x0f, 0x0d, u8::try_from(length.len()).unwrap()]);
                fields.extend(length.bytes());
            }
            let end = if code.is_none() { END_STREAM } else { 0 };
            let mut all = frame(HEADERS, END_HEADERS, id, &fields);
            all.extend(frame(DATA, end, id, body.as_bytes()));
            all.extend(code.map(reset).unwrap_or_default());
            all
        }
    }
}

fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

fn object() -> String {
    file_object().to_string()
}

const NOT_TRUSTED: &str = "\
error: no trusted connection to localhost:{port} to look up `a`: it does not speak TLS there
  url: https://localhost:{port}/v1/files/a

hint: check the port of the base URL; with http:// anybody on the way could read what is sent
";

const LOST: &str = "\
error: the connection to localhost:{port} ended before the answer for `a` was complete
  url: https://localhost:{port}/v1/files/a

hint: try again later
";

/// The same for another file.
fn lost(id: &str) -> String {
    LOST.replace("`a`", &format!("`{id}`"))
        .replace("files/a", &format!("files/{id}"))
}

const NOT_HTTP: &str = "\
error: what localhost:{port} answered for `a` is not valid HTTP
  url: https://localhost:{port}/v1/files/a

hint: check the port of the base URL
";

#[test]
fn a_stream_that_ends_too_early_is_cut_off() {
    let whole = object();
    let half = whole[..whole.len() / 2].to_owned();
    // What is not whole is none, even if it is an object.
    for (length, body) in [
        (Some(whole.len()), &half),
        (Some(whole.len() + 10), &whole),
        (None, &half),
        (None, &whole),
    ] {
        for code in [Some(NO_ERROR), Some(CANCEL), None] {
            // Without a reset only the length tells.
            if code.is_none() && length.is_none() {
                continue;
            }
            let answer = Answer::Body(length, body.clone(), code);
            let server = Http2::start([answer.clone()]);
            server.look(&["--max-retries", "0"]).run().is(7, "", LOST);
            assert_eq!(server.requests(), 1);
            let good = Answer::Body(Some(whole.len()), whole.clone(), None);
            let server = Http2::start([answer, good]);
            server.look(&[]).run().is(0, format!("{whole}\n"), "");
            assert_eq!(server.requests(), 2);
        }
    }
}

#[test]
fn a_whole_object_is_one_however_its_stream_ends() {
    let whole = object();
    for (length, code) in [
        (None, None),
        (Some(whole.len()), None),
        (Some(whole.len()), Some(NO_ERROR)),
    ] {
        let server = Http2::start([Answer::Body(length, whole.clone(), code)]);
        server.look(&[]).run().is(0, format!("{whole}\n"), "");
        assert_eq!(server.requests(), 1);
    }
}

#[test]
fn a_large_head_is_read_as_one_over_http_1_is() {
    let server = Http2::start([Answer::Fields("x-large", 1_000)]);
    server.look(&[]).run().is(0, format!("{}\n", object()), "");
    assert_eq!(server.requests(), 1);
}

#[test]
fn an_answer_that_breaks_the_rules_is_not_asked_for_again() {
    // RFC 9113, section 8.2.2.
    let server = Http2::start([Answer::Fields("connection", 1)]);
    server.look(&[]).run().is(7, "", NOT_HTTP);
    assert_eq!(server.requests(), 1);
}

/// One for which the library ends the connection.
const TOO_LARGE: Answer = Answer::Fields("x-larger", 4_000);

#[test]
fn what_breaks_a_connection_may_belong_to_another_request() {
    let server = Http2::start([TOO_LARGE]);
    let broken = LOST.replace(
        "complete\n",
        "complete: something came over it that is not valid HTTP/2, or too much of it\n",
    );
    let options = ["--max-retries", "0"];
    server.look(&options).run().is(7, "", broken);
    assert_eq!(server.requests(), 1);

    let server = Http2::start([TOO_LARGE, Answer::Flushed]);
    let found = format!("{}\n", object());
    server.look(&[]).run().is(0, found, "");
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_connection_that_worked_and_ends_costs_no_attempt() {
    let whole = object();
    let server = Http2::start([Answer::Flushed, TOO_LARGE, Answer::Flushed]);
    let options = ["b", "--concurrency", "1", "--max-retries", "0"];
    let found = format!("{whole}\n").repeat(2);
    server.look(&options).run().is(0, found, "");
    assert_eq!(server.requests(), 3);

    let server = Http2::start([Answer::Flushed, Answer::Close, Answer::Flushed]);
    let found = format!("{whole}\n").repeat(2);
    server.look(&options).run().is(0, found, "");
    assert_eq!(server.requests(), 3);

    let server = Http2::start([Answer::Close, Answer::Flushed]);
    let run = server.look(&options[3..]).run();
    run.is(7, "", LOST);
    assert_eq!(server.requests(), 1);

    // The library ends a connection with the 101st frame that is empty.
    let server = Http2::start([Answer::Flushed]);
    let ids: Vec<_> = (0..350).map(|id| id.to_string()).collect();
    let mut options: Vec<_> = ids.iter().map(String::as_str).collect();
    options.extend(["--concurrency", "8", "--max-retries", "0"]);
    let found = format!("{whole}\n").repeat(351);
    server.look(&options).run().is(0, found, "");
    let more = server.requests() - 351;
    assert!((3..=8 * 3).contains(&more), "{more} more");

    // But not for ever.
    let server = Http2::start([Answer::Flushed, TOO_LARGE]);
    let options = ["b", "--concurrency", "1", "--max-retries", "0"];
    let run = server.look(&options).run();
    assert_eq!((run.code, &*run.out()), (Some(7), &*format!("{whole}\n")));
    assert_eq!(server.requests(), 3);
}

#[test]
fn who_may_have_broken_a_connection_gets_one_of_its_own() {
    let good = Answer::Flushed;
    let server = Http2::start([good.clone(), TOO_LARGE, TOO_LARGE, good]);
    let options = ["b", "c", "d", "--concurrency", "1"];
    let found = format!("{}\n", object()).repeat(4);
    server.look(&options).run().is(0, found, "");
    // That of `a` and `b`, two of `b`, of which the last is its own, and that of `c` and `d`.
    assert_eq!((server.requests(), server.connections()), (6, 4));
}

#[test]
fn a_stream_that_fails_on_a_connection_that_works_is_an_attempt() {
    let whole = object();
    let good = Answer::Body(None, whole.clone(), None);
    for code in [INTERNAL_ERROR, CANCEL] {
        let server = Http2::start([good.clone(), good.clone(), Answer::Reset(code)]);
        let run = server
            .look(&["b", "c", "--concurrency", "1", "--max-retries", "0"])
            .run();
        assert_eq!(
            (run.code, &*run.out()),
            (Some(7), &*format!("{whole}\n").repeat(2)),
            "{run}"
        );
        assert_eq!(server.requests(), 3);
    }
}

#[test]
fn what_is_handed_back_unread_is_sent_again_but_not_for_ever() {
    let whole = object();
    let refused = Answer::Reset(REFUSED_STREAM);
    let good = Answer::Body(None, whole.clone(), None);
    let server = Http2::start([refused.clone(), refused.clone(), good]);
    let run = server.look(&["--max-retries", "0"]).run();
    run.is(0, format!("{whole}\n"), "");
    assert_eq!(server.requests(), 3);
    let server = Http2::start([refused]);
    server.look(&["--max-retries", "0"]).run().is(7, "", LOST);
    assert_eq!(server.requests(), 3);
}

#[test]
fn connections_that_end_as_they_are_made_are_not_begun_for_ever() {
    for many in [1, 3, 64] {
        let server = Http2::ending();
        let ids: Vec<_> = (1..many).map(|id| id.to_string()).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        let lost: Vec<_> = ["a"].iter().chain(&ids).map(|id| lost(id)).collect();
        let options = ["--concurrency", "64", "--max-retries", "0"];
        let run = server.look(&[&ids[..], &options].concat()).run();
        run.is(7, "", lost.join("\n"));
        // Four that are shared, and two of its own.
        let connections = server.connections();
        assert!((many..=many * 6).contains(&connections), "{connections}");
    }
}

#[test]
fn a_connection_that_has_gone_silent_is_given_up() {
    let found = Answer::Body(None, object(), None);
    let server = Http2::start([found.clone(), Answer::Silence, found]);
    let options = ["b", "c", "--concurrency", "1", "--timeout", "500ms"];
    let found = format!("{}\n", object()).repeat(3);
    server.look(&options).run().is(0, found.clone(), "");
    assert_eq!(server.requests(), 4);
    // One of its own, too.
    let good = Answer::Flushed;
    let (close, silence) = (Answer::Close, Answer::Silence);
    let server = Http2::start([good.clone(), close.clone(), close, silence, good]);
    server.look(&options).run().is(0, found, "");
    assert_eq!(server.requests(), 6);
}

#[test]
fn what_is_no_tls_on_a_connection_that_works_ends_only_that() {
    let answers: [&[u8]; 4] = [
        // A record that nobody can decrypt, one that is too large, and none.
        b"\x17\x03\x03\0\x20 which is nothing but thirty-two",
        b"\x17\x03\x03\xff\xff",
        b"\x63\x03\x03\0\x01\0",
        b"HTTP/1.1 400 \r\n\r\n",
    ];
    for protocol in ["h2", "http/1.1"] {
        for bytes in answers {
            let server = Http2::speaking(protocol, [Answer::Raw(bytes), Answer::Flushed]);
            let found = format!("{}\n", object());
            server.look(&[]).run().is(0, found, "");
            assert_eq!(server.requests(), 2, "{protocol} {bytes:?}");
        }
    }
}

#[test]
fn what_is_no_tls_where_the_server_has_answered_passes() {
    let good = Answer::Flushed;
    let whole = format!("{}\n", object());
    for protocol in ["h2", "http/1.1"] {
        let answers = [good.clone(), Answer::Close, good.clone()];
        let server = Http2::greeting(2, protocol, answers);
        let run = server.look(&["b", "--concurrency", "1"]).run();
        run.is(0, whole.repeat(2), "");
        assert_eq!((server.requests(), server.connections()), (3, 3));

        let server = Http2::greeting(1, protocol, [good.clone()]);
        let run = server.look(&[]).run();
        run.is(7, "", NOT_TRUSTED);
        assert_eq!((server.requests(), server.connections()), (0, 1));
    }
}
