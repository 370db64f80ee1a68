//! The HTTP layer: one lookup is one GET with its repetitions.

mod body;
mod connections;
pub mod error;
mod limit;
mod pace;
mod proven;
mod report;
pub mod retry;
mod tls;
pub mod words;

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::net::ToSocketAddrs as _;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use futures_util::TryFutureExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, HeaderMap, HeaderValue,
    LOCATION, USER_AGENT,
};
use reqwest::{Url, redirect};
use rustls::ClientConfig;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::filter::FilterLayer;

use self::error::{Answer, Cause, DnsError, Error, Network, Redirect, Used};
pub use self::limit::Limit;
use self::pace::{PATIENCE, Pace};
use self::proven::Proven;
use self::retry::{Attempt, Decision};
use crate::console::Console;
use crate::error::{Exit, Failure};
use crate::files::id::FileId;
use crate::files::object::FileObject;
use crate::settings::{self, Connection, Credentials};
use crate::terminal;

/// The largest head of an answer over HTTP/2, in bytes: what the HTTP library reads of one over
/// HTTP/1.1.
const LARGEST_HEAD: u32 = 400 << 10;

/// What may stand before JSON (RFC 8259, section 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The longest URL that can be asked for, in bytes (`http::Uri` of the HTTP library).
const LONGEST_URL: usize = u16::MAX as usize - 1;

/// How many redirects are followed in a row (as curl and Go do by default, within one origin).
const MOST_REDIRECTS: usize = 10;

/// How often a request is sent again at once. More kept connections hardly end at the same time,
/// and a server could go on with it.
const MOST_SENT_AGAIN: usize = 2;

/// By how much a clock that does not count runs longer than one that does.
const LATER: Duration = Duration::from_secs(1);

/// How many tasks of the HTTP library there may be for each lookup that is under way, and how many
/// beside those. A connection is one of them, be it used, being made for nobody, or one that the
/// server keeps open by taking nothing, not even its end; the kernel holds megabytes for each of
/// these. Where files are waited for there is time to wait for connections, too.
const TASKS_PER_LOOKUP: usize = 4;
const SPARE_TASKS: usize = 256;
const SPARE_TASKS_OF_WAIT: usize = 16;

/// How often it is looked whether there are few enough.
const ROOM_INTERVAL: Duration = Duration::from_millis(50);

/// Longer than a write takes that nobody holds up.
const HELD_UP: Duration = Duration::from_millis(100);

/// Looks files up at one server, over connections that are kept and shared.
pub struct Client<'a> {
    http: RefCell<reqwest::Client>,
    /// How many clients of the HTTP library there have been.
    clients: Cell<usize>,
    tls: ClientConfig,
    headers: HeaderMap,
    connection: &'a Connection,
    console: &'a Console,
    /// Until when a rate limit holds back every lookup, or last did.
    held_until: Cell<Option<Instant>>,
    /// Until when it was told to.
    told_until: Cell<Option<Instant>>,
    /// Whether an answer came.
    has_answered: Cell<bool>,
    proven: Proven,
    /// How many attempts are under way, and the most that were.
    under_way: Cell<usize>,
    most_under_way: Cell<usize>,
    pace: Pace,
}

/// One attempt of a lookup.
#[derive(Clone, Copy)]
struct Try<'a> {
    /// Which it is, from 1.
    number: u32,
    limit: Limit,
    own: &'a Own,
}

/// What one lookup does not share with others.
#[derive(Default)]
struct Own {
    /// How many connections of HTTP/2 ended while it was under way there.
    ended: Cell<u32>,
    /// How often a request was sent again at once in this attempt.
    sent_again: Cell<usize>,
    /// Whether one is to be that waits for the 429 of another.
    is_held_back: Cell<bool>,
    /// The client of the HTTP library that asks for it alone, once it may be what ends them: where it
    /// happens twice. Where each had one at once, a server that allows few connections would be asked
    /// for too many.
    http: RefCell<Option<reqwest::Client>>,
}

/// A file that was found.
#[derive(Debug)]
pub struct Found {
    /// The object.
    pub object: FileObject,
    /// When the server suggests to look again.
    pub poll_after: Option<Duration>,
}

