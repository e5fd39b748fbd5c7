//! botocore's description of the EKS API, against which every exchange is checked. Knows shapes; nothing of clusters.

mod check;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use http::Method;
use serde::Deserialize;
use serde_json::Value;

pub(crate) use check::{Fault, Problem};

/// The EKS service as botocore's `service-2.json` describes it.
#[derive(Debug)]
pub(crate) struct Model {
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
    /// Compiled patterns of string shapes, by pattern.
    patterns: BTreeMap<String, regex::Regex>,
}

#[derive(Debug, Deserialize)]
struct Document {
    operations: BTreeMap<String, Operation>,
    shapes: BTreeMap<String, Shape>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    http: Http,
    input: Option<Reference>,
    output: Option<Reference>,
    #[serde(default)]
    errors: Vec<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    request_uri: String,
}

#[derive(Debug, Deserialize)]
struct Reference {
    shape: String,
}

#[derive(Debug, Deserialize)]
struct Shape {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    members: BTreeMap<String, Reference>,
    #[serde(default)]
    required: Vec<String>,
    member: Option<Reference>,
    key: Option<Reference>,
    value: Option<Reference>,
    #[serde(default, rename = "enum")]
    values: Vec<String>,
    min: Option<f64>,
    max: Option<f64>,
    pattern: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Structure,
    List,
    Map,
    String,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp,
    Blob,
}

impl Model {
    /// Reads botocore's file, gzipped (`.gz`) or plain.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read botocore's model of EKS at {}", path.display()))?;
        let text = if path.extension().is_some_and(|extension| extension == "gz") {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(bytes.as_slice())
                .read_to_end(&mut text)
                .with_context(|| format!("{} is not gzip", path.display()))?;
            text
        } else {
            bytes
        };
        Self::parse(&text).with_context(|| format!("{} is not a service model of botocore", path.display()))
    }

    /// Reads a model from its JSON text.
    pub(crate) fn parse(json: &[u8]) -> anyhow::Result<Self> {
        let Document { operations, shapes } = serde_json::from_slice(json)?;
        let mut patterns = BTreeMap::new();
        for pattern in shapes.values().filter_map(|shape| shape.pattern.as_deref()) {
            // A service matches the whole value, whether or not the pattern says so.
            patterns.insert(pattern.to_owned(), regex::Regex::new(&format!("^(?:{pattern})$"))?);
        }
        Ok(Self { operations, shapes, patterns })
    }

    /// The operation that a method and a raw path stand for.
    pub(crate) fn operation(&self, method: &Method, path: &str) -> Option<&str> {
        let found = self.operations.iter().find(|(_, operation)| {
            operation.http.method == method.as_str() && matches(&operation.http.request_uri, path)
        });
        found.map(|(name, _)| name.as_str())
    }

    /// What is wrong with a request: `input` holds its path labels, query parameters and body members in one object.
    pub(crate) fn check_request(&self, operation: &str, input: &Value) -> Vec<Problem> {
        let shape = self.operations.get(operation).and_then(|operation| operation.input.as_ref());
        self.check(operation, shape, input)
    }

    /// What is wrong with the body of a successful response.
    pub(crate) fn check_response(&self, operation: &str, output: &Value) -> Vec<Problem> {
        let shape = self.operations.get(operation).and_then(|operation| operation.output.as_ref());
        self.check(operation, shape, output)
    }

    /// What is wrong with an error response: a code that the operation does not declare, or members that the error does not have.
    /// Errors that every service may answer (validation, throttling, access) are always right, and so is a missing cluster: CreateNodegroup
    /// answers ResourceNotFoundException without declaring it.
    pub(crate) fn check_error(&self, operation: &str, code: &str, body: &Value) -> Vec<Problem> {
        const COMMON: [&str; 5] = [
            "ValidationException",
            "SerializationException",
            "AccessDeniedException",
            "ThrottlingException",
            "ResourceNotFoundException",
        ];
        let declared = self
            .operations
            .get(operation)
            .and_then(|operation| operation.errors.iter().find(|error| error.shape == code));
        match declared {
            Some(shape) => self.check(operation, Some(shape), body),
            None if COMMON.contains(&code) => Vec::new(),
            None => vec![Problem { path: String::new(), fault: Fault::UndeclaredError(code.to_owned()) }],
        }
    }

    fn check(&self, operation: &str, shape: Option<&Reference>, value: &Value) -> Vec<Problem> {
        match shape {
            Some(reference) => check::check(self, &reference.shape, value),
            None if self.operations.contains_key(operation) => Vec::new(),
            None => vec![Problem { path: String::new(), fault: Fault::UnknownOperation(operation.to_owned()) }],
        }
    }
}

/// Whether a raw path fits a template such as `/clusters/{name}/addons`.
fn matches(template: &str, path: &str) -> bool {
    let (mut left, mut right) = (template.split('/'), path.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(label), Some(part)) if label.starts_with('{') && !part.is_empty() => {}
            (Some(word), Some(part)) if word == part => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
