//! `NO_PROXY`: which hosts are reached without the proxy.
//!
//! No standard says what the list may hold. The rules are those of Go (`golang.org/x/net`,
//! package `httpproxy`), so that a list which works for the official tool works here.

use std::net::IpAddr;

use reqwest::Url;

/// Whether `list`, the value of `NO_PROXY`, exempts the host of `url`.
///
/// Its entries, separated by commas or white space, are one of
/// - `*`: every host,
/// - `example.com`: this host and all below it,
/// - `.example.com` or `*.example.com`: all hosts below it,
/// - an IP address, or a range of them as in `10.0.0.0/8`,
/// - any of those but `*` and a range, with `:PORT`: on that port only.
#[must_use]
pub(crate) fn exempts(list: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let port = url.port_or_known_default();
    list.split(|character: char| character == ',' || character.is_whitespace())
        .any(|entry| matches(&entry.to_lowercase(), &host, address, port))
}

fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = range(entry) {
        return address.is_some_and(|address| is_within(address, network, bits));
    }
    let (name, on_port) = split_port(entry);
    if on_port.is_some() && on_port != port {
        return false;
    }
    let name = name.trim_matches(['[', ']']);
    if let Some(address) = address {
        return name.parse() == Ok(address);
    }
    if let Some(parent) = name.strip_prefix("*.").or_else(|| name.strip_prefix('.')) {
        return is_below(host, parent);
    }
    !name.is_empty() && (host == name || is_below(host, name))
}

/// An address range as `10.0.0.0/8`.
fn range(entry: &str) -> Option<(IpAddr, u32)> {
    let (network, bits) = entry.split_once('/')?;
    Some((network.parse().ok()?, bits.parse().ok()?))
}

/// Whether the first `bits` of two addresses of one kind agree.
fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32_u32.checked_sub(bits);
            let cut = |address: u32| shift.map(|shift| address.checked_shr(shift));
            shift.is_some() && cut(address.to_bits()) == cut(network.to_bits())
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128_u32.checked_sub(bits);
            let cut = |address: u128| shift.map(|shift| address.checked_shr(shift));
            shift.is_some() && cut(address.to_bits()) == cut(network.to_bits())
        }
        _ => false,
    }
}

/// The host and the port of an entry. An IPv6 address has a port only behind its brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let split = entry
        .rsplit_once(':')
        .filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
    match split.and_then(|(name, port)| Some((name, port.parse().ok()?))) {
        Some((name, port)) => (name, Some(port)),
        None => (entry, None),
    }
}

fn is_below(host: &str, parent: &str) -> bool {
    host.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_entry() {
        for (list, url, expected) in [
            ("", "http://h", false),
            (",, ", "http://h", false),
            ("*", "http://h", true),
            ("a,*", "http://10.1.2.3", true),
            ("example.com", "http://example.com", true),
            ("EXAMPLE.com", "http://Example.Com.", true),
            ("example.com", "http://api.example.com:81", true),
            ("example.com", "http://notexample.com", false),
            ("example.com", "http://example.com.evil", false),
            (".example.com", "http://example.com", false),
            (".example.com", "http://a.b.example.com", true),
            ("*.example.com", "http://a.example.com", true),
            ("*.example.com", "http://example.com", false),
            ("example.com:80", "http://example.com", true),
            ("example.com:443", "https://api.example.com", true),
            ("example.com:443", "http://example.com", false),
            ("other, example.com", "http://example.com", true),
            ("other example.com", "http://example.com", true),
            ("10.1.2.3", "http://10.1.2.3:8080", true),
            ("10.1.2.3:80", "http://10.1.2.3:8080", false),
            ("10.1.2.3:8080", "http://10.1.2.3:8080", true),
            ("10.1.2.3", "http://10.1.2.30", false),
            ("10.0.0.0/8", "http://10.1.2.3", true),
            ("10.0.0.0/8", "http://11.1.2.3", false),
            ("10.0.0.0/8", "http://ten.example", false),
            ("10.1.2.3/32", "http://10.1.2.3", true),
            ("10.1.2.3/32", "http://10.1.2.2", false),
            ("0.0.0.0/0", "http://10.1.2.3", true),
            ("10.0.0.0/33", "http://10.0.0.0", false),
            ("fd00::/8", "http://[fd12::1]", true),
            ("fd00::/8", "http://[fe12::1]", false),
            ("::/0", "http://10.1.2.3", false),
            ("fd12::1", "http://[fd12::1]", true),
            ("[fd12::1]:81", "http://[fd12::1]:81", true),
            ("[fd12::1]:81", "http://[fd12::1]", false),
            ("3", "http://10.1.2.3", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(exempts(list, &url), expected, "{list:?} {url}");
        }
    }
}
