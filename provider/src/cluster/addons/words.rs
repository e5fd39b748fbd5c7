//! The words for what is done to add-ons, for the log and for tests.

use std::collections::BTreeMap;
use std::fmt;

use super::{AddonChange, AddonSpec, Wait};
use crate::cluster::parts::last_part;

impl fmt::Display for AddonSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wait = if self.wait == Wait::Active { "" } else { " without waiting for it" };
        write!(f, "{} {}", self.name, self.version)?;
        if let Some(namespace) = &self.namespace {
            write!(f, " in {namespace}")?;
        }
        f.write_str(wait)?;
        if let Some(values) = &self.values {
            write!(f, ", with {values}")?;
        }
        roles(f, &self.roles, self.service_account_role.as_ref())
    }
}

impl fmt::Display for AddonChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(version) = &self.version {
            write!(f, " to {version}")?;
        }
        if let Some(values) = &self.values {
            write!(f, ", with {values}")?;
        }
        match &self.roles {
            Some(none) if none.is_empty() && self.service_account_role.is_none() => f.write_str(", without a role"),
            all => roles(f, all.as_ref().unwrap_or(&BTreeMap::new()), self.service_account_role.as_ref()),
        }
    }
}

impl AddonChange {
    /// What did not happen if it failed.
    pub(crate) fn undone(&self) -> String {
        match &self.version {
            Some(version) => format!("add-on {} was not updated to {version}", self.name),
            None => format!("add-on {} was not changed", self.name),
        }
    }
}

fn roles(f: &mut fmt::Formatter<'_>, by_account: &BTreeMap<String, String>, of_addon: Option<&String>) -> fmt::Result {
    by_account.iter().try_for_each(|(account, role)| write!(f, ", {account} as {}", last_part(role)))?;
    of_addon.map_or(Ok(()), |role| write!(f, ", as {}", last_part(role)))
}