impl<'a> Client<'a> {
    /// A client for `connection`. Nothing is sent yet; certificates are read.
    ///
    /// # Errors
    /// A [`Failure`] if TLS cannot be set up.
    pub fn new(connection: &'a Connection, console: &'a Console) -> Result<Self, Failure> {
        let proxy = connection.proxy.as_ref();
        let encrypted = connection.base_url.scheme() == "https"
            || proxy.is_some_and(|proxy| proxy.url.scheme() == "https");
        let tls = tls::config(&connection.tls, encrypted, &|line| console.warn(line))?;
        let http = http(connection, tls.clone()).map_err(|error| {
            Failure::new(
                Exit::Failure,
                format!("cannot set up the HTTP client: {error}"),
            )
        })?;
        Ok(Self {
            http: RefCell::new(http),
            clients: Cell::new(1),
            tls,
            headers: headers(connection),
            connection,
            console,
            held_until: Cell::new(None),
            told_until: Cell::new(None),
            has_answered: Cell::default(),
            proven: Proven::default(),
            under_way: Cell::default(),
            most_under_way: Cell::default(),
            pace: Pace::new(),
        })
    }

    /// Looks up the file `id`, repeating what may pass. No attempt goes on past `deadline`.
    ///
    /// # Errors
    /// [`Error`] if there is no file object in the end.
    pub async fn file(&self, id: &FileId, deadline: Option<Limit>) -> Result<Found, Error> {
        let url = file_url(&self.connection.base_url, id);
        let failed = |cause, attempts| Error {
            cause,
            url: url.clone(),
            attempts,
            may_pass: true,
            out_of_time: is_past(deadline, Duration::ZERO),
            not_before: None,
        };
        if url.as_str().len() > LONGEST_URL {
            return Err(failed(Cause::LongUrl(LONGEST_URL), 0).for_good());
        }
        if is_past(deadline, Duration::ZERO) {
            return Err(failed(Cause::NoTurn, 0));
        }
        let own = Own::default();
        let mut attempt = 0;
        let mut refused = None;
        loop {
            let turn = self.pace.turn(refused.as_mut());
            let turn = match deadline {
                Some(deadline) => deadline.keep(turn).await,
                None => Some(turn.await),
            };
            let turn = turn.ok_or_else(|| failed(Cause::NoTurn, attempt))?;
            self.wait_while_held_back(deadline)
                .await
                .map_err(|left| Error {
                    out_of_time: is_past(deadline, left),
                    not_before: Some(left),
                    ..failed(Cause::HeldBack(left), attempt)
                })?;
            attempt += 1;
            let is_alone = turn.is_alone;
            let work = self.attempt(&url, attempt, &own, deadline);
            let outcome = turn.during(work, PATIENCE).await;
            let cause = match outcome {
                Ok(found) => {
                    self.pace.ended_well();
                    return Ok(found);
                }
                Err(cause) => cause,
            };
            if own.is_held_back.take() {
                attempt -= 1;
                continue;
            }
            own.sent_again.set(0);
            let decision = self.decide(attempt, &cause);
            if let Cause::Status(answer) = &cause
                && answer.is_rate_limit()
            {
                if let Some(delay) = decision.delay() {
                    self.hold_back(delay);
                }
                refused = Some(self.pace.refused(refused.as_ref(), is_alone));
            } else if decision == Decision::Final {
                self.pace.ended_well();
            }
            let failed = failed(cause, attempt);
            return Err(match decision {
                Decision::Retry(delay) if is_past(deadline, delay) => Error {
                    out_of_time: true,
                    not_before: Some(delay),
                    ..failed
                },
                Decision::Retry(delay) => {
                    let why = failed.cause.to_string();
                    self.console.retry(id, attempt, &why, delay);
                    tokio::time::sleep(delay).await;
                    continue;
                }
                Decision::Final => failed.for_good(),
                Decision::Exhausted(_) | Decision::TooLong(_) => Error {
                    not_before: decision.delay(),
                    ..failed
                },
            });
        }
    }

