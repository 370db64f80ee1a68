//! A small HTTP/1.1 server for the tests and the demo: what a handler says is sent byte for byte.
//!
//! Mock crates answer correct HTTP only. The faults that matter here (half a head, a reset in the
//! body, a body that drips) need the socket itself, and ordinary answers need little more. So
//! there is one server for both: one thread per connection, keep-alive, loopback, a free port.
//!
//! A server that did not get the requests it was started for fails the test when it is dropped.
#![allow(
    dead_code,
    reason = "the tests and the demo each use a part of this file"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing server fails the test"
)]

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

/// How long a test waits for something that should come at once, before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Longest request head that is read, in bytes.
const MAX_HEAD: u64 = 1 << 20;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET`, `CONNECT`, …
    pub(crate) method: String,
    /// The request target as received: `/v1/files/a%2Fb`, or `http://host/…` through a proxy.
    pub(crate) target: String,
    /// Names in their original case and values without the white space around them, in order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, as long as `Content-Length` said.
    pub(crate) body: Vec<u8>,
    /// Which connection it came on, counted from 1.
    pub(crate) connection: usize,
    /// Which request of this server it is, counted from 1 over all connections.
    pub(crate) number: usize,
    /// When its head was complete.
    pub(crate) at: Instant,
}

impl Request {
    /// The value of the first header of this name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    /// The values of all headers of this name, in any case, in order.
    pub(crate) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The target up to the `?`.
    pub(crate) fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }
}

/// One thing that a server does on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends these bytes in one write.
    Bytes(Vec<u8>),
    /// Does nothing for this long.
    Pause(Duration),
    /// Sends these bytes one by one, with a pause before each.
    Drip {
        /// What is sent.
        bytes: Vec<u8>,
        /// The pause before each byte.
        every: Duration,
    },
    /// Sends these bytes again and again until the client goes away.
    Forever(Vec<u8>),
    /// Sends nothing more, and waits until the client goes away.
    Hang,
    /// Ends the connection with a TCP reset: the client sees "connection reset by peer".
    Reset,
    /// Ends the connection in the ordinary way: the client sees the end of the stream.
    Close,
}

impl Step {
    /// [`Step::Bytes`] of anything that is text or bytes.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// What a server answers to one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A correct response.
    Response {
        /// The status code.
        status: u16,
        /// Further headers, in order, sent as they stand.
        headers: Vec<(String, String)>,
        /// The body; its `Content-Length` is added.
        body: Vec<u8>,
    },
    /// These steps and nothing else. After the last one the connection stays open for the next
    /// request, unless a step ended it.
    Script(Vec<Step>),
}

impl Reply {
    /// A response without headers and body.
    pub(crate) fn status(status: u16) -> Self {
        Self::Response {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A response with a body of this media type.
    pub(crate) fn text(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Response {
            status,
            headers: vec![("Content-Type".into(), media_type.into())],
            body: body.into(),
        }
    }

    /// A response with a JSON body; the body need not be JSON.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::text(status, "application/json", body)
    }

    /// The documented example object with status 200.
    pub(crate) fn file() -> Self {
        Self::json(200, file_object().to_string())
    }

    /// An error in the shape of the `OpenAI` API: type `invalid_request_error`, without a code.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::error_with_code(status, message, "invalid_request_error", None)
    }

    /// An error in the shape of the `OpenAI` API.
    pub(crate) fn error_with_code(
        status: u16,
        message: &str,
        kind: &str,
        code: Option<&str>,
    ) -> Self {
        let code = code.map_or_else(|| "null".to_owned(), json_string);
        Self::json(
            status,
            format!(
                "{{\n  \"error\": {{\n    \"message\": {},\n    \"type\": {},\n    \"param\": null,\n    \"code\": {code}\n  }}\n}}\n",
                json_string(message),
                json_string(kind),
            ),
        )
    }

