//! Mutual TLS with the core that started us. Knows certificates; must not know sockets or what is spoken inside.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use super::StartError;

/// Our side of the connection: a certificate that lives as long as the process, and who is let in.
pub(crate) struct Identity {
    /// Goes into the handshake line; the core trusts this one alone.
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) acceptor: TlsAcceptor,
}

impl Identity {
    /// Makes a key and a certificate for `localhost` (the name that the core checks) and lets in only who holds the key
    /// of the certificate `client`.
    pub(crate) fn for_client(client: CertificateDer<'static>) -> Result<Identity, StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError::Certificate(error.to_string());
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| failed(&e))?;
        let certificate = CertificateParams::new(["localhost".to_owned()])
            .and_then(|params| params.self_signed(&key))
            .map_err(|e| failed(&e))?
            .der()
            .clone();

        // The crypto provider is named: a process-wide default is ambiguous as soon as a dependency enables a second.
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let pinned = Arc::new(PinnedClient::new(client, &crypto));
        let mut config = rustls::ServerConfig::builder_with_provider(crypto)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| failed(&e))?
            .with_client_cert_verifier(pinned)
            .with_single_cert(vec![certificate.clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .map_err(|e| failed(&e))?;
        // gRPC clients of later cores refuse a server that does not choose h2.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // One connection for the life of the process: tickets are never redeemed.
        config.send_tls13_tickets = 0;
        Ok(Identity { certificate, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

/// Lets in exactly one certificate. go-plugin's is a P-521 certificate that is marked as an authority and used as a
/// leaf, which webpki refuses; being that very certificate, with a signature made by its key, is the stronger rule.
#[derive(Debug)]
struct PinnedClient {
    client: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    fn new(client: CertificateDer<'static>, crypto: &CryptoProvider) -> PinnedClient {
        PinnedClient { client, algorithms: crypto.signature_verification_algorithms }
    }
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *end_entity == self.client && intermediates.is_empty() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
