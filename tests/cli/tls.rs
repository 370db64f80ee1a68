//! HTTPS against a real server: which certificates are trusted, and what is said of the others.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::server::{Refusing, Reply, Server, Step};
use crate::support::nginx::{self, Nginx};
use crate::support::pki::{Authority, Identity, self_signed};
use crate::support::{Openai, Run, installed, like, mounts, retrieve, secrets};

/// The documented example object on one line.
const OBJECT: &str = concat!(
    r#"{"id":"id","bytes":0,"created_at":0,"filename":"filename","object":"file","#,
    r#""purpose":"assistants","status":"uploaded","expires_at":0,"#,
    r#""status_details":"status_details"}"#,
    "\n"
);

/// A lookup at `https://localhost:PORT/v1`, with `trusted` as the only trust anchor.
fn look(port: u16, trusted: &str) -> Openai {
    look_anyhow(port)
        .file("ca.pem", trusted)
        .env("SSL_CERT_FILE", "ca.pem")
}

/// The same with the trust anchors of the system.
fn look_anyhow(port: u16) -> Openai {
    retrieve()
        .args(["id", "--format", "jsonl"])
        .base_url(&format!("https://localhost:{port}/v1"))
        .placeholder("port", &port.to_string())
}

/// What a server that was asked once says of the request.
fn served(version: &str, tls: &str, client: &str) -> [String; 1] {
    let key = secrets::API_KEY;
    [format!(
        "{version} {tls} /v1/files/id \"Bearer {key}\" \"-\" {client}"
    )]
}

/// Fails the test unless the run was refused for this reason.
#[track_caller]
fn is_untrusted(run: &Run, why: &str, hint: &str) {
    let expected = format!(
        "error: no trusted connection to localhost:{{port}} to look up `id`: {why}\n  \
         url: https://localhost:{{port}}/v1/files/id\n\nhint: {hint}\n"
    );
    run.is(7, "", expected);
}

/// Asks a server with this certificate, of which nothing but `trusted` is trusted, and fails the
/// test unless the request was not sent for this reason.
#[track_caller]
fn is_refused(identity: &Identity, trusted: &str, why: &str, hint: &str) {
    let nginx = Nginx::https(identity, "", &[]);
    is_untrusted(&look(nginx.port(), trusted).run(), why, hint);
    assert_eq!(nginx.served(), [""; 0]);
}

const UNKNOWN: &str = "its certificate was issued by an unknown authority";
const ADD: &str = "if you trust that authority, add its certificate (PEM) to SSL_CERT_FILE; \
                   the system's are not used while it is set";

#[test]
fn a_trusted_server_is_asked_over_http_2() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "ssl_protocols TLSv1.3;", &[]);
    look(nginx.port(), &authority.certificate())
        .run()
        .is(0, OBJECT, "");
    assert_eq!(nginx.served(), served("HTTP/2.0", "TLSv1.3", "NONE"));
}

#[test]
fn many_lookups_share_one_connection() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let directives = "ssl_protocols TLSv1.3; add_header x-connection $connection;";
    let nginx = Nginx::https(&authority.server(), directives, &[]);
    let run = look(nginx.port(), &authority.certificate())
        .args(["b", "c", "d", "e", "--debug"])
        .run();
    run.is(0, OBJECT.repeat(5), like(predicates::constant::always()));
    let connections: Vec<_> = run
        .err()
        .lines()
        .filter_map(|line| line.strip_prefix("debug: < x-connection: "))
        .map(str::to_owned)
        .collect();
    assert_eq!(connections.len(), 5, "{run}");
    assert!(connections.iter().all(|it| *it == connections[0]), "{run}");
    assert_eq!(nginx.served().len(), 5);
}

#[test]
fn a_connection_that_ends_after_so_many_requests_costs_no_retry() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "keepalive_requests 20;", &[]);
    look(nginx.port(), &authority.certificate())
        .args((2..=200).map(|id| id.to_string()))
        .args(["--max-retries", "0"])
        .run()
        .is(0, OBJECT.repeat(200), "");
    assert_eq!(nginx.served().len(), 200);
}

