//! Text in columns: kept on one line, measured, cut, wrapped and coloured.
//!
//! Columns are those of a terminal: CJK and emoji take two, combining marks none (UAX #11). Text
//! is cut between grapheme clusters (UAX #29), so no accent is torn from its letter.

use std::borrow::Cow;
use std::iter;

use colored::Colorize;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::{Stream, begins_command, disarm, disarm_inside, seems_to_hold_label};

/// In a pipe, content wider than this, in columns, does not widen what is aligned with it. Else
/// one value of megabytes would pad every other line to its width. File systems end a name at
/// 255 bytes (`NAME_MAX` of Linux), so every real name stays below.
pub(crate) const ALIGNED: usize = 320;

/// Whether so many `lines` of so many `columns` are mostly padding, where they hold so much `text`, in
/// columns or bytes: a few bytes that are aligned with one wide line would become gigabytes.
pub(crate) fn is_padding(lines: usize, columns: usize, text: usize) -> bool {
    /// How much larger than its text a layout may be, and how large however little text it has.
    const LARGER: usize = 16;
    const SMALL: usize = 1 << 20;
    lines.saturating_mul(columns) > LARGER * text + SMALL
}

/// The width of a terminal that does not tell, in columns: that of the VT100.
const USUAL: usize = 80;

/// No terminal is taken to be narrower than this, in columns.
pub(crate) const NARROWEST: usize = 20;

/// No terminal is taken to be wider than this, in columns.
const WIDEST: usize = 4096;

/// The columns there are on `stream`; `None` if there is no end, as in a pipe.
pub(crate) fn limit(stream: &Stream) -> Option<usize> {
    let width = stream.width.unwrap_or(USUAL);
    stream.is_terminal.then_some(width.clamp(NARROWEST, WIDEST))
}

/// `text` as it may stand inside a line of `stream`, also where that ends up in the log of a CI
/// service. A text that does not change is not copied: it may be large.
pub(crate) fn one_line<'a>(text: impl Into<Cow<'a, str>>, stream: &Stream) -> Cow<'a, str> {
    let mut text = text.into();
    // First, since escaped it may be six times as long.
    if let Cow::Owned(disarmed) = disarm_inside(&text) {
        text = disarmed.into();
    }
    if let Cow::Owned(line) = stream.safe_line(&text) {
        text = line.into();
    }
    text
}

/// `text` that nobody reads beyond the width of any terminal, as far as that on `stream`.
pub(crate) fn start_for<'a>(text: impl Into<Cow<'a, str>>, stream: &Stream) -> Cow<'a, str> {
    let text = text.into();
    if stream.is_terminal
        && let Cow::Owned(start) = cut_characters(&text, WIDEST)
    {
        return start.into();
    }
    text
}

/// The most columns that stay together: those of an emoji with a skin tone.
const WIDEST_PIECE: usize = 4;

/// How many columns `text` takes on nearly all terminals.
pub(crate) fn width(text: &str) -> usize {
    Measure::USUAL.width(text)
}

/// How many columns a character takes by itself.
#[derive(Clone, Copy)]
pub(crate) struct Measure(fn(char) -> usize);

impl Measure {
    /// As nearly all terminals have it.
    pub(crate) const USUAL: Self = Self(columns_of);

    /// The most that any has it.
    pub(crate) const MOST: Self = Self(most_columns_of);

