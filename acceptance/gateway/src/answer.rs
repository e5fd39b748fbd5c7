//! Answers that the gateway writes itself, each in the form of the service it stands for. Knows protocols; decides nothing.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use serde_json::json;

use crate::call::{Call, Protocol};

/// An error answer in the call's own protocol. `code` is AWS's name of the error, or the `reason` of a Kubernetes `Status`.
pub fn error(call: &Call, status: u16, code: &str, message: &str) -> Response<Bytes> {
    let request_id = uuid::Uuid::new_v4().to_string();
    let (content_type, body) = match call.protocol {
        Protocol::Query | Protocol::RestXml => {
            let fault = if status < 500 { "Sender" } else { "Receiver" };
            let (code, message) = (escape(code), escape(message));
            let error = format!("<Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>");
            ("text/xml", format!("<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"))
        }
        Protocol::Ec2 => {
            let (code, message) = (escape(code), escape(message));
            let error = format!("<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>");
            ("text/xml", format!("<Response>{error}<RequestID>{request_id}</RequestID></Response>"))
        }
        Protocol::Json => ("application/x-amz-json-1.1", json!({ "__type": code, "message": message }).to_string()),
        Protocol::RestJson => ("application/json", json!({ "message": message }).to_string()),
        Protocol::Kubernetes => {
            let status = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": code, "code": status });
            ("application/json", status.to_string())
        }
    };
    let mut answer = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    if matches!(call.protocol, Protocol::Json | Protocol::RestJson) {
        answer = answer.header("x-amzn-errortype", code);
    }
    if call.protocol == Protocol::Kubernetes && status == 429 {
        answer = answer.header(header::RETRY_AFTER, "1");
    }
    let answer = answer.header("x-amzn-requestid", request_id).body(Bytes::from(body));
    answer.unwrap_or_else(|_| with_status(StatusCode::INTERNAL_SERVER_ERROR))
}

/// Too many requests, as the service says it.
pub fn throttled(call: &Call) -> Response<Bytes> {
    match (call.protocol, call.service.as_str()) {
        (Protocol::Kubernetes, _) => error(
            call,
            429,
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
        ),
        (Protocol::RestJson, _) => error(call, 429, "ThrottlingException", "Rate exceeded"),
        (Protocol::Ec2, _) => error(call, 503, "RequestLimitExceeded", "Request limit exceeded."),
        (Protocol::Json, _) => error(call, 400, "ThrottlingException", "Rate exceeded"),
        (Protocol::Query | Protocol::RestXml, _) => error(call, 400, "Throttling", "Rate exceeded"),
    }
}

/// Credentials that ran out.
pub fn expired(call: &Call) -> Response<Bytes> {
    const MESSAGE: &str = "The security token included in the request is expired";
    match call.protocol {
        Protocol::Kubernetes => error(call, 401, "Unauthorized", "Unauthorized"),
        Protocol::Query => error(call, 403, "ExpiredToken", MESSAGE),
        Protocol::Ec2 => error(call, 400, "RequestExpired", "Request has expired."),
        Protocol::Json => error(call, 400, "ExpiredTokenException", MESSAGE),
        Protocol::RestJson | Protocol::RestXml => error(call, 403, "ExpiredTokenException", MESSAGE),
    }
}

/// The object is not there (yet).
pub fn not_found(call: &Call) -> Response<Bytes> {
    let key = call.key.as_deref().unwrap_or_default();
    match (call.protocol, call.service.as_str()) {
        (Protocol::Kubernetes, _) => {
            let (_, resource) = call.operation.split_once(' ').unwrap_or_default();
            let (group, resource) =
                resource.rsplit_once('/').map_or(("", resource), |(group, resource)| (group, resource));
            let resource = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
            let name = key.rsplit('/').next().unwrap_or_default();
            error(call, 404, "NotFound", &format!("{resource} \"{name}\" not found"))
        }
        (_, "iam") => error(call, 404, "NoSuchEntity", &format!("The role with name {key} cannot be found.")),
        (_, "eks") => error(call, 404, "ResourceNotFoundException", &format!("No resource found for name: {key}.")),
        (_, "kms") => error(call, 400, "NotFoundException", &format!("Key '{key}' does not exist")),
        (Protocol::Ec2, _) => {
            error(call, 400, "InvalidParameterValue.NotFound", &format!("The ID '{key}' does not exist"))
        }
        _ => error(call, 404, "ResourceNotFoundException", &format!("{key} does not exist")),
    }
}

/// A page that some proxy put in the answer's place.
pub fn html() -> Response<Bytes> {
    let mut answer = with_status(StatusCode::OK);
    answer.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/html; charset=utf-8"));
    *answer.body_mut() = Bytes::from_static(
        b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>",
    );
    answer
}

/// `200 OK` without a body.
pub fn empty() -> Response<Bytes> {
    with_status(StatusCode::OK)
}

fn with_status(status: StatusCode) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// `400` with a sentence, for the gateway's own addresses.
pub fn bad_request(problem: &str) -> Response<Bytes> {
    let mut answer = with_status(StatusCode::BAD_REQUEST);
    *answer.body_mut() = Bytes::from(problem.to_owned());
    answer
}

/// Text as XML content.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
