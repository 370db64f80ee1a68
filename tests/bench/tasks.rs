//! What is measured: command lines of the tool, and of other programs that do the same.

use std::path::Path;

use anyhow::Context as _;

use crate::probe::{Run, tool};
use crate::servers::{MISSING, Servers};

/// The tool, as it is shipped.
pub(crate) const OPENAI: &str = env!("CARGO_BIN_EXE_openai");

/// The id of the file that is looked up.
const ID: &str = "file-abc123";

/// Trusts nobody: holds no certificate.
pub(crate) const NOBODY: &str = "/dev/null";

/// What a program is measured at.
pub(crate) struct Task {
    /// What it is.
    pub(crate) name: &'static str,
    /// How the tool does it.
    pub(crate) openai: Run,
    /// How curl does it, or what comes closest.
    pub(crate) curl: Option<Run>,
    /// The base URL, if other programs can do it, too: it is a lookup of [`ID`].
    base: Option<String>,
}

/// Makes tasks: knows the servers.
pub(crate) struct Tasks<'a> {
    pub(crate) servers: &'a Servers,
}

impl Tasks<'_> {
    /// `program` with the words of `args`, which trusts the certificates in the file `trust`.
    fn run(&self, program: &str, args: &str, trust: &Path) -> Run {
        let words = [program].into_iter().chain(args.split_whitespace());
        let trust = trust.display().to_string();
        Run {
            words: words.map(str::to_owned).collect(),
            variables: vec![
                ("HOME", self.servers.path("").display().to_string()),
                ("OPENAI_API_KEY", "sk-bench".to_owned()),
                ("SSL_CERT_FILE", trust.clone()),
                ("CURL_CA_BUNDLE", trust),
            ],
            stdin: None,
            code: 0,
        }
    }

    /// The tool with these arguments.
    pub(crate) fn openai(&self, args: &str, trust: &Path) -> Run {
        self.run(OPENAI, args, trust)
    }

    /// curl with these arguments. It sends the key, too, and reads no settings of whoever runs
    /// this. There may be no curl where only the budget is checked.
    pub(crate) fn curl(&self, args: &str, trust: &Path) -> Run {
        let args = format!("-q -sS --oauth2-bearer sk-bench {args}");
        self.run(&tool("curl").unwrap_or_default(), &args, trust)
    }

    fn task(&self, name: &'static str, openai: &str, curl: Option<&str>) -> Task {
        Task {
            name,
            openai: self.openai(openai, Path::new(NOBODY)),
            curl: curl.map(|curl| self.curl(curl, Path::new(NOBODY))),
            base: None,
        }
    }

    /// A lookup at the server `base`.
    pub(crate) fn lookup(&self, name: &'static str, base: &str, trust: &Path) -> Task {
        Task {
            name,
            openai: self.openai(&format!("files retrieve {ID} --base-url {base}"), trust),
            curl: Some(self.curl(&format!("{base}/files/{ID}"), trust)),
            base: Some(base.to_owned()),
        }
    }

    /// The version.
    pub(crate) fn version(&self) -> Task {
        self.task("--version", "--version", Some("--version"))
    }

    /// What is budgeted for. It is the same work everywhere, but for the time zone of the table.
    pub(crate) fn budgeted(&self) -> anyhow::Result<Vec<Task>> {
        let (http, https) = (&self.servers.http, &self.servers.https);
        let formatted = |format| format!("files retrieve {ID} --base-url {http} --format {format}");
        let missing = format!("files retrieve {MISSING} --base-url {http}");
        let missing_url = format!("{http}/files/{MISSING}");
        let mut missing = self.task("no such file, http", &missing, Some(&missing_url));
        missing.openai.code = 3;
        let mut wrong = self.task("wrong option", "files retrieve x --nope", Some("--nope"));
        for run in [Some(&mut wrong.openai), wrong.curl.as_mut()]
            .into_iter()
            .flatten()
        {
            run.code = 2;
        }
        Ok(vec![
            self.lookup("lookup, http", http, Path::new(NOBODY)),
            self.task("lookup, http, as yaml", &formatted("yaml"), None),
            self.task("lookup, http, as table", &formatted("table"), None),
            missing,
            self.lookup("lookup, https, one CA", https, &self.servers.one_root()),
            self.lookup("lookup, https, 100 CAs", https, &self.servers.roots()?),
            self.version(),
            self.task("-h", "-h", Some("-h")),
            self.task("--help", "files retrieve --help", Some("--help all")),
            wrong,
        ])
    }
}

/// A further program to compare with.
pub(crate) struct Other {
    /// What it is called in the report.
    pub(crate) name: String,
    /// Its path.
    pub(crate) program: String,
    args: String,
}

impl Other {
    /// Reads `NAME=COMMAND`. In the arguments of the command `{base}`, `{id}` and `{url}` stand
    /// for what is to be looked up.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let (name, command) = text.split_once('=').context("--with takes NAME=COMMAND")?;
        let (program, args) = command.split_once(' ').unwrap_or((command, ""));
        Ok(Self {
            name: name.to_owned(),
            program: tool(program)?,
            args: args.to_owned(),
        })
    }

    /// How this program does `task`, if it can.
    pub(crate) fn run(&self, tasks: &Tasks<'_>, task: &Task) -> Option<Run> {
        let base = task.base.as_ref()?;
        let args = self
            .args
            .replace("{url}", &format!("{base}/files/{ID}"))
            .replace("{base}", base)
            .replace("{id}", ID);
        Some(Run {
            variables: task.openai.variables.clone(),
            ..tasks.run(&self.program, &args, Path::new(NOBODY))
        })
    }
}
