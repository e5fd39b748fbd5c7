//! The listener for AWS calls: names each, finds its account and passes it to EKS, STS or moto. Knows which service answers, not how.

mod identity;
mod sso;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use sandbox_eks::{Caller, Eks};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::answer;
use crate::call::rest::RestModels;
use crate::call::signature::scope;
use crate::call::{Call, Protocol, aws as naming};
use crate::cloud::Cloud;
use crate::exchange::{Body, Dropped, Exchange, whole};
use crate::log::Head;
use crate::moto::Moto;
use crate::principal::{Principal, Principals};
use crate::serve;
use crate::wire::Wire;

/// Services that moto answers. Anything else is an error that names it, never moto's guess.
const MOTO: &[&str] = &[
    "acm",
    "autoscaling",
    "dynamodb",
    "ec2",
    "ecr",
    "elasticache",
    "elasticloadbalancing",
    "iam",
    "kms",
    "logs",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "ssm",
];
/// Where API servers ask about tokens; EKS appends `/` and the control plane that asks.
pub(crate) const TOKEN_REVIEW: &str = "/sandbox/token-review";
/// No request of AWS's is larger.
const MAX_REQUEST: usize = 32 << 20;

/// An account in a region that somebody has called.
pub(crate) type Place = (String, String);

/// The AWS side of the gateway.
pub(crate) struct Aws {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) moto: Arc<Moto>,
    pub(crate) eks: Eks,
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) principals: Arc<Principals>,
    pub(crate) models: RestModels,
    pub(crate) places: Mutex<BTreeSet<Place>>,
}

