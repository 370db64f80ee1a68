//! A short run of the fuzz targets, the same each time: seeds, and what a mutator that knows the
//! words of each language makes of them. The long runs are guided by coverage; see `libfuzzer`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use targets::{TARGETS, call};

/// Where the random numbers start. Another number is another run.
const SEED: u64 = 0x5eed_2026;

/// The largest input, in bytes.
const LARGEST: usize = 4096;

/// What the inputs of a target are made of, and how many there are.
struct Plan {
    target: &'static str,
    inputs: usize,
    seeds: &'static [&'static str],
}

const BODIES: &[&str] = &[
    r#"{"id":"id","bytes":0,"created_at":0,"filename":"filename","object":"file","purpose":"assistants","status":"uploaded","expires_at":0,"status_details":"status_details"}"#,
    r#"{"a":[1,2.50,-3e4,"x",null,true,[],{},{"b":[{"c":"d"},{"c":1}]}],"a.b":1,"a":2}"#,
    r#"[{"id":1,"n":"a"},{"id":2,"n":"b"},[{"id":3}],4,"five",null]"#,
    "{\"x\":\"\u{202e}\u{200b}\u{9b}\\u001b\\ud83d\",\"資\":\"👩\u{200d}🚀\",\"y\":[[\"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\"]]}",
    "\u{feff} {\"id\" : \"a\\nb\" , \"bytes\":1.2e5,\"created_at\":1677610602}\r\n",
];

const PLANS: [Plan; 9] = [
    Plan {
        target: "render",
        inputs: 2000,
        seeds: BODIES,
    },
    Plan {
        target: "transform_path",
        inputs: 4000,
        seeds: &[
            "a.b.#.c",
            "#(a>1)#|@reverse",
            "{a,\"b\":c.#}",
            "[a,b.@keys]",
            "@pretty:{\"indent\":\"\\t\",\"width\":20}",
            "a.#(b%\"x*?y\").c|0",
            "a\\.b",
            "..#.id",
            "@flatten:{\"deep\":true}",
            "#(#(c==1)#)#",
        ],
    },
    Plan {
        target: "transform_document",
        inputs: 3000,
        seeds: BODIES,
    },
    Plan {
        target: "error_body",
        inputs: 3000,
        seeds: &[
            r#"{"error":{"message":"No such File object: x","type":"t","code":null}}"#,
            r#"{"detail":[{"loc":["path",0],"msg":"bad"},{"msg":"worse"}]}"#,
            r#"{"message":"one\ntwo","error":7}"#,
            "<html>\n  <h1>502</h1>\n</html>",
            // White space for Unicode only, which made an empty line.
            "\n\u{b}",
        ],
    },
    Plan {
        target: "secret",
        inputs: 3000,
        seeds: &[
            "sk-0123456789\nthe key \\u0073k-0123456789, sk-01234567",
            "p\u{e4}ss\"w\u{f6}rd&%\\ 12\n<p>p&auml;ss\\&quot;word %2522",
            "!\u{a7}$%&/()=\n\\u0021",
        ],
    },
    Plan {
        target: "retry_after",
        inputs: 5000,
        seeds: &[
            "\u{1}\u{7f}\u{0}1.5",
            "\u{1}\u{7f}\0Wed, 21 Oct 2015 07:28:30 GMT",
            "\u{1}\u{7f}\u{1}500\n\u{2}true\n\u{3}250",
        ],
    },
    Plan {
        target: "id",
        inputs: 3000,
        seeds: &["file-abc123", "../models", "a/b?c#d%2F \\", ".%2e", "é資"],
    },
    Plan {
        target: "environment",
        inputs: 400,
        seeds: &[
            "`http://user:secret@host:81/v1?x=1\nascdef\nbX-A: 1\nbX-B: 2",
            "`https://h\nfhttp://u:p@p:3128\nhexample.com,10.0.0.0/8",
        ],
    },
    Plan {
        target: "arguments",
        inputs: 400,
        seeds: &[
            "files\0retrieve\0a\0--format\0json",
            "--file-id\0-x\0files\0retrieve\0--wait\0--poll-interval\u{0}5s",
            "completion\0zsh",
            "files\0retrieve\0--base-url\0http://u:p@h:1/v1?x=1\0a\0--timeout\u{0}1h30m",
        ],
    },
];

/// Words of the languages that the inputs are in.
const WORDS: [&str; 60] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "{\"a\":",
    "[[[[[[[[",
    "]]]]]]]]",
    "\"id\":",
    "\\ud83d",
    "\\ude00",
    "\\u0000",
    "\\u001b[2J",
    "\u{202e}",
    "\u{9b}",
    "\u{feff}",
    "\u{301}",
    "👍🏽",
    "資",
    "1e400",
    "-0.0",
    "18446744073709551616",
    "null",
    "true",
    "@this",
    "@keys",
    "@tostr",
    "@fromstr",
    "@flatten",
    "@pretty",
    "@join",
    "@reverse",
    "|",
    ".",
    "#",
    "#(",
    ")#",
    "==",
    "%\"*",
    "?",
    "!",
    "\n",
    "\0",
    " ",
    "http://",
    "[::1]",
    "%2e",
    "../",
    "@",
    "Retry-After",
    "GMT",
    "--format=",
    "--wait",
    "nan",
    "99999999999999999999",
    "-",
    "\u{b}",
];

/// Random numbers: xorshift64* of Vigna, which needs no crate.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, which is at least 1.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// One seed, changed a few times: words put in, pieces taken out, doubled or taken from another
/// seed, bytes changed.
fn input(random: &mut Random, seeds: &[&str]) -> Vec<u8> {
    let mut input = random.of(seeds).as_bytes().to_vec();
    for _ in 0..random.below(8) {
        let at = random.below(input.len() + 1);
        let end = at + random.below((input.len() - at).min(64) + 1);
        match random.below(6) {
            0 | 1 => drop(input.splice(at..at, random.of(&WORDS).bytes())),
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].repeat(1 + random.below(4));
                input.splice(at..at, piece);
            }
            4 => {
                let other = random.of(seeds).as_bytes();
                let from = random.below(other.len());
                input.splice(at..end, other[from..].iter().copied());
            }
            _ if at < input.len() => input[at] = random.next().to_be_bytes()[0],
            _ => {}
        }
    }
    input.truncate(LARGEST);
    input
}

#[test]
fn no_input_breaks_a_target() {
    for plan in PLANS {
        let (_, target) = TARGETS
            .iter()
            .map(|target| (target.0, target))
            .find(|(name, _)| *name == plan.target)
            .unwrap();
        let mut random = Random(SEED);
        let seeds = plan.seeds.iter().map(|seed| seed.as_bytes().to_vec());
        let made = (0..plan.inputs).map(|_| input(&mut random, plan.seeds));
        for input in seeds.chain(made) {
            let ended = catch_unwind(AssertUnwindSafe(|| call(target, &input)));
            assert!(
                ended.is_ok(),
                "{} fails for b\"{}\"",
                plan.target,
                input.escape_ascii()
            );
        }
    }
}