    /// Keeps every lookup from starting for `delay`.
    fn hold_back(&self, delay: Duration) {
        // A delay that no clock can hold is over after the run.
        let until = Instant::now().checked_add(delay.min(Duration::from_secs(1 << 32)));
        self.held_until.set(self.held_until.get().max(until));
    }

    /// Until when a rate limit holds every lookup back, while it does.
    fn held_until(&self) -> Option<Instant> {
        let until = self.held_until.get();
        until.filter(|until| *until > Instant::now())
    }

    /// Returns when no rate limit holds lookups back, or at once with the time that is left if
    /// that is too long to wait.
    async fn wait_while_held_back(&self, deadline: Option<Limit>) -> Result<(), Duration> {
        while let Some(until) = self.held_until() {
            let left = until.saturating_duration_since(Instant::now());
            if is_past(deadline, left) || left > retry::LONGEST_SERVER_DELAY {
                return Err(left);
            }
            if self.told_until.replace(Some(until)) != Some(until) {
                self.console.held_back(left);
            }
            tokio::time::sleep_until(until).await;
        }
        Ok(())
    }

    fn decide(&self, attempt: u32, cause: &Cause) -> Decision {
        let outcome = match cause {
            Cause::Status(answer) => Attempt::Answered {
                status: answer.status,
                headers: &answer.headers,
                out_of_quota: answer.is_out_of_quota(),
            },
            Cause::Network(network) => Attempt::Failed {
                may_pass: network
                    .may_pass(self.connection.is_default_host, self.has_answered.get()),
            },
            Cause::Unusable(..)
            | Cause::TooLarge(_)
            | Cause::Redirect(_)
            | Cause::LongUrl(_)
            | Cause::HeldBack(_)
            | Cause::NoTurn => Attempt::Failed { may_pass: false },
        };
        let retries = self.connection.max_retries;
        retry::decide(attempt, retries, outcome, SystemTime::now(), chance())
    }

    /// One request and its answer, redirects followed.
    async fn attempt(
        &self,
        url: &Url,
        number: u32,
        own: &Own,
        deadline: Option<Limit>,
    ) -> Result<Found, Cause> {
        let time = deadline.map_or(Duration::MAX, Limit::left);
        let time = time.min(self.connection.timeout);
        let limit = Limit::new(time, terminal::held_up);
        let attempt = Try { number, limit, own };
        self.under_way.set(self.under_way.get() + 1);
        let clients = self.clients.get();
        let room = room(self.most_tasks(deadline.is_some()));
        let has_room = limit.keep(room).await.is_some();
        let answer = if has_room {
            self.answer(url.clone(), attempt).await
        } else {
            Err(Cause::Network(Network::Timeout(time)))
        };
        self.under_way.set(self.under_way.get() - 1);
        if let Err(Cause::Network(Network::Timeout(_))) = answer
            && has_room
            && own.http.take().is_none()
            && self.clients.get() == clients
        {
            self.renew();
        }
        let mut answer = answer?;
        if !(200..=299).contains(&answer.status) {
            // Those who read it look for JSON, before which there may be a byte order mark.
            if answer.body.starts_with(BYTE_ORDER_MARK) {
                answer.body.drain(..BYTE_ORDER_MARK.len());
            }
            return Err(Cause::Status(answer));
        }
        let poll_after = retry::poll_after(&answer.headers);
        let (body, why) = match String::from_utf8(answer.body).map(FileObject::parse) {
            Ok(Ok(object)) => return Ok(Found { object, poll_after }),
            Ok(Err((text, why))) => (text.into_bytes(), why.to_string()),
            Err(error) => (error.into_bytes(), "not UTF-8".to_owned()),
        };
        Err(Cause::Unusable(Answer { body, ..answer }, why))
    }

    /// How many tasks of the HTTP library there may be before an attempt, by the most attempts that
    /// were under way at a time; fewer where the file is waited for.
    fn most_tasks(&self, is_waited_for: bool) -> usize {
        let most = self.most_under_way.get().max(self.under_way.get());
        self.most_under_way.set(most);
        let spare = if is_waited_for {
            SPARE_TASKS_OF_WAIT
        } else {
            SPARE_TASKS
        };
        most * TASKS_PER_LOOKUP + spare
    }

