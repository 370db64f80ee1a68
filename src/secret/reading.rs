//! How those read a text who undo its escapes: those of JSON (RFC 8259, section 7), of URLs (RFC
//! 3986, section 2.1) and of HTML (its standard, section 13.5, but for most names).

use std::iter::successors;
use std::ops::Range;

/// How many levels of escapes are undone: a text may be quoted in another, and that in a third.
/// Each level of JSON doubles the backslashes.
const MOST_LEVELS: usize = 8;

/// Bytes, and the place in the text that each was read from. ASCII letters are in lower case, as
/// hosts and names of headers are known in both.
pub(super) struct Reading {
    pub(super) bytes: Vec<u8>,
    /// One more than there are bytes: the last is the end of the text.
    places: Vec<u32>,
}

impl Reading {
    /// `text` as it stands there, and with one level of its escapes after the other undone.
    pub(super) fn levels(text: &str) -> impl Iterator<Item = Self> {
        let literal = Self {
            bytes: text.to_ascii_lowercase().into_bytes(),
            // What is searched has megabytes at most.
            places: (0..=u32::try_from(text.len()).unwrap_or(u32::MAX)).collect(),
        };
        successors(Some(literal), Self::decoded).take(1 + MOST_LEVELS)
    }

    /// The same with one level of escapes undone; nothing if there are none.
    fn decoded(&self) -> Option<Self> {
        let may_begin = |byte: &u8| matches!(byte, b'\\' | b'%' | b'&' | 0);
        if !self.bytes.iter().any(may_begin) {
            return None;
        }
        let mut decoded = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            places: Vec::with_capacity(self.places.len()),
        };
        let mut rest = self.bytes.as_slice();
        while let Some((&first, others)) = rest.split_first() {
            let place = self.bytes.len() - rest.len();
            let place = self.places.get(place).copied()?;
            let mut read = |bytes: &[u8]| {
                for byte in bytes {
                    decoded.bytes.push(byte.to_ascii_lowercase());
                    decoded.places.push(place);
                }
            };
            rest = match escape(rest) {
                Some((Escaped::Byte(byte), after)) => {
                    read(&[byte]);
                    after
                }
                Some((Escaped::Character(character), after)) => {
                    read(character.encode_utf8(&mut [0; 4]).as_bytes());
                    after
                }
                None => {
                    // In UTF-16 that is taken for UTF-8 each letter has a NUL beside it.
                    if first != 0 {
                        read(&[first]);
                    }
                    others
                }
            };
        }
        decoded.places.extend(self.places.last());
        (decoded.bytes.len() < self.bytes.len()).then_some(decoded)
    }

    /// The place in the text of the byte at `index`.
    pub(super) fn place(&self, index: usize) -> Option<usize> {
        self.places.get(index).map(|place| *place as usize)
    }

    /// The place in the text of what is in a `range` of the bytes.
    pub(super) fn range(&self, range: Range<usize>) -> Option<Range<usize>> {
        Some(self.place(range.start)?..self.place(range.end)?)
    }

    /// Whether something begins at this place of the text.
    pub(super) fn has(&self, place: usize) -> bool {
        let known = |it: &u32| (*it as usize).cmp(&place);
        self.places.binary_search_by(known).is_ok()
    }

    /// `range` of the text, and all of the escapes that it begins or ends within.
    pub(super) fn around(&self, range: &Range<usize>) -> Range<usize> {
        let start = self
            .places
            .partition_point(|place| *place as usize <= range.start);
        let end = self
            .places
            .partition_point(|place| (*place as usize) < range.end);
        let start = self.place(start.saturating_sub(1)).unwrap_or(range.start);
        start..self.place(end).unwrap_or(range.end)
    }

    /// Its ASCII letters and digits alone, each with its place in this reading: what stays of a text
    /// however it is laid out, quoted or mistaken for one in another encoding.
    pub(super) fn skeleton(&self) -> Self {
        let (mut bytes, mut places) = (Vec::new(), Vec::new());
        for (place, byte) in (0..).zip(&self.bytes) {
            if byte.is_ascii_alphanumeric() {
                bytes.push(*byte);
                places.push(place);
            }
        }
        Self { bytes, places }
    }
}

/// The longest number of a character in HTML, in digits: that of the last one, behind a zero.
const LONGEST: usize = "01114111".len();

/// The names of characters in HTML that are known: those of XML, and one blank.
const NAMES: [(&str, char); 6] = [
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("nbsp;", '\u{a0}'),
];

/// What an escape stands for.
enum Escaped {
    Byte(u8),
    Character(char),
}

/// The escape at the start of `text`, which is in lower case, and what follows it.
fn escape(text: &[u8]) -> Option<(Escaped, &[u8])> {
    match text {
        [b'\\', b'u', digits @ ..] => {
            let (unit, rest) = code(digits, 4)?;
            let next = rest.strip_prefix(br"\u").and_then(|rest| code(rest, 4));
            let (number, rest) = match (unit, next) {
                // A character beyond 16 bits is written as two units (RFC 8259, section 7).
                (0xd800..0xdc00, Some((low @ 0xdc00..0xe000, rest))) => {
                    (0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00, rest)
                }
                _ => (unit, rest),
            };
            let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
            Some((Escaped::Character(character), rest))
        }
        [b'\\', b'x', digits @ ..] | [b'%', digits @ ..] => {
            let (byte, rest) = code(digits, 2)?;
            Some((Escaped::Byte(u8::try_from(byte).ok()?), rest))
        }
        [b'\\', letter, rest @ ..] => {
            let byte = match letter {
                // One blank is like another.
                b'b' | b'f' | b'n' | b'r' | b't' => b' ',
                sign if sign.is_ascii_punctuation() => *sign,
                _ => return None,
            };
            Some((Escaped::Byte(byte), rest))
        }
        [b'&', b'#', number @ ..] => {
            let (radix, digits) = match number {
                [b'x', digits @ ..] => (16, digits),
                digits => (10, digits),
            };
            // There may be any number of zeros.
            let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
            let digits = digits.get(zeros.saturating_sub(1)..)?;
            let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
            let length = digits.iter().take(LONGEST).take_while(is_digit).count();
            let (digits, rest) = digits.split_at_checked(length)?;
            let digits = str::from_utf8(digits).ok()?;
            // A browser does not ask for the semicolon.
            let rest = rest.strip_prefix(b";").unwrap_or(rest);
            let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
            Some((Escaped::Character(character), rest))
        }
        [b'&', name @ ..] => NAMES.iter().find_map(|(known, character)| {
            let rest = name.strip_prefix(known.as_bytes())?;
            Some((Escaped::Character(*character), rest))
        }),
        _ => None,
    }
}

/// The number that so many hexadecimal `digits` at the start of `text` are, and what follows them.
fn code(text: &[u8], digits: usize) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(digits)?;
    let number = digits.iter().try_fold(0, |number, digit| {
        Some(number << 4 | char::from(*digit).to_digit(16)?)
    })?;
    Some((number, rest))
}
