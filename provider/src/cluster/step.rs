//! One effect on a cluster or one of its parts, and the words for it. Pure.

use std::collections::BTreeSet;
use std::fmt;

use super::access::EntrySpec;
use super::addons::{AddonChange, AddonSpec};
use super::control_plane::settings::Setting;
use super::control_plane::{ClusterSpec, Reach};
use super::iam::RoleSpec;
use super::leftovers::Removal;
use super::node_groups::{GroupChange, NewGroup, NewVersion};
use super::parts::{Tags, last_part};
use super::pod_identities::PodStep;

/// An upgrade of the control plane by one minor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub version: String,
    /// Whatever EKS warns of.
    pub force: bool,
    /// Names of insights that may stay unsolved.
    pub ignored: Vec<String>,
}

/// One effect.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    CreateRole(RoleSpec),
    AttachPolicy {
        role: String,
        policy: String,
    },
    DetachPolicy {
        role: String,
        policy: String,
    },
    /// The one policy that it has of its own.
    PutPolicy {
        role: String,
        document: String,
    },
    /// From this role.
    DropPolicy(String),
    /// None takes the boundary away.
    SetBoundary {
        role: String,
        boundary: Option<String>,
    },
    DeleteRole(String),
    /// The same, unless instances that are no managed node group's may have it.
    RetireRole(String),
    CreateLogGroup {
        /// For how many it keeps what is in it; none: for ever.
        days: Option<i64>,
        tags: Tags,
    },
    SetRetention(Option<i64>),
    DeleteLogGroup,
    /// The OpenID Connect provider for the cluster's issuer, with these tags.
    CreateProvider(Tags),
    /// Whom the tokens of service accounts may be for.
    AddAudience {
        provider: String,
        audience: String,
    },
    /// By its ARN.
    DeleteProvider(String),
    CreateCluster(ClusterSpec),
    AwaitCluster,
    Set(Setting),
    UpgradeCluster(Upgrade),
    DeleteCluster,
    AwaitClusterGone,
    SetAuthentication(String),
    CreateEntry(EntrySpec),
    UpdateEntry {
        principal: String,
        groups: BTreeSet<String>,
        /// None for the one that EKS makes of the principal.
        username: Option<String>,
    },
    /// A policy that is there with another scope gets this one.
    AssociatePolicy {
        principal: String,
        policy: String,
        /// None for the whole cluster.
        namespaces: BTreeSet<String>,
    },
    DisassociatePolicy {
        principal: String,
        policy: String,
    },
    DeleteEntry(String),
    CreateAddon(AddonSpec),
    AwaitAddon(String),
    ChangeAddon(AddonChange),
    DeleteAddon(String),
    CreateNodeGroup(NewGroup),
    AwaitNodeGroup(String),
    ChangeNodeGroup(GroupChange),
    UpgradeNodeGroup(NewVersion),
    DeleteNodeGroup(String),
    Leftover(Removal),
    Pod(PodStep),
    /// What the cluster must still carry.
    ConfirmClaim {
        claim: String,
        /// None for a cluster that has none yet.
        inventory: Option<String>,
    },
    Tag {
        arn: String,
        subject: String,
        set: Tags,
        remove: Vec<String>,
    },
}

impl Step {
    /// What did not happen if it failed, in words that follow `cluster prod: `.
    pub(crate) fn undone(&self) -> String {
        match self {
            Step::CreateRole(spec) => format!("role {} was not created", spec.name),
            Step::AttachPolicy { role, policy } => format!("policy {policy} was not attached to role {role}"),
            Step::DetachPolicy { role, policy } => format!("policy {policy} was not taken from role {role}"),
            Step::PutPolicy { role, .. } => format!("the policy of role {role} was not written"),
            Step::DropPolicy(role) => format!("the policy of role {role} was not removed"),
            Step::SetBoundary { role, .. } => format!("the permissions boundary of role {role} was not changed"),
            Step::DeleteRole(name) | Step::RetireRole(name) => format!("role {name} was not deleted"),
            Step::CreateLogGroup { .. } => "its log group was not created".to_owned(),
            Step::SetRetention(_) => "the retention of its logs was not changed".to_owned(),
            Step::DeleteLogGroup => "its log group was not deleted".to_owned(),
            Step::CreateProvider(_) => "IAM was not told to trust its service accounts".to_owned(),
            Step::AddAudience { provider, .. } => format!("{provider} does not trust tokens for STS"),
            Step::DeleteProvider(arn) => format!("{arn} was not deleted"),
            Step::CreateCluster(_) => "the control plane was not created".to_owned(),
            Step::AwaitCluster => "the control plane did not become active".to_owned(),
            Step::Set(setting) => format!("its {} was not changed", setting.name()),
            Step::UpgradeCluster(upgrade) => format!("the control plane was not upgraded to {}", upgrade.version),
            Step::DeleteCluster | Step::AwaitClusterGone => "the control plane was not deleted".to_owned(),
            Step::SetAuthentication(mode) => format!("its authentication mode did not become {mode}"),
            Step::CreateEntry(spec) => format!("access of {} was not created", spec.principal),
            Step::UpdateEntry { principal, .. } => format!("groups and user name of {principal} were not changed"),
            Step::AssociatePolicy { principal, policy, .. } => format!("{principal} did not get {}", last_part(policy)),
            Step::DisassociatePolicy { principal, policy } => format!("{principal} did not lose {}", last_part(policy)),
            Step::DeleteEntry(principal) => format!("access of {principal} was not removed"),
            Step::CreateAddon(spec) => format!("add-on {} did not become active", spec.name),
            Step::AwaitAddon(name) => format!("add-on {name} did not become active"),
            Step::ChangeAddon(change) => change.undone(),
            Step::DeleteAddon(name) => format!("add-on {name} was not deleted"),
            Step::CreateNodeGroup(new) => format!("node group {} did not become active", new.name),
            Step::AwaitNodeGroup(name) => format!("node group {name} did not become active"),
            Step::ChangeNodeGroup(change) => format!("node group {} was not changed", change.name),
            Step::UpgradeNodeGroup(to) => format!("node group {} was not upgraded", to.name),
            Step::DeleteNodeGroup(name) => format!("node group {name} was not deleted"),
            Step::Leftover(removal) => removal.undone(),
            Step::Pod(step) => step.undone(),
            Step::ConfirmClaim { .. } => "it was not finished".to_owned(),
            Step::Tag { subject, .. } => format!("the tags of {subject} were not changed"),
        }
    }
}

