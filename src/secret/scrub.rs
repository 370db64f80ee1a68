//! Secrets taken out of text that somebody else wrote.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;
use std::iter::once;
use std::ops::Range;

use memchr::memmem::Finder;

use super::grams::Grams;
use super::reading::Reading;
use super::{KEY_PREFIX, REDACTED, Secret};

/// The shortest secret that is looked for in text, in bytes: the least that guides to passwords
/// accept (NIST SP 800-63B, section 5.1.1.1). Shorter ones, such as the key `test` of a server at
/// home, guard nothing, and blotting out their every occurrence would garble the message.
const SHORTEST_SCRUBBED: usize = 8;

/// What must not be printed. It has no `Display`, and its `Debug` tells nothing.
#[derive(Default)]
pub struct Secrets {
    secrets: Vec<Secret>,
    /// Made when first needed: most runs have nothing to take out of any text.
    sought: OnceCell<Sought>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl FromIterator<Secret> for Secrets {
    fn from_iter<I: IntoIterator<Item = Secret>>(secrets: I) -> Self {
        Self {
            secrets: secrets.into_iter().collect(),
            sought: OnceCell::new(),
        }
    }
}

impl Secrets {
    /// `text` with every occurrence of one of the secrets replaced by [`REDACTED`], and every word
    /// that can only be a key of `OpenAI`.
    ///
    /// A secret is found however often it was escaped for JSON, URLs or HTML, and whatever stands in
    /// the places of what is neither an ASCII letter nor a digit in it: that is what changes where a
    /// text is quoted, laid out or read in another encoding. So is a part of one, if it has eight
    /// letters and digits in a row, of both kinds. The quotes of a JSON text stay.
    #[must_use]
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.sought().places(text, false))
    }

    /// The same for a text of which the end may be missing, and of a secret there all but the start.
    #[must_use]
    pub fn scrub_start<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.sought().places(text, true))
    }

    /// The same for the start of `text`, which may have megabytes.
    #[must_use]
    pub fn scrub_shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = text.trim_start();
        if text.len() <= MOST_SHOWN {
            return self.scrub(text);
        }
        let mut ends = (0..=MOST_SHOWN).rev();
        let start = ends.find_map(|end| text.get(..end));
        self.scrub_start(start.unwrap_or_default())
    }

    fn sought(&self) -> &Sought {
        self.sought.get_or_init(|| {
            let forms = forms(&self.secrets);
            Sought {
                grams: Grams::of(forms.iter().map(|form| &form.skeleton)),
                forms,
                key: Finder::new(KEY_PREFIX),
            }
        })
    }
}

/// More than is ever shown of a text from afar, in bytes. In what else there is of it nobody looks
/// for secrets: that takes its time.
pub const MOST_SHOWN: usize = 64 << 10;

/// What is looked for.
struct Sought {
    forms: Vec<Form>,
    grams: Grams,
    /// How keys of `OpenAI` begin.
    key: Finder<'static>,
}

/// A secret as it may be met in a [`Reading`].
struct Form {
    whole: Reading,
    skeleton: Reading,
    /// Whether the skeleton is enough to know it by.
    is_telling: bool,
    /// Finds the skeleton if it is telling, else the whole.
    finder: Finder<'static>,
}

/// The shortest skeleton that a secret is known by, in bytes.
const SHORTEST_SKELETON: usize = 5;

/// What to look for: each of the `secrets`, and the same for those who undo the escapes in it.
fn forms(secrets: &[Secret]) -> Vec<Form> {
    let mut known = HashSet::new();
    let mut forms = Vec::new();
    for secret in secrets {
        // Quotes around it may be those of a JSON text that it comes back in.
        let mut levels = Reading::levels(secret.reveal().trim_matches('"'));
        for whole in levels.next().into_iter().chain(levels.last()) {
            if whole.bytes.len() < SHORTEST_SCRUBBED || !known.insert(whole.bytes.clone()) {
                continue;
            }
            let skeleton = whole.skeleton();
            let is_telling = skeleton.bytes.len() >= SHORTEST_SKELETON
                && !skeleton.bytes.iter().all(u8::is_ascii_digit);
            let wanted = if is_telling { &skeleton } else { &whole };
            let finder = Finder::new(&wanted.bytes).into_owned();
            forms.push(Form {
                whole,
                skeleton,
                is_telling,
                finder,
            });
        }
    }
    forms
}