    /// From now on asks over new connections. One of HTTP/2 that has gone silent, as a firewall makes
    /// it that forgot it, would be used for all requests to come.
    fn renew(&self) {
        if let Ok(http) = http(self.connection, self.tls.clone()) {
            self.http.replace(http);
            self.clients.set(self.clients.get() + 1);
        }
    }

    /// The first answer that is no redirect.
    async fn answer(&self, mut url: Url, attempt: Try<'_>) -> Result<Answer, Cause> {
        let origin = url.origin();
        let mut location = None;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.get(url.clone(), location.as_ref(), attempt).await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let target = answer
                .header(LOCATION.as_str())
                .filter(|location| !location.is_empty())
                .and_then(|location| url.join(&location).ok())
                .filter(|target| target.as_str().len() <= LONGEST_URL)
                .ok_or(Cause::Redirect(Redirect::Nowhere))?;
            // The origin of a `blob:` URL is that of the URL inside, for which all in it are parsed.
            if target.scheme() != url.scheme() || target.origin() != origin {
                return Err(Cause::Redirect(Redirect::Elsewhere(target)));
            }
            // A server does not choose what we log in with.
            url = settings::without_user_info(&target);
            // What only browsers look at may be a token (RFC 6749, section 4.2.2).
            url.set_fragment(None);
            location = Some(target);
        }
        Err(Cause::Redirect(Redirect::TooMany))
    }

    fn request(&self, url: Url) -> reqwest::Request {
        let mut request = reqwest::Request::new(reqwest::Method::GET, url);
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// One answer; `location` is that of the redirect to the `url`.
    ///
    /// A server may end a connection that it keeps just when the next request comes over it, or send
    /// something late that belongs to the one before; and what is wrong with one answer over HTTP/2
    /// ends the connection that all share, or are to share. Neither says anything of the request: it is
    /// sent again at once, over another connection (RFC 9112, section 9.3.1).
    async fn get(
        &self,
        url: Url,
        location: Option<&Url>,
        attempt: Try<'_>,
    ) -> Result<Answer, Cause> {
        loop {
            let held_up = terminal::held_up();
            let sent = self.exchange(url.clone(), location, attempt);
            let (cause, connection) = match sent.await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let Own {
                ended,
                sent_again,
                is_held_back,
                http: own,
            } = attempt.own;
            // After a time-out it is asked whose connection it was that has gone silent.
            if !matches!(cause, Cause::Network(Network::Timeout(_))) {
                own.take();
            }
            let is_http2 = connection.is_some_and(|it| it.is_http2);
            if is_http2 {
                ended.set(ended.get() + 1);
            }
            let is_unsent = matches!(cause, Cause::Network(Network::Unsent));
            if is_unsent || is_http2 && ended.get() > 1 {
                own.replace(http(self.connection, self.tls.clone()).ok());
            }
            let was_kept = connection.is_some_and(|it| self.was_kept(it, &cause));
            // The clock of the library does not know that it stood still.
            let is_held_up = matches!(cause, Cause::Network(Network::ConnectTimeout))
                && terminal::held_up().saturating_sub(held_up) > HELD_UP;
            if !(was_kept || is_held_up || is_unsent) || sent_again.get() == MOST_SENT_AGAIN {
                return Err(cause);
            }
            sent_again.set(sent_again.get() + 1);
            if self.held_until().is_some() {
                is_held_back.set(true);
                return Err(cause);
            }
        }
    }

    /// Whether a request failed for a `cause` that may be that of the `connection` alone, over which
    /// others were answered before.
    fn was_kept(&self, connection: Used, cause: &Cause) -> bool {
        self.proven.had(connection)
            && matches!(
                cause,
                Cause::Network(
                    Network::Cut | Network::Broken | Network::NotHttp | Network::Unasked
                )
            )
    }

    /// One GET, its body read to the end. Of a connection that failed is told which it was, where it
    /// may be that alone which failed.
    async fn exchange(
        &self,
        url: Url,
        location: Option<&Url>,
        Try { number, limit, own }: Try<'_>,
    ) -> Result<Answer, (Cause, Option<Used>)> {
        let request = self.request(url);
        self.console.request(&request, number, location);
        let started = Instant::now();
        let mut used = None;
        let own = own.http.borrow().clone();
        let http = own.unwrap_or_else(|| self.http.borrow().clone());
        let sent = connections::limited(http.execute(request));
        let sent = sent.inspect_err(|error| used = Used::for_error(error));
        let sent = within(limit, sent).await;
        let mut response = sent.map_err(|cause| (cause, used))?;
        let used = Used::for_response(&response);
        let first_byte = started.elapsed();
        let status = response.status();
        let mut headers = std::mem::take(response.headers_mut());
        let success = status.is_success();
        let largest = if success {
            body::LARGEST
        } else {
            body::LARGEST_ERROR
        };
        let mut is_cut = false;
        let (mut body, complete) = body::read(response, largest, limit, success).await;
        self.console
            .response(status, &headers, first_byte, started.elapsed());
        match complete {
            Ok(()) => {
                self.has_answered.set(true);
                let is_last = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"close");
                if let Some(Used { address, .. }) = used
                    && !headers.get(CONNECTION).is_some_and(is_last)
                {
                    self.proven.add(address);
                }
            }
            Err(cause) if success => {
                let is_broken = matches!(cause, Cause::Network(Network::Broken));
                return Err((cause, used.filter(|_| is_broken)));
            }
            // The status of an error says enough.
            Err(_) => is_cut = true,
        }
        if body::is_gzip(&headers) {
            headers.remove(CONTENT_ENCODING);
            let (plain, decoded) = body::decode(&body, largest, limit);
            match decoded {
                Ok(()) => {}
                Err(cause) if success => return Err((cause, None)),
                Err(_) => is_cut = true,
            }
            body = plain;
        }
        Ok(Answer {
            status: status.as_u16(),
            headers,
            body,
            is_cut,
        })
    }
}

