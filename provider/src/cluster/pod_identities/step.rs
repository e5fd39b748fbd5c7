//! One effect on a Pod Identity association, and the words for it. Pure.

use std::fmt;

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
}

impl PodStep {
    /// What did not happen if it failed, in words that follow `cluster prod: `.
    pub(crate) fn undone(&self) -> String {
        match self {
            PodStep::Associate(AssociationSpec { key, .. }) | PodStep::Reassociate { key, .. } => {
                format!("the pods of {key} did not get their role")
            }
            PodStep::Dissociate { key, .. } => format!("the role of the pods of {key} was not taken from them"),
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
        }
    }
}
