//! Which connections have worked.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;

use super::error::Used;

/// How many are known: twice as many as there are lookups at a time. Most that worked before those
/// have ended, and others may have their addresses.
const MOST: usize = 128;

/// The local addresses of the connections over which an answer came, that of the last one at the end.
#[derive(Default)]
pub(super) struct Proven(RefCell<VecDeque<SocketAddr>>);

impl Proven {
    /// An answer came over the connection with this `address`.
    pub(super) fn add(&self, address: SocketAddr) {
        let mut proven = self.0.borrow_mut();
        proven.retain(|it| *it != address);
        proven.push_back(address);
        if proven.len() > MOST {
            proven.pop_front();
        }
    }

    /// Whether an answer came over a `connection` that failed.
    pub(super) fn had(&self, connection: Used) -> bool {
        let mut proven = self.0.borrow_mut();
        let at = proven.iter().position(|it| *it == connection.address);
        // One of HTTP/2 is asked about by all others, too, that failed with it.
        if let Some(at) = at
            && !connection.is_http2
        {
            proven.remove(at);
        }
        at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn connection(port: usize, is_http2: bool) -> Used {
        Used {
            address: (Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap()).into(),
            is_http2,
        }
    }

    #[test]
    fn a_connection_that_failed_is_one_no_more() {
        let proven = Proven::default();
        let (one, shared) = (connection(1, false), connection(2, true));
        assert!(!proven.had(one));
        for it in [one, shared] {
            proven.add(it.address);
        }
        assert_eq!([one, one].map(|it| proven.had(it)), [true, false]);
        assert_eq!([shared, shared].map(|it| proven.had(it)), [true, true]);
    }

    #[test]
    fn those_that_worked_long_ago_are_forgotten() {
        let proven = Proven::default();
        for port in (1..=MOST).chain([1, MOST + 1]) {
            proven.add(connection(port, false).address);
        }
        let known = [1, 2, 3].map(|port| proven.had(connection(port, false)));
        assert_eq!(known, [true, false, true]);
    }
}
