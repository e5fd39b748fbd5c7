//! Method and path → operation, for the services without an operation name on the wire, from the service models that botocore ships. Validates nothing.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use serde::Deserialize;

use super::Protocol;

/// The REST operations of one service.
#[derive(Debug)]
pub struct RestModel {
    /// How the service answers.
    pub protocol: Protocol,
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    operation: String,
    method: String,
    segments: Vec<Segment>,
    /// Constant part of the query, as in `?tagging` of S3.
    query: Vec<String>,
}

#[derive(Debug)]
enum Segment {
    Literal(String),
    Variable,
    /// `{Key+}`: the rest of the path.
    Rest,
}

/// An operation found by its request line, with the variables of the path in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name, `DescribeCluster` for instance.
    pub operation: String,
    /// The decoded variables of the path.
    pub variables: Vec<String>,
}

#[derive(Deserialize)]
struct Model {
    metadata: Metadata,
    operations: HashMap<String, Operation>,
}

#[derive(Deserialize)]
struct Metadata {
    protocol: String,
}

#[derive(Deserialize)]
struct Operation {
    http: Http,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    request_uri: String,
}

impl RestModel {
    /// Parses a `service-2.json`; `None` for a service whose operations are named on the wire.
    pub fn parse(model: &[u8]) -> anyhow::Result<Option<Self>> {
        let model: Model = serde_json::from_slice(model)?;
        let protocol = match model.metadata.protocol.as_str() {
            "rest-json" => Protocol::RestJson,
            "rest-xml" => Protocol::RestXml,
            _ => return Ok(None),
        };
        let mut routes: Vec<Route> =
            model.operations.into_iter().map(|(operation, Operation { http })| Route::new(operation, &http)).collect();
        // The most specific first: a constant query, then many literal segments; then by name, so that the order never depends on the hash map.
        routes.sort_by(|a, b| b.rank().cmp(&a.rank()).then_with(|| a.operation.cmp(&b.operation)));
        Ok(Some(Self { protocol, routes }))
    }

    /// The operation of a request line.
    pub fn find(&self, method: &str, path: &str, query: Option<&str>) -> Option<Found> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let names: Vec<String> =
            form_urlencoded::parse(query.unwrap_or_default().as_bytes()).map(|(name, _)| name.into_owned()).collect();
        self.routes.iter().find_map(|route| route.matched(method, &segments, &names))
    }
}

impl Route {
    fn new(operation: String, http: &Http) -> Self {
        let (path, query) = http.request_uri.split_once('?').unwrap_or((&http.request_uri, ""));
        let segments = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if name.ends_with('+') => Segment::Rest,
                Some(_) => Segment::Variable,
                None => Segment::Literal(segment.to_owned()),
            })
            .collect();
        let query = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        Self { operation, method: http.method.clone(), segments, query }
    }

    fn rank(&self) -> (usize, usize) {
        (self.query.len(), self.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count())
    }

    fn matched(&self, method: &str, path: &[&str], query: &[String]) -> Option<Found> {
        if self.method != method || !self.query.iter().all(|name| query.contains(name)) {
            return None;
        }
        let mut variables = Vec::new();
        let mut rest = path;
        for segment in &self.segments {
            let (first, tail) = rest.split_first()?;
            match segment {
                Segment::Literal(literal) if literal == first => rest = tail,
                Segment::Literal(_) => return None,
                Segment::Variable => {
                    variables.push(decode(first));
                    rest = tail;
                }
                Segment::Rest => {
                    variables.push(decode(&rest.join("/")));
                    rest = &[];
                }
            }
        }
        rest.is_empty().then(|| Found { operation: self.operation.clone(), variables })
    }
}

fn decode(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The models of all services, each read when the first request needs it.
#[derive(Debug)]
pub struct RestModels {
    /// botocore's `data` folder: `<service>/<version>/service-2.json(.gz)`.
    folder: PathBuf,
    read: Mutex<HashMap<String, Option<Arc<RestModel>>>>,
}

impl RestModels {
    /// Models are read from this folder when they are needed.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, read: Mutex::default() }
    }

    /// The model of a service by its signing name; `None` if there is none or its operations are named on the wire.
    pub fn of(&self, service: &str) -> Option<Arc<RestModel>> {
        // A signing name comes from outside and becomes part of a path.
        if service.is_empty() || !service.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return None;
        }
        let mut read = self.read.lock().expect("no panic holds this lock");
        read.entry(service.to_owned())
            .or_insert_with(|| {
                let model = read_model(&self.folder.join(service)).and_then(|bytes| RestModel::parse(&bytes));
                model
                    .inspect_err(|error| tracing::debug!("no service model for {service}: {error:#}"))
                    .ok()
                    .flatten()
                    .map(Arc::new)
            })
            .clone()
    }
}

/// The newest `service-2.json` of a service's folder, unpacked.
fn read_model(folder: &Path) -> anyhow::Result<Vec<u8>> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    versions.sort();
    let newest = versions.pop().context("the folder of the service is empty")?;
    let plain = newest.join("service-2.json");
    if plain.exists() {
        return Ok(std::fs::read(plain)?);
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(newest.join("service-2.json.gz"))?).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}
