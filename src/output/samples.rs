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
        "[ a\n\t\u{1b}\u{9b}\u{202e}\u{200b}\u{2028}資]{0,20}",
        any::<String>(),
    ]
}

/// The text of any JSON value.
pub(super) fn any_json() -> impl Strategy<Value = String> {
    let string = || hostile_text().prop_map(|text| serde_json::to_string(&text).unwrap());
    let scalar = prop_oneof![
        string(),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?",
        prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
    ];
    scalar.prop_recursive(6, 40, 6, move |inner| {
        let member =
            (string(), inner.clone()).prop_map(|(name, value)| format!("{name} : {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6)
                .prop_map(|elements| format!("[{}]", elements.join(" , "))),
            prop::collection::vec(member, 0..6)
                .prop_map(|members| format!("{{{}}}", members.join(" , "))),
        ]
    })
}
