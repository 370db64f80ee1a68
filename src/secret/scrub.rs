//! Secrets taken out of text that somebody else wrote.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::MatchIndices;

use super::spelling::{LONGEST_SPELLING, after, beginnings, ends_with_escape, may_be_cut};
use super::{KEY_PREFIX, REDACTED, Secret};

/// The shortest secret that is looked for in text, in bytes: the least that guides to passwords
/// accept (NIST SP 800-63B, section 5.1.1.1). Shorter ones, such as the key `test` of a server at
/// home, guard nothing, and blotting out their every occurrence would garble the message.
const SHORTEST_SCRUBBED: usize = 8;

/// `secrets`, each once, in the order in which they can be replaced one after the other: a longer one
/// before those that it contains.
#[must_use]
pub fn longer_first(secrets: impl IntoIterator<Item = Secret>) -> Vec<Secret> {
    let mut secrets: Vec<_> = secrets.into_iter().collect();
    secrets.sort_by(|one, other| {
        let (one, other) = (one.reveal(), other.reveal());
        other.len().cmp(&one.len()).then_with(|| one.cmp(other))
    });
    secrets.dedup();
    secrets
}

/// `text` with every occurrence of one of the `secrets` replaced by [`REDACTED`], and every word that
/// can only be a key of `OpenAI`. The secrets are as [`longer_first`] has them.
///
/// A secret may be spelled literally or with the escapes of JSON (RFC 8259, section 7), of URLs (RFC
/// 3986, section 2.1), or of HTML (its standard, section 13.5, but for most names), its ASCII letters
/// in upper or lower case, as hosts and names of headers have them.
#[must_use]
pub fn scrub<'a>(text: &'a str, secrets: &[Secret]) -> Cow<'a, str> {
    let mut scrubbed = Cow::Borrowed(text);
    for secret in secrets {
        let secret = secret.reveal();
        if secret.len() >= SHORTEST_SCRUBBED
            && let Some(without) = replace(&scrubbed, secret)
        {
            scrubbed = Cow::Owned(without);
        }
    }
    match without_keys(&scrubbed) {
        Some(without) => Cow::Owned(without),
        None => scrubbed,
    }
}

/// The same for a text of which the end may be missing, and of a secret there all but the start.
#[must_use]
pub fn scrub_start<'a>(text: &'a str, secrets: &[Secret]) -> Cow<'a, str> {
    // Before anything is taken out: one secret may begin with another.
    match before_cut(text, secrets).and_then(|end| text.get(..end)) {
        Some(whole) => Cow::Owned(scrub(whole, secrets).into_owned() + REDACTED),
        None => scrub(text, secrets),
    }
}

/// More than is ever shown of a text from afar, in bytes. In what else there is of it nobody looks
/// for secrets: that takes its time.
pub const MOST_SHOWN: usize = 64 << 10;

/// The same for the start of `text`, which may have megabytes.
#[must_use]
pub fn scrub_shown<'a>(text: &'a str, secrets: &[Secret]) -> Cow<'a, str> {
    let text = text.trim_start();
    if text.len() <= MOST_SHOWN {
        return scrub(text, secrets);
    }
    let end = (0..=MOST_SHOWN)
        .rev()
        .find(|end| text.is_char_boundary(*end));
    scrub_start(text.get(..end.unwrap_or(0)).unwrap_or_default(), secrets)
}

/// Where the start of one of the `secrets` begins that `text` ends with, in bytes: what came of it
/// before the text was cut off, spelled as for [`scrub`].
fn before_cut(text: &str, secrets: &[Secret]) -> Option<usize> {
    let begins = |secret: &Secret| {
        let secret = secret.reveal();
        let beginnings = beginnings(secret)?;
        let longest = LONGEST_END.min(secret.len() * LONGEST_SPELLING);
        let from = text.len().saturating_sub(longest);
        let from = (from..text.len()).find(|at| text.is_char_boundary(*at))?;
        let places = text.get(from..)?.match_indices(beginnings);
        let mut places = places.map(|(at, _)| from + at);
        let ends_within = |end| matches!(find(end, secret), Found::Start);
        places.find(|at| text.get(*at..).is_some_and(ends_within))
    };
    secrets.iter().filter_map(begins).min()
}

