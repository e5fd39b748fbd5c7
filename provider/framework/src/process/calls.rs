//! The calls that run. Each runs in a task of its own: a connection that breaks or a panic ends no other work.
//! Knows that there are calls; must not know what they do.

use std::convert::Infallible;

use futures::future::BoxFuture;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;

/// Counts the calls that run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    running: TaskTracker,
}

impl Calls {
    /// The same service, with every call counted and on its own.
    pub(crate) fn count<S>(&self, service: S) -> Counted<S> {
        Counted { calls: self.clone(), service }
    }

    /// Waits until no call runs.
    pub(crate) async fn finished(&self) {
        self.running.close();
        self.running.wait().await;
    }
}

/// A service whose calls go on when nobody waits for them any more: when the core dies, HTTP drops what it was waiting
/// for, and a half-done change would end between two requests instead of at a point that it chose.
#[derive(Debug, Clone)]
pub(crate) struct Counted<S> {
    calls: Calls,
    service: S,
}

impl<S: NamedService> NamedService for Counted<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Counted<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let call = self.calls.running.spawn(self.service.call(request));
        Box::pin(async move {
            match call.await {
                Ok(answer) => answer,
                // The panic itself is in the log. Calls answer with a diagnostic where they can; this is for the rest.
                Err(_) => Ok(tonic::Status::internal("the provider panicked; the other calls go on").into_http()),
            }
        })
    }
}