/// A client of the HTTP library, without connections yet.
fn http(connection: &Connection, tls: ClientConfig) -> reqwest::Result<reqwest::Client> {
    // The library sends a request again only where an HTTP/2 server says that it has not looked
    // at it, as one does that ends a connection after so many requests (RFC 9113, section 8.7).
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .referer(false)
        .http2_max_header_list_size(LARGEST_HEAD)
        .dns_resolver(Arc::new(Resolver))
        .connector_layer(FilterLayer::new(connections::Gate))
        .no_proxy();
    // A lookup that got another connection in the meantime leaves its own to be made, which must end.
    // Where the whole attempt has no more time than that, this clock is the later one: of two for
    // the same time, chance would choose the message.
    let mut connect_timeout = connection.connect_timeout;
    if connect_timeout >= connection.timeout {
        connect_timeout = connection.timeout.saturating_add(LATER);
    }
    builder = builder.connect_timeout(connect_timeout);
    if let Some(proxy) = &connection.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy.url.clone())?);
    }
    builder.build()
}

/// Returns when this runtime has no more than `most` tasks, all of which are of the HTTP library.
async fn room(most: usize) {
    while Handle::current().metrics().num_alive_tasks() > most {
        tokio::time::sleep(ROOM_INTERVAL).await;
    }
}

