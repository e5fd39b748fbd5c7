//! How a configuration names a cluster: by ARN, by name or by a key of the provider's `kubeconfigs`. Knows no API.

#[cfg(test)]
mod tests;

use std::fmt;

use tfplugin_framework::schema::check::shown;

/// A cluster as `cluster` names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClusterRef {
    /// The ARN of an EKS cluster.
    Arn(ClusterArn),
    /// The name of an EKS cluster in the provider's region, unless it is a key of the provider's `kubeconfigs`.
    Name(String),
}

/// The ARN of an EKS cluster, in its parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterArn {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// `eu-west-1`
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// The cluster's name.
    pub name: String,
}

impl fmt::Display for ClusterArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:eks:{}:{}:cluster/{}", self.partition, self.region, self.account, self.name)
    }
}

impl fmt::Display for ClusterRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterRef::Arn(arn) => arn.fmt(f),
            ClusterRef::Name(name) => f.write_str(name),
        }
    }
}

impl ClusterRef {
    /// Reads an ARN or a name.
    ///
    /// # Errors
    /// If it is neither, in words that follow the attribute's name.
    pub fn parse(text: &str) -> Result<ClusterRef, String> {
        if text.starts_with("arn:") {
            return ClusterArn::parse(text).map(ClusterRef::Arn);
        }
        if is_cluster_name(text) {
            return Ok(ClusterRef::Name(text.to_owned()));
        }
        Err(format!("is {}; use a cluster's ARN, its name or a key of the provider's kubeconfigs", shown(text)))
    }

    /// The name alone.
    pub fn name(&self) -> &str {
        match self {
            ClusterRef::Arn(arn) => &arn.name,
            ClusterRef::Name(name) => name,
        }
    }
}

impl ClusterArn {
    /// Reads an ARN.
    ///
    /// # Errors
    /// If it is not the ARN of an EKS cluster, in words that follow the attribute's name.
    pub fn parse(text: &str) -> Result<ClusterArn, String> {
        let wrong = || {
            format!(
                "is {}, which is not the ARN of an EKS cluster (arn:PARTITION:eks:REGION:ACCOUNT:cluster/NAME)",
                shown(text)
            )
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts[..] else { return Err(wrong()) };
        let name = resource.strip_prefix("cluster/").ok_or_else(wrong)?;
        let word = |text: &str| {
            !text.is_empty()
                && text.len() <= 40
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if !word(partition) || service != "eks" || !word(region) || !is_account || !is_cluster_name(name) {
            return Err(wrong());
        }
        Ok(ClusterArn {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// EKS's rule for a cluster's name.
pub fn is_cluster_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
