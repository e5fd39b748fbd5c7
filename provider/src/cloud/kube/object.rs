//! The kinds of objects that are read and written here, and how an object is found. Names are checked before any URL is built.

use serde_json::Value as Json;

use super::error::KubeError;

/// An object as JSON, as the API server sends it.
pub type Object = Json;

/// The kinds of objects that this provider reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `v1`
    Namespace,
    /// `v1`
    Service,
    /// `apps/v1`
    Deployment,
    /// `batch/v1`
    CronJob,
    /// `batch/v1`
    Job,
}

impl Kind {
    /// Its name, as in `kind: Deployment`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Namespace => "Namespace",
            Kind::Service => "Service",
            Kind::Deployment => "Deployment",
            Kind::CronJob => "CronJob",
            Kind::Job => "Job",
        }
    }

    fn collection(self) -> (&'static str, &'static str) {
        match self {
            Kind::Namespace => ("/api/v1", "namespaces"),
            Kind::Service => ("/api/v1", "services"),
            Kind::Deployment => ("/apis/apps/v1", "deployments"),
            Kind::CronJob => ("/apis/batch/v1", "cronjobs"),
            Kind::Job => ("/apis/batch/v1", "jobs"),
        }
    }

    /// The path of the collection in a namespace, or over all of them.
    pub(super) fn path(self, namespace: Option<&str>) -> Result<String, KubeError> {
        let (group, plural) = self.collection();
        match namespace {
            None => Ok(format!("{group}/{plural}")),
            Some(namespace) => Ok(format!("{group}/namespaces/{}/{plural}", checked(namespace)?)),
        }
    }

    /// How an object of this kind is named in messages: `Deployment shop/web`.
    pub fn title(self, namespace: Option<&str>, name: &str) -> String {
        match namespace {
            Some(namespace) => format!("{} {namespace}/{name}", self.word()),
            None => format!("{} {name}", self.word()),
        }
    }
}

/// `name`, if it can stand in a URL's path.
pub(super) fn checked(name: &str) -> Result<&str, KubeError> {
    if is_object_name(name) { Ok(name) } else { Err(KubeError::BadName(name.to_owned())) }
}

/// True for a DNS subdomain by RFC 1123, which every name here is.
pub fn is_object_name(name: &str) -> bool {
    let label = |one: &str| {
        one.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && one.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && one.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
