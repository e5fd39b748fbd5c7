//! Credentials, fetched once and kept while they are good for another minute: by all clients and by cluster tokens. Knows
//! sources; must not know what is called with them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use crate::cloud::error::{CloudError, innermost};

/// How long before their end credentials are fetched anew.
const MARGIN: Duration = Duration::from_secs(60);

/// A source that keeps what it has fetched.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    source: SharedCredentialsProvider,
    kept: Arc<Mutex<Option<Credentials>>>,
}

impl Kept {
    pub(super) fn new(source: SharedCredentialsProvider) -> Kept {
        Kept { source, kept: Arc::default() }
    }

    async fn get(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        let good = |one: &Credentials| one.expiry().is_none_or(|end| end > SystemTime::now() + MARGIN);
        if let Some(one) = kept.as_ref().filter(|one| good(one)) {
            return Ok(one.clone());
        }
        let fresh = self.source.provide_credentials().await?;
        *kept = Some(fresh.clone());
        Ok(fresh)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

/// Where credentials are looked for: in the one profile that the provider block names, or everywhere.
pub(super) fn sources(profile: Option<&str>, env_profile: &str) -> Vec<String> {
    match profile {
        Some(profile) => vec![format!("profile {profile:?} of the shared AWS configuration files")],
        None => vec![
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
            format!("profile {env_profile:?} of the shared AWS configuration files"),
            "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN".to_owned(),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI".to_owned(),
            "the role of an EC2 instance".to_owned(),
        ],
    }
}

/// Why there are none; `tried` is empty where there were some before.
pub(super) fn missing(error: &CredentialsError, tried: Vec<String>) -> CloudError {
    let reason = match error {
        CredentialsError::CredentialsNotLoaded(_) if tried.len() == 1 => "It has none, or is in no file.".to_owned(),
        CredentialsError::CredentialsNotLoaded(_) => "None of them has any.".to_owned(),
        CredentialsError::ProviderTimedOut(_) => "The last one that was asked did not answer in time.".to_owned(),
        other if tried.is_empty() => innermost(other),
        other => format!("The last one that was asked said: {}", innermost(other)),
    };
    CloudError::NoCredentials { tried, reason }
}