    /// Bytes sent as they stand, with nothing added; the connection stays open.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Script(vec![Step::bytes(bytes)])
    }

    /// These steps and nothing else.
    pub(crate) fn script(steps: impl Into<Vec<Step>>) -> Self {
        Self::Script(steps.into())
    }

    /// The same response with one more header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        match &mut self {
            Self::Response { headers, .. } => headers.push((name.into(), value.into())),
            Self::Script(_) => panic!("a script has no headers to add to"),
        }
        self
    }

    /// The same reply after a pause.
    pub(crate) fn after(self, pause: Duration) -> Self {
        let mut steps = vec![Step::Pause(pause)];
        steps.extend(self.into_steps());
        Self::Script(steps)
    }

    /// The same reply, after which the server closes the connection.
    pub(crate) fn then_close(self) -> Self {
        let mut steps = match self {
            response @ Self::Response { .. } => response.header("Connection", "close").into_steps(),
            Self::Script(steps) => steps,
        };
        steps.push(Step::Close);
        Self::Script(steps)
    }

    /// A handler: the nth request of a server gets the nth reply, the last one repeats.
    pub(crate) fn sequence(
        replies: impl Into<Vec<Reply>>,
    ) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
        let replies = replies.into();
        assert!(!replies.is_empty(), "a sequence needs a reply");
        move |request| replies[(request.number - 1).min(replies.len() - 1)].clone()
    }

    /// A handler: `reply` gets the id of the file that is asked for, as it stands in the path, and
    /// how often that was asked for so far, counted from 1.
    pub(crate) fn per_file(
        reply: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
        let asked = Mutex::<HashMap<String, usize>>::default();
        move |request| {
            let (_, id) = request.path().rsplit_once('/').unwrap_or_default();
            let count = {
                let mut asked = lock(&asked);
                let count = asked.entry(id.to_owned()).or_default();
                *count += 1;
                *count
            };
            reply(id, count)
        }
    }

    /// The bytes and acts that this reply amounts to.
    fn into_steps(self) -> Vec<Step> {
        match self {
            Self::Script(steps) => steps,
            Self::Response {
                status,
                headers,
                body,
            } => {
                let mut head = String::with_capacity(256);
                // Writing into a `String` cannot fail.
                let _ = write!(head, "HTTP/1.1 {status} {}\r\n", reason(status));
                for (name, value) in &headers {
                    let _ = write!(head, "{name}: {value}\r\n");
                }
                // RFC 9110, section 8.6: none of these has a body or a length.
                if !matches!(status, 100..=199 | 204 | 304) {
                    let _ = write!(head, "Content-Length: {}\r\n", body.len());
                }
                head.push_str("\r\n");
                let mut bytes = head.into_bytes();
                bytes.extend(body);
                vec![Step::Bytes(bytes)]
            }
        }
    }
}

/// The reason phrases of the statuses in use; others get none, as RFC 9112 permits.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// A file object as JSON text, one member at a time.
///
/// `Display` writes it on one line without white space, `{:#}` with two spaces of indentation.
#[derive(Clone, Debug)]
pub(crate) struct FileObject(Vec<(String, String)>);

/// The example object of the API reference, "Retrieve file", with every documented member.
pub(crate) fn file_object() -> FileObject {
    FileObject(
        [
            ("id", r#""id""#),
            ("bytes", "0"),
            ("created_at", "0"),
            ("filename", r#""filename""#),
            ("object", r#""file""#),
            ("purpose", r#""assistants""#),
            ("status", r#""uploaded""#),
            ("expires_at", "0"),
            ("status_details", r#""status_details""#),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    )
}

impl FileObject {
    /// The same object with this member set to a JSON text, in place or at the end.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.0.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
        self
    }

    /// The same object with this member set to a JSON string.
    pub(crate) fn with_text(self, name: &str, value: &str) -> Self {
        self.with(name, json_string(value))
    }

    /// The same object without this member.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(found, _)| found != name);
        self
    }
}

impl fmt::Display for FileObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, between, colon, close) = if f.alternate() {
            ("{\n  ", ",\n  ", ": ", "\n}")
        } else {
            ("{", ",", ":", "}")
        };
        f.write_str(open)?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(between)?;
            }
            write!(f, "{}{colon}{value}", json_string(name))?;
        }
        f.write_str(close)
    }
}

/// A text as a JSON string, quotes included.
pub(crate) fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => {
                // Writing into a `String` cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// How many requests a server must have got when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    AtLeast(usize),
    Exactly(usize),
}

/// What a server is, before it starts.
pub(crate) struct Options {
    address: IpAddr,
    greeting: Option<Vec<Step>>,
    recording: bool,
    expected: Expected,
}

impl Options {
    /// Listens on `[::1]` instead of `127.0.0.1`.
    pub(crate) fn on_ipv6(mut self) -> Self {
        self.address = Ipv6Addr::LOCALHOST.into();
        self
    }

    /// Takes these steps on each new connection, before any request is read.
    ///
    /// If they end the connection no request is ever seen: combine with [`Options::expecting`].
    pub(crate) fn greeting(mut self, steps: impl Into<Vec<Step>>) -> Self {
        self.greeting = Some(steps.into());
        self
    }

    /// Keeps no requests: for servers that run for long.
    pub(crate) fn unrecorded(mut self) -> Self {
        self.recording = false;
        self.expected = Expected::AtLeast(0);
        self
    }

    /// Demands exactly this number of requests; without it, at least one.
    pub(crate) fn expecting(mut self, requests: usize) -> Self {
        self.expected = Expected::Exactly(requests);
        self
    }

    /// Starts the server.
    pub(crate) fn start(
        self,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind((self.address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            greeting: self.greeting,
            recording: self.recording,
            received: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            log: Mutex::default(),
            logged: Condvar::new(),
            open: Mutex::default(),
            stopping: Mutex::new(false),
            stopped: Condvar::new(),
            panicked: AtomicBool::new(false),
        });
        let accept = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || accept(&listener, &shared))
        };
        Server {
            address,
            shared,
            accept: Some(accept),
            expected: self.expected,
        }
    }
}

