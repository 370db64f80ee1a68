//! The manual pages, as the programs that show and check them see them.

use crate::support::{Openai, installed, program};

const PAGES: [&str; 3] = ["openai", "openai-files", "openai-files-retrieve"];

/// A program with the path of a page after its own arguments.
fn on_page(words: &str, page: &str) -> Openai {
    let path = format!("{}/man/{page}.1", env!("CARGO_MANIFEST_DIR"));
    program("/usr/bin/env")
        .args(words.split(' '))
        .args([path])
        .env("PATH", std::env::var("PATH").unwrap())
        .env("LC_ALL", "C.UTF-8")
}

#[test]
fn the_checkers_find_nothing() {
    if !installed(&["mandoc", "groff"]) {
        return;
    }
    for page in PAGES {
        on_page("mandoc -Tlint -Wwarning", page).run().is(0, "", "");
        // -z: no output but the warnings.
        on_page("groff -z -ww -man -Tutf8", page)
            .run()
            .is(0, "", "");
    }
}

#[test]
fn man_shows_them_within_80_columns() {
    if !installed(&["man"]) {
        return;
    }
    for page in PAGES {
        let run = on_page("man -l", page)
            .env("MANWIDTH", "80")
            .env("MAN_KEEP_FORMATTING", "")
            .run();
        let shown = run.out();
        assert_eq!((run.code, run.err().as_ref()), (Some(0), ""), "{run}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SEE ALSO"] {
            assert!(
                shown.lines().any(|line| line == section),
                "{section}\n{run}"
            );
        }
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{line:?}");
        }
    }
}

#[test]
fn the_page_of_the_command_has_all_sections() {
    let page = include_str!("../../man/openai-files-retrieve.1");
    let sections: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix(".SH "))
        .collect();
    assert_eq!(
        sections,
        [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "\"DIFFERENCES FROM THE OFFICIAL CLI\"",
            "\"SEE ALSO\"",
        ]
    );
}
