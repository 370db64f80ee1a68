//! The certificates that a server sends beside its own, of which a chain to a trust anchor is made.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use webpki::EndEntityCert;

/// How many of those of which a chain can be made may have the name of another one. Authorities that
/// are renewed, or sign each other, have two or three certificates.
const MOST_NAMESAKES: usize = 4;

/// Trusts what the TLS library does, unless there are so many ways to go from one certificate to the
/// next that trying them takes half a minute, in which no time limit is kept: the library takes up to
/// 200,000 steps, and reads all certificates at each (`build_chain` of rustls-webpki). With
/// [`MOST_NAMESAKES`] and the six that a chain may have it is about a hundred.
#[derive(Debug)]
pub(super) struct Verifier(pub(super) Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let few;
        let intermediates = if intermediates.len() > MOST_NAMESAKES {
            few = issuers(end_entity, intermediates)?;
            &few
        } else {
            intermediates
        };
        self.0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Those of the `intermediates` that another certificate names as its issuer, each once. A server may
/// send its own certificates of the last years, too, where each was added to a file.
///
/// # Errors
/// If more than [`MOST_NAMESAKES`] of them have the name of another one.
fn issuers<'a>(
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
) -> Result<Vec<CertificateDer<'a>>, Error> {
    let read = |der| EndEntityCert::try_from(der).ok();
    let end_entity = read(end_entity);
    let others: Vec<_> = intermediates.iter().filter_map(read).collect();
    let all = end_entity.iter().chain(&others);
    let named: HashSet<_> = all.map(|it| it.issuer()).collect();
    let mut issuers = Vec::new();
    let mut subjects = HashSet::new();
    for it in &others {
        if named.contains(it.subject()) && !issuers.contains(&it.der()) {
            issuers.push(it.der());
            subjects.insert(it.subject());
        }
    }
    if issuers.len() - subjects.len() <= MOST_NAMESAKES {
        return Ok(issuers);
    }
    let why = format!("more than {MOST_NAMESAKES} that came with it have the name of another one");
    let why = Box::<dyn StdError + Send + Sync>::from(why);
    Err(CertificateError::Other(OtherError(why.into())).into())
}
