//! Secrets taken out of text that somebody else wrote.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;
use std::iter::successors;
use std::ops::Range;

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};
use memchr::memmem::{Finder, rfind};

use super::reading::Reading;
use super::{KEY_PREFIX, REDACTED, Secret};

/// The shortest secret that is looked for in text, in bytes: the least that guides to passwords
/// accept (NIST SP 800-63B, section 5.1.1.1). Shorter ones, such as the key `test` of a server at
/// home, guard nothing, and blotting out their every occurrence would garble the message.
pub const SHORTEST_SCRUBBED: usize = 8;

/// What must not be printed. It has no `Display`, and its `Debug` tells nothing.
#[derive(Default)]
pub struct Secrets {
    known: Vec<Secret>,
    /// What may be one, in the words of the command line.
    typed: Option<Box<Secrets>>,
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
            known: secrets.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Secrets {
    /// The same, and what may be secrets in the words of the command line. Others may have chosen these,
    /// such as ids: they are looked for in what is left without the secrets that are known. One that
    /// reached into these would tell a guess at how they begin.
    #[must_use]
    pub fn and_typed(self, words: impl IntoIterator<Item = Secret>) -> Self {
        let typed: Self = words.into_iter().collect();
        let typed = (!typed.known.is_empty()).then(|| Box::new(typed));
        Self { typed, ..self }
    }

    /// `text` with every occurrence of one of the secrets replaced by [`REDACTED`], and every word
    /// that can only be a key of `OpenAI`.
    ///
    /// A secret is found however often it was escaped for JSON, URLs or HTML, and whatever stands in
    /// the places of what is neither an ASCII letter nor a digit in it: that is what changes where a
    /// text is quoted, laid out or read in another encoding. So it is within what was written in
    /// Base64 or in hexadecimal digits. The quotes of a JSON text stay.
    ///
    /// It is found as a whole only. Were parts taken out as well, who chooses what a server says, such as
    /// an id, and sees that in a log could guess at them, one after the other.
    #[must_use]
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match (&self.typed, self.scrub_known(text)) {
            (None, text) => text,
            (Some(typed), Cow::Borrowed(text)) => typed.scrub(text),
            (Some(typed), Cow::Owned(text)) => Cow::Owned(typed.scrub(&text).into_owned()),
        }
    }

    /// The same for a `text` that is cut before it is shown, without what is typed: a word that reached
    /// over the cut would tell its chooser what stands behind it. That is looked for in what is shown.
    #[must_use]
    pub fn scrub_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.sought().places(text))
    }

    /// The first `end` bytes of a `url` that others wrote, without user name, password and secrets, also
    /// those that reach over these or the end.
    #[must_use]
    pub fn scrub_url(&self, url: &str, end: usize) -> String {
        let found = self.sought().places(url);
        let scrubbed = |part: Range<usize>| {
            let within = found.iter().map(|range| {
                let [start, end] =
                    [range.start, range.end].map(|at| at.clamp(part.start, part.end));
                start - part.start..end - part.start
            });
            let within = within.filter(|range| !range.is_empty()).collect();
            without(url.get(part.clone()).unwrap_or_default(), within)
        };
        let shown = start_of(url, end);
        let (scheme, rest) = match shown.find("://") {
            Some(at) => shown.split_at(at + "://".len()),
            None => (shown, ""),
        };
        let authority = rest.split('/').next().unwrap_or_default();
        let host = scheme.len() + authority.rfind('@').map_or(0, |at| at + 1);
        scrubbed(0..scheme.len()).into_owned() + &scrubbed(host..shown.len())
    }

    /// The same for a `text` that was cut before. What stands before the cut may be a part of a secret, and
    /// others may choose where that is: so many bytes of `end` are left out.
    #[must_use]
    pub fn scrub_cut(&self, text: &str, end: usize) -> String {
        let scrubbed = self.scrub_known(text);
        let left = scrubbed.len().saturating_sub(end);
        start_of(&scrubbed, left).to_owned()
    }

    /// The same for a `text` that may have megabytes: of one of more than `most` bytes these are searched,
    /// and half of them left.
    #[must_use]
    pub fn scrub_start<'t>(&self, text: &'t str, most: usize) -> Cow<'t, str> {
        if text.len() <= most {
            return self.scrub_known(text);
        }
        Cow::Owned(self.scrub_cut(start_of(text, most), most / 2))
    }

    fn sought(&self) -> &Sought {
        self.sought.get_or_init(|| Sought {
            forms: forms(&self.known),
            key: Finder::new(KEY_PREFIX),
        })
    }
}

