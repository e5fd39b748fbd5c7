//! Everything that reaches out of the process, shared by all resources: AWS and Kubernetes clients, waiting, retrying, the
//! step driver, and whose an object is. Knows no resource.

pub mod aws;
pub mod error;
pub mod kube;
pub mod limit;
pub mod ownership;
pub mod partition;
pub mod poll;
pub mod reference;
pub mod retry;
pub mod settings;
pub mod steps;
pub mod token;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tfplugin_framework::attr::{Attr, Map};

use aws::Aws;
use error::CloudError;
use settings::Settings;

/// A cluster of a kubeconfig file, as the provider block names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeconfigRef {
    /// The file, with `~` resolved.
    pub path: PathBuf,
    /// The context in it; none for the file's current one.
    pub context: Option<String>,
}

/// One provider block and what was opened with it. Every resource holds it; it is empty until core configures the provider.
#[derive(Debug, Default)]
pub struct Cloud {
    settings: RwLock<Arc<Settings>>,
    /// Objects that creates of this run continue.
    pub continued: ownership::Continued,
    /// Connections to API servers.
    pub kube: kube::Connections,
}

impl Cloud {
    /// Not configured yet.
    pub fn new() -> Arc<Cloud> {
        Arc::default()
    }

    /// Takes the provider block. Calls nothing.
    pub fn configure(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who owns what is made: the `owner` attribute, empty by default.
    ///
    /// # Errors
    /// If it is known only after apply.
    pub fn owner(&self) -> Result<String, CloudError> {
        match &self.settings().owner {
            Attr::Unknown => Err(CloudError::Unknown { attribute: "owner" }),
            owner => Ok(owner.or(String::new())),
        }
    }

    /// Tags of everything, to be merged below a resource's own.
    pub fn default_tags(&self) -> Attr<Map<String>> {
        self.settings().default_tags.clone()
    }

    /// The kubeconfig entry `name`.
    pub fn kubeconfig(&self, _name: &str) -> Option<KubeconfigRef> {
        None
    }

    /// What every request says about its sender.
    pub fn user_agent(&self) -> String {
        format!("terraform-provider-paas/{}", env!("CARGO_PKG_VERSION"))
    }

    /// The region of a resource: its own `region`, the provider block's, the environment's, the profile's. Calls nothing.
    ///
    /// # Errors
    /// [`CloudError::Unknown`] naming the attribute (at plan: leave it unknown), [`CloudError::NoRegion`].
    pub fn region(&self, resource_region: &Attr<String>) -> Result<String, CloudError> {
        match (resource_region, &self.settings().region) {
            (Attr::Known(region), _) | (Attr::Null, Attr::Known(region)) => Ok(region.clone()),
            (Attr::Unknown, _) | (_, Attr::Unknown) => Err(CloudError::Unknown { attribute: "region" }),
            (Attr::Null, Attr::Null) => Err(CloudError::NoRegion),
        }
    }

    /// The clients of `region`. The first call of a process finds credentials and asks AWS whose they are.
    ///
    /// # Errors
    /// Without credentials, with those of an account that is not allowed, or if part of the provider block is unknown.
    pub async fn aws(&self, _region: &str) -> Result<Arc<Aws>, CloudError> {
        Err(CloudError::NoRegion)
    }
}
