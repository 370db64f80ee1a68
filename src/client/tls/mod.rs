//! TLS: where trust anchors come from, the client certificate, and what can be wrong with either.

mod chain;
mod explain;

use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use self::chain::Verifier;
pub(super) use self::explain::{error_of, explain, is_garbled, may_pass};
use crate::error::{Exit, Failure, io_words};
use crate::settings::Tls;

/// The largest PEM file that is read, in bytes: many times what a bundle of all public authorities
/// has. What follows is left alone, since a device has no end.
const LARGEST_PEM: u64 = 16 << 20;

/// The TLS configuration of a run. Where nothing is `encrypted` no trust anchor is read, which
/// also lets an http base URL work on a machine that has none.
///
/// Remarks that do not stop the run are handed to `warn`.
///
/// # Errors
/// A [`Failure`] if there is no trust anchor or the client certificate cannot be used.
pub(super) fn config(
    tls: &Tls,
    encrypted: bool,
    warn: &dyn Fn(&str),
) -> Result<ClientConfig, Failure> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(no_tls)?;
    let builder = if encrypted {
        trust(builder, tls, warn)?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    let mut config = match &tls.client {
        Some((certificate, key)) => client_certificate(builder, certificate, key, warn)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// On macOS the system judges certificates, unless `SSL_CERT_FILE` or `SSL_CERT_DIR` says
/// otherwise.
#[cfg(target_vendor = "apple")]
fn trust(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    tls: &Tls,
    warn: &dyn Fn(&str),
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Failure> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    if tls.cert_file.is_some() || tls.cert_dir.is_some() {
        if let Some(store) = store_of(tls, warn) {
            return trusting(builder, store);
        }
    }
    builder.with_platform_verifier().map_err(no_tls)
}

/// Elsewhere one source is read, once: what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, else the
/// bundle of the system, else its folder. Reading bundle and folder, as is usual, would parse
/// every root twice.
#[cfg(not(target_vendor = "apple"))]
fn trust(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    tls: &Tls,
    warn: &dyn Fn(&str),
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Failure> {
    let named = store_of(tls, warn);
    let store = named.or_else(system_store).ok_or_else(|| {
        Failure::new(
            Exit::Network,
            "no CA certificate found to check the server with",
        )
        .hint("install the package ca-certificates, or point SSL_CERT_FILE at a PEM bundle")
    })?;
    trusting(builder, store)
}

/// Trusts what is in `store`, which is not empty.
fn trusting(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    store: RootCertStore,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Failure> {
    let provider = Arc::clone(builder.crypto_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(store.into(), provider)
        .build()
        .map_err(no_tls)?;
    // What is dangerous is to trust more than the library does; this one asks it, and trusts less.
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier(verifier))))
}

fn no_tls(error: impl Display) -> Failure {
    Failure::new(Exit::Network, format!("cannot set up TLS: {error}"))
}

#[cfg(not(target_vendor = "apple"))]
fn system_store() -> Option<RootCertStore> {
    let system = openssl_probe::probe();
    let bundle = system.cert_file.iter().map(|file| in_file(file));
    let folders = system.cert_dir.iter().map(|folder| in_folder(folder));
    let mut store = RootCertStore::empty();
    add(&mut store, bundle)
        .or_else(|_| add(&mut store, folders))
        .is_ok()
        .then_some(store)
}

/// The trust anchors that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Where they name nothing usable
/// the system's are taken instead, but not silently.
fn store_of(tls: &Tls, warn: &dyn Fn(&str)) -> Option<RootCertStore> {
    let mut store = RootCertStore::empty();
    let mut useless = Vec::new();
    let mut take = |variable, value: &Path, found: Vec<Found>| {
        if let Err(why) = add(&mut store, found) {
            let value = value.display();
            useless.push(format!("no CA certificate in {variable}, `{value}`: {why}"));
        }
    };
    if let Some(file) = &tls.cert_file {
        take("SSL_CERT_FILE", file, vec![in_file(file)]);
    }
    if let Some(folders) = &tls.cert_dir {
        let found = std::env::split_paths(folders).map(|folder| in_folder(&folder));
        take("SSL_CERT_DIR", folders, found.collect());
    }
    let instead = match (&tls.cert_file, &tls.cert_dir) {
        (None, None) => return None,
        _ if store.is_empty() => "; using the system's",
        _ => "",
    };
    for line in useless {
        warn(&format!("{line}{instead}"));
    }
    (!store.is_empty()).then_some(store)
}

/// The certificates of a file or folder, and the first problem there, if there was one.
type Found = (Vec<CertificateDer<'static>>, Option<pem::Error>);

fn in_file(path: &Path) -> Found {
    let pem = match read_pem(path) {
        Ok(pem) => pem,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let (mut certificates, mut problem) = (Vec::new(), None);
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        match certificate {
            Ok(certificate) => certificates.push(certificate),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    (certificates, problem)
}

fn in_folder(path: &Path) -> Found {
    use rustls_native_certs::ErrorKind;
    let loaded = rustls_native_certs::load_certs_from_paths(None, Some(path));
    let problem = loaded.errors.into_iter().next();
    let problem = problem.map(|error| match error.kind {
        ErrorKind::Io { inner, .. } => pem::Error::Io(inner),
        ErrorKind::Pem(error) => error,
        _ => pem::Error::NoItemsFound,
    });
    (loaded.certs, problem)
}

/// Adds what was found to `store`.
///
/// # Errors
/// Why there is not a single trust anchor in it, in words.
fn add(store: &mut RootCertStore, found: impl IntoIterator<Item = Found>) -> Result<(), String> {
    let (mut added, mut problem) = (0, None);
    for (certificates, further) in found {
        // What cannot be parsed is skipped: system bundles hold odd old roots.
        added += store.add_parsable_certificates(certificates).0;
        problem = problem.or(further);
    }
    match problem {
        _ if added > 0 => Ok(()),
        Some(error) => Err(pem_problem(&error, "certificate")),
        None => Err("it holds no certificate in PEM form".to_owned()),
    }
}

/// The contents of a PEM file, up to [`LARGEST_PEM`].
fn read_pem(path: &Path) -> Result<Vec<u8>, pem::Error> {
    let mut contents = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_PEM).read_to_end(&mut contents))
        .map_err(pem::Error::Io)?;
    Ok(contents)
}

fn client_certificate(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    certificate: &Path,
    key: &Path,
    warn: &dyn Fn(&str),
) -> Result<ClientConfig, Failure> {
    let unusable = |what: &str, path: &Path, why: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "cannot use the client {what} `{}`: {why}",
            path.display()
        ))
    };
    let chain: Vec<_> = read_pem(certificate)
        .and_then(|pem| CertificateDer::pem_slice_iter(&pem).collect())
        .map_err(|error| {
            let why = pem_problem(&error, "certificate");
            unusable("certificate", certificate, &why)
        })?;
    if chain.is_empty() {
        return Err(unusable(
            "certificate",
            certificate,
            &"it holds no certificate in PEM form",
        ));
    }
    let of_key = |error| unusable("key", key, &pem_problem(&error, "private key"));
    let pem = read_pem(key).map_err(of_key)?;
    let secret = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
        if is_encrypted(&pem) {
            unusable("key", key, &"it is encrypted")
                .hint("write it without a passphrase: openssl pkey -in KEY -out PLAIN_KEY")
        } else {
            of_key(error)
        }
    })?;
    if readable_by_others(key) {
        warn(&format!(
            "the client key `{}` can be read by others; chmod 600 it",
            key.display()
        ));
    }
    builder
        .with_client_auth_cert(chain, secret)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => unusable(
                "key",
                key,
                &format!(
                    "it does not belong to the certificate `{}`",
                    certificate.display()
                ),
            ),
            other => unusable("certificate", certificate, &other),
        })
}

/// What is wrong with a file that was to hold a `what` in PEM form.
fn pem_problem(error: &pem::Error, what: &str) -> String {
    match error {
        pem::Error::NoItemsFound => format!("it holds no {what} in PEM form"),
        pem::Error::Io(error) => io_words(error),
        // Other texts of this error may quote the file, and one of the files is a secret.
        _ => "it is not valid PEM".to_owned(),
    }
}

/// Whether a PEM file holds a key that wants a passphrase: PKCS #8 says so in its label (RFC
/// 7468, section 11), the older form in a header (RFC 1421, section 4.6.1.1).
fn is_encrypted(key: &[u8]) -> bool {
    std::str::from_utf8(key).is_ok_and(|text| {
        text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains(",ENCRYPTED")
    })
}

fn readable_by_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}
