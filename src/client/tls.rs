//! TLS: where trust anchors come from, and the client certificate.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};

use crate::error::{Exit, Failure, words};
use crate::settings::Tls;

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
        .map_err(|error| Failure::new(Exit::Network, format!("cannot set up TLS: {error}")))?;
    let builder = if encrypted {
        trust(builder, tls, warn)?
    } else {
        builder.with_root_certificates(rustls::RootCertStore::empty())
    };
    let mut config = match &tls.client {
        Some((certificate, key)) => client_certificate(builder, certificate, key, warn)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// On macOS and Windows the system judges certificates, unless `SSL_CERT_FILE` or `SSL_CERT_DIR`
/// says otherwise.
#[cfg(any(target_vendor = "apple", windows))]
fn trust(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    tls: &Tls,
    warn: &dyn Fn(&str),
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Failure> {
    use rustls_platform_verifier::BuilderVerifierExt as _;
    if tls.cert_file.is_some() || tls.cert_dir.is_some() {
        if let Some(store) = store_of(tls, warn) {
            return Ok(builder.with_root_certificates(store));
        }
    }
    builder
        .with_platform_verifier()
        .map_err(|error| Failure::new(Exit::Network, format!("cannot set up TLS: {error}")))
}

/// Elsewhere one source is read, once: what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, else the
/// bundle of the system, else its folder. Reading bundle and folder, as is usual, would parse
/// every root twice.
#[cfg(not(any(target_vendor = "apple", windows)))]
fn trust(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    tls: &Tls,
    warn: &dyn Fn(&str),
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Failure> {
    let named = store_of(tls, warn);
    let store = named.or_else(|| {
        let system = openssl_probe::probe();
        let bundle = system
            .cert_file
            .and_then(|file| store(&[(Some(&file), None)]));
        bundle.or_else(|| {
            let folders: Vec<_> = system
                .cert_dir
                .iter()
                .map(|folder| (None, Some(folder.as_path())))
                .collect();
            store(&folders)
        })
    });
    store
        .map(|store| builder.with_root_certificates(store))
        .ok_or_else(|| {
            Failure::new(
                Exit::Network,
                "no CA certificate found to check the server with",
            )
            .hint("install the package ca-certificates, or point SSL_CERT_FILE at a PEM bundle")
        })
}

/// The trust anchors that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Where they name nothing usable
/// the system's are taken instead, as Go does, but not silently.
fn store_of(tls: &Tls, warn: &dyn Fn(&str)) -> Option<rustls::RootCertStore> {
    if tls.cert_file.is_none() && tls.cert_dir.is_none() {
        return None;
    }
    let folders: Vec<_> = tls
        .cert_dir
        .iter()
        .flat_map(std::env::split_paths)
        .collect();
    let mut sources = vec![(tls.cert_file.as_deref(), None)];
    sources.extend(folders.iter().map(|folder| (None, Some(folder.as_path()))));
    let store = store(&sources);
    if store.is_none() {
        warn("no CA certificate in SSL_CERT_FILE or SSL_CERT_DIR; using the system's");
    }
    store
}

/// The trust anchors of files and folders; `None` if there is none.
fn store(sources: &[(Option<&Path>, Option<&Path>)]) -> Option<rustls::RootCertStore> {
    let mut store = rustls::RootCertStore::empty();
    for (file, folder) in sources {
        let loaded = rustls_native_certs::load_certs_from_paths(*file, *folder);
        // What cannot be parsed is skipped: system bundles hold odd old roots.
        store.add_parsable_certificates(loaded.certs);
    }
    (!store.is_empty()).then_some(store)
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
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unusable("certificate", certificate, &pem_problem(&error)))?;
    if chain.is_empty() {
        return Err(unusable(
            "certificate",
            certificate,
            &"it holds no certificate in PEM form",
        ));
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unusable("key", key, &pem_problem(&error)))?;
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

fn pem_problem(error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    match error {
        Error::NoItemsFound => "it holds nothing usable in PEM form".to_owned(),
        Error::Io(error) => words(error),
        // Other texts of this error may quote the file, and one of the two files is a secret.
        _ => "it is not valid PEM".to_owned(),
    }
}

#[cfg(unix)]
fn readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &Path) -> bool {
    false
}