#[test]
fn trust_anchors_may_be_in_a_folder() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "", &[]);
    let openai = look_anyhow(nginx.port()).env("SSL_CERT_DIR", "missing:trusted");
    let folder = openai.home().join("trusted");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("other.pem"),
        Authority::new("two").certificate(),
    )
    .unwrap();
    std::fs::write(folder.join("one.pem"), authority.certificate()).unwrap();
    std::fs::write(folder.join("README"), "no certificate\n").unwrap();
    openai.run().is(0, OBJECT, "");
    assert_eq!(nginx.served().len(), 1);
}

#[test]
fn an_unknown_authority() {
    if !nginx::is_available() {
        return;
    }
    let other = Authority::new("two").certificate();
    is_refused(&Authority::new("one").server(), &other, UNKNOWN, ADD);
    is_refused(&self_signed(false), &other, UNKNOWN, ADD);
    let nginx = Nginx::https(&Authority::new("one").server(), "", &[]);
    is_untrusted(
        &look_anyhow(nginx.port()).run(),
        UNKNOWN,
        "if you trust that authority, point SSL_CERT_FILE at its certificate (PEM); \
         a certificate signed by itself is its own authority",
    );
}

#[test]
fn an_authority_with_the_name_of_a_trusted_one() {
    if !nginx::is_available() {
        return;
    }
    is_refused(
        &Authority::new("one").server(),
        &Authority::new("one").certificate(),
        "its certificate is not signed by the authority that it names",
        "the certificate of that authority may have been renewed; check SSL_CERT_FILE (keys of RSA need 2048 bits)",
    );
}

#[test]
fn so_many_certificates_that_to_try_them_takes_long() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let trusted = authority.certificate();
    let server = authority.server();
    let sent_with = |others: &[String]| {
        let certificate = server.certificate.clone() + &others.concat();
        let key = server.key.clone();
        Nginx::https(&Identity { certificate, key }, "", &[])
    };
    let names = "two two two three three four four four";
    let namesakes: Vec<_> = names
        .split(' ')
        .map(|name| Authority::new(name).certificate())
        .collect();
    let nginx = sent_with(&namesakes);
    let run = look(nginx.port(), &trusted).run();
    run.is(
        7,
        "",
        "error: no trusted connection to localhost:{port} to look up `id`: \
         its certificate is not acceptable: \
         more than 4 that came with it have the name of another one\n  \
         url: https://localhost:{port}/v1/files/id\n",
    );
    assert_eq!(nginx.served(), [""; 0]);

    // What it was given each year, added to one file.
    let years = |_| [authority.server().certificate, trusted.clone()].concat();
    let other = |name: i32| Authority::new(&name.to_string()).certificate();
    for others in [
        namesakes[1..].to_vec(),
        (0..10).map(years).collect(),
        (0..100).map(other).collect(),
    ] {
        let nginx = sent_with(&others);
        look(nginx.port(), &trusted).run().is(0, OBJECT, "");
    }
}

#[test]
fn a_certificate_out_of_its_time() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    is_refused(
        &authority.server_valid(2020, 2021),
        &authority.certificate(),
        "its certificate expired on 2021-01-01",
        "the server needs a new certificate, unless the clock of this machine is wrong",
    );
    is_refused(
        &authority.server_valid(2090, 2091),
        &authority.certificate(),
        "its certificate is valid from 2090-01-01 on",
        "check the clock of this machine",
    );
}

#[test]
fn a_certificate_for_another_host() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    for (names, named) in [
        (
            &["other.example", "192.0.2.1"][..],
            "other.example, 192.0.2.1",
        ),
        (
            &["a.test", "b.test", "c.test", "d.test", "e.test", "f.test"],
            "a.test, b.test, c.test, d.test, e.test, others",
        ),
        (&[], "no host at all (a common name does not count)"),
    ] {
        is_refused(
            &authority.server_named(names),
            &authority.certificate(),
            &format!("its certificate is not for localhost, but for {named}"),
            "if you know it by such a name, use that in the base URL; if not, somebody may be in between",
        );
    }
}

#[test]
fn a_certificate_that_is_not_for_servers() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    is_refused(
        &authority.client(),
        &authority.certificate(),
        "its certificate is not for servers",
        "the server needs one for the purpose of server authentication",
    );
}

#[test]
fn a_certificate_signed_by_itself_can_be_trusted() {
    if !nginx::is_available() {
        return;
    }
    let own = self_signed(false);
    let nginx = Nginx::https(&own, "", &[]);
    look(nginx.port(), &own.certificate).run().is(0, OBJECT, "");
    assert_eq!(nginx.served().len(), 1);
}

