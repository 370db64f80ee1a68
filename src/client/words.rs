//! The server's own words about an error, found in whatever it sent.

use crate::columns::cut_characters;
use crate::json::Json;

/// How much of a body that has no known form is quoted, in characters.
pub(super) const EXCERPT: usize = 120;

/// How much of the server's own words is repeated, in characters: more than any message of the
/// API has, and less than would push everything else off a terminal.
const LONGEST_WORDS: usize = 2000;

/// How many lines of them are repeated.
const MOST_LINES: usize = 20;

/// The server's own words about an error, a line each, in whichever form it puts them:
/// `error.message`, `error` as a string (OpenAI and those who follow it), `detail` as a string or
/// as a list of validation errors (FastAPI), `message`, else the start of the body.
#[must_use]
pub fn words(body: &[u8]) -> Vec<String> {
    let from_json = std::str::from_utf8(body)
        .ok()
        .and_then(|text| Json::parse(text).ok())
        .map(words_of_json)
        .filter(|told| told.iter().any(|words| !words.trim().is_empty()));
    start(&from_json.unwrap_or_else(|| vec![excerpt(body)]))
}

/// As much of what a server tells as is repeated, line by line.
pub(crate) fn start(told: &[impl AsRef<str>]) -> Vec<String> {
    let mut left = LONGEST_WORDS;
    let mut shown: Vec<String> = Vec::new();
    for line in told.iter().flat_map(|words| words.as_ref().lines()) {
        if line.trim().is_empty() {
            continue;
        }
        if left == 0 || shown.len() == MOST_LINES {
            shown.push("…".to_owned());
            break;
        }
        shown.push(cut_characters(line, left).into_owned());
        left -= line.chars().count().min(left);
    }
    shown
}

fn words_of_json(body: Json<'_>) -> Vec<String> {
    let string = |json: Json<'_>| json.string().map(|text| vec![text.into_owned()]);
    let error = body.get("error");
    error
        .and_then(|error| error.get("message"))
        .and_then(string)
        .or_else(|| error.and_then(string))
        .or_else(|| body.get("detail").map(detail))
        .or_else(|| body.get("message").and_then(string))
        .unwrap_or_default()
}

/// `detail` as FastAPI writes it: a string, or a list of `{"loc": […], "msg": "…"}`.
fn detail(detail: Json<'_>) -> Vec<String> {
    if let Some(text) = detail.string() {
        return vec![text.into_owned()];
    }
    detail
        .elements()
        .filter_map(|item| {
            let message = item.get("msg")?.string()?;
            let place: Vec<String> = item
                .get("loc")
                .into_iter()
                .flat_map(Json::elements)
                .map(|step| {
                    step.string()
                        .map_or_else(|| step.as_str().to_owned(), Into::into)
                })
                .collect();
            Some(if place.is_empty() {
                message.into_owned()
            } else {
                format!("{}: {message}", place.join("."))
            })
        })
        .collect()
}

/// The start of a body of no known form, on one line.
pub(super) fn excerpt(body: &[u8]) -> String {
    let text = body.utf8_chunks().flat_map(|chunk| {
        let replaced = (!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(replaced)
    });
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for character in text {
        if character.is_whitespace() {
            gap = length > 0;
            continue;
        }
        length += 1 + usize::from(gap);
        if length > EXCERPT {
            line.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
        }
        line.push(character);
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words_are_found_in_every_form() {
        for (body, expected) in [
            (
                r#"{"error": {"message": "No such File object: x", "type": "t"}}"#,
                "No such File object: x",
            ),
            (r#"{"error": "boom"}"#, "boom"),
            (r#"{"error": {"code": 1}, "message": "m"}"#, "m"),
            (r#"{"detail": "Not Found"}"#, "Not Found"),
            (
                r#"{"detail": [{"loc": ["path", "file_id", 0], "msg": "bad", "type": "t"}, {"msg": "worse"}]}"#,
                "path.file_id.0: bad\nworse",
            ),
            (r#"{"message": "no route"}"#, "no route"),
            (r#"{"x": 1}"#, r#"{"x": 1}"#),
            (
                "<html>\n  <h1>502</h1>\n</html>",
                "<html> <h1>502</h1> </html>",
            ),
            ("", ""),
            (" \n", ""),
            ("\u{fffd}", "\u{fffd}"),
        ] {
            assert_eq!(words(body.as_bytes()).join("\n"), expected, "{body}");
        }
        assert_eq!(words(b"\xff\xfe"), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn many_lines_are_cut() {
        let body = format!("{{\"message\": \"a{}\"}}", "\\n\\nb".repeat(100));
        let lines = words(body.as_bytes());
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!((lines[1].as_str(), lines[MOST_LINES].as_str()), ("b", "…"));
        // White space for Unicode, though not for JSON.
        assert_eq!(words("\u{b}\u{a0}\u{2003}\n".as_bytes()), [""; 0]);
    }

    #[test]
    fn a_long_body_is_cut_at_a_character() {
        let line = excerpt("é".repeat(5000).as_bytes());
        assert_eq!(line, "é".repeat(120) + "…");
        assert_eq!(excerpt("é".repeat(120).as_bytes()), "é".repeat(120));
    }

    /// The number of characters in `lines`.
    fn characters(lines: &[String]) -> usize {
        lines.iter().map(|line| line.chars().count()).sum()
    }

    /// An error body in one of the forms that servers use, and its words.
    fn told() -> impl Strategy<Value = (String, String)> {
        let text = "\\PC{0,8}[a-z]\\PC{0,8}|x{1990,2010}";
        (text, 0..5_usize).prop_map(|(words, form)| {
            let json = serde_json::Value::from(words.as_str());
            let body = match form {
                0 => format!(r#"{{"error":{{"type":"t","message":{json},"code":null}}}}"#),
                1 => format!(r#"{{"error":{json}}}"#),
                2 => format!(r#"{{"detail":{json}}}"#),
                3 => format!(r#"{{"detail":[7,{{"msg":{json},"loc":[]}},{{"loc":1}}]}}"#),
                _ => format!(r#"{{"message":{json},"error":{{"code":1}}}}"#),
            };
            (body, words)
        })
    }

    proptest! {
        #[test]
        fn any_body_has_few_words(body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[{}\\[\\]\",:a-z \n]{0,60}".prop_map(String::into_bytes),
            told().prop_map(|(body, _)| body.into_bytes()),
        ]) {
            let lines = words(&body);
            prop_assert!(characters(&lines) <= LONGEST_WORDS + 2);
            prop_assert!(lines.len() <= MOST_LINES + 1);
            prop_assert!(lines.iter().all(|line| !line.trim().is_empty()));
            prop_assert!(characters(&[excerpt(&body)]) <= EXCERPT + 1);
        }

        #[test]
        fn the_words_are_the_servers_own((body, expected) in told()) {
            let lines = words(body.as_bytes());
            prop_assert_eq!(lines, [cut_characters(&expected, LONGEST_WORDS)]);
        }

        #[test]
        fn an_excerpt_is_the_start_of_the_body(body in "\\PC{0,300}") {
            let squeezed = body.split_whitespace().collect::<Vec<_>>().join(" ");
            let expected: String = squeezed.chars().take(EXCERPT).collect();
            let excerpt = excerpt(body.as_bytes());
            if squeezed.chars().count() <= EXCERPT {
                prop_assert_eq!(excerpt, squeezed);
            } else {
                prop_assert_eq!(excerpt, format!("{}…", expected.trim_end()));
            }
        }
    }
}
