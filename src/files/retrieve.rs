//! `openai files retrieve`: from ids to lookups under way side by side, to objects in the order
//! asked, to one exit code.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Write};
use std::time::Duration;

use futures_util::future::FutureExt as _;
use futures_util::stream::StreamExt as _;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::backlog::{Backlog, Kept};
use super::id::FileId;
use super::ids::ids;
use super::object::{FileObject, Status};
use super::wait;
use crate::client::words::start;
use crate::client::{Client, Found, Limit, error};
use crate::columns::cut_characters;
use crate::console::Console;
use crate::error::{Exit, Failure, is_reader_gone, span};
use crate::output::{self, Printer};
use crate::secret::MOST_SEARCHED;
use crate::settings::{Settings, Wait};
use crate::terminal;

/// How many lookups may be open for each that is under way: finished ones that wait for an
/// earlier one to be printed. Without them one slow answer would leave the connections idle.
const OPEN_PER_REQUEST: usize = 4;

/// How many files are waited for at once. Most of the time a wait is asleep.
const OPEN_WAITS: usize = 1024;

/// How much of what came may be kept until it is printed, in bytes, before only the file that is
/// next to be printed is asked for. Answers of the usual size never add up to it; those of a
/// hostile server would, and all lookups that may be open together hold gigabytes.
const MOST_KEPT: usize = 16 << 20;

/// How much of a status is repeated, in characters: many times what any server says in one word.
const LONGEST_STATUS: usize = 100;

/// In how much of one secrets are looked for, in bytes: enough for what is shown, however it is escaped.
/// A server sees when the next look comes: from how long the search took it could tell which of its
/// guesses are near.
const SEARCHED_STATUS: usize = 4 << 10;

/// How often the live line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// How long a run must last before it shows a live line.
const SHORT_RUN: Duration = Duration::from_millis(500);

/// The most ids that are looked up without a live line.
const HANDFUL: usize = 5;

/// Standard output and whoever reads it. Where the exit code tells the status of the files, a
/// reader that goes away, as `grep -q` does, must not make it another one: the run goes on.
struct Reader<W> {
    out: W,
    /// Whether the run ends where there is no reader.
    is_needed: bool,
}

impl<W: Write> Write for Reader<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            Err(error) if is_reader_gone(&error) && !self.is_needed => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One command, under way.
struct Retrieval<'a> {
    client: &'a Client<'a>,
    console: &'a Console,
    settings: &'a Settings,
    output: &'a output::Settings,
    /// Requests under way.
    requests: Semaphore,
    started: Instant,
    /// When the live line was last drawn, or could have been.
    drawn: Cell<Instant>,
    begun: Cell<usize>,
    done: Cell<usize>,
    backlog: Backlog,
    /// The files that are waited for, by number, and how it is with each.
    waiting: RefCell<BTreeMap<usize, String>>,
}

/// What came of one id. There may be both: a file that is not ready is printed, too.
struct Looked<'a> {
    found: Option<(FileId, FileObject)>,
    failure: Option<Failure>,
    _kept: Kept<'a>,
}

/// Looks up all files that `settings` name and prints what is found to `out`; each failure is told
/// on `console`. What comes back is the exit code for all of them.
///
/// # Errors
/// The [`std::io::Error`] of `out`, where the run ends; a [`Failure`] if standard input was to name
/// the files and names none.
pub async fn run(
    settings: &Settings,
    output: &output::Settings,
    client: &Client<'_>,
    console: &Console,
    out: impl Write,
) -> anyhow::Result<Exit> {
    let concurrency = settings.lookup.concurrency;
    let open = match settings.lookup.wait {
        Some(_) => OPEN_WAITS,
        None => concurrency * OPEN_PER_REQUEST,
    };
    let now = Instant::now();
    let retrieval = Retrieval {
        client,
        console,
        settings,
        output,
        requests: Semaphore::new(concurrency),
        started: now,
        drawn: Cell::new(now),
        begun: Cell::new(0),
        done: Cell::new(0),
        backlog: Backlog::new(MOST_KEPT),
        waiting: RefCell::default(),
    };
    let out = Reader {
        out,
        is_needed: !settings.lookup.exit_status && settings.lookup.wait.is_none(),
    };
    let mut printer = Printer::new(out, output);
    let mut exit = Exit::Success;
    let mut lookups = std::pin::pin!(
        ids(&settings.ids)
            .enumerate()
            .map(|(number, id)| retrieval.look(number, id))
            .buffered(open)
    );
    loop {
        let next = if let Some(next) = lookups.next().now_or_never() {
            next
        } else {
            // Nothing more at once: what is there should be seen.
            console.aside(|| printer.flush())?;
            retrieval.while_live(lookups.next()).await
        };
        let Some(looked) = next else { break };
        retrieval.backlog.advance();
        let mut failure = looked.failure;
        if let Some((id, object)) = &looked.found
            && let Err(error) = console.aside(|| printer.print(id, object))
        {
            let unprinted = error.downcast::<Failure>()?;
            // One report for each id: that on the status, which the exit code is to tell.
            failure = Some(match failure {
                Some(told) => Failure {
                    hint: told.hint.clone().or(unprinted.hint),
                    ..told.detail(unprinted.message)
                },
                None => unprinted,
            });
        }
        if let Some(failure) = failure {
            exit = exit.and(retrieval.tell(&failure, &mut printer)?);
        }
    }
    console.clear();
    printer.finish()?;
    if retrieval.begun.get() == 0 {
        return Err(Failure::usage("no file id on standard input").into());
    }
    Ok(exit)
}

