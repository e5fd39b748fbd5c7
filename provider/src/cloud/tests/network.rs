//! The network: a closure from requests to answers, which also keeps the requests.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::super::Cloud;
use super::super::environment::{Environment, StandIn};
use super::super::settings::Settings;

pub(crate) const ACCOUNT: &str = "111122223333";

/// A request as it left the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// `GET https://eks…/clusters/prod`, the `Action` of a query API, or the target of a JSON API.
    pub(crate) what: String,
    pub(crate) user_agent: String,
    pub(crate) host: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

/// An answer: a status and a body, or why there is none.
pub(crate) enum Answer {
    Body(u16, String),
    Refused,
    Never,
}

impl Answer {
    /// An error of EKS.
    pub(crate) fn fault(status: u16, code: &str, message: &str) -> Answer {
        Answer::Body(status, format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
    }

    /// An error of IAM or STS.
    pub(crate) fn query_fault(status: u16, code: &str, message: &str) -> Answer {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Answer::Body(status, format!("<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>"))
    }

    /// What STS says about `arn`.
    pub(crate) fn caller(arn: &str) -> Answer {
        Answer::Body(
            200,
            format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>U</UserId>\
                 <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ),
        )
    }

    /// A cluster.
    pub(crate) fn cluster() -> Answer {
        Answer::Body(200, r#"{"cluster":{"name":"prod","status":"ACTIVE"}}"#.to_owned())
    }
}

type Script = dyn Fn(&Sent, usize) -> Answer + Send + Sync;

#[derive(Clone)]
pub(crate) struct Network {
    script: Arc<Script>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Network {
    /// Answers by what is asked and how often that was asked before.
    pub(crate) fn new(script: impl Fn(&Sent, usize) -> Answer + Send + Sync + 'static) -> Network {
        Network { script: Arc::new(script), sent: Arc::default() }
    }

    /// The requests so far, by what they asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.sent().into_iter().map(|one| one.what).collect()
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().expect("the requests").clone()
    }

    /// A configured provider on this network.
    pub(crate) async fn cloud(&self, settings: Settings) -> Cloud {
        let end = SystemTime::now() + Duration::from_secs(3600);
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, Some(end), "test");
        self.cloud_with(settings, SharedCredentialsProvider::new(keys)).await
    }

    /// The same with other credentials.
    pub(crate) async fn cloud_with(&self, settings: Settings, credentials: SharedCredentialsProvider) -> Cloud {
        let stand_in = StandIn { http: SharedHttpClient::new(self.clone()), credentials };
        let variables = [("AWS_REGION", "eu-west-1"), ("TF_APPEND_USER_AGENT", "ci/7\r\nx-evil: 1")];
        let cloud = Cloud::within(Environment::of(&variables, stand_in));
        cloud.configure(settings, "1.11.4").await;
        cloud
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Network")
    }
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let target = request.headers().get("x-amz-target").map(str::to_owned);
        let action = form_value(&body, "Action").or(target);
        let host = request.uri().split('/').nth(2).unwrap_or_default().to_owned();
        let what = action.unwrap_or_else(|| format!("{} {}", request.method(), request.uri()));
        let user_agent = request.headers().get("user-agent").unwrap_or_default().to_owned();
        let authorization = request.headers().get("authorization").unwrap_or_default().to_owned();
        let sent = Sent { what, user_agent, host, authorization, body };
        let before = self.asked().iter().filter(|one| **one == sent.what).count();
        self.sent.lock().expect("the requests").push(sent.clone());
        match (self.script)(&sent, before) {
            Answer::Body(status, body) => {
                let status = status.try_into().expect("a status");
                HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
            }
            // Where nothing listens: the kernel refuses at once.
            Answer::Refused => HttpConnectorFuture::new(async move {
                let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
                    .build_http::<http_body_util::Empty<bytes::Bytes>>();
                let nobody = http::Uri::from_static("http://127.0.0.1:1/");
                let error = client.get(nobody).await.expect_err("nothing listens on port 1");
                Err(ConnectorError::io(error.into()))
            }),
            Answer::Never => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

fn form_value(body: &str, name: &str) -> Option<String> {
    body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}
