//! How many connections are begun for one request.

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;

use tokio::task_local;
use tower::BoxError;
use tower::filter::Predicate;

/// How many the HTTP library may begin. It sends a request once more that did not get as far as to be
/// sent over a connection that it shares with others; where a server ends those of HTTP/2 as they are
/// made, that would be hundreds in a second.
const MOST: usize = 4;

task_local! {
    /// How many were begun for the request under way.
    static BEGUN: Cell<usize>;
}

/// What comes of a `request` when [`Gate`] keeps it to [`MOST`] connections.
pub(super) async fn limited<T>(request: impl Future<Output = T>) -> T {
    BEGUN.scope(Cell::new(0), request).await
}

/// Asked by the HTTP library before it begins a connection: an error if that is one too many.
#[derive(Clone)]
pub(super) struct Gate;

impl<T> Predicate<T> for Gate {
    type Request = T;

    fn check(&mut self, request: T) -> Result<T, BoxError> {
        let begun = BEGUN.try_with(|begun| begun.replace(begun.get() + 1));
        // Outside of a request none is begun.
        if begun.is_ok_and(|begun| begun < MOST) {
            Ok(request)
        } else {
            Err(TooMany.into())
        }
    }
}

/// No connection was begun, for there were too many.
#[derive(Debug)]
pub(super) struct TooMany;

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MOST} connections ended before anything was asked")
    }
}

impl StdError for TooMany {}
