//! The fault bench: one row for each thing that can go wrong between here and a file.
//!
//! A row says what the server does, byte by byte, and all that must come of it: stdout, stderr,
//! exit code, how many requests the server got and how far apart, how long the run took and how
//! much memory. The tables are in the modules below, by where the fault is. Rows of a table run
//! side by side, as most of their time is waiting.

mod bodies;
mod connections;
mod delays;
mod heads;
mod redirects;
mod statuses;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::server::{Refusing, Reply, Request, Server, Step, file_object};
use crate::support::{Openai, retrieve};

/// How many rows run at once.
const SIDE_BY_SIDE: usize = 8;

/// By how much a loaded machine may delay what has its time.
const SLACK: Duration = Duration::from_secs(8);

/// The memory of a run with an ordinary answer, in MiB: more than twice what it takes, less than
/// what a body at its limit takes.
const ORDINARY: u64 = 40;

/// What every row looks up.
const ID: &str = "file-abc123";

#[test]
fn connections_that_fail() {
    bench(&connections::rows());
}

#[test]
fn heads_that_are_wrong() {
    bench(&heads::rows());
}

#[test]
fn bodies_that_are_wrong() {
    bench(&bodies::rows());
}

#[test]
fn statuses_that_are_no_success() {
    bench(&statuses::rows());
}

#[test]
fn redirects_of_every_kind() {
    bench(&redirects::rows());
}

#[test]
fn delays_that_servers_ask_for() {
    bench(&delays::rows());
}

/// One fault, and all that must come of it.
struct Row {
    name: String,
    there: There,
    args: Vec<String>,
    code: i32,
    stdout: String,
    stderr: String,
    requests: usize,
    /// From each request to the next, at least, in milliseconds.
    gaps: Vec<u64>,
    /// The whole run, at least, in milliseconds.
    takes: u64,
    /// At most, in MiB.
    memory: u64,
}