/// In how much of a long text from afar secrets are looked for, in bytes: twice as much as is ever shown
/// of it. To search all of it takes its time.
pub const MOST_SEARCHED: usize = 64 << 10;

/// As many bytes of `text` as are whole characters, `most` at the most.
fn start_of(text: &str, most: usize) -> &str {
    let mut ends = (0..=most.min(text.len())).rev();
    let start = ends.find_map(|end| text.get(..end));
    start.unwrap_or_default()
}

/// What is looked for.
struct Sought {
    forms: Vec<Form>,
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

/// What to look for: each of the `secrets`, the same for those who undo the escapes in it, and what
/// other encodings make of it.
fn forms(secrets: &[Secret]) -> Vec<Form> {
    let mut known = HashSet::new();
    secrets
        .iter()
        .map(Secret::reveal)
        .filter(|secret| secret.len() >= SHORTEST_SCRUBBED)
        // Quotes around it may be those of a JSON text that it comes back in.
        .map(|secret| secret.trim_matches('"'))
        .filter(|secret| known.insert(*secret))
        .flat_map(|secret| {
            let plain = readings(secret).map(|whole| Form::new(whole, false));
            plain.chain(encodings(secret).map(|whole| Form::new(whole, true)))
        })
        .collect()
}

/// A secret as it is, and as those read it who undo the escapes in it.
fn readings(secret: &str) -> impl Iterator<Item = Reading> + use<> {
    let mut levels = Reading::levels(secret);
    let literal = levels.next().filter(|it| !it.bytes.is_empty());
    let undone = levels.last().filter(is_long);
    literal.into_iter().chain(undone)
}

fn is_long(reading: &Reading) -> bool {
    reading.bytes.len() >= SHORTEST_SCRUBBED
}

/// What a `secret` is within a text in Base64 (RFC 4648), which depends on where it begins there, and
/// in hexadecimal digits. Both alphabets of Base64 have one skeleton.
fn encodings(secret: &str) -> impl Iterator<Item = Reading> {
    let secret = secret.as_bytes();
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
    let hexadecimal = ["", "0x"].into_iter().map(move |prefix| {
        let mut text = String::with_capacity(secret.len() * 4);
        for byte in secret {
            let digits = [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
            text.push_str(prefix);
            text.extend(digits.into_iter().flatten());
        }
        text
    });
    let texts = base64.chain(hexadecimal);
    let readings = texts.filter_map(|text| Reading::levels(&text).next());
    readings.filter(is_long)
}

impl Form {
    fn new(whole: Reading, is_encoded: bool) -> Self {
        let skeleton = whole.skeleton();
        // All rows of a few letters are soon gone through, and show where they are of a secret.
        let is_telling =
            is_long(&skeleton) && (is_encoded || !skeleton.bytes.iter().all(u8::is_ascii_digit));
        let wanted = if is_telling { &skeleton } else { &whole };
        let finder = Finder::new(&wanted.bytes).into_owned();
        Self {
            whole,
            skeleton,
            is_telling,
            finder,
        }
    }

    /// Where that begins in `text`, and the last place where it begins within each of these: what only
    /// looks like the secret may reach into it.
    fn starts<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        let needle = self.finder.needle();
        let next = |from: usize| Some(from + self.finder.find(text.get(from..)?)?);
        successors(next(0), move |at| {
            let end = at + needle.len();
            let within = text.get(at + 1..text.len().min(end + needle.len() - 1))?;
            next(rfind(within, needle).map_or(end, |last| at + 1 + last))
        })
    }

    /// Where the secret is in a `text`, whose skeleton is `bones`; as places in the reading.
    fn find<'t>(
        &'t self,
        text: &'t Reading,
        bones: &'t Reading,
    ) -> impl Iterator<Item = Range<usize>> + 't {
        let within = if self.is_telling { bones } else { text };
        self.starts(&within.bytes).filter_map(|at| {
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
            // All of it or nothing: what is taken out must not tell how much of a guess is right.
            let before = usize::from(before.ends_with(head)) * head.len();
            let after = usize::from(after.starts_with(tail)) * tail.len();
            Some(start - before..end + after)
        })
    }
}

