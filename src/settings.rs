//! From what was typed, the environment and the terminal to [`Settings`]: every precedence rule
//! and every validation stands here, once.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::cli::{ColorChoice, Options};
use crate::error::{self, Exit, Failure};
use crate::files::id::FileId;
use crate::no_proxy;
use crate::output::{self, Format};
use crate::secret::{Secret, api_key, is_secret_name, looks_like_key};
use crate::terminal::{self, Stream};

/// Where the OpenAI API is (API reference, "Making requests").
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// How long connecting alone may take (SDK default).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one attempt may take (SDK default).
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How often a failed request is repeated (SDK default).
const MAX_RETRIES: u32 = 2;

/// How many lookups are under way at once.
const CONCURRENCY: u8 = 8;

/// How often `--wait` looks (SDK default of `wait_for_processing`).
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// How long `--wait` waits (SDK default of `wait_for_processing`).
const WAIT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The environment variables of the process, or a stand-in for them. An empty one counts as unset.
pub struct Environment<'a>(Box<Variables<'a>>);

/// From the name of a variable to its value.
type Variables<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

impl<'a> Environment<'a> {
    /// The environment that `lookup` describes: from a name to a value.
    #[must_use]
    pub fn new(lookup: impl Fn(&str) -> Option<OsString> + 'a) -> Self {
        Self(Box::new(lookup))
    }

    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var_os(name))
    }

    /// The value of the variable `name`; `None` if it is unset or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .into_string()
                    .map_err(|_| Failure::usage(format!("{name} is not valid UTF-8")))
            })
            .transpose()
    }

    /// The first of the variables that is set, with its name.
    fn first(&self, names: &[&'static str]) -> Result<Option<(&'static str, String)>, Failure> {
        for name in names {
            if let Some(value) = self.text(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }
}

/// Everything a lookup needs to know.
#[derive(Debug)]
pub struct Settings {
    /// What to look up, in this order.
    pub ids: Vec<IdSource>,
    /// How to look it up.
    pub lookup: Lookup,
    /// How to reach the server.
    pub connection: Connection,
}

/// Where ids come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdSource {
    /// The command line.
    Given(FileId),
    /// Standard input, one a line.
    Stdin,
}

/// How files are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// Whether the exit code tells the status of the file.
    pub exit_status: bool,
    /// Whether to wait until the file is processed, and how.
    pub wait: Option<Wait>,
}

/// How to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// From one look to the next.
    pub interval: Duration,
    /// From the first look to giving up.
    pub timeout: Duration,
}

/// How to reach the server and what to send along.
#[derive(Debug)]
pub struct Connection {
    /// The base URL, without user info.
    pub base_url: Url,
    /// Whether it is the default, and not somebody's own choice.
    pub is_default_host: bool,
    /// What proves who is asking.
    pub credentials: Credentials,
    /// The value of `OpenAI-Organization`.
    pub organization: Option<HeaderValue>,
    /// The value of `OpenAI-Project`.
    pub project: Option<HeaderValue>,
    /// Further headers; they replace ours of the same name.
    pub custom_headers: HeaderMap,
    /// The proxy for this base URL, if there is one.
    pub proxy: Option<Proxy>,
    /// Where trust anchors and the client certificate come from.
    pub tls: Tls,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from connecting to the last byte.
    pub timeout: Duration,
    /// How often a failed attempt is repeated.
    pub max_retries: u32,
}

/// What proves who is asking.
#[derive(Debug)]
pub enum Credentials {
    /// An API key, and where it came from in words.
    ApiKey(Secret, &'static str),
    /// The user info of the base URL.
    Basic(UserInfo),
    /// Nothing.
    None,
}

/// The user info of a URL, decoded. Where there is no password the name may be a token, so both
/// are kept secret.
#[derive(Debug)]
pub struct UserInfo {
    name: Secret,
    password: Option<Secret>,
}

impl UserInfo {
    /// The user info of `url`, if it has any.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let decode = |text: &str| {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
            Secret::new(decoded)
        };
        let has_some = !url.username().is_empty() || url.password().is_some();
        has_some.then(|| Self {
            name: decode(url.username()),
            password: url.password().map(decode),
        })
    }

    /// What follows `Basic` in a header (RFC 7617, section 2).
    #[must_use]
    pub fn encoded(&self) -> Secret {
        let password = self.password.as_ref().map_or("", Secret::reveal);
        let pair = format!("{}:{password}", self.name.reveal());
        Secret::new(BASE64_STANDARD.encode(pair))
    }

    /// What must not be printed.
    fn secrets(&self) -> [Secret; 2] {
        let word = self.password.as_ref().unwrap_or(&self.name);
        [self.encoded(), word.clone()]
    }
}