#[test]
fn the_certificate_of_an_authority_is_none_for_a_server() {
    if !nginx::is_available() {
        return;
    }
    let own = self_signed(true);
    for trusted in [&own.certificate, &Authority::new("one").certificate()] {
        is_refused(
            &own,
            trusted,
            "its certificate is that of an authority, not of a server",
            "the server needs one with CA:FALSE; then SSL_CERT_FILE can name it or its authority",
        );
    }
}

#[test]
fn each_version_of_tls() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    for version in ["TLSv1.2", "TLSv1.3"] {
        let nginx = Nginx::https(
            &authority.server(),
            &format!("ssl_protocols {version};"),
            &[],
        );
        look(nginx.port(), &authority.certificate())
            .run()
            .is(0, OBJECT, "");
        assert_eq!(nginx.served(), served("HTTP/2.0", version, "NONE"));
    }
    let old = "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;";
    let nginx = Nginx::https(&authority.server(), old, &[]);
    is_untrusted(
        &look(nginx.port(), &authority.certificate()).run(),
        "no common TLS version or cipher (received fatal alert: ProtocolVersion)",
        "TLS 1.2 and 1.3 are spoken; the server needs one of them",
    );
}

#[test]
fn a_host_that_the_server_does_not_know() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "ssl_reject_handshake on;", &[]);
    is_untrusted(
        &look(nginx.port(), &authority.certificate()).run(),
        "it knows no host of that name",
        "check the host in the base URL",
    );
}

#[test]
fn trouble_with_a_certificate_is_not_tried_again() {
    if !nginx::is_available() {
        return;
    }
    let nginx = Nginx::https(&Authority::new("one").server(), "", &[]);
    look(nginx.port(), &Authority::new("two").certificate())
        .args(["--debug", "--format-error", "jsonl"])
        .run()
        .is(
            7,
            "",
            "debug: attempt 1: GET https://localhost:{port}/v1/files/id\n\
             debug: > authorization: [redacted]\n\
             debug: > accept: application/json\n\
             debug: > accept-encoding: gzip\n\
             debug: > user-agent: openai-cli/[..]\n\
             {\"message\":\"no trusted connection to localhost:{port} to look up `id`: \
             its certificate was issued by an unknown authority\",\
             \"type\":\"network_error\",\"param\":null,\"code\":\"tls\"}\n",
        );
}

#[test]
fn http_and_https_taken_for_each_other() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "", &[]);
    look_anyhow(nginx.port())
        .base_url(&format!("http://localhost:{}/v1", nginx.port()))
        .run()
        .is(
            1,
            "",
            "error: the server refused to look up `id` (HTTP 400)\n  \
             <html> <head><title>400 The plain HTTP request was sent to HTTPS port</title></head> \
             <body> <center><h1>400 Bad Request<…\n  \
             url: http://localhost:{port}/v1/files/id\n\n\
             hint: the server wants https:// in the base URL\n",
        );
    drop(nginx);
    let nginx = Nginx::http();
    is_untrusted(
        &look(nginx.port(), &authority.certificate()).run(),
        "it does not speak TLS there",
        "check the port of the base URL; with http:// anybody on the way could read what is sent",
    );
}

/// A server that wants a client certificate of `authority`.
fn wanting_client(authority: &Authority, directives: &str) -> Nginx {
    let directives =
        format!("ssl_verify_client on;\nssl_client_certificate {{dir}}/clients.pem;\n{directives}");
    let trusted = authority.certificate();
    Nginx::https(
        &authority.server(),
        &directives,
        &[("clients.pem", &trusted)],
    )
}

/// The same lookup with a client certificate and key.
fn with_client(openai: Openai, certificate: &str, key: &str) -> Openai {
    let openai = openai
        .file("client.pem", certificate)
        .file("client.key", key)
        .secret(key.lines().rev().nth(1).unwrap())
        .args(["--mtls-client-cert-file", "client.pem"])
        .args(["--mtls-client-key-file", "client.key"]);
    set_mode(&openai, 0o600);
    openai
}

