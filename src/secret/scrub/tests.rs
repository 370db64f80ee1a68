//! What is found, and what stays.

use std::fmt::Write as _;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
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
        r"&#000000000115;k&#x000000000000002d;a/b+&#233;&quot;&#092;c&#0128512;",
        r"&#115&#107&#45a&#47b&#43&#xe9&quot;\\c&#128512",
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
    let eight_times = format!("sk%{}2dsecret", "25".repeat(7));
    assert_eq!(secrets.scrub(&eight_times), REDACTED);
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
fn encodings_do_not_hide_a_secret() {
    let secrets = known(&["sk-Secret/key"]);
    for before in ["", ":", "a:", "Bearer "] {
        for after in ["", "!", "\"}", "\n\n\n"] {
            let text = format!("{before}sk-Secret/key{after}");
            for alphabet in [BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD] {
                let scrubbed = secrets.scrub(&alphabet.encode(&text)).into_owned();
                let (start, end) = scrubbed.split_once(REDACTED).unwrap();
                // No more than a part of a digit stays of the secret on either side.
                assert!(
                    start.len() <= (before.len() * 4).div_ceil(3),
                    "{text}: {scrubbed}"
                );
                let end = end.trim_end_matches('=');
                assert!(
                    end.len() <= (after.len() * 4).div_ceil(3) + 1,
                    "{text}: {scrubbed}"
                );
            }
        }
    }
    for text in [
        "736b2d5365637265742F6b6579",
        "73:6b:2d:53:65:63:72:65:74:2f:6b:65:79",
        "0x73, 0x6B, 0x2d, 0x53, 0x65, 0x63, 0x72, 0x65, 0x74, 0x2f, 0x6b, 0x65, 0x79",
        r"73 6b 2d 53 65 63 72\n65 74 2f 6b 65 79",
    ] {
        assert_eq!(secrets.scrub(text), REDACTED, "{text}");
    }
    // In hexadecimal digits of which none is a letter.
    let secrets = known(&["30674f3c29d9a773"]);
    for (text, expected) in [
        ("33 30 36 37 34 66 33 63 32 39 64 39 61 37 37 33", REDACTED),
        ("33:30:36:37:34:66:33:63:32:39:64:39:61:37:37:33", REDACTED),
        ("333036373466336", "333036373466336"),
    ] {
        assert_eq!(secrets.scrub(text), expected);
    }
}