/// What it does, for the log and for tests.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::CreateRole(spec) => write!(f, "create role {} for {}", spec.name, spec.service),
            Step::AttachPolicy { role, policy } => {
                write!(f, "attach {} to {role}", last_part(policy))
            }
            Step::DetachPolicy { role, policy } => write!(f, "detach {} from {role}", last_part(policy)),
            Step::PutPolicy { role, .. } => write!(f, "write the policy of {role}"),
            Step::DropPolicy(role) => write!(f, "remove the policy of {role}"),
            Step::SetBoundary { role, boundary: Some(arn) } => write!(f, "bound role {role} by {}", last_part(arn)),
            Step::SetBoundary { role, boundary: None } => write!(f, "take the boundary from role {role}"),
            Step::DeleteRole(name) | Step::RetireRole(name) => write!(f, "delete role {name}"),
            Step::CreateLogGroup { days, .. } => write!(f, "create the log group, {}", kept(*days)),
            Step::SetRetention(days) => write!(f, "set the log group to {}", kept(*days)),
            Step::DeleteLogGroup => write!(f, "delete the log group"),
            Step::CreateProvider(_) => write!(f, "let IAM trust the cluster's issuer"),
            Step::AddAudience { audience, .. } => write!(f, "let IAM trust tokens for {audience}"),
            Step::DeleteProvider(arn) => write!(f, "delete the OpenID Connect provider {}", last_part(arn)),
            Step::CreateCluster(spec) => {
                let version = spec.version.as_deref().unwrap_or("the default version");
                write!(f, "create the control plane, {version}, {}", spec.settings.reach)
            }
            Step::AwaitCluster => write!(f, "wait for the control plane"),
            Step::Set(setting) => write!(f, "{setting}"),
            Step::UpgradeCluster(upgrade) => {
                let forced = if upgrade.force { " by force" } else { "" };
                write!(f, "upgrade the control plane to {}{forced}", upgrade.version)
            }
            Step::DeleteCluster => write!(f, "delete the control plane"),
            Step::AwaitClusterGone => write!(f, "wait until the control plane is gone"),
            Step::SetAuthentication(mode) => write!(f, "set the authentication mode to {mode}"),
            Step::CreateEntry(spec) => {
                write!(f, "give access to {}", spec.principal)?;
                spec.grant.words().iter().filter(|word| word.contains(' ')).try_for_each(|word| write!(f, ", {word}"))
            }
            Step::UpdateEntry { principal, groups, username } => {
                let groups = groups.iter().cloned().collect::<Vec<_>>().join(", ");
                write!(f, "make {principal} {}, groups [{groups}]", username.as_deref().unwrap_or("the default user"))
            }
            Step::AssociatePolicy { principal, policy, namespaces } => {
                write!(f, "make {principal} {}", last_part(policy))?;
                let namespaces = namespaces.iter().cloned().collect::<Vec<_>>().join(", ");
                if namespaces.is_empty() { Ok(()) } else { write!(f, " in {namespaces}") }
            }
            Step::DisassociatePolicy { principal, policy } => write!(f, "take {} from {principal}", last_part(policy)),
            Step::DeleteEntry(principal) => write!(f, "remove access of {principal}"),
            Step::CreateAddon(spec) => write!(f, "install {spec}"),
            Step::AwaitAddon(name) => write!(f, "wait for {name}"),
            Step::ChangeAddon(change) => write!(f, "update {change}"),
            Step::DeleteAddon(name) => write!(f, "remove {name}"),
            Step::CreateNodeGroup(new) => write!(f, "{new}"),
            Step::AwaitNodeGroup(name) => write!(f, "wait for node group {name}"),
            Step::ChangeNodeGroup(change) => write!(f, "{change}"),
            Step::UpgradeNodeGroup(to) => write!(f, "{to}"),
            Step::DeleteNodeGroup(name) => write!(f, "delete node group {name}"),
            Step::Leftover(removal) => write!(f, "{removal}"),
            Step::Pod(step) => write!(f, "{step}"),
            Step::ConfirmClaim { .. } => write!(f, "see that nobody else has taken it over"),
            Step::Tag { subject, set, remove, .. } => {
                write!(f, "tag {subject}")?;
                set.iter().try_for_each(|(key, text)| write!(f, " {key}={text}"))?;
                remove.iter().try_for_each(|key| write!(f, " -{key}"))
            }
        }
    }
}

fn kept(days: Option<i64>) -> String {
    days.map_or("kept for ever".to_owned(), |days| format!("kept for {days} days"))
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let private = if self.private { "private" } else { "not private" };
        match self.public_cidrs.is_empty() {
            true => f.write_str(private),
            false => write!(f, "{private}, public for {}", self.public_cidrs.join(", ")),
        }
    }
}