/// What stands where the tool looks.
enum There {
    /// A server whose nth request gets the nth reply.
    Replies(Vec<Reply>),
    /// A server that does this with every connection, before it reads anything.
    Greeting(Vec<Step>),
    /// A server whose replies depend on the request.
    Handler(fn(&Request) -> Reply),
    /// A server that redirects to this place, in which `{host}` is its address, and to no other.
    To(&'static str),
    /// A server on the IPv6 loopback address.
    Ipv6(Reply),
    /// A server on the first of these addresses; `localhost` has all of the others.
    Localhost(IpAddr, &'static [IpAddr]),
    /// A server whose reply names the port of another one, which must not be asked.
    Moved(fn(&str) -> Reply),
    /// A port that refuses.
    Nobody,
    /// A port that takes no more connections and does not answer.
    Full,
    /// A URL that leads to no server.
    Url(&'static str),
}

/// A row whose server gives these replies, one to each request.
fn replies(name: impl Into<String>, replies: impl Into<Vec<Reply>>) -> Row {
    row(name, There::Replies(replies.into()))
}

/// A row whose server takes these steps on its one request.
fn steps(name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Row {
    replies(name, [Reply::script(steps)])
}

/// A row whose server answers its one request with these bytes and closes the connection.
fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Row {
    steps(name, [Step::bytes(bytes), Step::Close])
}

/// A row that succeeds with the example file after one request, and is never repeated.
fn row(name: impl Into<String>, there: There) -> Row {
    Row {
        name: name.into(),
        there,
        args: vec!["--max-retries=0".into(), "--timeout=20s".into()],
        code: 0,
        stdout: format!("{:#}\n", file_object()),
        stderr: String::new(),
        requests: 1,
        gaps: Vec::new(),
        takes: 0,
        memory: ORDINARY,
    }
}

impl Row {
    /// Adds arguments, parted by spaces.
    fn args(mut self, args: &str) -> Self {
        self.args.extend(args.split(' ').map(str::to_owned));
        self
    }

    /// Expects nothing on stdout, this on stderr and this exit code.
    fn fails(mut self, code: i32, stderr: impl Into<String>) -> Self {
        self.stdout = String::new();
        self.says(code, stderr)
    }

    /// Expects this on stderr and this exit code, beside what is on stdout.
    fn says(mut self, code: i32, stderr: impl Into<String>) -> Self {
        self.stderr = stderr.into();
        self.code = code;
        self
    }

    /// Expects this on stdout.
    fn prints(mut self, stdout: impl Into<String>) -> Self {
        self.stdout = stdout.into();
        self
    }

    /// Expects this many requests; further than the first come from retries or redirects.
    fn requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// Expects a request after each of these times, in milliseconds, and so one more than them.
    fn gaps<const N: usize>(mut self, gaps: [u64; N]) -> Self {
        self.gaps = gaps.into();
        self.requests(N + 1)
    }

    /// Expects the run to take this long, in milliseconds.
    fn takes(mut self, milliseconds: u64) -> Self {
        self.takes = milliseconds;
        self
    }

    /// Lets the run have this much memory, in MiB.
    fn memory(mut self, mebibytes: u64) -> Self {
        self.memory = mebibytes;
        self
    }

    /// Runs the tool against what the row says, and compares.
    fn check(&self) {
        let tool = retrieve().args([ID]).args(&self.args);
        let options = || Server::options().expecting(self.requests);
        let (run, requests) = match &self.there {
            There::Replies(replies) => {
                let server = options().start(Reply::sequence(replies.clone()));
                (tool.server(&server).run(), server.requests())
            }
            There::Greeting(steps) => {
                let server = options()
                    .greeting(steps.clone())
                    .start(|_| Reply::error(500, "nobody should have asked"));
                (tool.server(&server).run(), server.requests())
            }
            There::Handler(handler) => {
                let server = options().start(*handler);
                (tool.server(&server).run(), server.requests())
            }
            There::To(location) => {
                let location = *location;
                let only = matches!(self.requests, 2);
                let server = options().start(move |request| {
                    if only && request.number == 2 {
                        return Reply::file();
                    }
                    let host = request.header("host").unwrap();
                    Reply::status(302).header("Location", &location.replace("{host}", host))
                });
                (tool.server(&server).run(), server.requests())
            }
            There::Ipv6(reply) => {
                let reply = reply.clone();
                let server = options().on_ipv6().start(move |_| reply.clone());
                (tool.server(&server).run(), server.requests())
            }
            There::Localhost(address, names) => {
                let mut options = options();
                if address.is_ipv6() {
                    options = options.on_ipv6();
                }
                let server = options.start(|_| Reply::file());
                let port = server.address().port().to_string();
                let url = format!("http://localhost:{port}/v1");
                let names = names.iter();
                let hosts: Vec<_> = names.map(|name| format!("{name} localhost")).collect();
                let tool = tool
                    .file("hosts", hosts.join("\n"))
                    .mounting("mount --bind hosts /etc/hosts")
                    .placeholder("base", &url)
                    .placeholder("port", &port)
                    .base_url(&url);
                (tool.run(), server.requests())
            }
            There::Moved(reply) => {
                let other = Server::uncalled();
                let port = other.address().port().to_string();
                let reply = reply(&port);
                let server = options().start(move |_| reply.clone());
                let tool = tool.placeholder("other", &port).server(&server);
                (tool.run(), server.requests())
            }
            There::Nobody => {
                let refusing = Refusing::start();
                (at(tool, refusing.address()).run(), Vec::new())
            }
            There::Full => {
                let full = Full::start();
                (at(tool, full.address).run(), Vec::new())
            }
            There::Url(url) => {
                let tool = tool.placeholder("base", url).base_url(url);
                (tool.run(), Vec::new())
            }
        };
        run.is(self.code, &self.stdout, &self.stderr);
        assert_eq!(requests.len(), self.requests, "requests\n{run}");
        for (pair, gap) in requests.windows(2).zip(&self.gaps) {
            let bounds = at_least(*gap);
            let gap = pair[1].at.duration_since(pair[0].at);
            assert!(bounds.contains(&gap), "{gap:?} between requests\n{run}");
        }
        let bounds = at_least(self.takes);
        assert!(
            bounds.contains(&run.elapsed),
            "took {:?}\n{run}",
            run.elapsed
        );
        let peak = run.peak_memory.unwrap_or(0) >> 20;
        assert!(peak <= self.memory, "took {peak} MiB\n{run}");
    }
}

/// This long, or longer as a loaded machine may take.
fn at_least(milliseconds: u64) -> RangeInclusive<Duration> {
    let least = Duration::from_millis(milliseconds);
    least..=least + SLACK
}

/// The tool, pointed at a port that is no [`Server`].
fn at(tool: Openai, address: SocketAddr) -> Openai {
    let url = format!("http://{address}/v1");
    tool.placeholder("address", &address.to_string())
        .placeholder("base", &url)
        .base_url(&url)
}

/// Runs all rows, several at once, and fails if one of them does, naming each that did.
fn bench(rows: &[Row]) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| row.check())) {
                        let why = panic.downcast_ref::<String>().cloned();
                        let why = why.unwrap_or_else(|| "see above".to_owned());
                        let why = format!("=== {}\n{why}", row.name);
                        failed.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let (bad, all) = (failed.len(), rows.len());
    assert!(bad == 0, "{bad} of {all} rows:\n{}", failed.join("\n"));
}

/// A port whose queue of connections is full, so that connecting to it hangs.
struct Full {
    address: SocketAddr,
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl Full {
    fn start() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener
            .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            waiting.push(stream);
            assert!(waiting.len() < 1000, "the queue has no end here");
        }
        Self {
            address,
            _listener: listener,
            _waiting: waiting,
        }
    }
}

/// What the tool says on stderr: this message, these details, the URL, this hint unless empty.
fn report(message: &str, details: &[&str], hint: &str) -> String {
    let details = details.iter().map(|detail| format!("  {detail}\n"));
    let details = details.collect::<Vec<_>>().concat();
    let hint = match hint {
        "" => String::new(),
        hint => format!("\nhint: {hint}\n"),
    };
    format!("error: {message}\n{details}  url: {{base}}/files/{ID}\n{hint}")
}

/// What it says of a connection that was lost.
fn lost() -> String {
    report(
        "the connection to {address} ended before the answer for `file-abc123` was complete",
        &[],
        "try again later",
    )
}

/// What it says of an answer that breaks the rules of HTTP.
fn not_http() -> String {
    report(
        "what {address} answered for `file-abc123` is not valid HTTP",
        &[],
        "check scheme and port of the base URL: http:// or https://",
    )
}

/// What it says of headers that are too large.
fn large_head() -> String {
    report(
        "the answer for `file-abc123` from {address} has too many or too large headers",
        &[],
        "check the network and the base URL",
    )
}

/// What it says of an answer that did not come in time.
fn late(timeout: &str) -> String {
    report(
        &format!("no complete answer for `file-abc123` from {{address}} within {timeout}"),
        &[],
        "try again, or raise --timeout",
    )
}

/// What it says of a body that is larger than the limit.
fn too_large() -> String {
    report(
        "the answer for `file-abc123` is larger than 16 MiB",
        &[],
        "check the base URL; a file object has a few hundred bytes",
    )
}

/// What it says of an answer that is no file object: why, status and type, the start of the body.
fn unusable(why: &str, details: &[&str]) -> String {
    report(
        &format!("the answer for `file-abc123` is not a file object: {why}"),
        details,
        "check the base URL; a login page or a gateway may have answered instead of the API",
    )
}

/// The body of a correct answer.
fn object() -> String {
    file_object().to_string()
}

/// A correct answer with one more line in its head.
fn ok(header: &str) -> String {
    let object = object();
    let length = object.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{header}\r\n{object}"
    )
}

/// The head of a correct answer but for its length, and this line instead.
fn head(header: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{header}\r\n")
}

/// What it says of a status that is neither success nor an error.
fn strange(status: &str) -> String {
    report(
        &format!("the server gave no usable answer for `file-abc123` ({status})"),
        &[],
        "check the base URL, and what stands between here and the server",
    )
}