fn set_mode(openai: &Openai, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let key = openai.home().join("client.key");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_client_certificate_is_shown() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let client = authority.client();
    for version in ["TLSv1.2", "TLSv1.3"] {
        let nginx = wanting_client(&authority, &format!("ssl_protocols {version};"));
        let openai = look(nginx.port(), &authority.certificate());
        with_client(openai, &client.certificate, &client.key)
            .run()
            .is(0, OBJECT, "");
        assert_eq!(nginx.served(), served("HTTP/2.0", version, "SUCCESS"));
    }
}

#[test]
fn the_environment_may_name_the_client_certificate() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let client = authority.client();
    let nginx = wanting_client(&authority, "ssl_protocols TLSv1.3;");
    let openai = look(nginx.port(), &authority.certificate())
        .file("both.pem", format!("{}{}", client.key, client.certificate))
        .env("OPENAI_MTLS_CLIENT_CERT_FILE", "both.pem")
        .env("OPENAI_MTLS_CLIENT_KEY_FILE", "both.pem")
        .shell("chmod 600 both.pem; exec \"$@\"")
        .env("PATH", "/usr/bin:/bin");
    openai.run().is(0, OBJECT, "");
    assert_eq!(nginx.served(), served("HTTP/2.0", "TLSv1.3", "SUCCESS"));
}

#[test]
fn a_key_that_others_can_read() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let client = authority.client();
    let nginx = wanting_client(&authority, "");
    let openai = look(nginx.port(), &authority.certificate());
    let openai = with_client(openai, &client.certificate, &client.key);
    set_mode(&openai, 0o644);
    openai.run().is(
        0,
        OBJECT,
        "warning: the client key `client.key` can be read by others; chmod 600 it\n",
    );
}

#[test]
fn nginx_wants_a_client_certificate() {
    if !nginx::is_available() {
        return;
    }
    let authority = Authority::new("one");
    let refused = |title: &str, hint: &str| {
        format!(
            "error: the server refused to look up `id` (HTTP 400)\n  \
             <html> <head><title>400 {title}</title></head> <body> <center>[..]\n  \
             url: https://localhost:{{port}}/v1/files/id\n\nhint: {hint}\n"
        )
    };
    let nginx = wanting_client(&authority, "");
    look(nginx.port(), &authority.certificate()).run().is(
        1,
        "",
        refused(
            "No required SSL certificate was sent",
            "the server wants --mtls-client-cert-file and --mtls-client-key-file",
        ),
    );
    let stranger = Authority::new("two").client();
    with_client(
        look(nginx.port(), &authority.certificate()),
        &stranger.certificate,
        &stranger.key,
    )
    .run()
    .is(
        1,
        "",
        refused(
            "The SSL certificate error",
            "check --mtls-client-cert-file: the server does not accept it",
        ),
    );
}

/// `openssl s_server`, which refuses a client certificate in the handshake, as servers other than
/// nginx do; ended when dropped.
struct OpensslServer {
    process: Child,
    port: u16,
}

impl OpensslServer {
    fn wanting_client(authority: &Authority, version: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let identity = authority.server();
        for (name, contents) in [
            ("server.pem", &identity.certificate),
            ("server.key", &identity.key),
            ("clients.pem", &authority.certificate()),
        ] {
            std::fs::write(directory.path().join(name), contents).unwrap();
        }
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", version, "-www"])
            .args(["-cert", "server.pem", "-key", "server.key"])
            .args([
                "-CAfile",
                "clients.pem",
                "-Verify",
                "1",
                "-verify_return_error",
            ])
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It says where it listens, once it does: ACCEPT 127.0.0.1:PORT
        let port = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("ACCEPT ")?
                    .rsplit_once(':')?
                    .1
                    .parse()
                    .ok()
            });
        Self {
            process,
            port: port.expect("openssl s_server says where it listens"),
        }
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        // Both fail where the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_handshake_without_the_right_client_certificate() {
    if !installed(&["openssl"]) {
        return;
    }
    let authority = Authority::new("one");
    let stranger = Authority::new("two").client();
    for (version, why, hint) in [
        (
            "-tls1_2",
            "it breaks off the handshake (received fatal alert: HandshakeFailure)",
            "it may want a client certificate (--mtls-client-cert-file), \
             or a cipher that is not offered",
        ),
        (
            "-tls1_3",
            "it wants a client certificate (received fatal alert: CertificateRequired)",
            "use --mtls-client-cert-file and --mtls-client-key-file",
        ),
    ] {
        let server = OpensslServer::wanting_client(&authority, version);
        let openai = look(server.port, &authority.certificate());
        is_untrusted(&openai.run(), why, hint);
        let openai = look(server.port, &authority.certificate());
        is_untrusted(
            &with_client(openai, &stranger.certificate, &stranger.key).run(),
            "it does not accept the client certificate (received fatal alert: UnknownCA)",
            "check --mtls-client-cert-file and --mtls-client-key-file",
        );
    }
}

