//! The AWS clients of one region. Knows which services there are; must not know what resources do with them.

mod credentials;
mod intercept;
pub mod logs;
mod pace;
pub(super) mod session;
pub(crate) mod signed;
mod wire;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use super::error::CloudError;
use super::partition::Partition;
use super::token::{RENEWAL, Token, sign_token};
use session::Session;
use signed::Signed;

/// Who calls AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// As STS tells it; of an assumed role with the session's name.
    pub arn: String,
    /// What access entries and policies name: the role behind an assumed role, with its path; else [`Caller::arn`].
    pub principal_arn: String,
    /// The session's name, if a role was assumed.
    pub session: Option<String>,
}

/// The clients of one region.
#[derive(Debug)]
pub struct Aws {
    /// The region.
    pub region: String,
    /// The partition of the caller's account.
    pub partition: Partition,
    /// The caller's account, 12 digits.
    pub account_id: String,
    /// Who calls.
    pub caller: Caller,
    /// EKS in this region.
    pub eks: aws_sdk_eks::Client,
    /// IAM, which is global.
    pub iam: aws_sdk_iam::Client,
    /// Services of this region for which there is no SDK crate.
    pub(crate) signed: Signed,
    credentials: SharedCredentialsProvider,
    tokens: Mutex<HashMap<String, (SystemTime, Token)>>,
}

impl Aws {
    /// The clients of `region` with what the session found.
    pub(super) fn of(session: &Session, region: &str) -> Aws {
        Aws {
            region: region.to_owned(),
            partition: session.partition.clone(),
            account_id: session.account_id.clone(),
            caller: session.caller.clone(),
            eks: session.eks(region),
            iam: session.iam(),
            signed: session.signed(region),
            credentials: session.credentials.clone(),
            tokens: Mutex::default(),
        }
    }

    /// The ARN of something of this account in this region: `arn("eks", "cluster/prod")`. IAM has no region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let region = if service == "iam" { "" } else { &self.region };
        format!("arn:{}:{service}:{region}:{}:{resource}", self.partition, self.account_id)
    }

    /// A token for the cluster's API server, at most 10 minutes old. Local computation, unless credentials have to be
    /// refreshed.
    ///
    /// # Errors
    /// If they cannot be.
    pub async fn cluster_token(&self, cluster_name: &str) -> Result<Token, CloudError> {
        let now = SystemTime::now();
        let kept = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(cluster_name).cloned();
        let good = |made: SystemTime, token: &Token| {
            now.duration_since(made).is_ok_and(|age| age < RENEWAL) && token.expires_at > now + Duration::from_secs(60)
        };
        if let Some((_, token)) = kept.filter(|(made, token)| good(*made, token)) {
            return Ok(token);
        }
        let credentials =
            self.credentials.provide_credentials().await.map_err(|error| credentials::missing(&error, Vec::new()))?;
        let token = sign_token(&credentials, &self.partition, &self.region, cluster_name, now)?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(cluster_name.to_owned(), (now, token.clone()));
        Ok(token)
    }
}
