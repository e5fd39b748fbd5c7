//! Fronts: one TLS address for each API server, at which the sandbox logs, faults and, where AWS would, does not answer. Knows no EKS.

mod door;
mod upstream;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sandbox_kube::CertificateAuthority;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::call::kubernetes;
use crate::exchange::{Body, Dropped, Exchange, whole};
use crate::log::Head;
use crate::serve;
use crate::wire::Wire;
use door::Door;
use upstream::{Upstream, streaming};

/// The names the front's certificate is valid for.
const NAMES: &[&str] = &["127.0.0.1", "localhost"];

/// Whose API server a front stands before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClusterName {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) cluster: String,
}

/// An open front.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) upstream: SocketAddr,
    pub(crate) authority: Arc<CertificateAuthority>,
    /// Whether the endpoint may be reached from outside of the VPC.
    pub(crate) public: bool,
    reachable: watch::Sender<bool>,
    closing: CancellationToken,
}

/// What one request needs.
struct Way {
    name: ClusterName,
    upstream: Upstream,
    exchange: Arc<Exchange>,
    tls: TlsAcceptor,
}

impl Front {
    /// Opens a front before the API server at `upstream`, whose certificate `authority` signed.
    pub(crate) async fn open(
        name: ClusterName,
        upstream: SocketAddr,
        authority: Arc<CertificateAuthority>,
        public: bool,
        reachable: bool,
        exchange: Arc<Exchange>,
    ) -> anyhow::Result<Self> {
        let tls = TlsAcceptor::from(Arc::new(server_config(&authority)?));
        let closing = exchange.closing.child_token();
        let way = Arc::new(Way { name, upstream: Upstream::new(upstream, &authority.pem())?, exchange, tls });
        let door = Door::new().await?;
        let address = door.address();
        let (reachable, changes) = watch::channel(reachable);
        tokio::spawn(door.serve(changes, closing.clone(), move |stream, closing| {
            tokio::spawn(connection(Arc::clone(&way), stream, closing));
        }));
        Ok(Self { address, upstream, authority, public, reachable, closing })
    }

    /// Makes the front reachable, or as if it were not there.
    pub(crate) fn set_reachable(&self, reachable: bool) {
        self.reachable.send_if_modified(|now| std::mem::replace(now, reachable) != reachable);
    }

    pub(crate) fn is_reachable(&self) -> bool {
        *self.reachable.borrow()
    }

    /// Ends the front and its connections.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }
}

fn server_config(authority: &CertificateAuthority) -> anyhow::Result<ServerConfig> {
    let issued = authority.issue_server(NAMES)?;
    let chain = CertificateDer::pem_slice_iter(issued.chain_pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).context("the front's key is not PEM")?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain.context("the front's certificate is not PEM")?, key)?;
    // HTTP/1.1 alone: a fault that ends a connection then hits one request, and upgrades are plain.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

async fn connection(way: Arc<Way>, stream: TcpStream, closing: CancellationToken) {
    let Ok(wire) = Wire::new(&stream) else { return };
    let _ = stream.set_nodelay(true);
    let stream = tokio::select! {
        () = closing.cancelled() => return,
        stream = way.tls.accept(stream) => match stream {
            Ok(stream) => stream,
            Err(error) => return tracing::debug!("no TLS with a client of {}: {error}", way.name.cluster),
        },
    };
    serve::connection(stream, Arc::new(wire), closing, |wire, request| {
        let way = Arc::clone(&way);
        async move { way.answer(&wire, request).await }
    })
    .await;
}

impl Way {
    async fn answer(&self, wire: &Wire, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        let (parts, body) = request.into_parts();
        let mut call = kubernetes::name(&parts, &self.name.account, &self.name.region, &self.name.cluster);
        // The name of what is created stands in the body; everything else streams.
        let body = if call.operation.starts_with("create ") && call.key.is_none() {
            let bytes = body.collect().await.map_err(|_| Dropped)?.to_bytes();
            call.key = kubernetes::created_name(&parts.uri, &bytes);
            whole(Response::new(bytes)).into_body()
        } else {
            streaming(body)
        };
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        // The commands of exec may hold secrets.
        let path = if call.operation.starts_with("connect ") { parts.uri.path() } else { path };
        let head = Head { method: parts.method.to_string(), path: path.to_owned(), attempt: None };
        let forward = async {
            let answer = self.upstream.forward(Request::from_parts(parts, body)).await;
            answer.map_err(|error| {
                tracing::debug!("{}: {error:#}", self.name.cluster);
                Dropped
            })
        };
        self.exchange.run(wire, &call, head, forward).await
    }
}

#[cfg(test)]
mod tests;