/// A proxy.
pub struct Proxy {
    /// Its URL, which may hold a password.
    pub url: Url,
    /// The variable that names it.
    pub source: &'static str,
}

impl Proxy {
    /// The proxy as messages name it, without user info.
    #[must_use]
    pub fn name(&self) -> String {
        let url = without_user_info(&self.url);
        format!(
            "the proxy {} (from {})",
            url.as_str().trim_end_matches('/'),
            self.source
        )
    }

    /// Whether its URL holds a user name or password.
    #[must_use]
    pub fn has_user_info(&self) -> bool {
        UserInfo::of(&self.url).is_some()
    }

    /// What to do about a proxy that wants a user name and password, or others.
    #[must_use]
    pub fn credentials_hint(&self) -> String {
        let source = self.source;
        if self.has_user_info() {
            format!("check the user name and password in {source}")
        } else {
            let scheme = self.url.scheme();
            format!("put them into {source}: {scheme}://USER:PASSWORD@HOST:PORT")
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Where trust anchors and the client certificate come from.
#[derive(Debug, Default)]
pub struct Tls {
    /// `SSL_CERT_FILE`.
    pub cert_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`.
    pub cert_dir: Option<PathBuf>,
    /// PEM files of the client certificate chain and of its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Connection {
    /// Everything that must not be printed, longer texts before those that they contain.
    #[must_use]
    pub fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        match &self.credentials {
            Credentials::ApiKey(key, _) => secrets.push(key.clone()),
            Credentials::Basic(user_info) => secrets.extend(user_info.secrets()),
            Credentials::None => {}
        }
        if let Some(user_info) = self.proxy.as_ref().and_then(|it| UserInfo::of(&it.url)) {
            secrets.extend(user_info.secrets());
        }
        for (name, value) in &self.custom_headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            if is_secret_name(name.as_str()) {
                // `Bearer KEY`, `session=ID; other=ID`: each part may come back alone.
                let parts = value.split([' ', ';', ',']);
                let values =
                    parts.map(|part| part.split_once('=').map_or(part, |(_, value)| value));
                secrets.extend(values.map(Secret::new));
            }
            secrets.push(Secret::new(value));
        }
        for (name, value) in self.base_url.query_pairs() {
            if is_secret_name(&name) {
                secrets.push(Secret::new(value));
            }
        }
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.reveal().len()));
        secrets
    }
}

/// `url` as it may be shown: without user name and password.
#[must_use]
pub fn without_user_info(url: &Url) -> Url {
    let mut bare = url.clone();
    // Neither can fail: both act on URLs with a host only, and others have no user info.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// Settles what `options` and `ids`, as typed, and the environment mean.
///
/// Reads the file of `--api-key-file`, if there is one; nothing else is touched.
///
/// # Errors
/// A [`Failure`] that names the flag or variable that cannot be used; [`Exit::Authentication`]
/// where a key is needed and there is none.
pub fn settle(
    options: &Options,
    ids: Vec<String>,
    environment: &Environment<'_>,
) -> Result<Settings, Failure> {
    let ids = id_sources(ids)?;
    let reads_ids = ids.contains(&IdSource::Stdin);
    let key_from_stdin =
        options.api_key.is_none() && options.api_key_file.as_deref() == Some(Path::new("-"));
    if reads_ids && key_from_stdin {
        return Err(Failure::usage(
            "standard input cannot be both the API key (--api-key-file -) and the ids (-)",
        ));
    }
    if !options.wait {
        for (flag, value) in [
            ("--poll-interval", options.poll_interval),
            ("--wait-timeout", options.wait_timeout),
        ] {
            if value.is_some() {
                return Err(Failure::usage(format!("{flag} needs --wait")));
            }
        }
    }
    let lookup = Lookup {
        concurrency: usize::from(options.concurrency.unwrap_or(CONCURRENCY)),
        exit_status: options.exit_status,
        wait: options.wait.then(|| Wait {
            interval: options.poll_interval.unwrap_or(POLL_INTERVAL),
            timeout: options.wait_timeout.unwrap_or(WAIT_TIMEOUT),
        }),
    };
    Ok(Settings {
        ids,
        lookup,
        connection: connection(options, environment)?,
    })
}

/// Settles how to print: what `options` ask for, on the streams as they are. It depends on nothing
/// that can be wrong, so that whatever is wrong can be told in the form that was asked for.
#[must_use]
pub fn output(
    options: &Options,
    ids: &[String],
    environment: &Environment<'_>,
) -> output::Settings {
    let choice = if options.no_color {
        ColorChoice::Never
    } else {
        options.color.unwrap_or(ColorChoice::Auto)
    };
    let colored = |stream: Stream| Stream {
        color: color(choice, environment, stream.is_terminal),
        ..stream
    };
    let stderr = terminal::stderr();
    output::Settings {
        format: options.format.unwrap_or(Format::Auto),
        transform: options.transform.clone(),
        error_format: options.format_error.unwrap_or(Format::Auto),
        error_transform: options.transform_error.clone(),
        raw_output: options.raw_output,
        quiet: options.quiet,
        debug: options.debug,
        several: ids.len() > 1 || ids.iter().any(|id| id == "-"),
        stdout: colored(terminal::stdout()),
        stderr: colored(stderr),
        live: stderr.is_terminal && !is_log(environment),
    }
}

fn id_sources(ids: Vec<String>) -> Result<Vec<IdSource>, Failure> {
    if ids.is_empty() {
        return Err(Failure::usage("no file id").hint(
            "name one: openai files retrieve FILE_ID, or `-` to read ids from standard input",
        ));
    }
    let mut sources = Vec::with_capacity(ids.len());
    for id in ids {
        let source = if id == "-" {
            if sources.contains(&IdSource::Stdin) {
                return Err(Failure::usage("standard input (-) can be read once only"));
            }
            IdSource::Stdin
        } else {
            let shown = format!("cannot look up `{id}`");
            IdSource::Given(
                FileId::new(id).map_err(|bad| Failure::usage(format!("{shown}: {bad}")))?,
            )
        };
        sources.push(source);
    }
    Ok(sources)
}

fn connection(options: &Options, environment: &Environment<'_>) -> Result<Connection, Failure> {
    let (mut base_url, is_default_host) = base_url(options, environment)?;
    let custom_headers = custom_headers(environment)?;
    let user_info = UserInfo::of(&base_url);
    base_url = without_user_info(&base_url);
    let credentials = match (key(options, environment)?, user_info) {
        (Some((key, source)), _) => Credentials::ApiKey(key, source),
        (None, Some(user_info)) => Credentials::Basic(user_info),
        (None, None) if is_default_host && !custom_headers.contains_key(AUTHORIZATION) => {
            return Err(no_key());
        }
        (None, None) => Credentials::None,
    };
    let header = |flag: &str, typed: &Option<String>, name: &str| -> Result<_, Failure> {
        let (source, value) = match (typed, environment.text(name)?) {
            (Some(typed), _) => (flag, typed.clone()),
            (None, Some(value)) => (name, value),
            (None, None) => return Ok(None),
        };
        HeaderValue::from_str(value.trim())
            .map(Some)
            .map_err(|_| Failure::usage(format!("{source} cannot be sent in a header")))
    };
    let organization = header("--organization", &options.organization, "OPENAI_ORG_ID")?;
    let project = header("--project", &options.project, "OPENAI_PROJECT_ID")?;
    let proxy = proxy(&base_url, environment)?;
    let client = client_certificate(options, environment, &base_url)?;
    let timeout = options.timeout.unwrap_or(TIMEOUT);
    Ok(Connection {
        is_default_host,
        credentials,
        organization,
        project,
        custom_headers,
        proxy,
        tls: Tls {
            cert_file: environment.get("SSL_CERT_FILE").map(PathBuf::from),
            cert_dir: environment.get("SSL_CERT_DIR").map(PathBuf::from),
            client,
        },
        connect_timeout: CONNECT_TIMEOUT.min(timeout),
        timeout,
        max_retries: options.max_retries.unwrap_or(MAX_RETRIES),
        base_url,
    })
}

/// The base URL and whether it leads to the default host.
fn base_url(options: &Options, environment: &Environment<'_>) -> Result<(Url, bool), Failure> {
    let (source, text) = match &options.base_url {
        Some(typed) => ("--base-url", typed.reveal().to_owned()),
        None => match environment.text("OPENAI_BASE_URL")? {
            Some(value) => ("OPENAI_BASE_URL", value),
            None => ("the default", DEFAULT_BASE_URL.to_owned()),
        },
    };
    let text = text.trim();
    // What stands before an @ may be a password, what follows a ? a key, and so may the whole.
    let shown = || {
        let (start, rest) = match text.rsplit_once('@') {
            Some((_, rest)) => ("…@", rest),
            None => ("", text),
        };
        let (rest, end) = match rest.split_once('?') {
            Some((rest, _)) => (rest, "?…"),
            None => (rest, ""),
        };
        let rest = if looks_like_key(rest) { "…" } else { rest };
        format!("{source} \"{start}{rest}{end}\"")
    };
    let has_scheme = ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !has_scheme {
        let what = if text.contains("://") {
            "has a scheme that is not spoken"
        } else {
            "is missing a scheme"
        };
        return Err(Failure::usage(format!(
            "{} {what} (expected http:// or https://)",
            shown()
        )));
    }
    let mut url = Url::parse(text)
        .map_err(|error| Failure::usage(format!("{} is not a URL: {error}", shown())))?;
    url.set_fragment(None);
    let is_default = url.host_str() == Some("api.openai.com") && url.scheme() == "https";
    Ok((url, is_default))
}

/// The API key and where it came from.
fn key(
    options: &Options,
    environment: &Environment<'_>,
) -> Result<Option<(Secret, &'static str)>, Failure> {
    let (pasted, source) = if let Some(typed) = &options.api_key {
        (typed.clone(), "--api-key")
    } else if let Some(path) = &options.api_key_file {
        (read_key(path)?, "--api-key-file")
    } else if let Some(value) = environment.text("OPENAI_API_KEY")? {
        (Secret::new(value), "OPENAI_API_KEY")
    } else {
        return Ok(None);
    };
    let key = api_key(pasted.reveal())
        .map_err(|bad| Failure::usage(format!("the API key from {source} {bad}")))?;
    Ok(Some((key, source)))
}

/// The largest key file that is read, in bytes; far more than any key has.
const LONGEST_KEY: u64 = 64 * 1024;

fn read_key(path: &Path) -> Result<Secret, Failure> {
    let read = |reader: &mut dyn Read| {
        let mut text = String::new();
        reader.take(LONGEST_KEY).read_to_string(&mut text)?;
        Ok(Secret::new(text))
    };
    let unreadable = |what: &str, error: &io::Error| {
        let why = error::words(error);
        Failure::usage(format!("cannot read the API key from {what}: {why}"))
    };
    if path == Path::new("-") {
        read(&mut io::stdin()).map_err(|error| unreadable("standard input", &error))
    } else {
        fs::File::open(path)
            .and_then(|mut file| read(&mut file))
            .map_err(|error| match path.display().to_string() {
                key if looks_like_key(&key) => unreadable("a file", &error)
                    .hint("--api-key-file takes the path of a file that holds the key"),
                path => unreadable(&format!("`{path}`"), &error),
            })
    }
}

fn no_key() -> Failure {
    Failure::new(Exit::Authentication, "no API key").hint(
        "set OPENAI_API_KEY or use --api-key-file; keys are made at https://platform.openai.com/api-keys",
    )
}

/// The headers of `OPENAI_CUSTOM_HEADERS`: a `Name: value` per line. Of two with the same name
/// the last counts, as in the SDKs.
fn custom_headers(environment: &Environment<'_>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let Some(text) = environment.text("OPENAI_CUSTOM_HEADERS")? else {
        return Ok(headers);
    };
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // The line itself is not shown: its value may be a secret.
        let bad = |why: &str| {
            Failure::usage(format!("OPENAI_CUSTOM_HEADERS, line {}: {why}", index + 1))
                .hint("expected one `Name: value` a line")
        };
        let (name, value) = line.split_once(':').ok_or_else(|| bad("no colon"))?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| bad("not a header name"))?;
        if matches!(
            name.as_str(),
            "content-length" | "transfer-encoding" | "connection"
        ) {
            return Err(bad(
                "this header belongs to the connection and cannot be set",
            ));
        }
        let mut value =
            HeaderValue::from_str(value.trim()).map_err(|_| bad("not a header value"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The proxy that the environment names for `base_url`. None for a loopback host (as in Go).
fn proxy(base_url: &Url, environment: &Environment<'_>) -> Result<Option<Proxy>, Failure> {
    if is_loopback(base_url) {
        return Ok(None);
    }
    let names: &[&str] = if base_url.scheme() == "https" {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    } else if environment.get("REQUEST_METHOD").is_some() {
        // A web server started us: whoever sends it a header `Proxy` sets this variable (httpoxy,
        // CVE-2016-5385).
        &["http_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    };
    let Some((source, text)) = environment.first(names)? else {
        return Ok(None);
    };
    if let Some((_, list)) = environment.first(&["NO_PROXY", "no_proxy"])?
        && no_proxy::exempts(&list, base_url)
    {
        return Ok(None);
    }
    let text = text.trim();
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    match Url::parse(&with_scheme) {
        Ok(url) if url.has_host() && schemes.contains(&url.scheme()) => {
            Ok(Some(Proxy { url, source }))
        }
        // The value may hold a password.
        _ => Err(
            Failure::usage(format!("{source} is not the URL of a proxy"))
                .hint("expected http://HOST:PORT or socks5://HOST:PORT"),
        ),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn client_certificate(
    options: &Options,
    environment: &Environment<'_>,
    base_url: &Url,
) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    let path = |typed: &Option<PathBuf>, name| {
        typed
            .clone()
            .or_else(|| environment.get(name).map(PathBuf::from))
    };
    let certificate = path(
        &options.mtls_client_cert_file,
        "OPENAI_MTLS_CLIENT_CERT_FILE",
    );
    let key = path(&options.mtls_client_key_file, "OPENAI_MTLS_CLIENT_KEY_FILE");
    match (certificate, key) {
        (Some(_), Some(_)) if base_url.scheme() != "https" => Err(Failure::usage(
            "a client certificate can be used with an https base URL only",
        )),
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Failure::usage(
            "a client certificate needs its key: --mtls-client-key-file is missing",
        )),
        (None, Some(_)) => Err(Failure::usage(
            "a client key needs its certificate: --mtls-client-cert-file is missing",
        )),
    }
}

/// Whether what is written to a terminal is kept as a log, or shown by a terminal that cannot
/// move its cursor. The services for continuous integration set `CI`; some of them provide a
/// terminal.
fn is_log(environment: &Environment<'_>) -> bool {
    let is = |name, value: &str| environment.get(name).is_some_and(|found| found == value);
    is("TERM", "dumb") || (environment.get("CI").is_some() && !is("CI", "false"))
}

/// Whether to colour a stream: what was typed, else `NO_COLOR` (no-color.org), else `FORCE_COLOR`
/// or `CLICOLOR_FORCE`, else `CLICOLOR` and `TERM`, else whether it is a terminal.
#[must_use]
pub fn color(choice: ColorChoice, environment: &Environment<'_>, is_terminal: bool) -> bool {
    let is = |name, values: &[&str]| {
        environment
            .get(name)
            .is_some_and(|value| values.iter().any(|expected| value == *expected))
    };
    let set = |name| environment.get(name).is_some();
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if set("FORCE_COLOR") => !is("FORCE_COLOR", &["0", "false"]),
        ColorChoice::Auto if set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", &["0"]) => true,
        ColorChoice::Auto if is("CLICOLOR", &["0"]) || is("TERM", &["dumb"]) => false,
        ColorChoice::Auto => is_terminal,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment<'a>(variables: &'a [(&'a str, &'a str)]) -> Environment<'a> {
        Environment::new(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    fn settled(args: &[&str], variables: &[(&str, &str)]) -> Result<Settings, Failure> {
        use clap::{CommandFactory as _, FromArgMatches as _};
        let args = ["openai", "files", "retrieve"].iter().chain(args);
        let matches = crate::cli::Cli::command()
            .try_get_matches_from(args)
            .unwrap();
        let ids = crate::cli::ids(&matches);
        let cli = crate::cli::Cli::from_arg_matches(&matches).unwrap();
        settle(&cli.options, ids, &environment(variables))
    }

    fn message(args: &[&str], variables: &[(&str, &str)]) -> String {
        settled(args, variables).unwrap_err().message
    }

    #[test]
    fn the_key_comes_from_flag_then_file_then_environment() {
        let file = std::env::temp_dir().join(format!("openai-key-{}", std::process::id()));
        std::fs::write(&file, "sk-file\n").unwrap();
        let path = file.to_str().unwrap();
        let key = |args: &[&str]| {
            let settings = settled(&[&["a"], args].concat(), &[("OPENAI_API_KEY", "sk-env\n")]);
            match settings.unwrap().connection.credentials {
                Credentials::ApiKey(key, source) => (key.reveal().to_owned(), source),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            key(&["--api-key", "sk-flag", "--api-key-file", path]),
            ("sk-flag".to_owned(), "--api-key")
        );
        assert_eq!(
            key(&["--api-key-file", path]),
            ("sk-file".to_owned(), "--api-key-file")
        );
        assert_eq!(key(&[]), ("sk-env".to_owned(), "OPENAI_API_KEY"));
        std::fs::remove_file(&file).unwrap();
        assert!(
            message(&["a", "--api-key-file", path], &[])
                .starts_with("cannot read the API key from `")
        );
    }

    #[test]
    fn the_default_host_needs_a_key_and_others_do_not() {
        let failure = settled(&["a"], &[("OPENAI_API_KEY", "")]).unwrap_err();
        assert_eq!(
            (failure.exit, failure.message.as_str()),
            (Exit::Authentication, "no API key")
        );
        let settings = settled(&["a", "--base-url", "http://h/v1"], &[]).unwrap();
        assert!(matches!(settings.connection.credentials, Credentials::None));
        let headers = [("OPENAI_CUSTOM_HEADERS", "authorization: Bearer other")];
        assert!(settled(&["a"], &headers).is_ok());
    }

    #[test]
    fn user_info_serves_where_there_is_no_key() {
        let url = "http://us%40er:p%3Ass@h/v1?x=1";
        let settings = settled(&["a", "--base-url", url], &[]).unwrap();
        assert_eq!(settings.connection.base_url.as_str(), "http://h/v1?x=1");
        match settings.connection.credentials {
            Credentials::Basic(user_info) => {
                assert_eq!(
                    user_info.encoded().reveal(),
                    BASE64_STANDARD.encode("us@er:p:ss")
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_base_url_that_is_none_is_named_by_its_source() {
        assert_eq!(
            message(&["a", "--base-url", "localhost:80"], &[]),
            "--base-url \"localhost:80\" is missing a scheme (expected http:// or https://)"
        );
        assert_eq!(
            message(&["a", "--base-url", "ftp://h"], &[]),
            "--base-url \"ftp://h\" has a scheme that is not spoken (expected http:// or https://)"
        );
        assert_eq!(
            message(&["a"], &[("OPENAI_BASE_URL", "user:secret@h")]),
            "OPENAI_BASE_URL \"…@h\" is missing a scheme (expected http:// or https://)"
        );
        assert_eq!(
            message(&["a", "--base-url", "http://"], &[]),
            "--base-url \"http://\" is not a URL: empty host"
        );
    }

    #[test]
    fn custom_headers_are_read_line_by_line_and_never_shown() {
        let settings = settled(
            &["a", "--base-url", "http://h"],
            &[(
                "OPENAI_CUSTOM_HEADERS",
                "X-A: 1\n\n x-b : two: three \r\nX-A: 4",
            )],
        );
        let headers = settings.unwrap().connection.custom_headers;
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["x-a"], "4");
        assert_eq!(headers["x-b"], "two: three");
        for (lines, why) in [
            ("X-A: 1\nsecret", "OPENAI_CUSTOM_HEADERS, line 2: no colon"),
            (
                "se cret: 1",
                "OPENAI_CUSTOM_HEADERS, line 1: not a header name",
            ),
            (
                "a: secret\u{1}",
                "OPENAI_CUSTOM_HEADERS, line 1: not a header value",
            ),
        ] {
            assert_eq!(
                message(
                    &["a", "--base-url", "http://h"],
                    &[("OPENAI_CUSTOM_HEADERS", lines)]
                ),
                why
            );
        }
    }

    #[test]
    fn the_proxy_is_chosen_by_scheme_and_exceptions() {
        let proxy = |base: &str, variables: &[(&str, &str)]| {
            let settings = settled(&["a", "--base-url", base], variables).unwrap();
            settings.connection.proxy.map(|proxy| proxy.url.to_string())
        };
        let both = [
            ("HTTP_PROXY", "p1:3128"),
            ("https_proxy", "socks5://p2:1080"),
            ("NO_PROXY", "inner.example,10.0.0.0/8"),
        ];
        assert_eq!(proxy("http://h", &both).as_deref(), Some("http://p1:3128/"));
        assert_eq!(
            proxy("https://h", &both).as_deref(),
            Some("socks5://p2:1080")
        );
        for exempt in [
            "http://inner.example",
            "http://a.inner.example:81",
            "http://10.1.2.3",
            "http://127.0.0.1",
            "http://localhost:1",
            "http://[::1]",
        ] {
            assert_eq!(proxy(exempt, &both), None, "{exempt}");
        }
        assert_eq!(
            proxy("http://h", &[("ALL_PROXY", "http://p")]).as_deref(),
            Some("http://p/")
        );
        assert_eq!(
            proxy(
                "http://h",
                &[("HTTP_PROXY", "http://p"), ("REQUEST_METHOD", "GET")]
            ),
            None
        );
        assert_eq!(
            message(
                &["a", "--base-url", "http://h"],
                &[("HTTP_PROXY", "ftp://secret@p")]
            ),
            "HTTP_PROXY is not the URL of a proxy"
        );
    }

    #[test]
    fn the_client_certificate_needs_key_and_https() {
        let cert = ["a", "--mtls-client-cert-file", "c"];
        assert!(
            message(&cert, &[("OPENAI_API_KEY", "k")])
                .contains("--mtls-client-key-file is missing")
        );
        let both = [
            &cert[..],
            &["--mtls-client-key-file", "k", "--base-url", "http://h"],
        ]
        .concat();
        assert!(message(&both, &[]).contains("https base URL only"));
    }

    #[test]
    fn waiting_options_need_wait() {
        assert_eq!(
            message(&["a", "--poll-interval", "1"], &[]),
            "--poll-interval needs --wait"
        );
        assert_eq!(
            message(&["a", "--wait-timeout", "1"], &[]),
            "--wait-timeout needs --wait"
        );
        let base = ["a", "--wait", "--base-url", "http://h"];
        assert_eq!(
            settled(&base, &[]).unwrap().lookup.wait,
            Some(Wait {
                interval: Duration::from_secs(5),
                timeout: Duration::from_secs(1800)
            })
        );
    }

    #[test]
    fn standard_input_serves_one_purpose() {
        assert_eq!(
            message(&["-", "-"], &[]),
            "standard input (-) can be read once only"
        );
        assert!(
            message(&["-", "--api-key-file", "-"], &[])
                .starts_with("standard input cannot be both")
        );
        assert_eq!(message(&[], &[]), "no file id");
    }

    #[test]
    fn colour_rules_in_their_order() {
        use ColorChoice::{Always, Auto, Never};
        type Case = (
            ColorChoice,
            &'static [(&'static str, &'static str)],
            bool,
            bool,
        );
        let cases: &[Case] = &[
            (Auto, &[], true, true),
            (Auto, &[], false, false),
            (Always, &[("NO_COLOR", "1")], false, true),
            (Never, &[("FORCE_COLOR", "1")], true, false),
            (
                Auto,
                &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")],
                true,
                false,
            ),
            (Auto, &[("NO_COLOR", "")], true, true),
            (Auto, &[("FORCE_COLOR", "0")], true, false),
            (
                Auto,
                &[("FORCE_COLOR", "false"), ("CLICOLOR_FORCE", "1")],
                true,
                false,
            ),
            (Auto, &[("FORCE_COLOR", "1"), ("TERM", "dumb")], false, true),
            (Auto, &[("CLICOLOR_FORCE", "1")], false, true),
            (Auto, &[("CLICOLOR_FORCE", "0")], false, false),
            (Auto, &[("CLICOLOR", "0")], true, false),
            (Auto, &[("TERM", "dumb")], true, false),
            (Auto, &[("TERM", "xterm")], true, true),
        ];
        for (choice, variables, is_terminal, expected) in cases {
            assert_eq!(
                color(*choice, &environment(variables), *is_terminal),
                *expected,
                "{choice:?} {variables:?}"
            );
        }
    }

    #[test]
    fn no_secret_shows_in_debug() {
        for key in [None, Some("sentinel-key")] {
            let settings = settled(
                &[
                    "a",
                    "--base-url",
                    "https://sentinel-name:sentinel-password@h",
                ],
                &[
                    ("OPENAI_API_KEY", key.unwrap_or_default()),
                    ("HTTPS_PROXY", "http://sentinel-user:sentinel-proxy@p"),
                    ("OPENAI_CUSTOM_HEADERS", "X-Custom: sentinel-header"),
                ],
            );
            let debug = format!("{:?}", settings.unwrap());
            assert!(!debug.contains("sentinel"), "{debug}");
        }
    }

    #[test]
    fn what_must_not_be_printed_is_known_in_all_its_forms() {
        let settings = settled(
            &[
                "a",
                "--base-url",
                "https://h/v1?sig=sig%2Fnature&api-version=1",
            ],
            &[
                ("OPENAI_API_KEY", "sk-key"),
                ("HTTPS_PROXY", "http://us%40er:pass%3Aword@p"),
                (
                    "OPENAI_CUSTOM_HEADERS",
                    "X-Custom: one two\nX-Api-Token: Bearer token\nCookie: a=cookie",
                ),
            ],
        );
        let secrets = settings.unwrap().connection.secrets();
        let secrets: Vec<&str> = secrets.iter().map(Secret::reveal).collect();
        let encoded = BASE64_STANDARD.encode("us@er:pass:word");
        for expected in [
            "sk-key",
            "pass:word",
            &encoded,
            "one two",
            "Bearer token",
            "token",
            "cookie",
            "sig/nature",
        ] {
            assert!(secrets.contains(&expected), "{expected} in {secrets:?}");
        }
        assert!(!secrets.contains(&"1"));
        assert!(secrets.is_sorted_by_key(|secret| std::cmp::Reverse(secret.len())));
    }

    proptest! {
        #[test]
        fn custom_headers_are_read_or_refused_without_being_shown(
            lines in prop::collection::vec(
                prop_oneof![
                    ("[!#-'*+.^_`|~0-9A-Za-z-]{1,9}", "[!-~]([ -~]{0,9}[!-~])?")
                        .prop_map(|(name, value)| format!("{name}: sentinel{value}")),
                    "\\PC{0,9}sentinel\\PC{0,9}",
                    "sentinel:.{0,9}|:sentinel|[ \t]{0,3}",
                ],
                0..5,
            ),
        ) {
            let text = lines.join("\n");
            let read = settled(
                &["a", "--base-url", "http://h"],
                &[("OPENAI_CUSTOM_HEADERS", &text)],
            );
            match read {
                Ok(settings) => {
                    let headers = settings.connection.custom_headers;
                    prop_assert!(headers.len() <= lines.len());
                    let debug = format!("{:?}", headers.values().collect::<Vec<_>>());
                    prop_assert!(!debug.contains("sentinel"), "{}", debug);
                    for (name, value) in &headers {
                        let value = value.to_str().unwrap_or_default();
                        let said = |line: &String| line.split_once(':').is_some_and(|(n, v)| {
                            n.trim().eq_ignore_ascii_case(name.as_str()) && v.trim() == value
                        });
                        prop_assert!(value.is_empty() || lines.iter().any(said), "{name}: {value}");
                    }
                }
                Err(failure) => {
                    prop_assert_eq!(failure.exit, Exit::Usage);
                    let debug = format!("{failure:?}");
                    prop_assert!(!debug.contains("sentinel"), "{}", debug);
                }
            }
        }

        #[test]
        fn any_base_url_is_used_or_refused_without_its_password(
            scheme in "(https?://|HTTP://|ftp://|//)?",
            user in "([a-z%:/?#]{0,4}:sentinel[^a-z]{0,4}@)?",
            rest in "\\PC{0,12}|[a-z.]{1,9}(:[0-9]{1,6})?(/[a-z?#%.]{0,9})?",
        ) {
            let url = format!("{scheme}{user}{rest}");
            prop_assume!(!url.trim().is_empty());
            let read = settled(&["a"], &[("OPENAI_BASE_URL", &url), ("OPENAI_API_KEY", "k")]);
            match read {
                Ok(settings) => {
                    let base = &settings.connection.base_url;
                    prop_assert!(["http", "https"].contains(&base.scheme()));
                    prop_assert!(base.has_host() && base.fragment().is_none());
                    prop_assert!(base.username().is_empty() && base.password().is_none());
                }
                Err(failure) => {
                    prop_assert_eq!(failure.exit, Exit::Usage);
                    let debug = format!("{failure:?}");
                    prop_assert!(!debug.contains("sentinel"), "{}", debug);
                }
            }
        }
    }
}