/// A running server; dropping it ends it and checks that it was used.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accept: Option<JoinHandle<Vec<JoinHandle<()>>>>,
    expected: Expected,
}

/// What the threads of a server have in common.
struct Shared {
    handler: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
    greeting: Option<Vec<Step>>,
    recording: bool,
    received: AtomicUsize,
    connections: AtomicUsize,
    log: Mutex<Vec<Request>>,
    logged: Condvar,
    open: Mutex<HashMap<usize, Arc<TcpStream>>>,
    stopping: Mutex<bool>,
    stopped: Condvar,
    panicked: AtomicBool,
}

impl Server {
    /// A server that is yet to start.
    pub(crate) fn options() -> Options {
        Options {
            address: Ipv4Addr::LOCALHOST.into(),
            greeting: None,
            recording: true,
            expected: Expected::AtLeast(1),
        }
    }

    /// Starts a server on `127.0.0.1` that must get at least one request.
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::options().start(handler)
    }

    /// Starts a server that gives every request the same reply.
    pub(crate) fn replying(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    /// Starts a server whose nth request gets the nth reply and further ones the last.
    ///
    /// It must get as many requests as there are replies.
    pub(crate) fn sequence(replies: impl Into<Vec<Reply>>) -> Self {
        let replies = replies.into();
        let mut options = Self::options();
        options.expected = Expected::AtLeast(replies.len());
        options.start(Reply::sequence(replies))
    }

    /// Starts a server that must get no request at all.
    pub(crate) fn uncalled() -> Self {
        Self::options()
            .expecting(0)
            .start(|_| Reply::error(500, "nobody should have asked"))
    }

    /// Address and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `http://127.0.0.1:PORT/v1`, the form of `OPENAI_BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// Everything received so far, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.shared.log).clone()
    }

    /// What was asked for so far, in order of arrival: `/v1/files/a%2Fb?x=1`.
    pub(crate) fn targets(&self) -> Vec<String> {
        let log = lock(&self.shared.log);
        log.iter().map(|request| request.target.clone()).collect()
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until this many requests have come, and returns all received so far.
    pub(crate) fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        let log = lock(&self.shared.log);
        let (log, timeout) = self
            .shared
            .logged
            .wait_timeout_while(log, PATIENCE, |log| log.len() < count)
            .unwrap_or_else(PoisonError::into_inner);
        let log = log.clone();
        assert!(
            !timeout.timed_out(),
            "waited for {count} requests, got {log:#?}"
        );
        log
    }

    /// Serves until the process ends.
    pub(crate) fn run_forever(mut self) {
        if let Some(accept) = self.accept.take() {
            let _ = accept.join();
        }
    }

    /// Ends all threads.
    fn stop(&mut self) {
        *lock(&self.shared.stopping) = true;
        self.shared.stopped.notify_all();
        // The accept thread blocks; a connection wakes it.
        let _ = TcpStream::connect(self.address);
        let connections = self.accept.take().map(JoinHandle::join);
        for stream in lock(&self.shared.open).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // A panic of a connection was noted when it happened.
        for connection in connections.into_iter().flatten().flatten() {
            let _ = connection.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if thread::panicking() {
            return;
        }
        assert!(
            !self.shared.panicked.load(Ordering::SeqCst),
            "the handler of a server panicked"
        );
        let received = self.shared.received.load(Ordering::SeqCst);
        let enough = match self.expected {
            Expected::AtLeast(count) => received >= count,
            Expected::Exactly(count) => received == count,
        };
        assert!(
            enough,
            "a server got {received} requests, but was to get {:?}: {:#?}",
            self.expected,
            lock(&self.shared.log)
        );
    }
}

/// A port that refuses connections for as long as this value lives.
pub(crate) struct Refusing(Socket);

