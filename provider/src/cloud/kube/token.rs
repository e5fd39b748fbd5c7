//! The bearer token of an EKS cluster: minted when there is none, when it is old, and once after a 401. Never stored.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use kube::client::Body;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cloud::aws::Aws;
use crate::cloud::error::CloudError;

/// API servers accept a token for 15 minutes, by their clock.
const RENEW_AFTER: Duration = Duration::from_secs(600);

/// Mints tokens for one cluster.
pub(super) struct Tokens {
    aws: Arc<Aws>,
    cluster: String,
    last: Mutex<Option<(Instant, HeaderValue)>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn new(aws: Arc<Aws>, cluster: &str) -> Tokens {
        Tokens { aws, cluster: cluster.to_owned(), last: Mutex::new(None) }
    }

    /// Whose tokens they are.
    pub(super) fn principal(&self) -> &str {
        &self.aws.caller.principal_arn
    }

    /// Drops the token: the API server refused it.
    pub(super) async fn forget(&self) {
        *self.last.lock().await = None;
    }

    async fn header(&self) -> Result<HeaderValue, CloudError> {
        let mut last = self.last.lock().await;
        if let Some((minted, header)) = &*last
            && minted.elapsed() < RENEW_AFTER
        {
            return Ok(header.clone());
        }
        let token = self.aws.cluster_token(&self.cluster).await?;
        let mut header = HeaderValue::from_str(&format!("Bearer {}", token.text))
            .map_err(|_| CloudError::told("the token for the cluster is no text for a header", ""))?;
        header.set_sensitive(true);
        *last = Some((Instant::now(), header.clone()));
        Ok(header)
    }

    /// Puts the token on a request.
    pub(super) async fn sign(
        self: Arc<Self>,
        mut request: http::Request<Body>,
    ) -> Result<http::Request<Body>, tower::BoxError> {
        let header = self.header().await?;
        request.headers_mut().insert(AUTHORIZATION, header);
        Ok(request)
    }
}