impl Sought {
    /// Where in `text` a secret is, in whatever way it is spelled.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut tokens: Option<Reading> = None;
        for (level, reading) in Reading::levels(text).enumerate() {
            let bones = reading.skeleton();
            let secrets = self.forms.iter();
            let secrets = secrets.flat_map(|form| form.find(&reading, &bones));
            let places = secrets.chain(self.keys(&reading.bytes));
            found.extend(places.filter_map(|place| reading.range(place)));
            // There may be as many as letters, where secrets look like themselves or each other.
            found = merged(found);
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
            // The end of a longer word is none, but for that of `--api-key` without a space, and behind
            // a colour.
            let is_end = before.last().is_some_and(u8::is_ascii_alphanumeric)
                && !before.ends_with(b"key")
                && !ends_with_sequence(before);
            if is_end || at < end {
                return None;
            }
            let is_of_key = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
            let length = key.iter().take_while(is_of_key).count();
            end = at + length;
            if length < SHORTEST_KEY {
                return None;
            }
            // Keys that others make have more signs, as those of Base64.
            let is_of_word =
                |byte: &&u8| byte.is_ascii_graphic() && !b"\"'`()[]{}<>,;&\\".contains(byte);
            let word = key.iter().take_while(is_of_word).count();
            let is_of_sentence = |byte: &&u8| b".:!?".contains(byte);
            let after = key.iter().take(word).rev().take_while(is_of_sentence);
            end = at + word - after.count();
            Some(at..end)
        })
    }
}

/// Whether `text` ends with a control sequence (ECMA-48, section 5.4), as those that set a colour.
fn ends_with_sequence(text: &[u8]) -> bool {
    let is_parameter = |byte: &u8| byte.is_ascii_digit() || b":;".contains(byte);
    let mut rest = text.iter().rev();
    rest.next().is_some_and(u8::is_ascii_alphabetic)
        && rest.find(|byte| !is_parameter(byte)) == Some(&b'[')
}

/// The shortest word that is a key wherever it is met, in bytes; those of OpenAI have 51 and more.
const SHORTEST_KEY: usize = 20;

/// The parts of a `range` of `text` between quotes, which may be those of JSON strings, without what
/// may stand between such strings; all of it if there is nothing else. A quote within an escape is no
/// token.
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
    let is_said = |part: &Range<usize>| {
        let part = text.as_bytes().get(part.clone()).unwrap_or_default();
        !part.iter().all(|byte| b",:[]{} \t\r\n".contains(byte))
    };
    if parts.iter().any(is_said) {
        parts.retain(is_said);
        parts
    } else {
        vec![range]
    }
}

/// The same places in their order, those that overlap as one.
fn merged(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|range| range.start);
    found.dedup_by(|next, range| {
        let is_one = next.start < range.end;
        if is_one {
            range.end = range.end.max(next.end);
        }
        is_one
    });
    found
}

/// `text` with [`REDACTED`] in the place of what was `found`.
fn without(text: &str, found: Vec<Range<usize>>) -> Cow<'_, str> {
    let found = merged(found);
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
