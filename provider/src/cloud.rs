//! Everything that reaches out of the process, shared by all resources: AWS and Kubernetes clients, waiting, retrying, the
//! step driver, and whose an object is. Knows no resource.

pub mod aws;
mod environment;
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

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tfplugin_framework::attr::{Attr, Map};
use tokio::sync::OnceCell;

use aws::Aws;
use aws::session::Session;
use environment::Environment;
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
#[derive(Debug)]
pub struct Cloud {
    environment: Environment,
    configured: RwLock<Arc<Configured>>,
    /// Objects that creates of this run continue.
    pub continued: ownership::Continued,
    /// Connections to API servers.
    pub kube: kube::Connections,
}

/// What one configuration of the provider opened.
#[derive(Debug, Default)]
struct Configured {
    settings: Settings,
    core_version: String,
    /// Of the environment or the profile.
    region: Option<String>,
    session: OnceCell<Session>,
    /// Why there can be no session, however often it is tried.
    refused: Mutex<Option<CloudError>>,
    regions: Mutex<HashMap<String, Arc<Aws>>>,
}

impl Cloud {
    /// Not configured yet.
    pub fn new() -> Arc<Cloud> {
        Arc::new(Cloud::within(Environment::of_process()))
    }

    /// Not configured yet, on a machine that knows nothing of AWS.
    #[cfg(test)]
    pub(crate) fn alone() -> Arc<Cloud> {
        Arc::new(Cloud::within(Environment::empty()))
    }

    fn within(environment: Environment) -> Cloud {
        Cloud {
            environment,
            configured: RwLock::default(),
            continued: ownership::Continued::default(),
            kube: kube::Connections::default(),
        }
    }

    /// Takes the provider block. Reads the AWS configuration files for a region; calls nothing.
    pub async fn configure(&self, settings: Settings, core_version: &str) {
        let region = match &settings.profile {
            Attr::Unknown => self.environment.region(None).await,
            profile => self.environment.region(profile.known().map(String::as_str)).await,
        };
        let core_version = core_version.to_owned();
        let configured = Configured { settings, core_version, region, ..Configured::default() };
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(configured);
    }

    fn configured(&self) -> Arc<Configured> {
        self.configured.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who owns what is made: the `owner` attribute, empty by default.
    ///
    /// # Errors
    /// If it is known only after apply.
    pub fn owner(&self) -> Result<String, CloudError> {
        match &self.configured().settings.owner {
            Attr::Unknown => Err(CloudError::Unknown { attribute: "owner" }),
            owner => Ok(owner.or(String::new())),
        }
    }

    /// Tags of everything, to be merged below a resource's own.
    pub fn default_tags(&self) -> Attr<Map<String>> {
        self.configured().settings.default_tags.clone()
    }

    /// The kubeconfig entry `name`; nothing if there is none, or none that is known yet.
    pub fn kubeconfig(&self, name: &str) -> Option<KubeconfigRef> {
        let configured = self.configured();
        let entry = configured.settings.kubeconfigs.known()?.get(name)?.known()?.clone();
        let path = entry.path.known()?;
        let path = match (path.strip_prefix("~/"), self.environment.get("HOME")) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ => PathBuf::from(path),
        };
        Some(KubeconfigRef { path, context: entry.context.known().cloned() })
    }

    /// What every request says about its sender: this provider, core, and TF_APPEND_USER_AGENT.
    pub fn user_agent(&self) -> String {
        let mut agent = format!("terraform-provider-paas/{}", env!("CARGO_PKG_VERSION"));
        let configured = self.configured();
        let core = Some(configured.core_version.as_str()).filter(|version| !version.is_empty());
        let core = core.map(|version| format!("Terraform/{version}"));
        for part in core.iter().map(String::as_str).chain(self.environment.get("TF_APPEND_USER_AGENT")) {
            agent.push(' ');
            agent.extend(part.chars().filter(|c| matches!(c, ' '..='~')));
        }
        agent
    }

    /// The region of a resource: its own `region`, the provider block's, the environment's, the profile's. Calls nothing.
    ///
    /// # Errors
    /// [`CloudError::Unknown`] naming the attribute (at plan: leave it unknown), [`CloudError::NoRegion`],
    /// [`CloudError::Invalid`] for a region that does not exist.
    pub fn region(&self, resource_region: &Attr<String>) -> Result<String, CloudError> {
        let configured = self.configured();
        let region = match (resource_region, &configured.settings.region) {
            (Attr::Known(region), _) | (Attr::Null, Attr::Known(region)) => region,
            (Attr::Unknown, _) | (_, Attr::Unknown) => return Err(CloudError::Unknown { attribute: "region" }),
            (Attr::Null, Attr::Null) => configured.region.as_ref().ok_or(CloudError::NoRegion)?,
        };
        settings::region_exists(region, &configured.settings)
            .map_err(|reason| CloudError::Invalid { attribute: "region".to_owned(), reason })?;
        Ok(region.clone())
    }

    /// Whether credentials are there without a search for them: they were found already, or something of the user's names them.
    /// For what a plan would rather know and can do without.
    pub fn has_credentials(&self) -> bool {
        let configured = self.configured();
        configured.session.initialized()
            || configured.settings.profile.known().is_some()
            || self.environment.names_credentials()
    }

    /// The clients of `region`. The first call of a process finds credentials and asks AWS whose they are.
    ///
    /// # Errors
    /// Without credentials, with those of an account that is not allowed, or if part of the provider block is unknown.
    pub async fn aws(&self, region: &str) -> Result<Arc<Aws>, CloudError> {
        let configured = self.configured();
        let session = configured.session.get_or_try_init(|| self.open(&configured, region)).await?;
        let mut regions = configured.regions.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(regions.entry(region.to_owned()).or_insert_with(|| Arc::new(Aws::of(session, region))).clone())
    }

    async fn open(&self, configured: &Configured, region: &str) -> Result<Session, CloudError> {
        if let Some(error) = configured.refused.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(error);
        }
        let opened = Session::open(&configured.settings, &self.environment, self.user_agent(), region).await;
        // Looking for credentials takes seconds where there are none: hundreds of resources must not each do it again.
        if let Err(
            error @ (CloudError::NoCredentials { .. }
            | CloudError::WrongAccount { .. }
            | CloudError::Unreachable { .. }),
        ) = &opened
        {
            *configured.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
        opened
    }
}

#[cfg(test)]
pub(crate) mod tests;
