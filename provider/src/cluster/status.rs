//! Statuses as EKS spells them, and what they mean. Pure.

use std::fmt;

/// Shown for a part of ours that was deleted elsewhere.
pub(crate) const MISSING: &str = "MISSING";
/// Shown for an add-on whose role was deleted elsewhere.
pub(crate) const MISSING_ROLE: &str = "MISSING_ROLE";

/// An add-on whose last change could not be made.
pub(crate) const UPDATE_FAILED: &str = "UPDATE_FAILED";

/// The status of a cluster, a node group or an add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status(String);

impl Status {
    pub(crate) fn new(text: &str) -> Status {
        Status(text.to_owned())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_active(&self) -> bool {
        self.0 == "ACTIVE"
    }

    /// It could not be made; it can only be deleted.
    pub(crate) fn is_failed(&self) -> bool {
        ["FAILED", "CREATE_FAILED"].contains(&self.text())
    }

    pub(crate) fn is_deleting(&self) -> bool {
        self.0 == "DELETING"
    }

    /// Of a control plane that can have node groups, add-ons and access entries; EKS refuses to be asked of others'.
    pub(crate) fn has_parts(&self) -> bool {
        !self.is_failed() && !self.is_deleting() && !["CREATING", "PENDING"].contains(&self.text())
    }

    /// It is on its way to [`Status::is_active`], possibly after nodes have come.
    pub(crate) fn is_pending(&self) -> bool {
        ["PENDING", "CREATING", "UPDATING", "DEGRADED"].contains(&self.text())
    }

    /// EKS is changing it.
    pub(crate) fn is_changing(&self) -> bool {
        ["PENDING", "CREATING", "UPDATING"].contains(&self.text())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// True for the status of a part in state that the next apply has to make or mend.
pub(crate) fn is_broken(text: &str) -> bool {
    text == MISSING || text == MISSING_ROLE || Status::new(text).is_failed()
}