/// How long the end of a text is in which a secret is looked for, in bytes: that of a key, however
/// it is spelled.
const LONGEST_END: usize = 16 << 10;

/// What a text has of a secret at its start.
enum Found<'t> {
    /// All of it, and this follows.
    Whole(&'t str),
    /// What came of it before the text was cut off, and no less than what is looked for of it.
    Start,
    Nothing,
}

/// Looks for `secret` at the start of `text`, which may end in the middle of a character.
fn find<'t>(text: &'t str, secret: &str) -> Found<'t> {
    // A secret that holds what escapes are made of can be read in more than one way.
    let mut rests = Vec::new();
    let mut further = Vec::new();
    let mut is_cut = false;
    let mut characters = secret.chars();
    if let Some(first) = characters.next() {
        after(text, first, &mut rests);
    }
    for (matched, character) in (1..).zip(characters) {
        if rests.is_empty() {
            break;
        }
        for rest in &rests {
            let before = further.len();
            after(rest, character, &mut further);
            is_cut |= further.len() == before
                && matched >= SHORTEST_SCRUBBED
                && (rest.is_empty() || may_be_cut(rest));
        }
        further.sort_unstable_by_key(|rest| rest.len());
        further.dedup_by_key(|rest| rest.len());
        std::mem::swap(&mut rests, &mut further);
        further.clear();
    }
    // The shortest rest: nothing of the secret is left in it.
    match rests.first() {
        Some(rest) => Found::Whole(rest),
        None if is_cut => Found::Start,
        None => Found::Nothing,
    }
}

/// The shortest word that is a key wherever it is met, in bytes; those of OpenAI have 51 and more.
const SHORTEST_KEY: usize = 20;

/// `text` without any keys of OpenAI, known or not: one that is in the wrong place, such as among
/// the ids, is nobody's secret yet. Nothing if there is none.
fn without_keys(text: &str) -> Option<String> {
    let mut replaced = None;
    let mut kept_to = 0;
    for (at, _) in text.match_indices(KEY_PREFIX) {
        let (before, key) = text.split_at(at);
        // The end of a longer word is none, but for that of `--api-key` without a space.
        let is_end = before.ends_with(|end: char| end.is_ascii_alphanumeric())
            && !before.ends_with("key")
            && !ends_with_escape(before);
        if is_end || at < kept_to {
            continue;
        }
        let is_of_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let length = key.bytes().take_while(is_of_key).count();
        if length >= SHORTEST_KEY {
            let replaced = replaced.get_or_insert_with(String::new);
            replaced.push_str(text.get(kept_to..at)?);
            replaced.push_str(REDACTED);
            kept_to = at + length;
        }
    }
    replaced.and_then(|replaced| Some(replaced + text.get(kept_to..)?))
}