/// Fails the test unless these two files are refused before anything is sent.
#[track_caller]
fn is_unusable(certificate: &str, key: &str, message: &str) {
    with_client(
        look(9, &Authority::new("one").certificate()),
        certificate,
        key,
    )
    .run()
    .is(2, "", format!("error: cannot use the client {message}\n"));
}

#[test]
fn a_client_certificate_that_cannot_be_used() {
    let authority = Authority::new("one");
    let client = authority.client();
    let other = authority.client();
    let (certificate, key) = (client.certificate.as_str(), client.key.as_str());
    is_unusable(
        certificate,
        &other.key,
        "key `client.key`: it does not belong to the certificate `client.pem`",
    );
    is_unusable(
        key,
        certificate,
        "certificate `client.pem`: it holds no certificate in PEM form",
    );
    is_unusable(
        certificate,
        certificate,
        "key `client.key`: it holds no private key in PEM form",
    );
    is_unusable(
        "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
        key,
        "certificate `client.pem`: it is not valid PEM",
    );
    let sentinel = secrets::CLIENT_KEY;
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        for body in [
            sentinel.to_owned(),
            format!("{sentinel}!"),
            sentinel.repeat(40),
        ] {
            let broken = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            is_unusable(certificate, &broken, "key `client.key`: [..]");
        }
    }
}

#[test]
fn a_device_without_end_is_no_certificate() {
    let client = Authority::new("one").client();
    let path = |option: &str| match option {
        "cert" => "--mtls-client-cert-file",
        _ => "--mtls-client-key-file",
    };
    for (endless, other, message) in [
        (
            "cert",
            "key",
            "certificate `/dev/zero`: it holds no certificate in PEM form",
        ),
        (
            "key",
            "cert",
            "key `/dev/zero`: it holds no private key in PEM form",
        ),
    ] {
        look(9, &Authority::new("one").certificate())
            .file("client.cert", &client.certificate)
            .file("client.key", &client.key)
            .args([path(endless), "/dev/zero"])
            .args([path(other), &format!("client.{other}")])
            .shell("ulimit -v 500000; exec \"$@\"")
            .run()
            .is(2, "", format!("error: cannot use the client {message}\n"));
    }
    // What else is there is used.
    let refusing = Refusing::start();
    let openai = look_anyhow(refusing.address().port()).file("ca.pem", &client.certificate);
    openai
        .env("SSL_CERT_FILE", "/dev/zero")
        .env("SSL_CERT_DIR", ".")
        .args(["--max-retries", "0"])
        .shell("ulimit -v 500000; exec \"$@\"")
        .run()
        .is(
            7,
            "",
            "warning: no CA certificate in SSL_CERT_FILE, `/dev/zero`: \
             it holds no certificate in PEM form\n\
             error: cannot reach localhost:{port} to look up `id`: connection refused\n  \
             url: https://localhost:{port}/v1/files/id\n\n\
             hint: check that the server is running, and the base URL\n",
        );
}

#[test]
fn an_encrypted_client_key() {
    let client = Authority::new("one").client();
    let sentinel = secrets::CLIENT_KEY;
    for encrypted in [
        format!(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\n{sentinel}\n-----END ENCRYPTED PRIVATE KEY-----\n"
        ),
        format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n\
             {sentinel}\n-----END RSA PRIVATE KEY-----\n"
        ),
    ] {
        is_unusable(
            &client.certificate,
            &encrypted,
            "key `client.key`: it is encrypted\n\n\
             hint: write it without a passphrase: openssl pkey -in KEY -out PLAIN_KEY",
        );
    }
}

#[test]
fn a_client_certificate_that_is_not_there() {
    look_anyhow(9)
        .env("OPENAI_MTLS_CLIENT_CERT_FILE", "missing.pem")
        .env("OPENAI_MTLS_CLIENT_KEY_FILE", "missing.key")
        .run()
        .is(
            2,
            "",
            "error: cannot use the client certificate `missing.pem`: \
             no such file or directory\n",
        );
}