#[test]
fn a_key_is_known_by_its_looks() {
    let key = "sk-0123456789abcdefg";
    for (text, expected) in [
        ("{}", REDACTED),
        (
            "\u{feff}\u{201c}{}\u{201d}, {}. {}/{}",
            "\u{feff}\u{201c}[redacted]\u{201d}, [redacted]. [redacted]",
        ),
        ("--api-key{}_-x.y+z==", "--api-key[redacted]"),
        ("[200~{}\u{fffd}", "[200~[redacted]\u{fffd}"),
        (
            r"\u001b[38:5:1m{}\u001b[m",
            r"\u001b[38:5:1m[redacted]\u001b[m",
        ),
        (r"\u001b[31m\u001b[K{}", r"\u001b[31m\u001b[K[redacted]"),
        ("/%22{}%22", "/%22[redacted]%22"),
        (r"\xa0{}", r"\xa0[redacted]"),
        (
            r"\n{}\t{}\u0026{}",
            r"\n[redacted]\t[redacted]\u0026[redacted]",
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

/// Neither what somebody guesses at it on the command line nor a secret within it shows a part.
#[test]
fn a_key_that_is_known_by_its_looks_goes_as_a_whole() {
    let text = "task failed with key sk-acme-team7-Zk8Rj4Lm2Np6";
    for guess in [
        "sk-failedwithkeyskacme",
        "sk-failedwithkeyskbcme",
        "sk-acme",
    ] {
        let secrets = known(&["acme-team7"]).and_typed([Secret::new(guess)]);
        assert_eq!(
            secrets.scrub(text),
            "task failed with key [redacted]",
            "{guess}"
        );
    }
}

#[test]
fn a_search_for_secrets_takes_no_longer_for_hostile_text() {
    let secrets = known(&["\\\\secret", "%%%%a%%%%a"]);
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
fn nobody_guesses_a_secret_step_by_step() {
    let token = "Q7w9Xz2LmR8tVb4NcJ6hGd1KpY3sFa5EuT0iWo";
    let few_letters = "7k!$-x_%q~2";
    let secrets = known(&[token, few_letters]);
    for part in [&token[1..], &token[..token.len() - 1], "7kxq2"] {
        assert_eq!(secrets.scrub(part), part);
    }
    for secret in [token, few_letters] {
        assert_eq!(secrets.scrub(secret), REDACTED);
    }
}

#[test]
fn what_others_choose_does_not_reach_into_a_secret() {
    let secrets = known(&["7fQ2xLm9Kd4R"]).and_typed([Secret::new("sk-aaaacode7")]);
    for (text, expected) in [
        ("x/sk-aaaacode=7fQ2xLm9Kd4R", "x/sk-aaaacode=[redacted]"),
        ("x/sk-aaaacode=7", "x/[redacted]"),
    ] {
        assert_eq!(secrets.scrub(text), expected);
    }
}

#[test]
fn what_looks_like_a_secret_may_reach_into_it() {
    let secrets = known(&["k1-abcde-k1"]);
    assert_eq!(
        secrets.scrub("k1-abcde, k1-abcde-k1-abcde"),
        "[redacted]-abcde"
    );
    // Takes minutes where all of it is compared at each place.
    let secrets = known(&[&"ab".repeat(30_000)]);
    assert_eq!(secrets.scrub(&"ab".repeat(500_000)), REDACTED);
    assert_eq!(secrets.scrub(&"ba".repeat(30_001)), "b[redacted]a");
}

#[test]
fn what_a_secret_begins_and_ends_with_goes_with_it() {
    let secrets = known(&[
        "\"ab12cd\"",
        "<<(geheim123);;!!",
        "\"\"\"\"\"\"\"\"",
        "тайна\"x7Kq2abc",
    ]);
    for (text, expected) in [
        ("bad \"ab12cd\"", "bad \"[redacted]\""),
        ("bad <<(geheim123);;!!", "bad [redacted]"),
        ("bad тайна\"x7Kq2abc", "bad [redacted]\"[redacted]"),
        ("(<(geheim123);!)", "(<([redacted]);!)"),
        // How much of it is right is not to be seen.
        ("<<(geheim123);;!", "[redacted]);;!"),
        ("\"\"\"\"\"\"\"\"", "\"\"\"\"\"\"\"\""),
    ] {
        assert_eq!(secrets.scrub(text), expected);
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    let secrets = known(&[
        "geheim123\u{e9}",
        "\u{e9}geheimnis\u{e9}\u{e9}",
        r#"{"key":"pk-abc-def"}"#,
    ]);
    for (text, expected) in [
        ("geheim123\u{e9}!", "[redacted]!"),
        ("geheim123\u{c3}!", "[redacted]\u{c3}!"),
        ("a\u{a9}geheimnis\u{e9}\u{e9}", "a\u{a9}[redacted]"),
        (r#"{"m":"key pk-abc-def"}"#, r#"{"m":"[redacted]"}"#),
        (r#"{"key":"pk-abc-def"}"#, r#"{"[redacted]":"[redacted]"}"#),
    ] {
        assert_eq!(secrets.scrub(text), expected);
    }
}

#[test]
fn of_a_long_text_the_start_is_shown() {
    let secrets = known(&["sk-secret-key"]);
    let shown = |before: usize| {
        let text = format!(
            "{}sk-secret-key{}",
            "é".repeat(before),
            "/".repeat(MOST_SEARCHED)
        );
        secrets.scrub_start(&text, MOST_SEARCHED).into_owned()
    };
    let half = MOST_SEARCHED / 2;
    assert!(shown(0).starts_with("[redacted]//") && shown(0).len() == half - 3);
    assert_eq!(shown(half - 4), "é".repeat(half / 2));
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
    let character =
        any::<char>().prop_filter("of escapes, or in no secret", |it| !"\\%&\0".contains(*it));
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

/// Where a part of a text is.
type Place = (prop::sample::Index, prop::sample::Index);

fn part<'t>(text: &'t str, (start, end): &Place) -> &'t str {
    let [start, end] = [start, end].map(|at| at.index(text.len() + 1));
    text.get(start..end).unwrap_or_default()
}

/// What somebody may write who guesses at a secret: parts of it, each behind a sign that means something.
fn guesses() -> impl Strategy<Value = Vec<(&'static str, Place)>> {
    let signs = [
        "", "a", "1", "-", " ", "\"", "\\", "\\\"", "\\u00", "%", "%4", "&", "&#x", "&amp;", "sk-",
    ];
    prop::collection::vec((prop::sample::select(signs.to_vec()), any::<Place>()), 0..4)
}

proptest! {
    #[test]
    fn what_is_left_is_the_same_for_another_secret(
        // Its start is nowhere else in it: none begins within another.
        secret in "q[ab41]{3}[ab41 \"-]{2,6}[ab41]{4}",
        at in any::<prop::sample::Index>(),
        letter in "[ab41]",
        before in guesses(),
        after in guesses(),
        typed in prop::collection::vec(any::<Place>(), 0..3),
    ) {
        let [before, after] = [before, after].map(|guesses| {
            let parts = guesses.iter().map(|(sign, place)| format!("{sign}{}", part(&secret, place)));
            parts.collect::<String>()
        });
        let text = format!("{before}{secret}{after}");
        let mut other = secret.clone();
        let letters = secret.match_indices(char::is_alphanumeric).skip(1);
        let (at, _) = letters.collect::<Vec<_>>()[at.index(7)];
        other.replace_range(at..=at, &letter);
        let mut left = Vec::new();
        for secret in [&secret, &other] {
            let secrets = known(&[secret]);
            prop_assume!([&before, &after].map(|it| secrets.scrub(it)) == [&*before, &*after]);
            let secrets = secrets.and_typed(typed.iter().map(|it| Secret::new(part(&text, it))));
            left.push(secrets.scrub(&format!("{before}{secret}{after}")).into_owned());
        }
        prop_assert_eq!(&left[0], &left[1]);
    }

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
        // What completed an escape that a secret may end with would be a part of it.
        after in "( \\PC{0,12})?",
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
