//! One effect on a Pod Identity association or on the policies of its role, and the words for it. Pure.

use std::fmt;

use crate::cluster::observed::Observed;
use crate::cluster::parts::{Tags, last_part};

/// An association to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AssociationSpec {
    /// `NAMESPACE/SERVICE_ACCOUNT`
    pub key: String,
    pub role_arn: String,
    pub tags: Tags,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PodStep {
    Associate(AssociationSpec),
    Reassociate { key: String, id: String, role_arn: String },
    Dissociate { key: String, id: String },
    PutPolicy { key: String, role: String, document: String },
    DropPolicy { role: String },
}

impl PodStep {
    /// What did not happen if it failed, in words that follow `cluster prod: `.
    pub(crate) fn undone(&self) -> String {
        match self {
            PodStep::Associate(AssociationSpec { key, .. }) | PodStep::Reassociate { key, .. } => {
                format!("the pods of {key} did not get their role")
            }
            PodStep::Dissociate { key, .. } => format!("the role of the pods of {key} was not taken from them"),
            PodStep::PutPolicy { key, role, .. } => {
                format!("pod_identities[{key:?}].inline_policy was not written to role {role}")
            }
            PodStep::DropPolicy { role } => format!("the policy of role {role} was not removed"),
        }
    }

    /// Takes note of what it has done, where it did not see that itself.
    pub(crate) fn take_for_done(&self, observed: &mut Observed) {
        match self {
            PodStep::PutPolicy { role, document, .. } => {
                observed.roles.entry(role.clone()).or_default().inline = Some(document.clone());
            }
            PodStep::DropPolicy { role } => observed.roles.entry(role.clone()).or_default().inline = None,
            PodStep::Associate(_) | PodStep::Reassociate { .. } | PodStep::Dissociate { .. } => {}
        }
    }
}

/// What it does, for the log and for tests.
impl fmt::Display for PodStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PodStep::Associate(AssociationSpec { key, role_arn, .. }) | PodStep::Reassociate { key, role_arn, .. } => {
                write!(f, "give pods of {key} role {}", last_part(role_arn))
            }
            PodStep::Dissociate { key, .. } => write!(f, "take their role from pods of {key}"),
            PodStep::PutPolicy { role, .. } => write!(f, "write the policy of {role}"),
            PodStep::DropPolicy { role } => write!(f, "remove the policy of {role}"),
        }
    }
}
