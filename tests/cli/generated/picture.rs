//! The picture of the README: what the tool writes to a terminal, as an SVG.

use std::fmt::Write as _;
use std::path::Path;

use vt100::{Cell, Color, Parser};

use crate::demo_files::Files;
use crate::server::Server;
use crate::support::program;

/// What is run, as a shell takes it. Dates in its output are relative to now, as they are in the
/// demo, so that the picture stays the same.
const COMMANDS: &[&str] = &[
    "openai files retrieve file-expiring --transform '{id,filename,bytes,status}'",
    "openai files retrieve file-expiring file-vision file-error file-soon --format table",
    "openai files retrieve file-soon --wait -q --poll-interval 50ms && echo ready",
    "openai files retrieve file-nope",
];

/// The origin that the README shows in the place of the server's own.
const SHOWN_ORIGIN: &str = "http://127.0.0.1:8080";

const COLUMNS: u16 = 86;
const ROWS: u16 = 40;

// In pixels: a cell, and the space around all of them.
const CELL: (f32, f32) = (8.4, 19.0);
const MARGIN: f32 = 16.0;

/// The picture.
pub(super) fn svg() -> String {
    let mut screen = Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
    for (index, command) in COMMANDS.iter().enumerate() {
        let space = if index > 0 { "\r\n" } else { "" };
        let prompt = format!("{space}\x1b[1;32m$\x1b[0m {command}\r\n");
        screen.process(prompt.as_bytes());
        screen.process(&output(command));
    }
    draw(&screen)
}

/// What a command writes to a terminal, with the carriage returns that its driver adds.
fn output(command: &str) -> Vec<u8> {
    let files = Files::default();
    let server = Server::options()
        .unrecorded()
        .start(move |request| files.answer(request));
    let openai = Path::new(assert_cmd::cargo::cargo_bin!("openai"));
    let run = program("/bin/sh")
        .args(["-c", command])
        .env("PATH", openai.parent().unwrap())
        .server(&server)
        .terminal(COLUMNS, ROWS)
        .run();
    format!("{}{}", run.out(), run.err())
        .replace(&server.origin(), SHOWN_ORIGIN)
        .replace('\n', "\r\n")
        .into_bytes()
}

fn draw(parser: &Parser) -> String {
    let screen = parser.screen();
    let rows: Vec<_> = screen.rows(0, COLUMNS).collect();
    let rows = rows.iter().rposition(|row| !row.is_empty()).unwrap() + 1;
    let (width, height) = (
        f32::from(COLUMNS) * CELL.0 + 2.0 * MARGIN,
        f32::from(u16::try_from(rows).unwrap()) * CELL.1 + 2.0 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <title>openai files retrieve on a terminal</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1c1e26\"/>\n\
         <g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\" fill=\"#d5d8e0\" xml:space=\"preserve\">\n"
    );
    for row in 0..u16::try_from(rows).unwrap() {
        let y = MARGIN + (f32::from(row) + 0.75) * CELL.1;
        for (column, style, text) in runs(|column| screen.cell(row, column)) {
            let x = MARGIN + f32::from(column) * CELL.0;
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\"{style}>{text}</text>").unwrap();
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The texts of a row, each of one style: where it begins, its attributes, and itself.
fn runs<'a>(cell: impl Fn(u16) -> Option<&'a Cell>) -> Vec<(u16, String, String)> {
    let mut runs: Vec<(u16, String, String)> = Vec::new();
    for column in 0..COLUMNS {
        let Some(cell) = cell(column).filter(|cell| cell.has_contents()) else {
            // Spaces within a text are cells with contents; the others need not be drawn.
            runs.push((column, String::new(), String::new()));
            continue;
        };
        let text = cell
            .contents()
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let style = style(cell);
        match runs.last_mut() {
            Some((_, last, run)) if *last == style && !run.is_empty() => run.push_str(&text),
            _ => runs.push((column, style, text)),
        }
    }
    runs.retain(|(_, _, text)| !text.trim().is_empty());
    runs
}

fn style(cell: &Cell) -> String {
    let mut style = String::new();
    if let Some(color) = color(cell.fgcolor()) {
        write!(style, " fill=\"{color}\"").unwrap();
    }
    if cell.bold() {
        style.push_str(" font-weight=\"bold\"");
    }
    if cell.dim() {
        style.push_str(" opacity=\"0.6\"");
    }
    style
}

/// The colour of a text; none for the usual one.
fn color(color: Color) -> Option<String> {
    const PALETTE: [&str; 8] = [
        "#6c7086", "#f2777a", "#99cc99", "#ffcc66", "#6699cc", "#cc99cc", "#66cccc", "#d5d8e0",
    ];
    match color {
        Color::Default => None,
        Color::Idx(index) => Some(PALETTE[usize::from(index % 8)].into()),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}