/// Makes the file `system.pem`, if there is one, all that the system trusts.
const OTHER_STORE: &str = "\
    for folder in /etc/ssl /etc/pki /opt/etc/ssl /etc/security/certificates; do
        test ! -d $folder || mount -t tmpfs none $folder
    done
    test ! -e system.pem || mkdir -p /etc/ssl/certs
    test ! -e system.pem || cp system.pem /etc/ssl/certs/ca-certificates.crt";

#[test]
fn a_system_without_trust_anchors() {
    if !nginx::is_available() || !mounts() {
        return;
    }
    look_anyhow(9).mounting(OTHER_STORE).run().is(
        7,
        "",
        "error: no CA certificate found to check the server with\n\n\
         hint: install the package ca-certificates, or point SSL_CERT_FILE at a PEM bundle\n",
    );
    let nginx = Nginx::http();
    let base_url = format!("http://localhost:{}/v1", nginx.port());
    look_anyhow(nginx.port())
        .base_url(&base_url)
        .mounting(OTHER_STORE)
        .run()
        .is(0, OBJECT, "");
    assert_eq!(nginx.served(), served("HTTP/1.1", "-", "-"));
}

#[test]
fn the_trust_anchors_of_the_system() {
    if !nginx::is_available() || !mounts() {
        return;
    }
    let authority = Authority::new("one");
    let nginx = Nginx::https(&authority.server(), "", &[]);
    let look = || {
        let openai = look_anyhow(nginx.port()).file("system.pem", authority.certificate());
        openai.mounting(OTHER_STORE)
    };
    look().run().is(0, OBJECT, "");
    for (contents, why) in [
        (None, "no such file or directory"),
        (Some(""), "it holds no certificate in PEM form"),
        (Some("garbage\n"), "it holds no certificate in PEM form"),
        (
            Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
            "it is not valid PEM",
        ),
        (
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "it holds no certificate in PEM form",
        ),
    ] {
        let mut openai = look().env("SSL_CERT_FILE", "ca.pem");
        if let Some(contents) = contents {
            openai = openai.file("ca.pem", contents);
        }
        let warning = format!(
            "warning: no CA certificate in SSL_CERT_FILE, `ca.pem`: {why}; using the system's\n"
        );
        openai.run().is(0, OBJECT, warning);
    }
    look().env("SSL_CERT_DIR", "missing").run().is(
        0,
        OBJECT,
        "warning: no CA certificate in SSL_CERT_DIR, `missing`: \
         no such file or directory; using the system's\n",
    );
    // What one of the two names is enough, and the other is still told of.
    look()
        .env("SSL_CERT_FILE", "missing.pem")
        .env("SSL_CERT_DIR", ".")
        .run()
        .is(
            0,
            OBJECT,
            "warning: no CA certificate in SSL_CERT_FILE, `missing.pem`: \
             no such file or directory\n",
        );
    assert_eq!(nginx.served().len(), 8);
}

#[test]
fn an_alert_that_says_nothing_of_trust_is_not_the_last_word() {
    // RFC 8446, section 6
    for (alert, attempts, connections, why) in [
        (80, ", 2 attempts", 2, "received fatal alert: InternalError"),
        (90, ", 2 attempts", 2, "received fatal alert: UserCanceled"),
        (20, ", 2 attempts", 2, "received fatal alert: BadRecordMac"),
        (50, ", 2 attempts", 2, "received fatal alert: DecodeError"),
        (71, "", 1, "received fatal alert: InsufficientSecurity"),
    ] {
        let server = Server::options()
            .expecting(0)
            .greeting([Step::bytes([21, 3, 3, 0, 2, 2, alert]), Step::Hang])
            .start(|_| Reply::file());
        let hint = if connections > 1 {
            "\nhint: try again later\n"
        } else {
            ""
        };
        look(
            server.address().port(),
            &Authority::new("one").certificate(),
        )
        .args(["--max-retries", "1"])
        .run()
        .is(
            7,
            "",
            format!(
                "error: no trusted connection to localhost:{{port}} to look up `id`{attempts}: \
                     {why}\n  url: https://localhost:{{port}}/v1/files/id\n{hint}"
            ),
        );
        assert_eq!(server.connections(), connections, "{why}");
    }
}
