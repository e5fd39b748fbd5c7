//! The environment variables under which terraform, tofu, aws and kubectl work against a sandbox as against AWS.

use std::path::Path;

use anyhow::Context as _;
use sandbox_eks::account::Credentials;
use sandbox_gateway::Gateway;
use serde::{Deserialize, Serialize};

use super::{mirror, subnets};

/// Variables to set and to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Names and values, in the order to print them.
    pub set: Vec<(String, String)>,
    /// Folders to put in front of PATH.
    pub path: Vec<String>,
    /// What would point somewhere else.
    pub unset: Vec<String>,
}

impl Environment {
    /// A variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.set.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_str())
    }

    /// The variables for a child process of this one, PATH included.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let folders: Vec<&str> = self.path.iter().map(String::as_str).chain([path.as_str()]).collect();
        self.set.iter().cloned().chain([("PATH".to_owned(), folders.join(":"))]).collect()
    }

    /// Lines for `eval` in a shell.
    #[must_use]
    pub fn exports(&self) -> String {
        let unset = self.unset.iter().map(|name| format!("unset {name}\n"));
        let set = self.set.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value)));
        let path = self.path.iter().map(|folder| format!("export PATH={}:\"$PATH\"\n", quoted(folder)));
        unset.chain(set).chain(path).collect()
    }
}

/// A word that the shell takes as it stands.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

pub(super) async fn of(dir: &Path, gateway: &Gateway, account: &str, region: &str) -> anyhow::Result<Environment> {
    anyhow::ensure!(
        account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()),
        "{account:?} is not an account: it takes 12 digits"
    );
    anyhow::ensure!(
        !region.is_empty()
            && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
        "{region:?} is not a region"
    );
    let credentials = Credentials::of(account);
    let subnets = subnets::default(gateway.status().moto, account, region).await?;
    // Files of this sandbox in place of the user's own: `aws eks update-kubeconfig` writes into one of them, and no profile may lead to real AWS.
    let own = dir.join("accounts").join(account);
    std::fs::create_dir_all(&own).with_context(|| format!("{} cannot be made", own.display()))?;
    for name in ["aws-config", "aws-credentials"] {
        let file = own.join(name);
        if !file.exists() {
            std::fs::write(&file, "").with_context(|| format!("{} cannot be written", file.display()))?;
        }
    }
    let file = |name: &str| own.join(name).display().to_string();
    let set = [
        ("AWS_ENDPOINT_URL", format!("http://{}", gateway.address())),
        ("AWS_ACCESS_KEY_ID", credentials.access_key),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret),
        ("AWS_REGION", region.to_owned()),
        ("AWS_DEFAULT_REGION", region.to_owned()),
        ("AWS_CONFIG_FILE", file("aws-config")),
        ("AWS_SHARED_CREDENTIALS_FILE", file("aws-credentials")),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_PAGER", String::new()),
        ("KUBECONFIG", file("kubeconfig")),
        ("TF_CLI_CONFIG_FILE", mirror::cli_configuration(dir).display().to_string()),
        ("TF_VAR_subnet_ids", serde_json::to_string(&subnets)?),
    ];
    Ok(Environment {
        set: set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        path: vec![mirror::bin(dir).display().to_string()],
        unset: [
            "AWS_PROFILE",
            "AWS_DEFAULT_PROFILE",
            "AWS_SESSION_TOKEN",
            "AWS_SECURITY_TOKEN",
            "AWS_ROLE_ARN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CA_BUNDLE",
        ]
        .map(str::to_owned)
        .to_vec(),
    })
}