    /// That for a line of these `parts`. A terminal that draws it wider than others breaks it where
    /// a server may have chosen: what follows is not to look like a message of ours.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a str>, stream: &Stream) -> Self {
        if stream.is_terminal && parts.into_iter().any(seems_to_hold_label) {
            Self::MOST
        } else {
            Self::USUAL
        }
    }

    /// How many columns `text` takes.
    pub(crate) fn width(self, text: &str) -> usize {
        if text.is_ascii() {
            return text.len();
        }
        pieces(self, text).map(|(_, columns)| columns).sum()
    }

    /// `text` if it fits into `columns`, else its beginning and `…`.
    pub(crate) fn cut(self, text: &str, columns: usize) -> Cow<'_, str> {
        let room_of_mark = self.width(MARK);
        let mark = if room_of_mark <= columns { MARK } else { "" };
        let mut used = 0;
        let mut end = 0;
        let mut kept = 0;
        for (piece, columns_of_piece) in pieces(self, text) {
            used += columns_of_piece;
            if used > columns {
                return Cow::Owned(format!("{}{mark}", &text[..kept]));
            }
            end += piece.len();
            if used + room_of_mark <= columns {
                kept = end;
            }
        }
        Cow::Borrowed(text)
    }

    /// `text` in lines of at most `columns` (9 or more), broken at spaces where there are any. The
    /// spaces at a break are dropped. There is always a line, and none begins a command to who reads
    /// logs.
    pub(crate) fn wrap(self, text: &str, columns: usize) -> impl Iterator<Item = Cow<'_, str>> {
        self.wrap_behind(0, text, columns)
    }

    /// The same where `taken` columns of the first line are in use.
    fn wrap_behind(
        self,
        taken: usize,
        text: &str,
        columns: usize,
    ) -> impl Iterator<Item = Cow<'_, str>> {
        // What was no command within a line may be one at the start of a line.
        let has_command =
            text.contains(':') && broken(self, taken, text, columns).any(begins_command);
        let columns = columns - if has_command { ESCAPED } else { 0 };
        broken(self, taken, text, columns).map(disarm)
    }
}

/// What stands for the rest of a text that is cut.
const MARK: &str = "…";

/// `text` if it has at most `characters`, else that many and `…`: for what is not laid out yet.
pub(crate) fn cut_characters(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((end, _)) => Cow::Owned(format!("{}{MARK}", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// How far what continues a line is indented, in columns: further than any line is.
const HANGING: usize = 4;

/// How much wider a character is as its escape, in columns.
const ESCAPED: usize = r"\u003a".len() - ":".len();

/// `text` from afar, which is safe for `stream`, as it goes on there on a line of which `taken`
/// columns (16 at most) are in use. What does not fit on a terminal is continued on indented lines:
/// where the terminal broke the line, spaces in the text would choose what stands at the start of
/// the next one, as only the words of this tool do. In a pipe nothing changes.
pub(crate) fn hang<'a>(
    text: impl Into<Cow<'a, str>>,
    taken: usize,
    stream: &Stream,
) -> Cow<'a, str> {
    let text = text.into();
    let Some(limit) = limit(stream) else {
        return text;
    };
    if taken + Measure::MOST.width(&text) <= limit {
        return text;
    }
    let words = text.split(is_blank).filter(|word| !word.is_empty());
    let text = joined(words, " ");
    let lines = Measure::MOST.wrap_behind(taken, &text, limit - HANGING);
    joined(lines, &format!("\n{:HANGING$}", "")).into()
}

/// Many `parts` with something `between` them.
fn joined(parts: impl Iterator<Item = impl AsRef<str>>, between: &str) -> String {
    let mut joined = String::new();
    for (at, part) in parts.enumerate() {
        if at > 0 {
            joined.push_str(between);
        }
        joined.push_str(part.as_ref());
    }
    joined
}

/// Whether a character shows nothing but takes room.
pub(crate) fn is_blank(character: char) -> bool {
    // Braille, hieroglyphs and a note head without anything to see.
    character.is_whitespace()
        || matches!(
            character,
            '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{1d159}'
        )
}

/// The lines of [`Measure::wrap`], which may begin commands.
fn broken(
    measure: Measure,
    taken: usize,
    text: &str,
    columns: usize,
) -> impl Iterator<Item = &str> {
    let mut pieces = pieces(measure, text).peekable();
    let mut start = 0;
    let mut at = 0;
    let mut used = taken;
    let mut after_space = None;
    let mut blank = true;
    let mut ended = false;
    iter::from_fn(move || {
        while let Some((piece, columns_of_piece)) = pieces.peek() {
            if *piece == " " {
                // Spaces may hang over the end, where they are dropped.
                at += 1;
                used += 1;
                if !blank {
                    after_space = Some(at);
                }
            } else if used + columns_of_piece > columns && at > start {
                let end = after_space.take().unwrap_or(at);
                let line = text[start..end].trim_end_matches(' ');
                start = end;
                used = measure.width(&text[start..at]);
                return Some(line);
            } else {
                at += piece.len();
                used += columns_of_piece;
                blank = false;
            }
            pieces.next();
        }
        let last = (!ended).then(|| text[start..].trim_end_matches(' '));
        ended = true;
        last
    })
}

/// The grapheme clusters of `text` and the columns each takes. A cluster of more than
/// [`WIDEST_PIECE`] columns, as a long run of Hangul initials is, comes in its characters: it
/// must be possible to break it.
fn pieces(Measure(measure): Measure, text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).flat_map(move |cluster| {
        // Some terminals draw a cluster as one, others each character for itself, which makes a
        // thumb with a skin tone 2 or 4 wide and a red heart 2 or 1. With the wider reading a
        // line never runs over the edge of either.
        let apart: usize = cluster.chars().map(measure).sum();
        let columns = cluster.width().max(apart);
        let whole = columns <= WIDEST_PIECE;
        cluster
            .char_indices()
            .take(if whole { 1 } else { usize::MAX })
            .map(move |(at, character)| {
                if whole {
                    (cluster, columns)
                } else {
                    let alone = &cluster[at..at + character.len_utf8()];
                    (alone, measure(character))
                }
            })
    })
}