/// `text` without `secret`; nothing if it does not occur.
fn replace(text: &str, secret: &str) -> Option<String> {
    // One search for each is much faster than one for all: texts may have megabytes, and hold none
    // of them.
    let mut beginnings =
        beginnings(secret)?.map(|beginning| text.match_indices(beginning).peekable());
    let mut replaced = None;
    let mut kept_to = 0;
    loop {
        let next = |places: &mut Peekable<MatchIndices<'_, char>>| places.peek().map(|it| it.0);
        let Some(at) = beginnings.iter_mut().filter_map(next).min() else {
            break;
        };
        for places in &mut beginnings {
            places.next_if(|it| it.0 == at);
        }
        if at < kept_to {
            continue;
        }
        let found = text.get(at..)?;
        if let Found::Whole(rest) = find(found, secret) {
            let replaced = replaced.get_or_insert_with(String::new);
            let kept = text.get(kept_to..at)?;
            // Half of an escape would make the text another one.
            let is_escaped = found.starts_with('\\');
            replaced.push_str(if is_escaped {
                kept.trim_end_matches('\\')
            } else {
                kept
            });
            replaced.push_str(REDACTED);
            kept_to = text.len() - rest.len();
        }
    }
    replaced.and_then(|replaced| Some(replaced + text.get(kept_to..)?))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_scrubbed_from_text() {
        let secrets = [Secret::new("sk-secret"), Secret::new("x")];
        assert_eq!(
            scrub("Incorrect key sk-secret, x: sk-secret", &secrets),
            "Incorrect key [redacted], x: [redacted]"
        );
        assert_eq!(
            scrub("https://SK-secret.host", &secrets),
            "https://[redacted].host"
        );
        assert!(matches!(scrub("nothing here", &secrets), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_do_not_hide_a_secret() {
        let secrets = [Secret::new("sk-a/b+\u{e9}\"\\c\u{1f600}")];
        for text in [
            "sk-a/b+\u{e9}\"\\c\u{1f600}",
            r#"sk-a\/b\u002b\u00E9\"\\c\ud83d\uDE00"#,
            r#"\u0073\u006b-a\\\/b+\u00e9\\\"\\\\c\\ud83d\u005cude00"#,
            "sk-a%2Fb%2b%C3%A9%22%5cc%F0%9f%98%80",
            "sk-a%252Fb%25252b%25C3%25A9%22%5cc%25f0%9f%98%80",
            "%73k-a/b+%c3%a9%22\\c\u{1f600}",
            r"&#115;k-a&#x2F;b&#43;&#XE9;&quot;&#92;c&#x1f600;",
            r"\u0026#115;k-a/b+\u00e9\u0026quot;\\c&#128512;",
        ] {
            assert_eq!(
                scrub(&format!("\\ {text} 100% {text}{text}"), &secrets),
                "\\ [redacted] 100% [redacted][redacted]",
                "{text}"
            );
        }
        for text in [
            "sk-a/b+\u{e9}\"\\c",
            "sk-a%2Fb%2b%C3\u{a9}%22%5cc%F0%9f%98%80",
            r#"sk-a\/b\u002b\u00E9\"\\c\ud83d\uDE01"#,
            r"sk-a\u002",
            "sk-a%2",
            "sk-a%+F",
            "sk-sk-sk-%\\",
        ] {
            assert!(matches!(scrub(text, &secrets), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn a_space_may_be_a_plus_or_any_blanks() {
        let secrets = [Secret::new("my secret value")];
        for text in [
            "my secret value",
            "my+secret+value",
            "my%20secret+value",
            "my\n  secret\u{a0}value",
        ] {
            assert_eq!(scrub(text, &secrets), REDACTED);
        }
    }

    #[test]
    fn tabs_and_percent_signs_have_spellings_of_their_own() {
        let secrets = [Secret::new("100%\tsecret")];
        for text in [
            r"100%\tsecret",
            r"100\u0025\\tsecret",
            "100%25%09secret",
            "100%2525%2509secret",
        ] {
            assert_eq!(scrub(text, &secrets), REDACTED, "{text}");
        }
    }

    #[test]
    fn a_secret_may_look_like_an_escape() {
        for secret in ["a%25b&amp;c", "%2525%25", "&amp;&lt;&gt;", "\\\\u0061bc"] {
            assert_eq!(scrub(secret, &[Secret::new(secret)]), REDACTED, "{secret}");
        }
        let secrets = [Secret::new(r"a&amp;b%25\u0063")];
        for text in [
            r"a\u0026amp;b%25\u0063",
            r"a\u0026amp;amp;b%2525\\u0063",
            r"a&amp;amp;b%252525\\\\u0063",
            r"a%26amp;b\u002525%5cu0063",
        ] {
            assert_eq!(scrub(text, &secrets), REDACTED, "{text}");
        }
    }

    #[test]
    fn an_escape_may_be_escaped() {
        let secrets = [Secret::new("sk-secret")];
        for text in [
            r"\u002573k-secret",
            r"\u005cu0073k-secret",
            r"\\\\\\\\\u0073k-secret",
        ] {
            assert_eq!(scrub(text, &secrets), REDACTED, "{text}");
        }
        // What is left of a JSON text is one.
        let quoted = format!("\"x{}u0073k-secret\"", "\\".repeat(9));
        assert_eq!(scrub(&quoted, &secrets), "\"x[redacted]\"");
    }

    #[test]
    fn a_key_is_known_by_its_looks() {
        let key = "sk-0123456789abcdefg";
        for (text, expected) in [
            ("{}", REDACTED),
            (
                "\u{feff}\u{201c}{}\u{201d}, {}/{}",
                "\u{feff}\u{201c}[redacted]\u{201d}, [redacted]/[redacted]",
            ),
            ("--api-key{}_-x.y", "--api-key[redacted].y"),
            ("[200~{}\u{fffd}", "[200~[redacted]\u{fffd}"),
            ("/%22{}%22", "/%22[redacted]%22"),
            (r"\xa0{}", r"\xa0[redacted]"),
            (
                r"\n{}\t{}\u003D{}",
                r"\n[redacted]\t[redacted]\u003D[redacted]",
            ),
        ] {
            assert_eq!(scrub(&text.replace("{}", key), &[]), expected);
        }
        for text in [
            &key[1..],
            &key[..19],
            "ask-0123456789abcdefg",
            r"\task-0123456789abcdefg",
            r"C:\ask-0123456789abcdefg",
            "%di5sk-0123456789abcdefg",
            "u003dsk-0123456789abcdefg",
            "sk-learn",
            "sk-production-key.pem",
            "sk-proj-********************abcd",
            "sk-sk-sk-\u{e9}",
        ] {
            assert!(matches!(scrub(text, &[]), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn a_search_for_secrets_takes_no_longer_for_hostile_text() {
        let secrets = [Secret::new("\\\\secret"), Secret::new("%%%%%%%%a")];
        for text in [
            "\\",
            "%",
            "%5c",
            "\\u005c",
            "%25",
            "&",
            "&#37;",
            "ask-",
            "sk-\u{e9}",
        ] {
            let text = text.repeat(20_000);
            assert_eq!(scrub(&text, &secrets), text);
        }
    }

    #[test]
    fn the_start_of_a_secret_is_found_where_a_text_was_cut_off() {
        let secrets = [Secret::new("sk-secret-key"), Secret::new("x")];
        for (text, expected) in [
            ("the key sk-secret-ke", Some(8)),
            ("the key sk-secre", Some(8)),
            // Too little to guess the rest from.
            ("the key sk-secr", None),
            ("the key sk-secret-k is wrong", None),
            ("the key SK-SECRET-K", Some(8)),
            (r"the key \u0073k-secret%2Dke", Some(8)),
            (r"the key sk-secret\u00", Some(8)),
            ("the key sk-secret%", Some(8)),
            ("the key sk-secret\u{fffd}", Some(8)),
            ("the key sk-secret&#4", Some(8)),
            // Not cut, but masked.
            (r#""the key sk-secret\u2026""#, None),
            (r#"{"m":"\"sk-secret\""}"#, None),
            ("<i>sk-secret&hellip;</i>", None),
            // The whole of it is found by other means.
            ("the key sk-secret-key", None),
        ] {
            assert_eq!(before_cut(text, &secrets), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_that_was_cut_off_may_begin_with_another() {
        let secrets = [
            Secret::new("acme-prod"),
            Secret::new("acme-prod.9f8e7d"),
            Secret::new("acme:sk-0123456789abcdefg:1"),
        ];
        for text in ["no acme-prod.9f8e7", "no acme:sk-0123456789abcdefg:"] {
            assert_eq!(scrub_start(text, &secrets), "no [redacted]");
        }
        assert_eq!(
            scrub_start("no acme-prod acme-prod", &secrets),
            "no [redacted] [redacted]"
        );
    }

    #[test]
    fn of_a_long_text_the_start_is_shown() {
        let secrets = [Secret::new("sk-secret-key")];
        let shown = |before: usize| {
            let text = format!(
                "\n {}sk-secret-key{}",
                "é".repeat(before),
                "x".repeat(MOST_SHOWN)
            );
            scrub_shown(&text, &secrets).into_owned()
        };
        assert!(shown(0).starts_with("[redacted]xx") && shown(0).len() == MOST_SHOWN - 3);
        let before = MOST_SHOWN / 2 - 5;
        assert_eq!(shown(before), "é".repeat(before) + REDACTED);
        assert_eq!(shown(MOST_SHOWN), "é".repeat(MOST_SHOWN / 2));
        assert_eq!(scrub_shown(" sk-secret-k", &secrets), "sk-secret-k");
    }

    #[test]
    fn a_longer_secret_is_replaced_as_a_whole() {
        let [key, header] = [Secret::new("sk-secret"), Secret::new("Bearer sk-secret")];
        let secrets = longer_first([key.clone(), header.clone(), key.clone()]);
        assert_eq!(secrets, [header, key]);
        assert_eq!(
            scrub("Bearer sk-secret, sk-secret", &secrets),
            "[redacted], [redacted]"
        );
    }

    /// A secret, and the same with each character as it is or escaped.
    fn spelled() -> impl Strategy<Value = (String, String)> {
        // Those that escapes are made of, more often than chance has them.
        let special = prop::sample::select(vec!['%', '&', '\\', ' ', '"']);
        // Of several blanks in a row only spaces may be any number.
        let other = any::<char>().prop_filter("blank", |it| !it.is_whitespace());
        let character = prop_oneof![4 => other, 1 => special];
        let characters = prop::collection::vec((character, 0..8_u8), 8..40);
        characters.prop_map(|characters| {
            // With one of those at its end it may take more along.
            let (mut secret, mut spelled) = (String::new(), String::new());
            for (character, way) in characters.into_iter().chain([('x', 7)]) {
                secret.push(character);
                let mut buffer = [0; 4];
                match (way, character) {
                    (0, _) => {
                        for unit in character.encode_utf16(&mut [0; 2]) {
                            write!(spelled, "\\u{unit:04x}").unwrap();
                        }
                    }
                    (1, _) => {
                        for byte in character.encode_utf8(&mut buffer).bytes() {
                            write!(spelled, "%{byte:02X}").unwrap();
                        }
                    }
                    (2, _) => write!(spelled, "&#{};", u32::from(character)).unwrap(),
                    (3, '"' | '/' | '\\') => spelled.extend(['\\', character]),
                    (3, '&') => spelled.push_str(r"\u0026amp;"),
                    (3, '%') => spelled.push_str("%2525"),
                    (3, ' ') => spelled.push_str(" \n\t"),
                    _ => spelled.push(character),
                }
            }
            (secret, spelled)
        })
    }

    proptest! {
        #[test]
        fn no_spelling_hides_a_secret(
            (secret, spelled) in spelled(),
            before in "[a-z\\\\%u0-9]{0,12}",
            after in "\\PC{0,12}",
        ) {
            let secrets = [Secret::new(secret.as_str())];
            let text = format!("{before}{spelled}{after}");
            let scrubbed = scrub(&text, &secrets);
            prop_assert!(scrubbed.contains(REDACTED), "{scrubbed}");
            prop_assert!(scrubbed.ends_with(&after));
            prop_assert!(!scrubbed.contains(&secret));
        }

        #[test]
        fn text_without_a_secret_stays_as_it_is(text in "\\PC{0,200}") {
            let secrets = [Secret::new("sk-sentinel")];
            prop_assert_eq!(scrub(&text, &secrets), text.as_str());
        }
    }
}
