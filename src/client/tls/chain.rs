//! The certificates that a server sends beside its own, of which a chain to a trust anchor is made.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

/// How many certificates a server may send beside its own (as many as a chain may have in OpenSSL).
const MOST: usize = 100;

/// How many of them may have the name of another one. Authorities that are renewed, or sign each other,
/// have two or three certificates.
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
        let why = if intermediates.len() > MOST {
            format!("more than {MOST} others came with it")
        } else if intermediates.len() > MOST_NAMESAKES && namesakes(intermediates) > MOST_NAMESAKES
        {
            format!("more than {MOST_NAMESAKES} that came with it have the name of another one")
        } else {
            return self.0.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
        };
        let why = Box::<dyn StdError + Send + Sync>::from(why);
        Err(CertificateError::Other(OtherError(why.into())).into())
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

/// How many of the `certificates` have the subject of another one before them.
fn namesakes(certificates: &[CertificateDer<'_>]) -> usize {
    // Nothing is trusted for being here: it is what the library reads a subject with.
    let mut read = RootCertStore::empty();
    let borrowed = certificates
        .iter()
        .map(|it| CertificateDer::from(it.as_ref()));
    read.add_parsable_certificates(borrowed);
    let names: HashSet<&[u8]> = read.roots.iter().map(|it| it.subject.as_ref()).collect();
    read.roots.len() - names.len()
}
