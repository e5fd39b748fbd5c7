//! What EKS must see of the rest of the account: IAM roles, subnets, security groups. Knows no service that holds them.

use async_trait::async_trait;
use serde_json::Value;

/// An IAM role as EKS sees it when it is named in a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// The role's ARN, path included.
    pub arn: String,
    /// Its unique id: another one if it was deleted and made again.
    pub id: String,
    /// Who may assume it: the policy document, decoded.
    pub trust: Value,
    /// ARNs of the managed policies that are attached.
    pub attached_policies: Vec<String>,
    /// When it was made, in seconds since the epoch. EKS does not see a role at once after its creation.
    pub created_at: f64,
}

/// A subnet as EKS sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`
    pub id: String,
    /// `vpc-…`
    pub vpc: String,
    /// The zone's name, such as `eu-west-1a`.
    pub zone: String,
    /// The zone's id, such as `euw1-az3`, the same in every account.
    pub zone_id: String,
    /// The subnet's IPv4 range.
    pub cidr: String,
}

/// A launch template as EKS sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// `lt-…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// The number of its default version.
    pub default: u32,
    /// The number of its latest version.
    pub latest: u32,
}

/// A principal that signed a request with a key the sandbox did not compute: a session of an assumed role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The secret that belongs to the session's access key.
    pub secret: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    pub arn: String,
    /// The unique id, `AROA…:SESSION`.
    pub user_id: String,
}

/// The rest of an account, as far as EKS looks at it. Reads only, except for the security group that EKS makes for a cluster.
#[async_trait]
pub trait IamView: Send + Sync {
    /// The role of this name (without its path), if there is one.
    async fn role(&self, account: &str, name: &str) -> Option<Role>;

    /// The IAM user of this name, as its ARN with its path, if there is one.
    async fn user(&self, account: &str, name: &str) -> Option<String>;

    /// Those of the subnets that exist, in the order asked.
    async fn subnets(&self, account: &str, region: &str, ids: &[String]) -> Vec<Subnet>;

    /// Those of the security groups that exist, in the order asked.
    async fn security_groups(&self, account: &str, region: &str, ids: &[String]) -> Vec<String>;

    /// The launch template of this id, if there is one.
    async fn launch_template(&self, account: &str, region: &str, id: &str) -> Option<LaunchTemplate>;

    /// Makes the security group that EKS puts a cluster's network interfaces in; answers its id.
    async fn create_cluster_security_group(
        &self,
        account: &str,
        region: &str,
        vpc: &str,
        cluster: &str,
    ) -> Option<String>;

    /// Removes the security group of [`IamView::create_cluster_security_group`].
    async fn delete_cluster_security_group(&self, account: &str, region: &str, id: &str);

    /// The session that an access key id of STS stands for.
    async fn session(&self, access_key: &str) -> Option<Session>;
}