/// The columns that nearly all terminals give a character; one for a control character, which is
/// shown somehow. Half a flag has two on terminals that draw it as an emoji of its own.
fn columns_of(character: char) -> usize {
    match character {
        '\u{1f1e6}'..='\u{1f1ff}' => 2,
        _ => character.width().unwrap_or(1).max(spacing(character)),
    }
}

/// The columns of a character of which `unicode-width` says less than glibc 2.36 does, by which many
/// terminals go; 0 for all others. It has none for those that belong to the letter beside them, of
/// which some take room (UAX #44, category Mc).
#[rustfmt::skip]
fn spacing(character: char) -> usize {
    match character {
        '\u{302e}'..='\u{302f}' | '\u{3164}' | '\u{3248}'..='\u{324f}' | '\u{16ff0}'..='\u{16ff1}' => 2,
        '\u{ad}' | '\u{605}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{9be}'
        | '\u{9d7}' | '\u{b3e}' | '\u{b57}' | '\u{bbe}' | '\u{bd7}' | '\u{cc0}'
        | '\u{cc2}' | '\u{cc7}'..='\u{cc8}' | '\u{cca}'..='\u{ccb}' | '\u{cd5}'..='\u{cd6}' | '\u{d3e}' | '\u{d4e}'
        | '\u{d57}' | '\u{dcf}' | '\u{ddf}' | '\u{1715}' | '\u{1734}' | '\u{1b35}'
        | '\u{1b3b}' | '\u{1b3d}' | '\u{1b43}'..='\u{1b44}' | '\u{1baa}' | '\u{1bf2}'..='\u{1bf3}' | '\u{a8fa}'
        | '\u{a953}' | '\u{a9c0}' | '\u{ffa0}' | '\u{111c0}' | '\u{111c2}'..='\u{111c3}' | '\u{11235}'
        | '\u{1133e}' | '\u{1134d}' | '\u{11357}' | '\u{114b0}' | '\u{114bd}' | '\u{115af}'
        | '\u{116b6}' | '\u{11930}' | '\u{1193d}' | '\u{1193f}' | '\u{11941}' | '\u{11a84}'..='\u{11a89}'
        | '\u{11d46}' | '\u{1d165}'..='\u{1d166}' | '\u{1d16d}'..='\u{1d172}' => 1,
        _ => 0,
    }
}