impl<'a> Retrieval<'a> {
    async fn look(&'a self, number: usize, id: Result<FileId, Failure>) -> Looked<'a> {
        self.begun.set(self.begun.get() + 1);
        let looked = match (id, self.settings.lookup.wait) {
            (Err(failure), _) => self.failed(failure),
            (Ok(id), None) => self.look_once(number, &id).await,
            (Ok(id), Some(wait)) => self.look_until_done(number, &id, wait).await,
        };
        self.done.set(self.done.get() + 1);
        self.waiting.borrow_mut().remove(&number);
        looked
    }

    /// Asks for `id`, which is the one of this `number` in order, as soon as it may be asked for.
    async fn request(
        &self,
        number: usize,
        id: &FileId,
        deadline: Option<Limit>,
    ) -> Result<Found, error::Error> {
        let turn = async {
            loop {
                // The semaphore is never closed.
                let permit = self.requests.acquire().await;
                if self.backlog.admits(number) {
                    return permit;
                }
                drop(permit);
                self.backlog.less().await;
            }
        };
        let _permit = match deadline {
            Some(deadline) => deadline.keep(turn).await,
            None => Some(turn.await),
        };
        // What comes too late is told by the client.
        self.client.file(id, deadline).await
    }

    fn failed(&'a self, failure: Failure) -> Looked<'a> {
        let answer = failure.answer.as_ref().map_or(0, String::len);
        Looked {
            found: None,
            failure: Some(failure),
            _kept: self.backlog.keep(answer),
        }
    }

    async fn look_once(&'a self, number: usize, id: &FileId) -> Looked<'a> {
        match self.request(number, id, None).await {
            Ok(found) => {
                let failure = self.settings.lookup.exit_status.then(|| {
                    let status = self.status(&found.object);
                    self.verdict(id, &found.object, status.as_ref(), |status| {
                        Failure::new(
                            Exit::NotReady,
                            format!("`{id}` is not ready: its status is `{status}`"),
                        )
                        .hint("wait for it with --wait")
                    })
                });
                Looked {
                    _kept: self.backlog.keep(found.object.text().len()),
                    found: Some((id.clone(), found.object)),
                    failure: failure.flatten(),
                }
            }
            Err(error) => self.failed(self.failure(error, id)),
        }
    }

    async fn look_until_done(&'a self, number: usize, id: &FileId, wait: Wait) -> Looked<'a> {
        self.show(number, id, "asked for");
        let started = Instant::now();
        let limit = Limit::new(wait.timeout, terminal::held_up);
        // With no time to wait there is one look, which takes as long as it does without --wait.
        let deadline = (!wait.timeout.is_zero()).then_some(limit);
        let mut last = match self.request(number, id, deadline).await {
            Ok(found) => found,
            Err(error) => return self.failed(self.failure(error, id)),
        };
        let mut kept = self.backlog.keep(last.object.text().len());
        let mut status = self.status(&last.object);
        self.tell_status(number, id, status.as_ref(), started.elapsed());
        // Why the last look failed, and when to look again.
        let mut trouble: Option<(String, Option<Duration>)> = None;
        loop {
            let hint = trouble
                .as_ref()
                .map_or(last.poll_after, |(_, delay)| *delay);
            let Some(delay) = wait::next(status.as_ref(), limit.elapsed(), wait, hint) else {
                break;
            };
            tokio::time::sleep(delay).await;
            match self.request(number, id, deadline).await {
                Ok(found) => {
                    last = found;
                    kept = self.backlog.keep(last.object.text().len());
                    trouble = None;
                    let before = std::mem::replace(&mut status, self.status(&last.object));
                    if status != before {
                        self.tell_status(number, id, status.as_ref(), started.elapsed());
                    } else if let Some(status) = &status {
                        self.show(number, id, status.as_str());
                    }
                }
                // The file was there: the server may only be down for a while.
                Err(error) if error.may_pass => {
                    let why = error.cause.to_string();
                    let known = trouble.is_some_and(|(before, _)| before == why);
                    if !known && !limit.left().is_zero() {
                        self.console.still_waiting(id, &why);
                    }
                    let seen = status.as_ref().map_or("", Status::as_str);
                    self.show(number, id, &format!("{why}; last seen {seen}"));
                    // A server that is down is asked no more often than one that works.
                    let delay = error.not_before.map(|delay| delay.max(wait.interval));
                    trouble = Some((why, delay));
                }
                Err(error) => return self.failed(self.failure(error, id)),
            }
        }
        let waited = span(wait.timeout);
        let failure = self.verdict(id, &last.object, status.as_ref(), |status| {
            let failure = Failure::new(
                Exit::NotReady,
                format!("`{id}` was not ready within {waited}: its status is `{status}`"),
            )
            .hint("raise --wait-timeout to wait longer");
            match &trouble {
                Some((why, _)) => failure.detail(format!("the last look failed: {why}")),
                None => failure,
            }
        });
        Looked {
            found: Some((id.clone(), last.object)),
            failure,
            _kept: kept,
        }
    }

    /// How far the server is with a file. Of a long status there is the start.
    fn status(&self, object: &FileObject) -> Option<Status> {
        match object.status()? {
            Status::Other(words) if words.len() > LONGEST_STATUS => {
                let words = self.console.start_of(&words, SEARCHED_STATUS);
                Some(Status::Other(
                    cut_characters(&words, LONGEST_STATUS).into_owned(),
                ))
            }
            status => Some(status),
        }
    }

    /// What the `status` of a file means for the exit code: nothing if it is processed, else a
    /// failure. That of a file which is not ready is made by `not_ready` from its status.
    fn verdict(
        &self,
        id: &FileId,
        object: &FileObject,
        status: Option<&Status>,
        not_ready: impl FnOnce(&str) -> Failure,
    ) -> Option<Failure> {
        let failure = match status {
            Some(Status::Processed) => return None,
            Some(Status::Error) => {
                let failure = Failure::new(
                    Exit::FileFailed,
                    format!("`{id}` failed to be processed: its status is `error`"),
                );
                let details = object.status_details().unwrap_or_default();
                let details = start(&[self.console.start_of(details.trim_start(), MOST_SEARCHED)]);
                Failure { details, ..failure }
            }
            Some(Status::Deleted) => Failure::new(
                Exit::FileFailed,
                format!("`{id}` is gone: its status is `deleted`"),
            ),
            Some(other) => not_ready(other.as_str()),
            None => Failure::new(
                Exit::Failure,
                format!("`{id}` has no status: this server does not report one"),
            )
            .hint("leave out --wait and --exit-status to look it up all the same"),
        };
        Some(failure)
    }

    fn failure(&self, error: error::Error, id: &FileId) -> Failure {
        error.into_failure(id, &self.settings.connection, self.console.secrets())
    }

    fn tell_status(&self, number: usize, id: &FileId, status: Option<&Status>, elapsed: Duration) {
        // That there is none is an error, which tells itself.
        let Some(status) = status.map(Status::as_str) else {
            return;
        };
        self.console.status(id, status, elapsed);
        self.show(number, id, status);
    }

    /// Takes note for the live line how it is with `id`, which is the one of this `number`.
    fn show(&self, number: usize, id: &FileId, how: &str) {
        let mut waiting = self.waiting.borrow_mut();
        waiting.insert(number, format!("{id}: {how}"));
    }

    /// Reports a failure behind what was printed before it, and returns its exit code.
    fn tell<W: Write>(
        &self,
        failure: &Failure,
        printer: &mut Printer<'_, W>,
    ) -> anyhow::Result<Exit> {
        self.console.aside(|| printer.flush())?;
        self.console.report(failure, self.output);
        Ok(failure.exit)
    }

    /// Waits for `next` and keeps the live line up meanwhile, where there is one.
    async fn while_live<T>(&self, next: impl Future<Output = T>) -> T {
        if !self.console.has_live_line() {
            return next.await;
        }
        let mut next = std::pin::pin!(next);
        loop {
            // Measured from the last drawing: results may come faster than the line is drawn.
            let due = self.drawn.get() + TICK;
            match tokio::time::timeout_at(due, &mut next).await {
                Ok(next) => return next,
                Err(_) => self.draw(),
            }
        }
    }

    fn draw(&self) {
        self.drawn.set(Instant::now());
        let waits = self.settings.lookup.wait.is_some();
        let (begun, done) = (self.begun.get(), self.done.get());
        let elapsed = self.started.elapsed();
        if elapsed < SHORT_RUN || !(waits || begun > HANDFUL) {
            return;
        }
        // The one that all others are printed behind.
        let waiting = self.waiting.borrow();
        let first = waiting.values().next().map_or("", String::as_str);
        let text = match (begun, waits) {
            (0 | 1, true) => first.to_owned(),
            (_, true) => format!("{done} of {begun} files ready or failed; {first}"),
            (_, false) => format!("{done} files looked up"),
        };
        self.console.live(&text, elapsed);
    }
}
