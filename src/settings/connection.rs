//! How to reach the server and what to send along: base URL, key, headers, proxy, certificates.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::iter::once;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hyper::Uri;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::environment::Environment;
use super::no_proxy;
use crate::cli::Options;
use crate::error::{self, Exit, Failure};
use crate::secret::{Secret, api_key, looks_like_key, looks_like_pem};
use crate::terminal::Blocking;

/// Where the OpenAI API is (API reference, "Making requests").
pub const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// How long connecting alone may take (SDK default).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one attempt may take (SDK default).
const TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How often a failed request is repeated (SDK default).
const MAX_RETRIES: u32 = 2;

/// How to reach the server and what to send along.
#[derive(Debug)]
pub struct Connection {
    /// The base URL, without user info.
    pub base_url: Url,
    /// Whether it leads to the API of OpenAI, be it by default or by choice.
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

/// Reads Base64 with and without its padding.
const ANY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The user info of a URL, decoded. The name may be a token, beside a password that says nothing, so
/// both are kept secret.
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
            let decoded = percent_decode_str(text).decode_utf8_lossy();
            Secret::new(decoded)
        };
        let has_some = !url.username().is_empty() || url.password().is_some();
        has_some.then(|| Self {
            name: decode(url.username()),
            password: url.password().map(decode),
        })
    }

    /// The same of a header whose value is `Basic` credentials, whatever the header is called.
    fn of_header(value: &str) -> Option<Self> {
        let (scheme, encoded) = value.trim().split_once(' ')?;
        let is_basic = scheme.eq_ignore_ascii_case("basic");
        // Servers read other forms of Base64, too.
        let encoded = encoded.trim().replace('-', "+").replace('_', "/");
        let decoded = is_basic.then(|| ANY_BASE64.decode(encoded).ok())??;
        let pair = String::from_utf8_lossy(&decoded);
        let (name, password) = pair.split_once(':')?;
        Some(Self {
            name: Secret::new(name),
            password: (!password.is_empty()).then(|| Secret::new(password)),
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
    fn secrets(&self) -> impl Iterator<Item = Secret> {
        let texts = [Some(&self.name), self.password.as_ref()];
        let texts = texts.into_iter().flatten();
        let texts = texts.flat_map(|text| [text.clone(), as_latin_1(text.reveal().as_bytes())]);
        once(self.encoded()).chain(texts)
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
    /// The proxy as messages name it, without user info and what else may be a password.
    #[must_use]
    pub fn name(&self) -> String {
        let mut url = without_user_info(&self.url);
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
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

/// The one parameter in the query of a base URL that is known to be no secret (Azure).
const API_VERSION: &str = "api-version";

impl Connection {
    /// Everything that must not be printed.
    #[must_use]
    pub fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for value in self.custom_headers.values() {
            secrets.push(as_latin_1(value.as_bytes()));
            let value = String::from_utf8_lossy(value.as_bytes());
            secrets.extend(parts(&value));
            let user_info = UserInfo::of_header(&value);
            secrets.extend(user_info.iter().flat_map(UserInfo::secrets));
        }
        // Gateways take keys under many names (`subscription-key`, `code`, `sig`), and without one.
        let query = self.base_url.query().unwrap_or_default();
        for pair in query.split('&').chain(query.split(['&', ';'])) {
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            let is_of_version = |it: u8| it.is_ascii_alphanumeric() || b"-._".contains(&it);
            let is_version = name == API_VERSION && value.bytes().all(is_of_version);
            if !is_version {
                let value = if value.is_empty() { name } else { value };
                secrets.push(Secret::new(value));
                secrets.extend(parts(&percent_decode_str(value).decode_utf8_lossy()));
            }
        }
        let proxy = self.proxy.as_ref().and_then(|it| UserInfo::of(&it.url));
        secrets.extend(proxy.iter().flat_map(UserInfo::secrets));
        match &self.credentials {
            Credentials::ApiKey(key, _) => secrets.extend(parts(key.reveal())),
            Credentials::Basic(user_info) => secrets.extend(user_info.secrets()),
            Credentials::None => {}
        }
        secrets
    }
}

/// A text as a server has it that reads its bytes as Latin-1, as some do with headers.
fn as_latin_1(bytes: &[u8]) -> Secret {
    let characters = bytes.iter().copied().map(char::from);
    Secret::new(characters.collect::<String>())
}

/// `value` and what it is made of: of `Bearer KEY`, `session="ID"; other=ID`, `id:KEY` or
/// `{"api_key":"KEY"}` each part may come back alone. Some of the signs between them may be of a
/// password.
fn parts(value: &str) -> impl Iterator<Item = Secret> {
    let between =
        |character: char| character.is_whitespace() || ";,=:\"'@|&?#()[]{}<>".contains(character);
    let between_words = |character: char| character.is_whitespace() || ";,".contains(character);
    // Most keys have no such signs.
    let parts = value.contains(between).then(|| {
        let words = value.split(between_words).chain(value.split('"'));
        let behind_names = words.clone().chain([value]);
        let behind_names = behind_names.filter_map(|word| word.split_once([':', '=']));
        let behind_names = behind_names.map(|(_, rest)| rest);
        value.split(between).chain(words).chain(behind_names)
    });
    once(value)
        .chain(parts.into_iter().flatten())
        .map(Secret::new)
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

/// Where in `url` its path is.
#[must_use]
pub fn path_of(url: &Url) -> Range<usize> {
    let text = url.as_str();
    let end = text.find(['?', '#']).unwrap_or(text.len());
    end - url.path().len()..end
}

/// Settles how to reach the server.
pub(super) fn settle(
    options: &Options,
    environment: &Environment<'_>,
) -> Result<Connection, Failure> {
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
        let (source, value) = match typed {
            Some(typed) => (flag, typed.clone()),
            None => match environment.text(name)? {
                Some(value) => (name, value),
                None => return Ok(None),
            },
        };
        HeaderValue::from_str(value.trim())
            .map(Some)
            .map_err(|_| Failure::usage(format!("{source} cannot be sent in a header")))
    };
    let organization = header("--organization", &options.organization, "OPENAI_ORG_ID")?;
    let project = header("--project", &options.project, "OPENAI_PROJECT_ID")?;
    let proxy = proxy(&base_url, environment)?;
    let client = client_certificate(options, environment, &base_url, proxy.as_ref())?;
    let timeout = options.timeout.unwrap_or(TIMEOUT);
    Ok(Connection {
        is_default_host,
        credentials,
        organization,
        project,
        custom_headers,
        proxy,
        tls: Tls {
            cert_file: path_in("SSL_CERT_FILE", environment)?,
            cert_dir: path_in("SSL_CERT_DIR", environment)?,
            client,
        },
        connect_timeout: CONNECT_TIMEOUT.min(timeout),
        timeout,
        max_retries: options.max_retries.unwrap_or(MAX_RETRIES),
        base_url,
    })
}

/// The base URL, and whether it leads to the API of OpenAI.
fn base_url(options: &Options, environment: &Environment<'_>) -> Result<(Url, bool), Failure> {
    let (source, text) = match &options.base_url {
        Some(typed) => ("--base-url", typed.reveal().to_owned()),
        None => match environment.text("OPENAI_BASE_URL")? {
            Some(value) => ("OPENAI_BASE_URL", value),
            None => ("the default", DEFAULT_BASE_URL.to_owned()),
        },
    };
    let text = text.trim();
    // What stands before an @, which may be encoded or missing, may be a password, what follows a ? a
    // key, and so may the whole.
    let may_have_at = |text: &str| !text.is_ascii() || text.contains('%');
    let shown = || {
        let (rest, end) = match text.split_once('?') {
            Some((_, query)) if query.contains('@') || may_have_at(query) => ("…", ""),
            Some((rest, _)) => (rest, "?…"),
            None => (text, ""),
        };
        let (start, rest) = match rest.rsplit_once('@') {
            Some((_, rest)) => ("…@", rest),
            None => ("", rest),
        };
        let (_, host) = rest.split_once("://").unwrap_or(("", rest));
        let port = host.split('/').next().and_then(|it| it.split_once(':'));
        let is_port = port.is_none_or(|(_, port)| port.bytes().all(|it| it.is_ascii_digit()));
        let is_secret =
            may_have_at(rest) || looks_like_key(rest) || looks_like_pem(text) || !is_port;
        let rest = if is_secret { "…" } else { rest };
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
    // What is taken for the port may be a password, and nobody knows where it ends.
    let mut url =
        parse(text).map_err(|why| Failure::usage(format!("{source} is not a URL: {why}")))?;
    if has_at_behind_host(&url) {
        return Err(
            Failure::usage(format!("{} has an @ behind its host", shown())).hint(ENCODE_USER_INFO),
        );
    }
    url.set_fragment(None);
    let is_default = url.host_str() == Some("api.openai.com") && url.scheme() == "https";
    Ok((url, is_default))
}

/// Reads the URL of a server or proxy; where it is none, why.
fn parse(text: &str) -> Result<Url, String> {
    /// The HTTP library may add the port.
    const ROOM: &str = "/:65535";
    // What follows a line break may be another URL, and would become a part of this one.
    if text.contains(char::is_control) {
        return Err("control character inside".to_owned());
    }
    // As in `http://$UNSET/v1` and `http://https://host`: what is meant for a host would go to one
    // named `v1` or `https`.
    let (_, rest) = text.split_once("://").unwrap_or_default();
    match rest.split(['/', '\\', '?', '#']).next() {
        Some("") => return Err("empty host".to_owned()),
        Some(authority) if authority.ends_with(':') => return Err("empty port".to_owned()),
        _ => {}
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    // That library takes fewer characters in a host, and would go without a proxy that it cannot read.
    match format!("{url}{ROOM}").parse::<Uri>() {
        Ok(_) => Ok(url),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether there is an `@` where only a user name or password that is not encoded has one: a slash in
/// it ends the host, and what is sent would go to whom the user name names.
fn has_at_behind_host(url: &Url) -> bool {
    let parts = [Some(url.path()), url.query(), url.fragment()];
    parts.into_iter().flatten().any(|part| part.contains('@'))
}

/// What to do about that.
const ENCODE_USER_INFO: &str = r"in a user name or password, write / as %2F, \ as %5C, ? as %3F and # as %23; elsewhere, @ as %40";

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
        let length = reader.take(LONGEST_KEY + 1).read_to_string(&mut text)?;
        // The start of a file is not its key.
        if length as u64 > LONGEST_KEY {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Secret::new(text))
    };
    let unreadable = |what: &str, error: &io::Error| {
        let why = error::io_words(error);
        Failure::usage(format!("cannot read the API key from {what}: {why}"))
    };
    if path == Path::new("-") {
        read(&mut Blocking(io::stdin())).map_err(|error| unreadable("standard input", &error))
    } else {
        fs::File::open(path)
            .and_then(|mut file| read(&mut file))
            .map_err(|error| match path.display().to_string() {
                key if looks_like_key(&key) || looks_like_pem(&key) => unreadable("a file", &error)
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

/// How many custom headers there may be: far more than a gateway wants, and fewer than a map of headers
/// can hold, which panics.
const MOST_HEADERS: usize = 1000;

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
        if headers.len() == MOST_HEADERS {
            return Err(bad("too many headers"));
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
    let has_scheme = text.contains("://");
    let with_scheme = if has_scheme {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let schemes = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
    // As in `http:/host`: the scheme would be the host.
    let is_scheme_host = |url: &Url| !has_scheme && url.path() != "/";
    let is_known = |url: &Url| schemes.contains(&url.scheme()) && !is_scheme_host(url);
    match parse(&with_scheme) {
        Ok(url) if has_at_behind_host(&url) => {
            let what = format!("{source} has an @ behind the host of the proxy");
            Err(Failure::usage(what).hint(ENCODE_USER_INFO))
        }
        Ok(url) if url.has_host() && is_known(&url) => Ok(Some(Proxy { url, source })),
        // The value may hold a password.
        _ => Err(
            Failure::usage(format!("{source} is not the URL of a proxy"))
                .hint("expected http://HOST:PORT or socks5://HOST:PORT"),
        ),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        // 127.0.0.1 may be written as ::ffff:127.0.0.1.
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The path in the variable `name`.
fn path_in(name: &str, environment: &Environment<'_>) -> Result<Option<PathBuf>, Failure> {
    environment
        .get(name)
        .map(|value| path(name, &value))
        .transpose()
}

/// The path that `source` gives. What a file should hold is easily put in its place, and may be
/// a private key: it is refused before a message names it.
fn path(source: &str, value: &OsStr) -> Result<PathBuf, Failure> {
    if looks_like_pem(&value.to_string_lossy()) {
        return Err(
            Failure::usage(format!("{source} is the contents of a file, not its path"))
                .hint("write them to a file and give its path"),
        );
    }
    Ok(PathBuf::from(value))
}

fn client_certificate(
    options: &Options,
    environment: &Environment<'_>,
    base_url: &Url,
    proxy: Option<&Proxy>,
) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
    let certificate = match &options.mtls_client_cert_file {
        Some(typed) => Some(path("--mtls-client-cert-file", typed.as_os_str())?),
        None => path_in("OPENAI_MTLS_CLIENT_CERT_FILE", environment)?,
    };
    let key = match &options.mtls_client_key_file {
        Some(typed) => Some(path("--mtls-client-key-file", typed.as_os_str())?),
        None => path_in("OPENAI_MTLS_CLIENT_KEY_FILE", environment)?,
    };
    match (certificate, key) {
        (Some(_), Some(_)) if base_url.scheme() != "https" => Err(Failure::usage(
            "a client certificate can be used with an https base URL only",
        )),
        // The HTTP library has one TLS configuration for both.
        (Some(_), Some(_)) if proxy.is_some_and(|proxy| proxy.url.scheme() == "https") => {
            Err(Failure::usage(
                "a client certificate cannot be used through an https proxy, which would get to see it",
            )
            .hint("reach the proxy by http://; what goes through it is encrypted all the same"))
        }
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
