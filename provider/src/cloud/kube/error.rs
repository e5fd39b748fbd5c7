//! What can go wrong between here and an API server. Typed, because code branches on it; the words are in `words`.

#[cfg(test)]
mod tests;
mod words;

use kube::core::Status;
use tfplugin_framework::diagnostic::Diagnostics;

use crate::cloud::error::CloudError;

/// A field that another field manager owns and that server-side apply therefore refused to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The field's path.
    pub path: String,
    /// Who owns it and since when, in the API server's words: `"kubectl-edit" using apps/v1 at …`.
    pub owner: String,
}

/// What is known of the way to an API server that gave no answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Its address.
    pub endpoint: String,
    /// Whether EKS has opened it to the internet, and for which addresses; `None` for a cluster of `kubeconfigs`.
    pub public: Option<Option<Vec<String>>>,
}

/// What can go wrong between here and an API server.
#[derive(Clone, Debug, PartialEq)]
pub enum KubeError {
    /// AWS, which is asked for the cluster's address and for who we are.
    Cloud(CloudError),
    /// There is no such EKS cluster.
    NoCluster {
        /// Its name.
        name: String,
        /// Where it was looked for.
        region: String,
        /// The account that was asked.
        account: String,
    },
    /// The cluster's ARN names another account than the credentials are of.
    OtherAccount {
        /// The ARN.
        arn: String,
        /// The credentials' account.
        account: String,
        /// Whose they are.
        principal: String,
    },
    /// The cluster has no API server yet, or no more.
    NotActive {
        /// Its name.
        name: String,
        /// Its status, such as `CREATING`.
        status: String,
    },
    /// A key of `kubeconfigs` leads to no cluster.
    Kubeconfig {
        /// The key.
        key: String,
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A key of `kubeconfigs` leads to another cluster than before.
    Repointed {
        /// The key.
        key: String,
        /// The UID in state.
        was: String,
        /// The UID now.
        is: String,
    },
    /// No answer.
    Unreachable {
        /// The cluster's name.
        cluster: String,
        /// The way there.
        way: Way,
        /// What the system said: `connection refused`, …
        reason: String,
    },
    /// What answers cannot show the cluster's certificate.
    Untrusted {
        /// The cluster's name.
        cluster: String,
        /// Its address.
        endpoint: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// The API server does not know who we are.
    Unauthorized {
        /// The cluster's name.
        cluster: String,
        /// Who we are, for EKS.
        principal: Option<String>,
    },
    /// The API server refused a request.
    Refused {
        /// What was tried, in words that follow "could not": `change Deployment shop/web`.
        action: String,
        /// Its answer.
        status: Box<Status>,
    },
    /// An answer that is not Kubernetes'.
    Garbage {
        /// What was tried.
        action: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A name that must not get into a URL.
    BadName(String),
}

impl From<CloudError> for KubeError {
    fn from(error: CloudError) -> Self {
        KubeError::Cloud(error)
    }
}

impl From<KubeError> for CloudError {
    fn from(error: KubeError) -> Self {
        match error {
            KubeError::Cloud(error) => error,
            other => CloudError::Told {
                code: other.reason().unwrap_or_default().to_owned(),
                headline: other.headline(),
                detail: other.detail(),
            },
        }
    }
}

impl KubeError {
    fn status(&self) -> Option<&Status> {
        match self {
            KubeError::Refused { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Kubernetes' reason, such as `AlreadyExists`.
    pub fn reason(&self) -> Option<&str> {
        self.status().map(|status| status.reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// The API server has too much to do, or cannot do it right now.
    pub fn is_busy(&self) -> bool {
        matches!(self, KubeError::Refused { status, .. } if matches!(status.code, 429 | 503 | 504))
    }

    /// The object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.reason() == Some("NotFound")
    }

    /// The object exists.
    pub fn is_already_exists(&self) -> bool {
        self.reason() == Some("AlreadyExists")
    }

    /// We may not.
    pub fn is_forbidden(&self) -> bool {
        self.reason() == Some("Forbidden") && !self.is_terminating()
    }

    /// The object is not as the request presumed.
    pub fn is_conflict(&self) -> bool {
        self.reason() == Some("Conflict")
    }

    /// The cluster is gone: there is nothing left to look at.
    pub fn is_no_cluster(&self) -> bool {
        match self {
            KubeError::NoCluster { .. } => true,
            KubeError::NotActive { status, .. } => status == "DELETING",
            _ => false,
        }
    }

    /// The namespace is being deleted, so nothing can be made in it.
    pub fn is_terminating(&self) -> bool {
        self.causes().any(|cause| cause.reason == "NamespaceTerminating")
    }

    /// The namespace does not exist.
    pub fn is_no_namespace(&self) -> bool {
        let kind = self.status().and_then(|status| status.details.as_ref()).map(|details| details.kind.as_str());
        self.is_not_found() && kind == Some("namespaces")
    }

    /// The fields that others own, if that is why server-side apply was refused.
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.causes()
            .filter(|cause| cause.reason == "FieldManagerConflict")
            .map(|cause| Conflict {
                path: cause.field.clone(),
                owner: cause.message.strip_prefix("conflict with ").unwrap_or(&cause.message).to_owned(),
            })
            .collect()
    }

    fn causes(&self) -> impl Iterator<Item = &kube::core::response::StatusCause> {
        self.status().and_then(|status| status.details.as_ref()).into_iter().flat_map(|details| &details.causes)
    }

    /// The error for the user. `summary` is the object and what did not happen: `app shop/web was not created`.
    pub fn diagnostics(&self, summary: &str) -> Diagnostics {
        CloudError::from(self.clone()).diagnostics(summary)
    }
}