/// What comes of `work`, unless it takes longer than an attempt may.
async fn within<T>(
    limit: Limit,
    work: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, Cause> {
    match limit.keep(work).await {
        Some(done) => done.map_err(|error| Cause::Network(Network::of(&error))),
        None => Err(Cause::Network(Network::Timeout(limit.time()))),
    }
}

/// Whether there is a `deadline` that has passed when this much `more` time has.
fn is_past(deadline: Option<Limit>, more: Duration) -> bool {
    deadline.is_some_and(|deadline| deadline.left() <= more)
}

/// What is encoded in an id, as the official tool does it. A URL library leaves more as it is,
/// such as `|` and `[`, which strict servers refuse, and `;`, at which others cut the id off.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b':')
    .remove(b'=')
    .remove(b'@');

/// The URL of a file: `/files/{id}` after the path of the base URL, whose query stays.
#[must_use]
pub fn file_url(base: &Url, id: &FileId) -> Url {
    let path = base.path().trim_end_matches('/');
    let id = utf8_percent_encode(id.as_str(), ENCODED);
    let mut url = base.clone();
    url.set_path(&format!("{path}/files/{id}"));
    url
}

/// The headers of every request. Custom headers come last and replace ours.
fn headers(connection: &Connection) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let authorization = match &connection.credentials {
        Credentials::ApiKey(key, _) => Some(format!("Bearer {}", key.reveal())),
        Credentials::Basic(user_info) => Some(format!("Basic {}", user_info.encoded().reveal())),
        Credentials::None => None,
    };
    // The key was checked for what a header can carry, and base64 is ASCII.
    if let Some(mut value) = authorization.and_then(|text| HeaderValue::from_str(&text).ok()) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_TEXT));
    if let Some(organization) = &connection.organization {
        headers.insert("openai-organization", organization.clone());
    }
    if let Some(project) = &connection.project {
        headers.insert("openai-project", project.clone());
    }
    for (name, value) in &connection.custom_headers {
        headers.insert(name, value.clone());
    }
    headers
}

const USER_AGENT_TEXT: &str = concat!("openai-cli/", env!("CARGO_PKG_VERSION"));

/// A number from 0 to 1 by chance: the standard library's hash keys are random in each process
/// and differ from call to call, which is chance enough to spread out retries.
fn chance() -> f64 {
    let hash = std::hash::RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(hash >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// Name resolution by the system, with an error type that can be recognised.
///
/// On a thread of its own: the runtime's pool panics where the system has no thread to give, as
/// under `ulimit -v` or the limit of a container.
struct Resolver;

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let (sender, receiver) = oneshot::channel();
            thread::Builder::new()
                .spawn(move || {
                    // Who asked may be gone, its time being up.
                    let _ = sender.send((name.as_str(), 0).to_socket_addrs());
                })
                .map_err(DnsError)?;
            let addresses = receiver
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
                .map_err(DnsError)?;
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn there_is_room_when_connections_end() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let _context = runtime.enter();
        let [first, _] = [(); 2].map(|()| runtime.spawn(std::future::pending::<()>()));
        assert_eq!(room(2).now_or_never(), Some(()));
        assert_eq!(room(1).now_or_never(), None);
        first.abort();
        runtime.block_on(room(1));
    }

    proptest! {
        #[test]
        fn an_id_arrives_as_it_left_in_one_segment(
            id in prop_oneof![
                any::<String>(),
                "[-./\\\\?#%:;@&=+$,!~*'() a\u{e9}\u{8cc7}]{1,12}",
                "(\\.|%2e|%2E|%25|%00|/|\\\\){1,6}",
            ],
            base in "(/[a-z0-9._~%!-]{0,6}){0,4}/{0,3}",
            query in prop::option::of("[a-z]{1,3}=[a-z0-9/.-]{0,8}"),
        ) {
            let Ok(id) = FileId::new(id) else {
                return Ok(());
            };
            let mut base = Url::parse(&format!("http://host:81{base}")).unwrap();
            base.set_query(query.as_deref());
            let url = file_url(&base, &id);
            prop_assert_eq!(url.origin(), base.origin());
            prop_assert_eq!(url.query(), base.query());
            prop_assert_eq!(url.fragment(), None);
            let start = base.path().trim_end_matches('/');
            let segments = url.path().strip_prefix(start).and_then(|path| path.strip_prefix("/files/"));
            let Some(segment) = segments else {
                return Err(TestCaseError::fail(format!("{base} became {url}")));
            };
            prop_assert!(!segment.contains(['/', '\\', '?', '#']), "{}", segment);
            prop_assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), id.as_str());
            // Nothing is left for a library to resolve.
            prop_assert_eq!(Url::parse(url.as_str()).unwrap(), url);
        }
    }
}
