use std::io;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::{Identity, aws_lc_rs};

/// A certificate as go-plugin makes it: P-521, marked as an authority.
fn go_plugin_certificate() -> (CertificateDer<'static>, KeyPair) {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).expect("a key");
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    (params.self_signed(&key).expect("a certificate").der().clone(), key)
}

fn client(server: &Identity, shows: Option<(CertificateDer<'static>, &KeyPair)>) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(server.certificate.clone()).expect("a root");
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let mut config = match shows {
        Some((certificate, key)) => config
            .with_client_auth_cert(vec![certificate], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .expect("a client certificate"),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config).into()
}

/// One byte through the connection and back. In TLS 1.3 a client learns only here that it was refused.
async fn exchange(server: &Identity, client: TlsConnector) -> (io::Result<()>, io::Result<Option<Vec<u8>>>) {
    let (near, far) = tokio::io::duplex(64 << 10);
    let acceptor = server.acceptor.clone();
    let served = async move {
        let mut stream = acceptor.accept(far).await?;
        let byte = stream.read_u8().await?;
        stream.write_u8(byte).await?;
        stream.shutdown().await
    };
    let asked = async move {
        let mut stream = client.connect(ServerName::try_from("localhost").expect("a name"), near).await?;
        stream.write_u8(7).await?;
        assert_eq!(stream.read_u8().await?, 7);
        Ok(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
    };
    tokio::join!(served, asked)
}

#[tokio::test]
async fn the_certificate_of_the_core_is_let_in_and_h2_is_chosen() {
    let (certificate, key) = go_plugin_certificate();
    let server = Identity::for_client(certificate.clone()).expect("an identity");
    let (served, asked) = exchange(&server, client(&server, Some((certificate, &key)))).await;
    served.expect("let in");
    assert_eq!(asked.expect("answered").as_deref(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn another_certificate_of_the_same_name_is_refused() {
    let (certificate, _) = go_plugin_certificate();
    let server = Identity::for_client(certificate).expect("an identity");
    let (other, key) = go_plugin_certificate();
    let (served, asked) = exchange(&server, client(&server, Some((other, &key)))).await;
    served.expect_err("refused");
    asked.expect_err("refused");
}

#[tokio::test]
async fn the_right_certificate_with_another_key_is_refused() {
    let (certificate, _) = go_plugin_certificate();
    let server = Identity::for_client(certificate.clone()).expect("an identity");
    let (_, thief) = go_plugin_certificate();
    let provider = aws_lc_rs::default_provider();
    let key =
        provider.key_provider.load_private_key(PrivatePkcs8KeyDer::from(thief.serialize_der()).into()).expect("a key");
    // rustls refuses to pair them, so the pair is handed over as it is.
    let pair = rustls::sign::CertifiedKey::new(vec![certificate], key);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(server.certificate.clone()).expect("a root");
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(pair)));
    let (served, asked) = exchange(&server, Arc::new(config).into()).await;
    served.expect_err("refused");
    asked.expect_err("refused");
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let (certificate, _) = go_plugin_certificate();
    let server = Identity::for_client(certificate).expect("an identity");
    let (served, asked) = exchange(&server, client(&server, None)).await;
    served.expect_err("refused");
    asked.expect_err("refused");
}
