//! HTTP/1.1 on accepted connections. One request at a time on each, so that a fault that ends a connection hits one request alone.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::exchange::{Body, Dropped};
use crate::wire::Wire;

/// Serves one connection until either side ends it or `closing` is cancelled. Errors of a connection are its client's matter.
pub(crate) async fn connection<S, F>(
    stream: S,
    wire: Arc<Wire>,
    closing: CancellationToken,
    answer: impl Fn(Arc<Wire>, Request<Incoming>) -> F,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Result<Response<Body>, Dropped>>,
{
    let service = service_fn(|request| answer(Arc::clone(&wire), request));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::select! {
        ended = connection => if let Err(error) = ended { tracing::debug!("a connection ended: {error}") },
        () = closing.cancelled() => {}
    }
}
