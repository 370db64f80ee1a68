//! Proxies that connect every client to one and the same server, whatever name it asks for, so
//! that names which no resolver knows can be asked for.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A running proxy; ended when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    stopping: Arc<AtomicBool>,
    accept: Option<JoinHandle<()>>,
}

/// What a client says before it is connected, as this proxy notes it, and whether it is.
type Greeting = (String, bool);

impl Proxy {
    /// An HTTP proxy that takes `CONNECT`. What it notes is the head of the request.
    pub(crate) fn http(server: SocketAddr) -> Self {
        Self::start(server, |stream| {
            let head = read_until(stream, b"\r\n\r\n")?;
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            Ok((head, true))
        })
    }

    /// A SOCKS proxy, version 5 (RFC 1928) and 4. It wants this user name and password (RFC 1929),
    /// if any, and gives this reply to each request; 0 is success. What it notes is where to the
    /// client wants to be connected: `ipv4`, `ipv6` or `name`, then host and port.
    pub(crate) fn socks(
        server: SocketAddr,
        account: Option<(&'static str, &'static str)>,
        reply: u8,
    ) -> Self {
        Self::start(server, move |stream| {
            let [version] = read(stream)?;
            if version == 4 {
                return socks4(stream);
            }
            let [count] = read(stream)?;
            let mut methods = vec![0; count.into()];
            stream.read_exact(&mut methods)?;
            let wanted = if account.is_some() { 2 } else { 0 };
            if !methods.contains(&wanted) {
                stream.write_all(&[5, 0xff])?;
                return Ok((format!("methods {methods:?}"), false));
            }
            stream.write_all(&[5, wanted])?;
            if let Some(expected) = account {
                let [_version] = read(stream)?;
                let given = (read_text(stream)?, read_text(stream)?);
                if (given.0.as_str(), given.1.as_str()) != expected {
                    stream.write_all(&[1, 1])?;
                    return Ok(("another account".to_owned(), false));
                }
                stream.write_all(&[1, 0])?;
            }
            let [_version, _connect, _reserved, kind] = read(stream)?;
            let host = match kind {
                1 => format!("ipv4 {}", Ipv4Addr::from(read::<4>(stream)?)),
                3 => format!("name {}", read_text(stream)?),
                _ => format!("ipv6 {}", std::net::Ipv6Addr::from(read::<16>(stream)?)),
            };
            let port = u16::from_be_bytes(read(stream)?);
            stream.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])?;
            Ok((format!("{host} {port}"), reply == 0))
        })
    }

    fn start(
        server: SocketAddr,
        greet: impl Fn(&mut TcpStream) -> io::Result<Greeting> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let stopping = Arc::<AtomicBool>::default();
        let greet = Arc::new(greet);
        let accept = {
            let (heard, stopping) = (Arc::clone(&heard), Arc::clone(&stopping));
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        break;
                    }
                    let (heard, greet) = (Arc::clone(&heard), Arc::clone(&greet));
                    // It ends when the client does; an error is a client that went away.
                    thread::spawn(move || {
                        let mut stream = stream?;
                        let (said, connected) = greet(&mut stream)?;
                        heard
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(said);
                        if connected {
                            relay(stream, TcpStream::connect(server)?)
                        } else {
                            Ok(())
                        }
                    });
                }
            })
        };
        Self {
            address,
            heard,
            stopping,
            accept: Some(accept),
        }
    }

    /// `SCHEME://127.0.0.1:PORT`.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// The same with a user name and password.
    pub(crate) fn url_with(&self, scheme: &str, account: &str) -> String {
        format!("{scheme}://{account}@{}", self.address)
    }

    /// What clients said, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // The accept thread blocks; a connection wakes it.
        let _ = TcpStream::connect(self.address);
        let _ = self.accept.take().map(JoinHandle::join);
    }
}

/// SOCKS 4, and 4a where the address is none: a name follows.
fn socks4(stream: &mut TcpStream) -> io::Result<Greeting> {
    let [_connect] = read(stream)?;
    let port = u16::from_be_bytes(read(stream)?);
    let address: [u8; 4] = read(stream)?;
    read_until(stream, b"\0")?;
    let host = match address {
        [0, 0, 0, _] => format!("name {}", read_until(stream, b"\0")?.trim_end_matches('\0')),
        _ => format!("ipv4 {}", Ipv4Addr::from(address)),
    };
    stream.write_all(&[0, 0x5a, 0, 0, 0, 0, 0, 0])?;
    Ok((format!("{host} {port}"), true))
}

fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A text after its length.
fn read_text(stream: &mut TcpStream) -> io::Result<String> {
    let [length] = read(stream)?;
    let mut bytes = vec![0; length.into()];
    stream.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text up to and with its end, and not a byte more: what follows is for the server.
fn read_until(stream: &mut TcpStream, end: &[u8]) -> io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        bytes.extend(read::<1>(stream)?);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Hands on what either side says until both are done.
fn relay(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let there = thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Write);
    let _ = there.join();
    Ok(())
}