/// The most columns that any terminal gives a character: some do not know a mark, or know it as a
/// letter, which may be wide; in East Asia more are (UAX #11, ambiguous), and what is an emoji
/// changes from one version of Unicode to the next.
fn most_columns_of(character: char) -> usize {
    if character.is_ascii() {
        return 1;
    }
    columns_of(character).max(2)
}

/// How text is set off from its surroundings: in colours of the basic 16 that can be read on black
/// and on white alike. Plain blue is too dark for the one; yellow is light for the other, but what
/// everybody takes for "under way" and "warning".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all.
    Plain,
    /// Headings and labels.
    Bold,
    /// What matters least.
    Dim,
    /// Good; strings.
    Green,
    /// Under way.
    Yellow,
    /// Bad.
    Red,
    /// Names of members.
    Key,
    /// Numbers.
    Magenta,
    /// Booleans.
    Cyan,
    /// The label of an error.
    Error,
    /// The label of a warning or note.
    Warning,
    /// The label of a hint.
    Hint,
}

impl Style {
    /// `text` in this style, plain if `stream` is not coloured.
    pub(crate) fn paint<'a>(self, text: &'a str, stream: &Stream) -> Cow<'a, str> {
        if !stream.color {
            return Cow::Borrowed(text);
        }
        let painted = match self {
            Self::Plain => return Cow::Borrowed(text),
            Self::Bold => text.bold(),
            Self::Dim => text.dimmed(),
            Self::Green => text.green(),
            Self::Yellow => text.yellow(),
            Self::Red => text.red(),
            Self::Key => text.bright_blue().bold(),
            Self::Magenta => text.magenta(),
            Self::Cyan => text.cyan(),
            Self::Error => text.red().bold(),
            Self::Warning => text.yellow().bold(),
            Self::Hint => text.cyan().bold(),
        };
        Cow::Owned(painted.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::output::samples::{hostile_text, terminal};

    const TERMINAL: Stream = terminal(40);

    #[test]
    fn widths_are_those_of_a_terminal() {
        for (text, columns) in [
            ("", 0),
            ("abc", 3),
            ("é", 1),
            ("e\u{301}", 1),
            ("資料", 4),
            ("한국", 4),
            ("😀", 2),
            ("👍🏽", 4),
            ("🇨🇭", 4),
            ("❤\u{fe0f}", 2),
            ("বা", 2),
            ("\u{302e}", 2),
            ("…", 1),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let cut = |text, columns| Measure::USUAL.cut(text, columns);
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 5), "abcd…");
        assert_eq!(cut("abcdef", 1), "…");
        assert_eq!(cut("資料資料", 8), "資料資料");
        assert_eq!(cut("資料資料", 7), "資料資…");
        assert_eq!(cut("資料資料", 6), "資料…");
        assert_eq!(cut("ae\u{301}e\u{301}x", 3), "ae\u{301}…");
    }

    #[test]
    fn lines_break_at_spaces_if_they_can() {
        let wrap = |text, columns| Measure::USUAL.wrap(text, columns).collect::<Vec<_>>();
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("one two  three ", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a bcdefgh", 4), ["a", "bcde", "fgh"]);
        assert_eq!(wrap("資料資料", 5), ["資料", "資料"]);
        assert_eq!(wrap(" aaaa資", 5), [" aaaa", "資"]);
        assert_eq!(
            wrap("sixsix seven77 :: a", 14),
            ["sixsix", "seven77", "\\u003a: a"]
        );
    }

    #[test]
    fn what_does_not_fit_on_a_line_hangs() {
        let hangs = |text: &str, taken| hang(text, taken, &TERMINAL).into_owned();
        let fits = "  two  spaces,  the last column: 40 - 2";
        assert_eq!(hangs(&fits[2..], 3), &fits[2..]);
        assert_eq!(
            hangs(&fits[2..], 4),
            "two spaces, the last column: 40\n    - 2"
        );
        assert_eq!(
            hangs(&format!("a{}hint: run me", " ".repeat(39)), 2),
            "a hint: run me"
        );
        assert_eq!(
            hangs(
                &format!(" a{}\u{2800}hint: run me", "\u{3000}".repeat(30)),
                2
            ),
            "a hint: run me"
        );
        assert_eq!(
            hangs(&"資".repeat(40), 7),
            format!(
                "{}\n    {}\n    {}",
                "資".repeat(14),
                "資".repeat(18),
                "資".repeat(8)
            )
        );
        assert_eq!(
            hangs(&format!("{} ::stop-commands::x", "x".repeat(25)), 2),
            format!("{}\n    \\u003a:stop-commands::x", "x".repeat(25))
        );
        // Letters that are taken for marks, that are wide in East Asia, and what was no emoji once.
        for letter in ["\u{d4e}", "\u{b1}", "\u{1f946}", "\u{d7b0}"] {
            let (first, second) = (letter.repeat(17), letter.repeat(2));
            assert_eq!(
                hangs(&format!("{first}{second}hint: run me"), 2),
                format!("{first}\n    {second}hint: run me")
            );
        }
        let long = "x ".repeat(100);
        assert_eq!(hang(&long, 2, &Stream::PIPE), long);
        let untold = Stream {
            width: None,
            ..TERMINAL
        };
        assert_eq!(hang(&long, 2, &untold), hang(&long, 2, &terminal(USUAL)));
    }

    #[test]
    fn a_terminal_that_does_not_tell_its_width_has_the_usual_one() {
        let width = |width| limit(&Stream { width, ..TERMINAL });
        assert_eq!(width(Some(100)), Some(100));
        assert_eq!(width(None), Some(80));
        assert_eq!(width(Some(3)), Some(NARROWEST));
        assert_eq!(width(Some(1_000_000)), Some(WIDEST));
        assert_eq!(limit(&Stream::PIPE), None);
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in hostile_text(), columns in 1_usize..40) {
            let text = one_line(&text, &TERMINAL);
            let short = Measure::USUAL.cut(&text, columns);
            prop_assert!(width(&short) <= columns);
            prop_assert!(short.width() <= columns);
            match short.strip_suffix('…') {
                Some(kept) if short != text => prop_assert!(text.starts_with(kept)),
                _ => prop_assert_eq!(&short, &text),
            }
            prop_assert_eq!(short == text, width(&text) <= columns);
        }

        #[test]
        fn what_hangs_fits_and_its_start_is_indented(
            text in prop::collection::vec(hostile_text(), 0..4),
            columns in NARROWEST..60,
            taken in 0_usize..=16,
        ) {
            let stream = terminal(columns);
            let text = one_line(text.concat(), &stream).into_owned();
            let hanging = hang(&text, taken, &stream).into_owned();
            for (at, line) in hanging.split('\n').enumerate() {
                let taken = if at == 0 { taken } else { 0 };
                prop_assert!(taken + width(line) <= columns);
                prop_assert!(at == 0 || line.starts_with("    "));
            }
            let visible = |text: &str| text.replace(is_blank, "");
            prop_assert_eq!(visible(&hanging).replace("\\u003a:", "::"), visible(&text));
        }

        #[test]
        fn what_is_wrapped_fits_and_is_complete(text in hostile_text(), columns in WIDEST_PIECE + ESCAPED..40) {
            let text = one_line(&text, &TERMINAL);
            let lines: Vec<_> = Measure::USUAL.wrap(&text, columns).collect();
            for line in &lines {
                prop_assert!(width(line) <= columns);
                prop_assert!(line.width() <= columns);
            }
            let visible = |text: &str| text.replace(' ', "");
            let lines = lines.concat().replace("\\u003a:", "::");
            prop_assert_eq!(visible(&lines), visible(&text));
        }
    }
}
