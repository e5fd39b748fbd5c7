//! `access` as the user writes it: its attributes and the rules for single values. Knows no call and decides nothing.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{distinct, each, each_key, length, one_of, shown, size};

use crate::cluster::model::checks;

/// Modes of authentication in the one order in which EKS can change them.
pub(crate) const MODES: &[&str] = &["CONFIG_MAP", "API_AND_CONFIG_MAP", "API"];
/// The type of entries for people and programs: the only one with groups, a user name and any policy.
pub(crate) const STANDARD: &str = "STANDARD";
/// The type of entries for nodes of Auto Mode, which take one policy.
pub(crate) const EC2: &str = "EC2";
const TYPES: &[&str] = &[STANDARD, "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", EC2];
/// Beginnings of names that belong to Kubernetes and AWS.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];

model! {
    /// Who may use the Kubernetes API.
    pub struct Access {
        /// IAM roles and users that administer the cluster, by ARN (`AmazonEKSClusterAdminPolicy`). For a role of IAM Identity
        /// Center use the role's ARN with its path.
        admins: List<String> = optional()
            .otherwise("nobody else")
            .equal(checks::same_texts)
            .check(size(0, 100))
            .check(distinct)
            .check(each(checks::principal)),
        /// IAM roles and users that may read everything in the cluster, Secrets included, and change nothing
        /// (`AmazonEKSAdminViewPolicy`).
        viewers: List<String> = optional()
            .otherwise("nobody")
            .equal(checks::same_texts)
            .check(size(0, 100))
            .check(distinct)
            .check(each(checks::principal)),
        /// Whether the principal that created the cluster administers it. Without it, and without `admins` that whoever
        /// runs Terraform can act as, apps and jobs cannot be deployed.
        creator_admin: bool = optional().otherwise("`true`"),
        /// How the cluster knows IAM principals: by access entries (`API`), also by the ConfigMap `aws-auth`
        /// (`API_AND_CONFIG_MAP`), or by that alone (`CONFIG_MAP`), which only an imported cluster can have. A change is made in
        /// place, in this one direction: EKS never goes back.
        authentication_mode: String = optional()
            .otherwise("`API` for a new cluster; one that exists keeps its own")
            .changes("in place, forward only and one step at a time; back is refused")
            .check(one_of(MODES)),
        /// Further access entries, by a key of your choice. A principal is named once, here or in `admins` or `viewers`.
        entries: Map<Entry> = optional().otherwise("none").check(size(0, 400)).check(each_key(length(1, 128))),
    }
}

model! {
    /// What one principal may do.
    pub struct Entry {
        /// The ARN of the IAM role or user.
        principal_arn: String = required().changes("in place: one entry goes and another comes").check(checks::principal),
        /// What kind of principal it is. `STANDARD` is for people and programs; the others are for roles of nodes that EKS
        /// does not manage itself. EKS cannot change it: the entry, and nothing else, is deleted and made again.
        r#type: String = optional()
            .otherwise("`STANDARD`")
            .changes("in place: the entry is deleted and made again")
            .check(one_of(TYPES)),
        /// Groups in Kubernetes, for bindings of your own.
        groups: List<String> = optional()
            .otherwise("none")
            .equal(checks::same_texts)
            .check(size(0, 50))
            .check(distinct)
            .check(each(name)),
        /// The user name in Kubernetes.
        username: String = optional().otherwise("the one that EKS makes of the ARN").check(name),
        /// Policies of EKS, each once.
        policies: List<EntryPolicy> = optional().otherwise("none").check(size(0, 20)),
    }
}

model! {
    /// A policy of EKS and where it holds.
    pub struct EntryPolicy {
        /// Its name, such as `AmazonEKSEditPolicy`. `aws eks list-access-policies` lists them.
        name: String = required().check(policy),
        /// The namespaces in which it holds; `*` stands for any characters. They need not exist yet.
        namespaces: List<String> = optional()
            .otherwise("the whole cluster")
            .equal(checks::same_texts)
            .check(somewhere)
            .check(size(0, 100))
            .check(distinct)
            .check(each(namespace)),
    }
}

/// A user or group that is nobody's already.
fn name(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    match RESERVED.iter().find(|prefix| text.starts_with(**prefix)) {
        Some(prefix) => Err(format!("must not begin with {prefix:?}, which is reserved, as {} does", shown(text))),
        None if text.is_empty() || text.len() > 600 => {
            Err(format!("must have 1 to 600 characters, not {}", shown(text)))
        }
        None => Ok(()),
    }
}

fn policy(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    if let Some((_, name)) = text.split_once(":cluster-access-policy/") {
        return Err(format!(
            "must be the policy's name alone, {name:?}: the rest of its ARN follows from the partition"
        ));
    }
    let is_name = (1..=128).contains(&text.len()) && text.chars().all(|one| one.is_ascii_alphanumeric());
    if is_name {
        Ok(())
    } else {
        Err(format!("must be the name of an access policy, such as \"AmazonEKSEditPolicy\", not {}", shown(text)))
    }
}

/// A list that turns out to be empty must not widen the policy to the whole cluster.
fn somewhere(value: &Value) -> Result<(), String> {
    match value {
        Value::List(all) if all.is_empty() => Err(
            "is empty, and a policy holds in at least one namespace: name it, or leave `namespaces` out for the whole cluster"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

fn namespace(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let is_legal = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-' || one == '*';
    if (1..=63).contains(&text.len()) && text.chars().all(is_legal) && !text.starts_with('-') && !text.ends_with('-') {
        Ok(())
    } else {
        Err(format!("must be a namespace, such as \"apps\" or \"team-*\", not {}", shown(text)))
    }
}
