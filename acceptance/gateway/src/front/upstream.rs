//! The way to one real API server: TLS with the cluster's own authority, streaming bodies, upgraded connections. Knows no log, no fault.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};

use crate::exchange::Body;

/// Clients of one API server share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    address: SocketAddr,
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

impl Upstream {
    /// `authority` is the PEM certificate that signed the API server's.
    pub(crate) fn new(address: SocketAddr, authority: &str) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate.context("the cluster's authority is not PEM")?)?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        Ok(Self { address, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Passes a request on. An upgraded connection (exec, port-forward) lives on beside the answer.
    pub(crate) async fn forward(&self, mut request: Request<Body>) -> anyhow::Result<Response<Body>> {
        let path = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(Scheme::HTTPS).authority(self.address.to_string()).path_and_query(path);
        *request.uri_mut() = uri.build()?;
        let client_side = upgrades(request.headers()).then(|| request.extensions_mut().remove::<OnUpgrade>()).flatten();
        if client_side.is_none() {
            strip(request.headers_mut());
        }
        let mut answer = self.client.request(request).await.context("the API server does not answer")?;
        match client_side {
            Some(client_side) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                let server_side = hyper::upgrade::on(&mut answer);
                tokio::spawn(join(client_side, server_side));
            }
            _ => strip(answer.headers_mut()),
        }
        Ok(answer.map(streaming))
    }
}

/// A body that is passed on as it comes.
pub(crate) fn streaming(body: Incoming) -> Body {
    body.map_err(Into::into).boxed_unsync()
}

fn upgrades(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// Removes what concerns one connection only.
fn strip(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::UPGRADE, header::TRANSFER_ENCODING, header::TE] {
        headers.remove(name);
    }
    headers.remove("keep-alive");
}

async fn join(client_side: OnUpgrade, server_side: OnUpgrade) {
    let (Ok(client_side), Ok(server_side)) = futures::join!(client_side, server_side) else { return };
    let ended = tokio::io::copy_bidirectional(&mut TokioIo::new(client_side), &mut TokioIo::new(server_side)).await;
    if let Err(error) = ended {
        tracing::debug!("an upgraded connection ended: {error}");
    }
}