impl Aws {
    /// Serves the listener until `closing` is cancelled.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener, closing: CancellationToken) {
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                stream = listener.accept() => match stream {
                    Ok((stream, _)) => drop(tokio::spawn(Arc::clone(&self).connection(stream, closing.child_token()))),
                    Err(error) => tracing::warn!("a connection was lost: {error}"),
                },
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream, closing: CancellationToken) {
        let Ok(wire) = Wire::new(&stream) else { return };
        let _ = stream.set_nodelay(true);
        serve::connection(stream, wire, closing, |wire, request| {
            let aws = Arc::clone(&self);
            async move { aws.answer(&wire, request).await }
        })
        .await;
    }

    async fn answer(self: Arc<Self>, wire: &Wire, request: Request<Incoming>) -> Result<Response<Body>, Dropped> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_REQUEST).collect().await.map_err(|_| Dropped)?.to_bytes();
        if let Some(plane) = parts.uri.path().strip_prefix(TOKEN_REVIEW) {
            return Ok(whole(self.review(plane.trim_start_matches('/'), &body).await));
        }
        let scope = scope(&parts.headers, parts.uri.query());
        let principal = scope.as_ref().and_then(|scope| self.principals.of(&scope.access_key));
        let account = principal.as_ref().map_or("", |principal| &principal.account);
        let head = Head {
            method: parts.method.to_string(),
            // Without the query: a presigned one holds a session token.
            path: parts.uri.path().to_owned(),
            attempt: attempt(&parts),
        };
        let call =
            naming::name(&parts, &body, scope.as_ref(), account, &self.models).unwrap_or_else(|| unnamed(&parts));
        if !call.region.is_empty() && !account.is_empty() {
            let place = (account.to_owned(), call.region.clone());
            self.places.lock().expect("no panic holds this lock").insert(place);
        }
        let signed = scope.is_some();
        let exchange = Arc::clone(&self.exchange);
        let to_route = call.clone();
        let forward = async move {
            // In a task of its own: a client that goes away does not undo what AWS has begun.
            let request = Request::from_parts(parts, body);
            let route = tokio::spawn(async move { self.route(&to_route, signed, principal.as_ref(), request).await });
            route.await.map(whole).map_err(|error| {
                tracing::error!("an answer was lost: {error}");
                Dropped
            })
        };
        exchange.run(wire, &call, head, forward).await
    }

    async fn route(
        &self,
        call: &Call,
        signed: bool,
        principal: Option<&Principal>,
        request: Request<Bytes>,
    ) -> Response<Bytes> {
        let Some(principal) = principal else {
            return match call.service.as_str() {
                _ if signed => answer::error(
                    call,
                    403,
                    invalid_key(call),
                    "The security token included in the request is invalid.",
                ),
                "sts" => self.sts(call, None, request).await,
                "sso" | "sso-oidc" => self.sso(call, &request),
                _ => self.refuse(
                    call,
                    "it carries no signature",
                    403,
                    "MissingAuthenticationToken",
                    "Missing Authentication Token",
                ),
            };
        };
        match call.service.as_str() {
            "eks" => {
                let access_key =
                    scope(request.headers(), request.uri().query()).map(|scope| scope.access_key).unwrap_or_default();
                let (account, arn) = (principal.account.clone(), principal.arn.clone());
                let caller = Caller { account, region: call.region.clone(), arn, access_key };
                self.eks.call(&caller, request).await
            }
            "sts" => self.sts(call, Some(principal), request).await,
            service if MOTO.contains(&service) => self.moto(call, &principal.account, request).await,
            service => {
                let message = format!("the sandbox does not serve {service} ({})", call.operation);
                self.refuse(call, "the sandbox does not serve this service", 501, "NotImplemented", &message)
            }
        }
    }

    /// Passes a call to moto, and tells its "not implemented" pages from answers.
    pub(crate) async fn moto(&self, call: &Call, account: &str, request: Request<Bytes>) -> Response<Bytes> {
        let answer = match self.moto.forward(account, request).await {
            Ok(answer) => answer,
            Err(error) => {
                return self.refuse(call, &format!("{error:#}"), 503, "ServiceUnavailable", "moto does not answer");
            }
        };
        if !is_page(&answer) {
            if let ("iam", "CreateRole", Some(name), true) =
                (&*call.service, &*call.operation, &call.key, answer.status().is_success())
            {
                self.cloud.role_made(account, name);
            }
            return answer;
        }
        let page = excerpt(&String::from_utf8_lossy(answer.body()));
        let message = format!("the sandbox does not serve {} {}: {page}", call.service, call.operation);
        self.refuse(call, &format!("moto does not serve this operation: {page}"), 501, "NotImplemented", &message)
    }

    /// Answers an error and records that the sandbox could not serve the call.
    fn refuse(&self, call: &Call, problem: &str, status: u16, code: &str, message: &str) -> Response<Bytes> {
        self.exchange.log.violate(call, problem);
        answer::error(call, status, code, message)
    }

    /// A TokenReview of the API server of a control plane.
    async fn review(&self, plane: &str, body: &Bytes) -> Response<Bytes> {
        let Ok(review) = serde_json::from_slice(body) else {
            return answer::bad_request("the body is not a TokenReview");
        };
        let answer = self.eks.review_token(plane, review).await;
        let mut answer = Response::new(Bytes::from(answer.to_string()));
        answer.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        answer
    }
}

fn attempt(parts: &Parts) -> Option<u32> {
    let header = parts.headers.get("amz-sdk-request")?.to_str().ok()?;
    header.split(';').find_map(|field| field.trim().strip_prefix("attempt=")?.parse().ok())
}

/// What an unknown key is called, which depends on the service's age.
fn invalid_key(call: &Call) -> &'static str {
    match call.protocol {
        Protocol::Query => "InvalidClientTokenId",
        Protocol::Ec2 => "AuthFailure",
        _ => "UnrecognizedClientException",
    }
}

/// A request of which not even the service can be told.
fn unnamed(parts: &Parts) -> Call {
    Call {
        account: String::new(),
        region: String::new(),
        service: "unknown".to_owned(),
        operation: format!("{} {}", parts.method, parts.uri.path()),
        key: None,
        cluster: None,
        mutating: false,
        protocol: Protocol::RestXml,
    }
}

/// Whether an answer of moto is a page of its web framework, whatever its content type (moto sends XML as `text/html`).
fn is_page(answer: &Response<Bytes>) -> bool {
    let start: Vec<u8> = answer
        .body()
        .iter()
        .skip_while(|byte| byte.is_ascii_whitespace())
        .take(14)
        .map(u8::to_ascii_lowercase)
        .collect();
    start.starts_with(b"<!doctype html")
        || start.starts_with(b"<html")
        || answer.status() == http::StatusCode::NOT_IMPLEMENTED
}

/// The text of a page, in one short line.
fn excerpt(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in page.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}

#[cfg(test)]
mod tests;
