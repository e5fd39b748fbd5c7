//! Fronts: one TLS address for each API server, at which the sandbox logs, faults and, where AWS would, does not answer. Knows no EKS.

mod door;
mod upstream;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sandbox_kube::CertificateAuthority;
use serde_json::Value;
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

/// What a front stands before.
#[derive(Debug, Clone)]
pub(crate) struct ApiServer {
    pub(crate) name: ClusterName,
    pub(crate) address: SocketAddr,
    /// Signed the API server's certificate, and signs the front's.
    pub(crate) authority: Arc<CertificateAuthority>,
    /// What `GET /version` answers: the API server itself would tell the version of its binary.
    pub(crate) version: Value,
}

/// An open front.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) server: ApiServer,
    version: Arc<Mutex<Value>>,
    public: AtomicBool,
    reachable: watch::Sender<bool>,
    closing: CancellationToken,
}

/// What one request needs.
struct Way {
    name: ClusterName,
    upstream: Upstream,
    version: Arc<Mutex<Value>>,
    exchange: Arc<Exchange>,
    tls: TlsAcceptor,
}

impl Front {
    /// Opens a front.
    pub(crate) async fn open(
        server: ApiServer,
        public: bool,
        reachable: bool,
        exchange: Arc<Exchange>,
    ) -> anyhow::Result<Self> {
        let tls = TlsAcceptor::from(Arc::new(server_config(&server.authority)?));
        let closing = exchange.closing.child_token();
        let version = Arc::new(Mutex::new(server.version.clone()));
        let upstream = Upstream::new(server.address, &server.authority.pem())?;
        let way = Arc::new(Way { name: server.name.clone(), upstream, version: Arc::clone(&version), exchange, tls });
        let door = Door::new().await?;
        let address = door.address();
        let (reachable, changes) = watch::channel(reachable);
        tokio::spawn(door.serve(changes, closing.clone(), move |stream, closing| {
            tokio::spawn(connection(Arc::clone(&way), stream, closing));
        }));
        let public = AtomicBool::new(public);
        Ok(Self { address, server, version, public, reachable, closing })
    }

    /// Makes the front reachable, or as if it were not there.
    pub(crate) fn set_reachable(&self, reachable: bool) {
        self.reachable.send_if_modified(|now| std::mem::replace(now, reachable) != reachable);
    }

    pub(crate) fn is_reachable(&self) -> bool {
        *self.reachable.borrow()
    }

    /// Whether the endpoint may be reached from outside of the VPC.
    pub(crate) fn is_public(&self) -> bool {
        self.public.load(Ordering::Relaxed)
    }

    pub(crate) fn set_public(&self, public: bool) {
        self.public.store(public, Ordering::Relaxed);
    }

    /// Changes what `GET /version` answers.
    pub(crate) fn set_version(&self, version: Value) {
        *self.version.lock().expect("no panic holds this lock") = version;
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
    serve::connection(stream, wire, closing, |wire, request| {
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
        let asks_version = parts.uri.path() == "/version";
        let forward = async {
            let answer = self.upstream.forward(Request::from_parts(parts, body)).await.map_err(|error| {
                tracing::debug!("{}: {error:#}", self.name.cluster);
                Dropped
            })?;
            Ok(if asks_version && answer.status().is_success() { self.presented(answer) } else { answer })
        };
        self.exchange.run(wire, &call, head, forward).await
    }

    /// The answer to `GET /version`, with the version that the cluster presents in place of the binary's.
    fn presented(&self, answer: Response<Body>) -> Response<Body> {
        let (mut parts, _) = answer.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        let version = self.version.lock().expect("no panic holds this lock").to_string();
        whole(Response::from_parts(parts, Bytes::from(version)))
    }
}

#[cfg(test)]
mod tests;
