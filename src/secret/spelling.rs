//! How a character may be spelled in what a server sends: as it is, or with the escapes of JSON,
//! URLs and HTML.

use std::iter::successors;

use crate::columns::is_blank;

/// How often a text may have been quoted in another; each time doubles the backslashes.
const MOST_BACKSLASHES: usize = 8;

/// What the escapes begin with.
const SIGNS: [char; 3] = ['\\', '%', '&'];

/// How long a character may be, in bytes: escaped, and its backslash once more.
pub(super) const LONGEST_SPELLING: usize = MOST_BACKSLASHES + r"u005cu0000".len();

/// What a spelling of `secret` may begin with.
pub(super) fn beginnings(secret: &str) -> Option<[char; 5]> {
    let first = secret.chars().next()?;
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let [json, url, html] = SIGNS;
    Some([lower, upper, json, url, html])
}

/// Adds to `rests` what may follow `character` at the start of `text`, where it stands as it is or
/// escaped. That is one text at most, but for characters that escapes are made of, and blanks.
pub(super) fn after<'t>(text: &'t str, character: char, rests: &mut Vec<&'t str>) {
    rests.extend(after_literal(text, character));
    // Texts may be long and hostile: what begins no escape is not tried as one.
    match text.as_bytes() {
        // More of them than are looked for.
        [b'\\', more @ ..] if character != '\\' && more.starts_with(&[b'\\'; MOST_BACKSLASHES]) => {
        }
        [b'\\', ..] => {
            after_backslash(text, character, rests);
            after_percent(text, character, rests);
            rests.extend(after_reference(text, character));
        }
        [b'%', b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => {
            after_percent(text, character, rests);
        }
        [b'&', b'#' | b'a'..=b'z', ..] => rests.extend(after_reference(text, character)),
        _ if character == ' ' => after_blank(text, rests),
        _ => {}
    }
}

fn after_literal(text: &str, character: char) -> Option<&str> {
    text.strip_prefix(|found: char| found.eq_ignore_ascii_case(&character))
}

/// The same for a space: as forms have it (URL standard, section 5.2), or any number of blanks,
/// which become one where text is quoted or laid out.
fn after_blank<'t>(text: &'t str, rests: &mut Vec<&'t str>) {
    rests.extend(text.strip_prefix('+'));
    if let Some(rest) = text.strip_prefix(is_blank) {
        rests.extend([rest, rest.trim_start_matches(is_blank)]);
    }
}

/// The same for a JSON escape: `\/`, `\"`, `\t`, `\u002f`, `\ud83d\ude00`.
fn after_backslash<'t>(text: &'t str, character: char, rests: &mut Vec<&'t str>) {
    if character == '\\' {
        // Each time that the text was quoted doubled it.
        let doubled = [r"\\", r"\\\\", r"\\\\\\\\"];
        rests.extend(doubled.iter().filter_map(|all| text.strip_prefix(*all)));
    }
    // Of the control characters that have a letter a header may hold this one.
    let letter = if character == '\t' { 't' } else { character };
    rests.extend(after_backslashes(text).filter_map(|text| after_literal(text, letter)));
    rests.extend(after_units(text, character));
}

/// The same for a character by its number.
fn after_units(text: &str, character: char) -> Option<&str> {
    let mut units = [0; 2];
    let mut units = character.encode_utf16(&mut units).iter();
    units.try_fold(text, |text, unit| {
        after_backslashes(text).find_map(|text| after_code(text, *unit))
    })
}

/// What follows the backslashes at the start of `text`. Text that was quoted again has more of
/// them, and the one within the quotes may be written by its number: that is the second choice.
fn after_backslashes(text: &str) -> impl Iterator<Item = &str> {
    let escaped = text.strip_prefix('\\').map(|mut escaped| {
        for _ in 1..MOST_BACKSLASHES {
            escaped = escaped.strip_prefix('\\').unwrap_or(escaped);
        }
        escaped
    });
    let numbered = escaped.and_then(|escaped| after_code(escaped, u16::from(b'\\')));
    escaped.into_iter().chain(numbered)
}

/// What follows `code` where it stands after a backslash: `u002f`.
fn after_code(text: &str, code: u16) -> Option<&str> {
    let (digits, rest) = text.strip_prefix('u')?.split_at_checked(4)?;
    let found = u16::from_str_radix(digits, 16).ok()?;
    (found == code).then_some(rest)
}

/// How often a URL may have been put into another; each time encodes the percent signs.
const MOST_ENCODINGS: usize = 4;

/// The same for a percent-encoded character: `%2F`, `%252F`.
fn after_percent<'t>(text: &'t str, character: char, rests: &mut Vec<&'t str>) {
    let mut buffer = [0; 4];
    let mut bytes = character.encode_utf8(&mut buffer).bytes();
    let last = bytes.next_back();
    let before_last = bytes.try_fold(text, |text, byte| after_byte(text, byte).next());
    if let (Some(text), Some(last)) = (before_last, last) {
        rests.extend(after_byte(text, last));
    }
}

/// The same for one byte; more than one text where that is a percent sign.
fn after_byte(text: &str, byte: u8) -> impl Iterator<Item = &str> {
    successors(after_sign(text, '%'), |rest| rest.strip_prefix("25"))
        .take(MOST_ENCODINGS)
        .filter_map(move |encoded| {
            let (digits, rest) = encoded.split_at_checked(2)?;
            (u8::from_str_radix(digits, 16) == Ok(byte)).then_some(rest)
        })
}

/// The longest character reference that is read, in bytes.
const LONGEST_REFERENCE: usize = "&#x0010ffff;".len();

/// The same for a character reference: `&quot;`, `&#34;`, `&#x22;`.
fn after_reference(text: &str, character: char) -> Option<&str> {
    let text = after_sign(text, '&')?;
    let end = text
        .bytes()
        .take(LONGEST_REFERENCE)
        .position(|byte| byte == b';')?;
    let (name, rest) = text.split_at_checked(end)?;
    let found = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    (found == character).then(|| rest.strip_prefix(';'))?
}

/// What follows the `sign` of an escape, which may be escaped for JSON itself.
fn after_sign(text: &str, sign: char) -> Option<&str> {
    after_literal(text, sign).or_else(|| after_units(text, sign))
}

/// Whether `text` ends with an escape, whose last letter is none of the text.
pub(super) fn ends_with_escape(text: &str) -> bool {
    let ends = |length: usize, sign: &str, is_code: fn(char) -> bool| {
        text.len()
            .checked_sub(length)
            .and_then(|at| text.get(at..)?.strip_prefix(sign))
            .is_some_and(|code| code.chars().all(is_code))
    };
    let is_digit = |digit: char| digit.is_ascii_hexdigit();
    ends(r"\n".len(), r"\", |letter| "bfnrt".contains(letter))
        || ends(r"\u0000".len(), r"\u", is_digit)
        || ends(r"\x00".len(), r"\x", is_digit)
        || ends("%00".len(), "%", is_digit)
}

/// Whether `text` may be the start of an escape, or of a character that is no more than half there.
/// It is none where something else follows, as it does at the end of every JSON text.
pub(super) fn may_be_cut(text: &str) -> bool {
    let is_of_escape = |character: char| {
        character.is_ascii_alphanumeric() || character == '#' || SIGNS.contains(&character)
    };
    text == "\u{fffd}"
        || (text.len() < LONGEST_SPELLING
            && text.starts_with(SIGNS)
            && text.chars().all(is_of_escape))
}
