//! The one HTTP client that all AWS calls share: pace, proxy, user agent, one log line per request, and giving up early on
//! an address that does not answer. Knows requests; must not know what they ask for beyond its name.
//!
//! Never logs headers or bodies: they carry credentials.

use std::collections::HashMap;
use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;
use tokio::time::Instant;

use super::pace::Pace;
use crate::cloud::error::Operation;

/// How long connecting to an address may keep failing before the call fails: at first (a typo, no network), and once it has
/// answered in this process (a network that went away for a moment).
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(2);
const PATIENCE_LATER: Duration = Duration::from_secs(90);

/// The name of a call, put on its requests by the interceptor, and which try it is.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub(super) operation: Operation,
    pub(super) attempt: u32,
}

#[derive(Debug)]
struct Shared {
    user_agent: String,
    paces: Mutex<HashMap<String, Pace>>,
    addresses: Mutex<HashMap<String, Reach>>,
}

/// What is known of one address.
#[derive(Debug, Default)]
struct Reach {
    answered: bool,
    failing_since: Option<Instant>,
}

/// The client over the network. `authorities` are further certificates to trust, in PEM (AWS_CA_BUNDLE).
pub(super) fn client(user_agent: String, authorities: Option<Vec<u8>>) -> SharedHttpClient {
    let network = |proxy: fn() -> ProxyConfig| {
        let authorities = authorities.clone();
        Builder::new().build_with_connector_fn(move |settings, components| {
            connector(settings, components, proxy(), authorities.as_deref())
        })
    };
    over(user_agent, network(ProxyConfig::from_env), network(ProxyConfig::disabled))
}

/// The client over two others: for addresses that may be behind a proxy, and for those that are not.
pub(super) fn over(user_agent: String, proxied: SharedHttpClient, direct: SharedHttpClient) -> SharedHttpClient {
    let shared = Shared { user_agent, paces: Mutex::default(), addresses: Mutex::default() };
    SharedHttpClient::new(Wire { proxied, direct, shared: Arc::new(shared) })
}

fn connector(
    settings: Option<&HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
    proxy: ProxyConfig,
    authorities: Option<&[u8]>,
) -> Connector {
    let mut trust = TrustStore::default();
    if let Some(pem) = authorities {
        trust.add_pem_certificate(pem);
    }
    let mut connector = Connector::builder();
    connector.set_connector_settings(settings.cloned());
    connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    let mut connector = connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).proxy_config(proxy);
    // Only a builder without a trust store can fail.
    if let Ok(context) = TlsContext::builder().with_trust_store(trust).build() {
        connector = connector.tls_context(context);
    }
    connector.build()
}

#[derive(Clone, Debug)]
struct Wire {
    proxied: SharedHttpClient,
    direct: SharedHttpClient,
    shared: Arc<Shared>,
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Line {
            proxied: self.proxied.http_connector(settings, components),
            direct: self.direct.http_connector(settings, components),
            shared: self.shared.clone(),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.proxied.connector_metadata()
    }
}

#[derive(Debug)]
struct Line {
    proxied: SharedHttpConnector,
    direct: SharedHttpConnector,
    shared: Arc<Shared>,
}

impl HttpConnector for Line {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let shared = self.shared.clone();
        let address: Uri = request.uri().parse().unwrap_or_default();
        let inner = if is_local(&address) { self.direct.clone() } else { self.proxied.clone() };
        let called = request.extension::<Called>().cloned();
        // The SDK's own user agent stays behind ours. It is the one header of this request that is not signed.
        let agent = format!("{} {}", shared.user_agent, request.headers().get("user-agent").unwrap_or_default());
        request.headers_mut().insert("user-agent", agent.trim_end().to_owned());
        HttpConnectorFuture::new(async move {
            if let Some(called) = &called {
                tokio::time::sleep_until(shared.slot(&called.operation)).await;
            }
            let start = Instant::now();
            let answer = inner.call(request).await;
            log(called.as_ref(), start.elapsed(), &answer);
            shared.judge(address.authority().map_or("", |authority| authority.as_str()), answer)
        })
    }
}

impl Shared {
    fn slot(&self, operation: &Operation) -> Instant {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        paces.entry(operation.to_string()).or_default().next(Instant::now())
    }

    /// Makes a failure to connect one that the SDK does not retry, once it has gone on for too long.
    fn judge(
        &self,
        address: &str,
        answer: Result<HttpResponse, ConnectorError>,
    ) -> Result<HttpResponse, ConnectorError> {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let reach = addresses.entry(address.to_owned()).or_default();
        match answer {
            Err(error) if is_unconnected(&error) => {
                let since = *reach.failing_since.get_or_insert_with(Instant::now);
                let patience = if reach.answered { PATIENCE_LATER } else { PATIENCE_AT_FIRST };
                if since.elapsed() < patience {
                    return Err(error);
                }
                let reason = crate::cloud::error::innermost(&error);
                Err(ConnectorError::user(format!("{address} does not answer: {reason}").into()))
            }
            other => {
                *reach = Reach { answered: reach.answered || other.is_ok(), failing_since: None };
                other
            }
        }
    }
}

/// True if no connection came about: no name, no route, refused, or no handshake in time.
fn is_unconnected(error: &ConnectorError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| error.is_connect()) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Addresses of this machine and of the machine's own cloud (instance and container credentials) are never behind a proxy.
fn is_local(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unicast_link_local() || host.starts_with("fd00:ec2:"),
        Err(_) => host == "localhost",
    }
}

fn log(called: Option<&Called>, time: Duration, answer: &Result<HttpResponse, ConnectorError>) {
    let Some(Called { operation, attempt }) = called else { return };
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    match answer {
        Ok(response) => {
            let request_id = ["x-amzn-requestid", "x-amz-request-id"]
                .iter()
                .find_map(|name| response.headers().get(*name))
                .unwrap_or_default();
            tracing::debug!(
                aws.service = %operation.service, aws.operation = %operation.name, aws.request_id = %request_id,
                http.status = response.status().as_u16(), attempt, milliseconds, "{operation}"
            );
        }
        Err(error) => {
            let reason = crate::cloud::error::innermost(error);
            tracing::debug!(
                aws.service = %operation.service, aws.operation = %operation.name, attempt, milliseconds,
                "{operation} got no answer: {reason}"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_the_machine_are_never_fetched_through_a_proxy() {
        let local = |address: &str| is_local(&address.parse().unwrap_or_default());
        for address in [
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://127.0.0.1:4566/",
            "http://localhost:5000/",
        ] {
            assert!(local(address), "{address}");
        }
        assert!(!local("https://eks.eu-west-1.example.com/clusters"));
        assert!(!local("https://10.0.0.1/"));
    }
}