impl Refusing {
    /// Takes a free port of `127.0.0.1` without listening on it, so that nobody else can.
    pub(crate) fn start() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket
            .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
            .unwrap();
        Self(socket)
    }

    /// Address and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address())
    }
}

/// Locks even where another thread panicked: that panic is reported on its own.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Accepts until the server stops; returns the threads of connections that may still run.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if *lock(&shared.stopping) {
            break;
        }
        // Too many open files, or a client that left again: neither ends a server.
        let Ok(stream) = stream else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        let stream = Arc::new(stream);
        let connection = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        lock(&shared.open).insert(connection, Arc::clone(&stream));
        let shared = Arc::clone(shared);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread::spawn(move || {
            // However this thread ends, the stream is closed and nobody else holds it open.
            let _closing = Closing {
                shared: &shared,
                connection,
            };
            // An error here is a client that went away, which it may.
            let _ = serve(&stream, connection, &shared);
            drop(stream);
        }));
    }
    threads
}

/// Takes a connection off the list of open ones when its thread ends, and remembers a panic.
struct Closing<'a> {
    shared: &'a Shared,
    connection: usize,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        lock(&self.shared.open).remove(&self.connection);
        if thread::panicking() {
            self.shared.panicked.store(true, Ordering::SeqCst);
        }
    }
}

/// Answers the requests of one connection until either side ends it.
fn serve(stream: &TcpStream, connection: usize, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if let Some(greeting) = &shared.greeting
        && !perform(greeting, stream, shared)?
    {
        return Ok(());
    }
    let mut reader = BufReader::with_capacity(8 << 10, stream);
    loop {
        let (mut request, last) = match read_request(&mut reader) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let reply = Reply::text(400, "text/plain", "this is not HTTP/1.1\n");
                perform(&reply.then_close().into_steps(), stream, shared)?;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        request.connection = connection;
        if shared.recording {
            // Numbered and logged under one lock, so that both have the same order.
            let mut log = lock(&shared.log);
            request.number = shared.received.fetch_add(1, Ordering::SeqCst) + 1;
            log.push(request.clone());
            shared.logged.notify_all();
        } else {
            request.number = shared.received.fetch_add(1, Ordering::SeqCst) + 1;
        }
        let steps = (shared.handler)(&request).into_steps();
        if !perform(&steps, stream, shared)? || last {
            return Ok(());
        }
    }
}

/// Reads one request; nothing if the client is done. Also says whether it is the last one.
fn read_request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<(Request, bool)>> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = reader.take(MAX_HEAD);
    let mut line = Vec::with_capacity(256);
    if head.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let at = Instant::now();
    let first = String::from_utf8_lossy(&line).into_owned();
    let mut words = first.split_ascii_whitespace();
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed());
    };
    if !version.starts_with("HTTP/1.") {
        return Err(malformed());
    }
    let mut headers = Vec::with_capacity(16);
    loop {
        line.clear();
        if head.read_until(b'\n', &mut line)? == 0 {
            return Err(malformed());
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(malformed)?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body: Vec::new(),
        connection: 0,
        number: 0,
        at,
    };
    let last = version == "HTTP/1.0"
        || request
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
    if let Some(length) = request.header("content-length") {
        let length: usize = length.parse().map_err(|_| malformed())?;
        let mut body = vec![0; length.min(1 << 24)];
        reader.read_exact(&mut body)?;
        request.body = body;
    }
    Ok(Some((request, last)))
}

/// Takes the steps one by one; false if they ended the connection.
fn perform(steps: &[Step], mut stream: &TcpStream, shared: &Shared) -> io::Result<bool> {
    for step in steps {
        match step {
            Step::Bytes(bytes) => stream.write_all(bytes)?,
            Step::Pause(pause) => shared.pause(*pause),
            Step::Drip { bytes, every } => {
                for byte in bytes {
                    shared.pause(*every);
                    stream.write_all(&[*byte])?;
                }
            }
            Step::Forever(bytes) => loop {
                stream.write_all(bytes)?;
            },
            Step::Hang => {
                // Ends with the end of the stream, a reset, or the end of this server.
                io::copy(&mut stream, &mut io::sink())?;
                return Ok(false);
            }
            Step::Reset => {
                SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
            Step::Close => {
                stream.shutdown(Shutdown::Write)?;
                return Ok(false);
            }
        }
    }
    Ok(true)
}

impl Shared {
    /// Waits, but not beyond the end of the server.
    fn pause(&self, pause: Duration) {
        drop(
            self.stopped
                .wait_timeout_while(lock(&self.stopping), pause, |stopping| !*stopping),
        );
    }
}
