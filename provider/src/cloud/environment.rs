//! What the environment of the process says about AWS, taken once at its start. Calls nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::error::CloudError;

/// What the environment says.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    variables: BTreeMap<String, String>,
    /// What stands in for the network and its credentials in tests.
    stand_in: Option<StandIn>,
}

/// A network and credentials that need no search.
#[derive(Clone, Debug)]
pub(super) struct StandIn {
    pub(super) http: SharedHttpClient,
    pub(super) credentials: SharedCredentialsProvider,
}

impl Environment {
    /// Of this process.
    pub(super) fn of_process() -> Environment {
        let readable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Environment { variables: std::env::vars_os().filter_map(readable).collect(), stand_in: None }
    }

    /// Of a test.
    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)], stand_in: StandIn) -> Environment {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Environment { variables: variables.iter().map(owned).collect(), stand_in: Some(stand_in) }
    }

    /// Of a machine that knows nothing of AWS, for a test.
    #[cfg(test)]
    pub(super) fn empty() -> Environment {
        Environment { variables: BTreeMap::new(), stand_in: None }
    }

    /// What stands in for the network, in a test.
    pub(super) fn stand_in(&self) -> Option<&StandIn> {
        self.stand_in.as_ref()
    }

    /// A variable that is set to something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether variables or files of the user's name credentials. What an instance it may run on would tell is not asked for: that
    /// takes seconds where there is none.
    pub(super) fn names_credentials(&self) -> bool {
        const VARIABLES: [&str; 5] = [
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ];
        let home = self.get("HOME").map(Path::new);
        let file = |variable: &str, name: &str| {
            let named = self.get(variable).map(PathBuf::from);
            named.or_else(|| Some(home?.join(".aws").join(name))).is_some_and(|file| file.is_file())
        };
        self.stand_in.is_some()
            || VARIABLES.iter().any(|name| self.get(name).is_some())
            || file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
            || file("AWS_CONFIG_FILE", "config")
    }

    /// The profile that is used where the provider block names none.
    pub(super) fn profile(&self) -> String {
        self.get("AWS_PROFILE").unwrap_or("default").to_owned()
    }

    /// The region of AWS_REGION, AWS_DEFAULT_REGION or the profile. Reads files, calls nothing: the SDK's own search would
    /// ask the instance it may run on.
    pub(super) async fn region(&self, profile: Option<&str>) -> Option<String> {
        if let Some(region) = self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION")) {
            return Some(region.to_owned());
        }
        let mut file = ProfileFileRegionProvider::builder();
        if let Some(profile) = profile {
            file = file.profile_name(profile);
        }
        file.build().region().await.map(|region| region.to_string())
    }

    /// Further certificates to trust.
    pub(super) fn certificate_authorities(&self) -> Result<Option<Vec<u8>>, CloudError> {
        let Some(path) = self.get("AWS_CA_BUNDLE") else { return Ok(None) };
        std::fs::read(path).map(Some).map_err(|error| CloudError::Invalid {
            attribute: "AWS_CA_BUNDLE".to_owned(),
            reason: format!("names {path}, which cannot be read: {error}"),
        })
    }
}
