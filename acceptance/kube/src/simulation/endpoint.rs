//! The kubelet's HTTPS endpoint of all simulated nodes of one cluster, as far as `kubectl logs` needs it.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::Api;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::logs;
use crate::certificates::CertificateAuthority;

/// Bound, not yet serving.
pub(super) struct Endpoint {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    port: u16,
}

impl Endpoint {
    pub(super) async fn bind(authority: &CertificateAuthority) -> anyhow::Result<Self> {
        let issued = authority.issue_server(&["localhost", "127.0.0.1"])?;
        let chain = CertificateDer::pem_slice_iter(issued.chain_pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .context("the kubelet's certificate is not PEM")?;
        let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).context("the kubelet's key is not PEM")?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("no TLS version is available")?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .context("the kubelet's certificate cannot be used")?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port on 127.0.0.1")?;
        let port = listener.local_addr().context("the kubelet's endpoint has no address")?.port();
        Ok(Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, client: kube::Client) {
        let router = axum::Router::new()
            .route("/containerLogs/{namespace}/{pod}/{container}", get(container_logs))
            .fallback(any(nothing_runs))
            .with_state(client);
        axum::serve(self, router).await.ok();
    }
}

impl axum::serve::Listener for Endpoint {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.listener.accept().await else {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// The options of a log request; the API server has checked them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    previous: bool,
    timestamps: bool,
    tail_lines: Option<usize>,
    limit_bytes: Option<usize>,
    since_seconds: Option<i64>,
    since_time: Option<Timestamp>,
}

async fn container_logs(
    State(client): State<kube::Client>,
    Path((namespace, pod, container)): Path<(String, String, String)>,
    Query(options): Query<Options>,
) -> Response {
    let pods: Api<Pod> = Api::namespaced(client, &namespace);
    let pod = match pods.get_opt(&pod).await {
        Ok(Some(pod)) => pod,
        Ok(None) => return (StatusCode::NOT_FOUND, format!("pod \"{pod}\" does not exist")).into_response(),
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    match logs::lines(&pod, &container, options.previous) {
        Ok(lines) => text(&lines, &options, Timestamp::now()).into_response(),
        Err(refusal) => (StatusCode::BAD_REQUEST, refusal).into_response(),
    }
}

fn text(lines: &[logs::Line], options: &Options, now: Timestamp) -> String {
    let oldest = options
        .since_seconds
        .and_then(|seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok())
        .max(options.since_time);
    let recent: Vec<&logs::Line> = lines.iter().filter(|line| oldest.is_none_or(|oldest| line.at >= oldest)).collect();
    let shown = &recent[recent.len().saturating_sub(options.tail_lines.unwrap_or(usize::MAX))..];
    let mut text: String = shown
        .iter()
        .map(
            |line| if options.timestamps { format!("{} {}\n", line.at, line.text) } else { format!("{}\n", line.text) },
        )
        .collect();
    if let Some(limit) = options.limit_bytes {
        text.truncate((0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0));
    }
    text
}

async fn nothing_runs() -> Response {
    let reason =
        "this node is simulated: its containers do not run, so there is nothing to execute, attach or forward to";
    (StatusCode::NOT_IMPLEMENTED, reason).into_response()
}
