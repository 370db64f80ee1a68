//! What the tests of several renderers share: streams, and all the content there can be.

use proptest::prelude::*;

use crate::terminal::Stream;

/// A terminal without colour, `columns` wide.
pub(crate) const fn terminal(columns: usize) -> Stream {
    Stream {
        is_terminal: true,
        width: Some(columns),
        color: false,
    }
}

/// Text with all that is hard to measure and all that acts on a terminal.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,60}",
        "[ aé資한ᄀ😀🏽🇨\u{301}\u{fe0f}\u{200d}\u{622}\u{644}क्ष]{0,60}",
        "[ a±資\u{487}]{0,40}(hint|error): [a-z±]{0,20}",
        "[ a\n\t\u{1b}\u{9b}\u{202e}\u{200b}\u{2028}資]{0,20}",
        any::<String>(),
    ]
}

/// A string of JSON with its quotes, in any spelling: raw characters and every kind of escape.
pub(super) fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[ -~&&[^\"\\\\]]{1,12}",
        2 => any::<char>().prop_filter_map("must be escaped", |character| {
            (!matches!(character, '\0'..='\u{1f}' | '"' | '\\')).then(|| character.to_string())
        }),
        2 => prop::sample::select(vec![
            r"\n", r"\t", r"\r", r"\b", r"\f", r"\/", r#"\""#, r"\\", r"\u0000", r"\u00E9",
            r"\ud83d\ude00", r"\ud83d", r"\ude00", r"\u2028", r"\u0085", r"\ufeff", r"\u001b",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// A number of JSON, in any spelling.
pub(super) fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
    ]
}

/// The text of any JSON value, with white space anywhere.
pub(super) fn document() -> impl Strategy<Value = String> {
    document_of(|| string().boxed())
}

/// The same with what is hard to show in its strings.
pub(super) fn any_json() -> impl Strategy<Value = String> {
    document_of(|| {
        let quoted = |text| serde_json::to_string(&text).unwrap();
        hostile_text().prop_map(quoted).boxed()
    })
}

fn document_of(string: fn() -> BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        string(),
        number(),
        prop::sample::select(vec!["true", "false", "null"]).prop_map(str::to_owned),
    ];
    let space = || "[ \t\r\n]{0,2}";
    scalar.prop_recursive(6, 80, 8, move |value| {
        let element = (space(), value, space()).prop_map(|(a, value, b)| a + &value + &b);
        let member = (space(), string(), space(), element.clone())
            .prop_map(|(a, name, b, value)| format!("{a}{name}{b}:{value}"));
        prop_oneof![
            (prop::collection::vec(element, 0..8), space())
                .prop_map(|(elements, space)| format!("[{}{space}]", elements.join(","))),
            (prop::collection::vec(member, 0..8), space())
                .prop_map(|(members, space)| format!("{{{}{space}}}", members.join(","))),
        ]
    })
}
