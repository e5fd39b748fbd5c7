//! An error that a service answered. Knows where the protocols write code and message; must not know a service.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use serde_json::Value;

use super::answer::{self, Element};

/// An error as it was answered; without a code where the answer was none of AWS's.
#[derive(Debug)]
pub(super) struct Refused(ErrorMetadata);

impl Refused {
    pub(super) fn read(response: &HttpResponse) -> Refused {
        let body = response.body().bytes().unwrap_or_default();
        let told = answer::xml(body).ok().and_then(|root| of_xml(&root)).or_else(|| of_json(response, body));
        let mut told = told.unwrap_or_default();
        if told.request_id.is_empty() {
            told.request_id = response.headers().get("x-amzn-requestid").unwrap_or_default().to_owned();
        }
        let mut meta = ErrorMetadata::builder().custom("aws_request_id", told.request_id);
        if !told.code.is_empty() {
            meta = meta.code(told.code).message(told.message);
        }
        Refused(meta.build())
    }
}

#[derive(Default)]
struct Told {
    code: String,
    message: String,
    request_id: String,
}

/// `<ErrorResponse><Error>…` of most services, `<Response><Errors><Error>…` of EC2.
fn of_xml(root: &Element) -> Option<Told> {
    let error = root.first("Error")?;
    let text = |name: &str| error.text(name).unwrap_or_default().to_owned();
    let request_id = root.text("RequestId").or(root.text("RequestID")).unwrap_or_default().to_owned();
    Some(Told { code: text("Code"), message: text("Message"), request_id })
}

/// `{"__type": "com.example#Code", "message": …}`, or the code in a header.
fn of_json(response: &HttpResponse, body: &[u8]) -> Option<Told> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let code = text("__type").or(response.headers().get("x-amzn-errortype"))?;
    let code = code.rsplit('#').next()?.split(':').next()?.to_owned();
    let message = text("message").or(text("Message")).unwrap_or_default().to_owned();
    Some(Told { code, message, request_id: String::new() })
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {}