impl Form {
    /// Where the secret is in a `text`, whose skeleton is `bones`; as places in the reading.
    fn find<'t>(
        &'t self,
        text: &'t Reading,
        bones: &'t Reading,
    ) -> impl Iterator<Item = Range<usize>> + 't {
        let within = if self.is_telling { bones } else { text };
        self.finder.find_iter(&within.bytes).filter_map(|at| {
            let end = at + self.finder.needle().len();
            if !self.is_telling {
                return Some(at..end);
            }
            let (start, end) = (bones.place(at)?, bones.place(end - 1)? + 1);
            let (before, _) = text.bytes.split_at_checked(start)?;
            let (_, after) = text.bytes.split_at_checked(end)?;
            // What the secret begins and ends with.
            let head = self.whole.bytes.get(..self.skeleton.place(0)?)?;
            let tail = self.skeleton.place(self.skeleton.bytes.len() - 1)? + 1;
            let tail = self.whole.bytes.get(tail..)?;
            let before = common(before.iter().rev(), head.iter().rev());
            Some(start - before..end + common(after, tail))
        })
    }

    /// Where a start of the secret is that a `text` ends with, if that is no less than what is looked
    /// for.
    fn find_start(&self, text: &Reading, bones: &Reading) -> Option<Range<usize>> {
        let (within, wanted) = if self.is_telling {
            (bones, &self.skeleton)
        } else {
            (text, &self.whole)
        };
        let starts = |length: &usize| {
            let length_in_secret = if self.is_telling {
                self.skeleton.place(*length - 1).unwrap_or_default() + 1
            } else {
                *length
            };
            length_in_secret >= SHORTEST_SCRUBBED
                && within.bytes.ends_with(&wanted.bytes[..*length])
        };
        let length = (1..wanted.bytes.len()).rev().find(starts)?;
        let range = within.bytes.len() - length..within.bytes.len();
        if self.is_telling {
            Some(bones.place(range.start)?..bones.place(range.end - 1)? + 1)
        } else {
            Some(range)
        }
    }
}

/// How many bytes the two have in common at their start, but for those that may belong to the text
/// around a secret.
fn common<'t>(
    one: impl IntoIterator<Item = &'t u8>,
    other: impl IntoIterator<Item = &'t u8>,
) -> usize {
    let pairs = one.into_iter().zip(other);
    pairs
        .take_while(|(one, other)| one == other && !b"\"'()[]{}<>,;".contains(one))
        .count()
}

impl Sought {
    /// Where in `text` a secret is, in whatever way it is spelled; or a start of one where the text
    /// ends, if it may have been cut off.
    fn places(&self, text: &str, may_be_cut: bool) -> Vec<Range<usize>> {
        let mut found = if may_be_cut {
            self.at_end(text)
        } else {
            Vec::new()
        };
        let mut tokens: Option<Reading> = None;
        for (level, reading) in Reading::levels(text).enumerate() {
            let bones = reading.skeleton();
            let secrets = self.forms.iter();
            let secrets = secrets.flat_map(|form| form.find(&reading, &bones));
            let places = secrets
                .chain(self.grams.find(&bones))
                .chain(self.keys(&reading.bytes));
            found.extend(places.filter_map(|place| reading.range(place)));
            if level == 1 {
                tokens = Some(reading);
            }
        }
        if let Some(tokens) = &tokens {
            // Half of an escape would make the text another one.
            for range in &mut found {
                *range = tokens.around(range);
            }
        }
        let is_token = |at: usize| tokens.as_ref().is_none_or(|tokens| tokens.has(at));
        found
            .into_iter()
            .flat_map(|range| between_quotes(text, range, is_token))
            .collect()
    }

    /// Where in `text` there are keys of OpenAI, known or not: one that is in the wrong place, such as
    /// among the ids, is nobody's secret yet.
    fn keys(&self, text: &[u8]) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0;
        self.key.find_iter(text).filter_map(move |at| {
            let (before, key) = text.split_at_checked(at)?;
            // The end of a longer word is none, but for that of `--api-key` without a space.
            let is_end =
                before.last().is_some_and(u8::is_ascii_alphanumeric) && !before.ends_with(b"key");
            if is_end || at < end {
                return None;
            }
            let is_of_key = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
            let length = key.iter().take_while(is_of_key).count();
            end = at + length;
            (length >= SHORTEST_KEY).then_some(at..end)
        })
    }

    /// Where starts of secrets are that `text` ends with: what came of them before it was cut off.
    fn at_end(&self, text: &str) -> Vec<Range<usize>> {
        let mut starts = text.len().saturating_sub(LONGEST_END)..text.len();
        let Some((from, end)) = starts.find_map(|from| Some((from, text.get(from..)?))) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for cut in ends(end) {
            for reading in Reading::levels(cut) {
                let bones = reading.skeleton();
                let starts = self.forms.iter();
                let starts = starts.filter_map(|form| form.find_start(&reading, &bones));
                found.extend(starts.filter_map(|place| {
                    let place = reading.range(place)?;
                    // What was cut off goes with the rest.
                    let is_whole = cut.len() == end.len();
                    let to = if is_whole { place.end } else { end.len() };
                    Some(from + place.start..from + to)
                }));
            }
        }
        found
    }
}

