//! `iam` as the user writes it: its attributes and the rules for single values. Knows no call and decides nothing.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{distinct, each, shown, size};

use crate::cluster::model::checks;

model! {
    /// Roles and policies in IAM. A role that is given by its ARN is never changed and never deleted.
    pub struct Iam {
        /// The role of the control plane. Another one replaces the cluster, because EKS cannot change it; leaving it out keeps the
        /// one that the cluster has.
        cluster_role_arn: String = optional()
            .otherwise("a role of its own")
            .changes("**replaces the object**, unless it is left out or the role that it has")
            .check(role),
        /// The role of the nodes, those of Auto Mode included. Another one makes new node groups, which take the place of those that
        /// are there; leaving it out keeps the one that they have. Auto Mode keeps the role that it was switched on with: another
        /// one is refused while it is on. The role must be what EKS wants of it: for Auto Mode at least
        /// `AmazonEKSWorkerNodeMinimalPolicy` and `AmazonEC2ContainerRegistryPullOnly`.
        node_role_arn: String = optional()
            .otherwise("a role of its own")
            .changes("in place: new groups take the place of the old ones; nothing where it is left out; refused while Auto Mode is on")
            .check(role),
        /// The IAM path of the cluster's own roles, in front of `REGION/NAME/`. It stays for the life of the cluster: its roles are
        /// found by it.
        path: String = optional().otherwise("`/terraform-paas/`").changes("refused").check(path),
        /// The permissions boundary of the cluster's own roles, by ARN. A change is made in place.
        permissions_boundary: String = optional().otherwise("none; one that somebody else set stays").check(policy),
        /// Further policies of the nodes' own role, by ARN. A change is made in place.
        node_policies: List<String> = optional()
            .otherwise("none but what nodes need")
            .equal(checks::same_texts)
            .check(size(0, 8))
            .check(distinct)
            .check(each(policy)),
        /// Whether IAM trusts the cluster's OpenID Connect issuer, for roles of service accounts (IRSA). Pod Identity needs
        /// none. A provider that exists already is used and left alone.
        oidc_provider: bool = optional().otherwise("`false`"),
    }
}

fn rule(value: &Value, holds: impl Fn(&str) -> bool, must: &str) -> Result<(), String> {
    match value.as_str() {
        Some(text) if !holds(text) => Err(format!("must be {must}, not {}", shown(text))),
        _ => Ok(()),
    }
}

/// What follows the account in an ARN of IAM, if `account` fits.
fn resource(text: &str, account: impl Fn(&str) -> bool) -> Option<&str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, "iam", "", owner, resource] = parts[..] else { return None };
    let is_plain = text.len() <= 600 && text.chars().all(|one| one.is_ascii_graphic() && one != '*');
    (is_plain && account(owner)).then_some(resource)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|digit| digit.is_ascii_digit())
}

fn role(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let name = resource(text, is_account).and_then(|resource| resource.strip_prefix("role/"));
        name.is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
    };
    rule(value, holds, "the ARN of an IAM role, such as \"arn:aws:iam::111122223333:role/eks-cluster\"")
}

fn policy(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let resource = resource(text, |account| account == "aws" || is_account(account));
        resource.and_then(|resource| resource.strip_prefix("policy/")).is_some_and(|name| !name.is_empty())
    };
    rule(value, holds, "the ARN of an IAM policy, such as \"arn:aws:iam::111122223333:policy/boundary\"")
}

fn path(value: &Value) -> Result<(), String> {
    let holds = |text: &str| {
        let is_plain = text.chars().all(|one| one.is_ascii_graphic()) && !text.contains("//") && text.len() <= 350;
        is_plain && text.starts_with('/') && text.ends_with('/')
    };
    rule(value, holds, "a path that begins and ends with a slash, such as \"/platform/\"")
}
