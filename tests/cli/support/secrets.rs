//! The secrets that tests hand to the tool, and the search for them in what it prints.
//!
//! Tests use these values wherever a secret is called for. The runner looks for them in both
//! streams of every run, so that each test is a test against leaks.

use std::borrow::Cow;
use std::collections::HashMap;

/// The API key of every run against a server.
pub(crate) const API_KEY: &str = "sk-sentinel-Kq3vXw8ZtR5mYb2NcJ7hGd";
/// The password in the URL of a proxy.
pub(crate) const PROXY_PASSWORD: &str = "sentinel-Pd9sLf4GxV6kTz1WuQ8r";
/// The password in the user info of a base URL.
pub(crate) const USER_INFO_PASSWORD: &str = "sentinel-Ue7yBn3HjM5aCv9RtX2w";
/// The value of a header from `OPENAI_CUSTOM_HEADERS`.
pub(crate) const CUSTOM_HEADER: &str = "sentinel-Ch4gKs8DzF2pLw6YqN1m";
/// A line in the private key of a client certificate that is not a real one.
pub(crate) const CLIENT_KEY: &str = "sentinel-Ck5tJx9VbR3dGh7ZnW4f";

const ALL: [&str; 5] = [
    API_KEY,
    PROXY_PASSWORD,
    USER_INFO_PASSWORD,
    CUSTOM_HEADER,
    CLIENT_KEY,
];

/// The part before the random one, which messages may well contain.
const PREFIX: &str = "sentinel-";

/// How much of a secret counts as a leak, in bytes: a key cut in half is one.
const FRAGMENT: usize = 8;

/// The first secret of which `text` has a fragment. `further` are secrets of one test beside the
/// constants.
///
/// Neither upper and lower case, nor escapes of JSON and URLs, nor anything that stands between
/// letters and digits, such as line breaks and the edges of a box, hides a fragment; nor does
/// Base64, as `Basic` credentials have it.
pub(crate) fn leaked(text: &[u8], further: &[String]) -> Option<String> {
    let mut fragments: HashMap<[u8; FRAGMENT], &str> = HashMap::new();
    // Outputs of many megabytes are searched once, and most places are told by two bytes.
    let mut begins = vec![false; 1 << 16];
    for secret in ALL
        .iter()
        .copied()
        .chain(further.iter().map(String::as_str))
    {
        let random = secret
            .split_once(PREFIX)
            .map_or(secret, |(_, random)| random);
        let encoded = (0..3).map(|shift| base64_inside(random, shift));
        for form in encoded.chain([random.to_owned()]) {
            for window in letters(&form).windows(FRAGMENT) {
                let fragment: [u8; FRAGMENT] = window.try_into().unwrap();
                begins[beginning(window)] = true;
                fragments.insert(fragment, secret);
            }
        }
    }
    let text = String::from_utf8_lossy(text);
    [letters(&text), letters(&unescaped(&text))]
        .iter()
        .flat_map(|text| text.windows(FRAGMENT))
        .filter(|window| begins[beginning(window)])
        .find_map(|window| fragments.get(window))
        .map(|secret| (*secret).to_owned())
}

/// The letters and digits of a text, in lower case.
fn letters(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_lowercase())
        .collect()
}

/// A text without the escapes of JSON and URLs, as far as they stand for ASCII.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '%']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '%']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let digits = match from.strip_prefix('%') {
            Some(after) => after.get(..2),
            None => from.strip_prefix("\\u").and_then(|after| after.get(..4)),
        };
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let (Some(code), Some(digits)) = (code, digits) {
            plain.push(char::from(code));
            rest = from[1..].trim_start_matches('u').split_at(digits.len()).1;
        } else {
            plain.push_str(&from[..1]);
            rest = &from[1..];
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn beginning(fragment: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([fragment[0], fragment[1]]))
}

/// The characters that Base64 gives `text` when `shift` bytes modulo 3 stand before it, without
/// those at the edges that depend on the neighbours.
fn base64_inside(text: &str, shift: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // A group that starts within the text begins after the rest of its first group.
    let start = (3 - shift) % 3;
    text.as_bytes()
        .get(start..)
        .unwrap_or_default()
        .chunks_exact(3)
        .flat_map(|group| {
            let bits = group
                .iter()
                .fold(0_usize, |bits, byte| (bits << 8) | usize::from(*byte));
            [18, 12, 6, 0].map(|low| char::from(ALPHABET[(bits >> low) & 63]))
        })
        .collect()
}