/// The shortest word that is a key wherever it is met, in bytes; those of OpenAI have 51 and more.
const SHORTEST_KEY: usize = 20;

/// How long the end of a text is in which a secret is looked for that was cut off, in bytes: more
/// than a key has, however it is spelled.
const LONGEST_END: usize = 16 << 10;

/// `text`, and the same without what may be the start of an escape, or a character that is no more
/// than half there.
fn ends(text: &str) -> impl Iterator<Item = &str> {
    /// In bytes, escaped twice.
    const LONGEST_ESCAPE: usize = r"\\\\u005cu000".len();
    let is_of_escape =
        |character: &char| character.is_ascii_alphanumeric() || r"\%&#".contains(*character);
    let end = text
        .chars()
        .rev()
        .take(LONGEST_ESCAPE)
        .take_while(is_of_escape);
    let signs = end.enumerate().filter(|(_, it)| r"\%&".contains(*it));
    let cut = signs.filter_map(|(after, _)| text.get(..text.len() - after - 1));
    once(text)
        .chain(cut)
        .chain(text.strip_suffix(char::REPLACEMENT_CHARACTER))
}

/// The parts of a `range` of `text` between quotes, which may be those of JSON strings: they have
/// letters or digits, or there is one part. A quote within an escape is no token.
fn between_quotes(
    text: &str,
    range: Range<usize>,
    is_token: impl Fn(usize) -> bool,
) -> Vec<Range<usize>> {
    let within = text.as_bytes().get(range.clone()).unwrap_or_default();
    let quotes = memchr::memchr_iter(b'"', within).map(|at| range.start + at);
    let ends = quotes.filter(|at| is_token(*at)).chain([range.end]);
    let mut start = range.start;
    let mut parts = Vec::new();
    for end in ends {
        parts.push(start..end);
        start = end + 1;
    }
    let has_bones = |part: &Range<usize>| {
        let part = text.as_bytes().get(part.clone()).unwrap_or_default();
        part.iter().any(u8::is_ascii_alphanumeric)
    };
    if parts.iter().any(has_bones) {
        parts.retain(has_bones);
        parts
    } else {
        vec![range]
    }
}

