//! The body of an answer: read and decoded, as far as time and memory go.

use std::future::poll_fn;
use std::io::{self, BufRead, Read};
use std::pin::Pin;

use flate2::bufread::MultiGzDecoder;
use hyper::body::Body as _;
use reqwest::Version;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::error::{Cause, Network};
use super::limit::Limit;
use super::within;

/// The largest body that is read, in bytes after decoding. A file object has a few hundred.
pub(super) const LARGEST: usize = 16 << 20;

/// How much is read of the body of an error, in bytes after decoding: its start has the words.
pub(super) const LARGEST_ERROR: usize = 1 << 20;

/// Reads a body, up to `largest` bytes; what came of it comes back in any case. Of one that is to
/// be `whole` nothing is read if it is announced to be larger.
pub(super) async fn read(
    response: reqwest::Response,
    largest: usize,
    limit: Limit,
    whole: bool,
) -> (Vec<u8>, Result<(), Cause>) {
    let mut body = Vec::new();
    let announced = response.content_length();
    if whole && announced.is_some_and(|length| length > largest as u64) {
        return (body, Err(Cause::TooLarge(largest)));
    }
    let has_end = response.version() == Version::HTTP_2;
    let mut stream = reqwest::Body::from(response);
    loop {
        // A chunk that is there already is never late, and there may be millions of them.
        if limit.left().is_zero() {
            return (body, Err(Cause::Network(Network::Timeout(limit.time()))));
        }
        let frame = poll_fn(|context| {
            Pin::new(&mut stream)
                .poll_frame(context)
                .map(Option::transpose)
        });
        let chunk = match within(limit, frame).await {
            Ok(Some(frame)) => frame.into_data().unwrap_or_default(),
            Ok(None) => break,
            Err(cause) => return (body, Err(cause)),
        };
        let room = largest - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return (body, Err(Cause::TooLarge(largest)));
        }
    }
    // A stream of HTTP/2 may be reset anywhere without an error, as gateways do with one that
    // broke behind them.
    let is_cut = match announced {
        Some(length) => length > body.len() as u64,
        None => has_end && !stream.is_end_stream(),
    };
    let complete = if is_cut {
        Err(Cause::Network(Network::Cut))
    } else {
        Ok(())
    };
    (body, complete)
}

/// Whether a body is in gzip (RFC 9110, section 8.4.1.3).
pub(super) fn is_gzip(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(CONTENT_ENCODING).into_iter();
    let is_gzip = |value: &HeaderValue| {
        let encoding = value.as_bytes().trim_ascii();
        encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip")
    };
    encodings.next().is_some_and(is_gzip) && encodings.next().is_none()
}

/// Decodes a body in gzip, all its members (RFC 1952, section 2.2), up to `largest` bytes; what came
/// of it comes back in any case. No body at all is in no encoding.
pub(super) fn decode(body: &[u8], largest: usize, limit: Limit) -> (Vec<u8>, Result<(), Cause>) {
    let mut plain = Vec::new();
    if body.is_empty() {
        return (plain, Ok(()));
    }
    let members = MultiGzDecoder::new(Timely { rest: body, limit });
    let complete = match members.take(largest as u64 + 1).read_to_end(&mut plain) {
        Ok(_) if plain.len() > largest => Err(Cause::TooLarge(largest)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(Cause::Network(Network::Timeout(limit.time())))
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(Cause::Network(Network::CutEncoding))
        }
        Err(_) => Err(Cause::Network(Network::Encoding)),
    };
    plain.truncate(largest);
    (plain, complete)
}

/// Bytes that are read while there is time: a server can choose some that take long to decode.
struct Timely<'a> {
    rest: &'a [u8],
    limit: Limit,
}

impl Timely<'_> {
    /// How much is read before the next look at the clock, in bytes.
    const PIECE: usize = 64 << 10;
}

impl Read for Timely<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Timely<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.limit.left().is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(self.rest.get(..Self::PIECE).unwrap_or(self.rest))
    }

    fn consume(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn reading_ends_with_the_time_of_the_attempt() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let read = |time| {
            let response = hyper::http::Response::new("{}").into();
            let limit = Limit::new(time, Duration::default);
            runtime.block_on(read(response, 9, limit, true))
        };
        let (body, complete) = read(Duration::from_secs(600));
        assert!(body == b"{}" && complete.is_ok());
        assert!(matches!(
            read(Duration::ZERO).1,
            Err(Cause::Network(Network::Timeout(Duration::ZERO)))
        ));
    }

    #[test]
    fn decoding_ends_with_the_time_of_the_attempt() {
        // An empty member (RFC 1952): a head, a last block without anything, no sum and no length.
        let member = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";
        let decoded = |time| decode(member, 9, Limit::new(time, Duration::default)).1;
        assert!(decoded(Duration::from_secs(600)).is_ok());
        assert!(matches!(
            decoded(Duration::ZERO),
            Err(Cause::Network(Network::Timeout(Duration::ZERO)))
        ));
    }
}
