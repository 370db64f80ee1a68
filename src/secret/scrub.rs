//! Secrets taken out of text that somebody else wrote.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;
use std::iter::once;
use std::ops::Range;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};
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
    sent: Vec<Secret>,
    /// Those that the server is not sent.
    unsent: Vec<Secret>,
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
            sent: secrets.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Secrets {
    /// The same, and `secrets` that the server is not sent. Of these no parts are looked for: a server
    /// could guess at them, and who sees in a log which ones are taken out puts them together.
    #[must_use]
    pub fn and_unsent(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.unsent.extend(secrets);
        self.sought.take();
        self
    }

    /// `text` with every occurrence of one of the secrets replaced by [`REDACTED`], and every word
    /// that can only be a key of `OpenAI`.
    ///
    /// A secret is found however often it was escaped for JSON, URLs or HTML, and whatever stands in
    /// the places of what is neither an ASCII letter nor a digit in it: that is what changes where a
    /// text is quoted, laid out or read in another encoding. So it is within what was written in
    /// Base64 or in hexadecimal digits. So is a part of one, but not within those, if it has a third of
    /// its letters and digits in a row, eight at least, of both kinds. The quotes of a JSON text stay.
    #[must_use]
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.sought().places(text, false))
    }

    /// The same for a text of which the end may be missing, and of a secret there all but the start.
    #[must_use]
    pub fn scrub_start<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.sought().places(text, true))
    }

    /// The same for the start of `text`, which may have megabytes: `most` bytes of it.
    #[must_use]
    pub fn scrub_shown<'t>(&self, text: &'t str, most: usize) -> Cow<'t, str> {
        if text.len() <= most {
            return self.scrub(text);
        }
        let start = (0..=most).rev().find_map(|end| text.get(..end));
        self.scrub_start(start.unwrap_or_default())
    }

    fn sought(&self) -> &Sought {
        self.sought.get_or_init(|| {
            let sent = self.sent.iter().map(|secret| (secret, true));
            let unsent = self.unsent.iter().map(|secret| (secret, false));
            let forms = forms(sent.chain(unsent));
            let has_parts = |form: &&Form| form.is_sent && !form.is_encoded;
            let skeletons = forms.iter().filter(has_parts).map(|form| &form.skeleton);
            Sought {
                grams: Grams::of(skeletons),
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
    /// Whether the server is sent it.
    is_sent: bool,
    /// Whether it is in Base64 or in hexadecimal digits. A few of these in a row are too little of a
    /// secret to know a part by: rows of them can be made without knowing it.
    is_encoded: bool,
}

/// The shortest skeleton that a secret is known by, in bytes.
const SHORTEST_SKELETON: usize = 5;

/// What to look for: each of the `secrets`, the same for those who undo the escapes in it, and what
/// other encodings make of it. Beside each secret stands whether the server is sent it.
fn forms<'s>(secrets: impl Iterator<Item = (&'s Secret, bool)>) -> Vec<Form> {
    let mut known = HashSet::new();
    let mut forms = Vec::new();
    for (secret, is_sent) in secrets {
        let secret = secret.reveal();
        if secret.len() < SHORTEST_SCRUBBED {
            continue;
        }
        // Quotes around it may be those of a JSON text that it comes back in.
        let secret = secret.trim_matches('"');
        let mut levels = Reading::levels(secret);
        let literal = levels.next();
        let encoded = encodings(secret.as_bytes());
        let encoded = encoded.filter_map(|text| Reading::levels(&text).next());
        let others = levels.last().into_iter().map(|other| (other, false));
        let others = others.chain(encoded.map(|other| (other, true)));
        let others = others.filter(|(other, _)| other.bytes.len() >= SHORTEST_SCRUBBED);
        let literal = literal.into_iter().map(|literal| (literal, false));
        for (whole, is_encoded) in literal.chain(others) {
            if whole.bytes.is_empty() || !known.insert(whole.bytes.clone()) {
                continue;
            }
            let skeleton = whole.skeleton();
            let is_telling = skeleton.bytes.len() >= SHORTEST_SKELETON
                && (is_encoded || !skeleton.bytes.iter().all(u8::is_ascii_digit));
            let wanted = if is_telling { &skeleton } else { &whole };
            let finder = Finder::new(&wanted.bytes).into_owned();
            forms.push(Form {
                whole,
                skeleton,
                is_telling,
                finder,
                is_sent,
                is_encoded,
            });
        }
    }
    forms
}

/// What a `secret` is within a text in Base64 (RFC 4648), which depends on where it begins there, and
/// in hexadecimal digits. Both alphabets of Base64 have one skeleton.
fn encodings(secret: &[u8]) -> impl Iterator<Item = String> {
    let base64 = (0..3).map(|before| {
        let mut text = BASE64_STANDARD_NO_PAD.encode([&[0; 3][..before], secret].concat());
        // A digit of six bits may hold some of what stands beside the secret.
        if !(before + secret.len()).is_multiple_of(3) {
            text.pop();
        }
        let start = (before * 8).div_ceil(6);
        text.get(start..).unwrap_or_default().to_owned()
    });
    // In dumps of bytes, and in source code.
    let hexadecimal = ["", "0x"].map(|prefix| {
        let mut text = String::with_capacity(secret.len() * 4);
        for byte in secret {
            let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
            text.push_str(prefix);
            text.extend(digits.into_iter().flatten());
        }
        text
    });
    base64.chain(hexadecimal)
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
            let before = if before.ends_with(head) {
                head.len()
            } else {
                common(before.iter().rev(), head.iter().rev())
            };
            let after = if after.starts_with(tail) {
                tail.len()
            } else {
                common(after, tail)
            };
            Some(start - before..end + after)
        })
    }

    /// Where a start of the secret is that a `text` ends with, if that is no less than a third of what is
    /// looked for.
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
            // As for parts anywhere else.
            *length >= wanted.bytes.len() / 3
                && length_in_secret >= SHORTEST_SCRUBBED
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
                let starts = self.forms.iter().filter(|form| form.is_sent);
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
mod tests;