/// `text` with [`REDACTED`] in the place of what was `found`.
fn without(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    found.sort_unstable_by_key(|range| range.start);
    found.dedup_by(|next, range| {
        let is_one = next.start < range.end;
        if is_one {
            range.end = range.end.max(next.end);
        }
        is_one
    });
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut without = String::with_capacity(text.len());
    let mut kept_to = 0;
    for range in found {
        // A character that only begins like one of the secret is none of it.
        let [start, end] = [range.start, range.end].map(|at| {
            let mut places = (kept_to..=at).rev();
            places
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(kept_to)
        });
        without.push_str(text.get(kept_to..start).unwrap_or_default());
        without.push_str(REDACTED);
        kept_to = end;
    }
    without.push_str(text.get(kept_to..).unwrap_or_default());
    Cow::Owned(without)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn known(secrets: &[&str]) -> Secrets {
        secrets.iter().copied().map(Secret::new).collect()
    }

    #[test]
    fn secrets_are_scrubbed_from_text() {
        let secrets = known(&["sk-secret", "x"]);
        assert_eq!(
            secrets.scrub("Incorrect key sk-secret, x: sk-secret"),
            "Incorrect key [redacted], x: [redacted]"
        );
        assert_eq!(
            secrets.scrub("https://SK-secret.host"),
            "https://[redacted].host"
        );
        assert!(matches!(secrets.scrub("nothing here"), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_do_not_hide_a_secret() {
        let secrets = known(&["sk-a/b+\u{e9}\"\\c\u{1f600}"]);
        for text in [
            r#"sk-a\/b\u002b\u00E9\"\\c\ud83d\uDE00"#,
            r#"\u0073\u006b-a\\\/b+\u00e9\\\"\\\\c\\ud83d\u005cude00"#,
            "sk-a%2Fb%2b%C3%A9%22%5cc%F0%9f%98%80",
            "sk-a%252Fb%25252b%25C3%25A9%22%5cc%25f0%9f%98%80",
            "%73k-a/b+%c3%a9%22\\c\u{1f600}",
            r"&#115;k-a&#x2F;b&#43;&#XE9;&quot;&#92;c&#x1f600;",
            r"\u0026#115;k-a/b+\u00e9\u0026quot;\\c&#128512;",
        ] {
            assert_eq!(
                secrets.scrub(&format!("\\ {text} 100% {text}{text}")),
                "\\ [redacted] 100% [redacted][redacted]",
                "{text}"
            );
        }
        assert_eq!(
            secrets.scrub("sk-a/b+\u{e9}\"\\c\u{1f600}"),
            "[redacted]\"[redacted]"
        );
        for text in [
            "sk-a/b+\u{e9}\"\\d\u{1f600}",
            r#"sk-a\/b\u002b\u00E9\"\\\u0064"#,
            r"sk-a\u002",
            "sk-a%2",
            "sk-a%+F",
            "sk-sk-sk-%\\",
        ] {
            assert!(matches!(secrets.scrub(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn a_space_may_be_a_plus_or_any_blanks() {
        let secrets = known(&["my secret value"]);
        for text in [
            "my secret value",
            "my+secret+value",
            "my%20secret+value",
            "my\n  secret\u{a0}value",
        ] {
            assert_eq!(secrets.scrub(text), REDACTED);
        }
    }

    #[test]
    fn tabs_and_percent_signs_have_spellings_of_their_own() {
        let secrets = known(&["100%\tsecret"]);
        for text in [
            r"100%\tsecret",
            r"100\u0025\\tsecret",
            "100%25%09secret",
            "100%2525%2509secret",
        ] {
            assert_eq!(secrets.scrub(text), REDACTED, "{text}");
        }
    }

    #[test]
    fn a_secret_may_look_like_an_escape() {
        for secret in ["a%25b&amp;c", "%2525%25", "&amp;&lt;&gt;", "\\\\u0061bc"] {
            assert_eq!(known(&[secret]).scrub(secret), REDACTED, "{secret}");
        }
        let secrets = known(&[r"a&amp;b%25\u0063ghij"]);
        for text in [
            r"a\u0026amp;b%25\u0063ghij",
            r"a\u0026amp;amp;b%2525\\u0063ghij",
            r"a&amp;amp;b%252525\\\\u0063ghij",
            r"a%26amp;b\u002525%5cu0063ghij",
        ] {
            assert_eq!(secrets.scrub(text), REDACTED, "{text}");
        }
    }

    #[test]
    fn an_escape_may_be_escaped() {
        let secrets = known(&["sk-secret"]);
        for text in [
            r"\u002573k-secret",
            r"\u005cu0073k-secret",
            r"\\\\\\\\u0073k-secret",
            r"%26amp;%2523115;k%25252525252dsecret",
        ] {
            assert_eq!(secrets.scrub(text), REDACTED, "{text}");
        }
        // What is left of a JSON text is one.
        for (text, expected) in [
            (r#""x\\\\\u0073k-secret""#, r#""x\\\\[redacted]""#),
            (r#""x\\\\u0073k-secret""#, r#""x[redacted]""#),
            (r#""\nsk-secret""#, r#""\n[redacted]""#),
        ] {
            assert_eq!(secrets.scrub(text), expected);
        }
        let secrets = known(&[r"netsecret\"]);
        assert_eq!(secrets.scrub(r#""\netsecret\\""#), r#""[redacted]""#);
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
            assert_eq!(Secrets::default().scrub(&text.replace("{}", key)), expected);
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
            assert!(
                matches!(Secrets::default().scrub(text), Cow::Borrowed(_)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_search_for_secrets_takes_no_longer_for_hostile_text() {
        let secrets = known(&["\\\\secret", "%%%%%%%%a"]);
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
            assert_eq!(secrets.scrub(&text), text);
        }
    }

    #[test]
    fn the_start_of_a_secret_is_found_where_a_text_was_cut_off() {
        let secrets = known(&[
            "sk-secret-key",
            "x",
            "pass phrase here",
            "swordfish-swordfish",
        ]);
        for (text, expected) in [
            ("the key sk-secret-ke", "the key [redacted]"),
            ("the key sk-secre", "the key [redacted]"),
            // Too little to guess the rest from.
            ("the key sk-secr", "the key sk-secr"),
            (
                "the key sk-secret-k is wrong",
                "the key sk-secret-k is wrong",
            ),
            ("the key SK-SECRET-K", "the key [redacted]"),
            (r"the key \u0073k-secret%2Dke", "the key [redacted]"),
            (r"the key sk-secret\u00", "the key [redacted]"),
            ("the key sk-secret%", "the key [redacted]"),
            ("the key sk-secret\u{fffd}", "the key [redacted]"),
            ("the key sk-secret&#4", "the key [redacted]"),
            // Masked, perhaps.
            (
                r#""the key sk-secret\u2026""#,
                r#""the key [redacted]\u2026""#,
            ),
            (r#"{"m":"\"sk-secret\""}"#, r#"{"m":"\"[redacted]\""}"#),
            ("<i>sk-secret&hellip;</i>", "<i>sk-secret&hellip;</i>"),
            ("pass phrase&nbsp;", "[redacted]&nbsp;"),
            ("pass+phrase+", "[redacted]+"),
            ("bad swordfish-swordfish", "bad [redacted]"),
            ("the key sk-secret-key", "the key [redacted]"),
        ] {
            assert_eq!(secrets.scrub_start(text), expected, "{text}");
        }
    }

    #[test]
    fn a_part_is_known_by_its_letters_and_digits() {
        let secrets = known(&[
            "Bearer Xy7:kP2@qR9=Zm4",
            r#"{"user":"a production","password":"S3cr:et!@P4ss;w0rd#1"}"#,
            "0123456789012345-words-and-more",
        ]);
        for (text, expected) in [
            ("bad Xy7:kP2@qR9=Zm4!", "bad [redacted]!"),
            ("no S3cr:et!@P4ss;w0rd#1", "no [redacted]"),
            (
                r#"{"password":"S3cr:et!@P4ss;w0rd#1"}"#,
                r#"{"[redacted]":"[redacted]"}"#,
            ),
            (r#"["Xy7:kP2","qR9=Zm4"]"#, r#"["[redacted]","[redacted]"]"#),
            (r#""Xy7\"kP2@qR9=Zm4""#, r#""[redacted]""#),
            // Words and numbers alone are no secrets.
            (
                "the production, a password-words-and",
                "the production, a password-words-and",
            ),
            ("1234567890", "1234567890"),
            ("5 wor: 012345-wor", "5 wor: [redacted]"),
        ] {
            assert_eq!(secrets.scrub(text), expected);
        }
    }

    #[test]
    fn what_stands_around_a_secret_stays() {
        let secrets = known(&[
            "geheim123\u{e9}",
            "\u{e9}geheim\u{e9}\u{e9}",
            r#"{"key":"pk-abc-def"}"#,
        ]);
        for (text, expected) in [
            ("geheim123\u{e9}!", "[redacted]!"),
            ("geheim123\u{c3}!", "[redacted]\u{c3}!"),
            ("a\u{a9}geheim\u{e9}\u{e9}", "a[redacted]"),
            (r#"{"m":"key pk-abc-def"}"#, r#"{"m":"[redacted]"}"#),
            (r#"{"key":"pk-abc-def"}"#, r#"{"[redacted]":"[redacted]"}"#),
        ] {
            assert_eq!(secrets.scrub(text), expected);
        }
    }

    #[test]
    fn a_secret_that_was_cut_off_may_begin_with_another() {
        let secrets = known(&[
            "acme-prod",
            "acme-prod.9f8e7d",
            "acme:sk-0123456789abcdefg:1",
        ]);
        for text in ["no acme-prod.9f8e7", "no acme:sk-0123456789abcdefg"] {
            assert_eq!(secrets.scrub_start(text), "no [redacted]");
        }
        assert_eq!(
            secrets.scrub_start("no acme-prod acme-prod"),
            "no [redacted] [redacted]"
        );
    }

    #[test]
    fn of_a_long_text_the_start_is_shown() {
        let secrets = known(&["sk-secret-key"]);
        let shown = |before: usize| {
            let text = format!(
                "\n {}sk-secret-key{}",
                "é".repeat(before),
                "/".repeat(MOST_SHOWN)
            );
            secrets.scrub_shown(&text).into_owned()
        };
        assert!(shown(0).starts_with("[redacted]//") && shown(0).len() == MOST_SHOWN - 3);
        let before = MOST_SHOWN / 2 - 6;
        assert_eq!(shown(before), "é".repeat(before) + REDACTED);
        assert_eq!(shown(MOST_SHOWN), "é".repeat(MOST_SHOWN / 2));
        assert_eq!(secrets.scrub_shown(" sk-secret-k"), "sk-secret-k");
    }

    #[test]
    fn a_longer_secret_is_replaced_as_a_whole() {
        let secrets = known(&["sk-secret", "Bearer sk-secret", "sk-secret"]);
        assert_eq!(
            secrets.scrub("Bearer sk-secret, sk-secret"),
            "[redacted], [redacted]"
        );
    }

    /// A secret, and the same with each character as it is or escaped.
    fn spelled() -> impl Strategy<Value = (String, String)> {
        let character = any::<char>().prop_filter("of escapes", |it| !r"\%&".contains(*it));
        let characters = prop::collection::vec((character, 0..5_u8), 8..40);
        characters.prop_map(|characters| {
            let (mut secret, mut spelled) = (String::new(), String::new());
            for (character, way) in characters {
                secret.push(character);
                match way {
                    0 => {
                        for unit in character.encode_utf16(&mut [0; 2]) {
                            write!(spelled, "\\u{unit:04x}").unwrap();
                        }
                    }
                    1 => {
                        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                            write!(spelled, "%25{byte:02X}").unwrap();
                        }
                    }
                    2 => write!(spelled, "&amp;#{};", u32::from(character)).unwrap(),
                    3 if character.is_ascii_punctuation() => spelled.extend(['\\', character]),
                    _ => spelled.push(character),
                }
            }
            (secret, spelled)
        })
    }

    /// What programs do to a text that they quote.
    const QUOTES: [fn(&str) -> String; 8] = [
        |text| serde_json::to_string(text).unwrap(),
        // As languages do that write ASCII only.
        |text| {
            let units = text.encode_utf16();
            let escaped = units.map(|unit| match u8::try_from(unit) {
                Ok(byte @ (b'"' | b'\\')) => format!("\\{}", char::from(byte)),
                Ok(byte @ b' '..=b'~') => char::from(byte).to_string(),
                _ => format!("\\u{unit:04x}"),
            });
            escaped.collect()
        },
        |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        |text| {
            utf8_percent_encode(text, NON_ALPHANUMERIC)
                .to_string()
                .replace("%20", "+")
        },
        |text| {
            text.replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;")
        },
        |text| {
            let mut html = String::new();
            for character in text.chars() {
                write!(html, "&#x{:X};", u32::from(character)).unwrap();
            }
            html
        },
        |text| text.split_whitespace().collect::<Vec<_>>().join("\n  "),
        // As UTF-16 that was taken for UTF-8.
        |text| text.replace("", "\0"),
    ];

    proptest! {
        #[test]
        fn no_spelling_hides_a_secret(
            (secret, spelled) in spelled(),
            before in "[g-z :=\"]{0,12}",
            after in "[^\\\\%&]{0,12}",
        ) {
            let secrets = known(&[&secret]);
            let text = format!("{before}{spelled}{after}");
            let scrubbed = secrets.scrub(&text);
            prop_assert!(scrubbed.contains(REDACTED), "{scrubbed}");
            prop_assert!(!scrubbed.contains(&secret));
        }

        #[test]
        fn no_quoting_hides_a_secret(
            // Those that escapes are made of, more often than chance has them.
            secret in "[a-z]{8}([%&\\\\; \"'/+]|[0-9a-f]{2}|\\PC){0,20}[a-z]",
            before in "[g-z :=\"]{0,12}",
            after in "\\PC{0,12}",
            quotes in prop::collection::vec(prop::sample::select(QUOTES.to_vec()), 0..4),
        ) {
            let secrets = known(&[&secret]);
            let text = format!("{before}{secret}{after}");
            let text = quotes.iter().fold(text, |text, quote| quote(&text));
            let scrubbed = secrets.scrub(&text);
            prop_assert!(scrubbed.contains(REDACTED), "{text}");
            prop_assert!(!scrubbed.contains(&secret[..8]));
        }

        #[test]
        fn text_without_a_secret_stays_as_it_is(text in "\\PC{0,200}") {
            let secrets = known(&["sk-sentinel"]);
            prop_assert_eq!(secrets.scrub(&text), text.as_str());
        }
    }
}
