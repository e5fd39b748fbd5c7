//! Calls to services for which there is no SDK crate: that of EC2 alone would take seven minutes of every build. The SDK's own
//! orchestrator signs and sends them, so that pace, retries, time limits and log lines are those of every other call. Knows how
//! a call is written; must not know what is asked for.

mod answer;
mod failure;
mod service;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Call;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde_json::Value;

use super::intercept;
use super::session::Session;
use crate::cloud::error::{CloudError, Operation};

pub(crate) use answer::Element;
use failure::Refused;
pub(crate) use service::{EC2, ELB, ELB_CLASSIC, LOGS, Service};

/// What a call sends: its body, and in which form.
#[derive(Clone, Debug)]
struct Written {
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The services without an SDK crate, in one region.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    sdk: SdkConfig,
    credentials: SharedCredentialsProvider,
    retries: RetryPartition,
    region: String,
    addresses: Arc<Addresses>,
}

/// Where the services are, found when first called.
#[derive(Debug)]
struct Addresses {
    session: Session,
    found: Mutex<BTreeMap<&'static str, String>>,
}

impl Signed {
    /// Of what the session found, in `region`.
    pub(super) fn new(session: &Session, region: &str) -> Signed {
        Signed {
            sdk: session.sdk.clone(),
            credentials: session.credentials.clone(),
            retries: session.retries.clone(),
            region: region.to_owned(),
            addresses: Arc::new(Addresses { session: session.clone(), found: Mutex::default() }),
        }
    }

    /// Calls `action` of a query API with these members and answers the root of the XML.
    ///
    /// # Errors
    /// As of every call to AWS.
    pub(crate) async fn query<'a>(
        &self,
        service: &'static Service,
        action: &'static str,
        members: impl IntoIterator<Item = (String, &'a str)>,
    ) -> Result<Element, CloudError> {
        let always = [("Action".to_owned(), action), ("Version".to_owned(), service.version)];
        let all = always.into_iter().chain(members);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        let content_type = ("content-type", "application/x-www-form-urlencoded".to_owned());
        self.call(service, action, Written { headers: vec![content_type], body }, answer::xml).await
    }

    /// Calls `action` of a JSON API with this body and answers the JSON, null where there is none.
    ///
    /// # Errors
    /// As of every call to AWS.
    pub(crate) async fn json(
        &self,
        service: &'static Service,
        action: &'static str,
        body: &Value,
    ) -> Result<Value, CloudError> {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{}.{action}", service.version)),
        ];
        self.call(service, action, Written { headers, body: body.to_string() }, answer::json).await
    }

    async fn call<T: std::fmt::Debug + Send + Sync + 'static>(
        &self,
        service: &'static Service,
        action: &'static str,
        written: Written,
        read: fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, CloudError> {
        let operation = Operation { service: service.name.to_owned(), name: action.to_owned() };
        let http = self.sdk.http_client().ok_or_else(|| CloudError::told("there is no HTTP client", ""))?;
        let mut call = Call::builder()
            .service_name(service.name)
            .operation_name(action)
            .http_client(http)
            .endpoint_url(&self.address(service))
            .serializer(|written: Written| request(&written))
            .deserializer(move |response| answer::of(response, read))
            .runtime_plugin(self.plugin(service));
        if let Some(retry) = self.sdk.retry_config() {
            call = call.standard_retry(retry);
        }
        if let Some(times) = self.sdk.timeout_config() {
            call = call.timeout_config(times.clone());
        }
        call.build().invoke(written).await.map_err(|error| CloudError::of_call(error, operation))
    }

    /// Looked up once: it reads the environment and the profile.
    fn address(&self, service: &'static Service) -> String {
        let mut found = self.addresses.found.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || service.address(&self.addresses.session, &self.region);
        found.entry(service.id).or_insert_with(look).clone()
    }

    /// What a generated client brings along: signing, retries and what requests say about themselves.
    fn plugin(&self, service: &'static Service) -> StaticRuntimePlugin {
        let mut settings = Layer::new("signed");
        settings.store_put(AuthSchemeOptionResolverParams::new(()));
        settings.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(aws_config::Region::new(self.region.clone()))),
            region_set: None,
            name: Some(SigningName::from_static(service.name)),
            signing_options: SigningOptions::default(),
        });
        settings.store_put(ApiMetadata::new(service.name, env!("CARGO_PKG_VERSION")));
        settings.store_put(self.retries.clone());
        if let Some(name) = self.sdk.app_name() {
            settings.store_put(name.clone());
        }
        let schemes = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        let mut parts = RuntimeComponentsBuilder::new("signed")
            .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(schemes)))
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            // The credentials keep themselves.
            .with_identity_cache(Some(IdentityCache::no_cache()))
            .with_sleep_impl(self.sdk.sleep_impl())
            .with_time_source(self.sdk.time_source())
            .with_interceptor(SharedInterceptor::new(ServiceClockSkewInterceptor::new()))
            .with_interceptor(SharedInterceptor::new(RequestInfoInterceptor::new()))
            .with_interceptor(SharedInterceptor::new(UserAgentInterceptor::new()))
            .with_interceptor(SharedInterceptor::new(InvocationIdInterceptor::new()))
            .with_interceptor(SharedInterceptor::new(intercept::AroundTries))
            .with_retry_classifier(HttpStatusCodeClassifier::default())
            .with_retry_classifier(TransientErrorClassifier::<Refused>::new())
            .with_retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
            .with_retry_classifier(ServiceClockSkewClassifier::<Refused>::new());
        parts.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(self.credentials.clone()));
        StaticRuntimePlugin::new().with_config(settings.freeze()).with_runtime_components(parts)
    }
}

fn request(written: &Written) -> Result<HttpRequest, aws_smithy_runtime_api::box_error::BoxError> {
    let mut request = http::Request::post("/").header("content-length", written.body.len());
    for (name, value) in &written.headers {
        request = request.header(*name, value);
    }
    Ok(request.body(SdkBody::from(written.body.as_str()))?.try_into()?)
}
