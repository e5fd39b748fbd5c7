//! What every principal is to be able to do, and what it is: one value for both, so that they can be compared and shown. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use super::blocks::{Access, Entry, STANDARD};
use crate::cluster::model::texts;
use crate::cluster::parts::Tags;

/// The policy of administrators.
pub(crate) const ADMIN: &str = "AmazonEKSClusterAdminPolicy";
/// The policy of those who may read everything.
pub(crate) const VIEWER: &str = "AmazonEKSAdminViewPolicy";

/// The namespaces in which a policy holds; none for the whole cluster.
pub(crate) type Scope = BTreeSet<String>;

/// What an access entry gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub kind: String,
    pub groups: BTreeSet<String>,
    /// None for the one that EKS makes of the ARN.
    pub username: Option<String>,
    /// By the policy's name.
    pub policies: BTreeMap<String, Scope>,
}

impl Default for Grant {
    fn default() -> Self {
        Grant { kind: STANDARD.to_owned(), groups: BTreeSet::new(), username: None, policies: BTreeMap::new() }
    }
}

/// An access entry as EKS has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveEntry {
    pub arn: String,
    pub grant: Grant,
    pub tags: Tags,
}

impl Grant {
    /// One policy for the whole cluster.
    pub(crate) fn of_policy(name: &str) -> Grant {
        Grant { policies: BTreeMap::from([(name.to_owned(), Scope::new())]), ..Grant::default() }
    }

    fn of_entry(entry: &Entry) -> Grant {
        let policies = entry.policies.known().into_iter().flatten().filter_map(Attr::known);
        Grant {
            kind: entry.r#type.or(STANDARD.to_owned()),
            groups: texts(&entry.groups).into_iter().collect(),
            username: entry.username.known().cloned(),
            policies: policies
                .filter_map(|one| Some((one.name.known()?.clone(), texts(&one.namespaces).into_iter().collect())))
                .collect(),
        }
    }

    /// Without what EKS fills in itself: the user name that it makes of a principal, and everything of the entries of nodes.
    pub(crate) fn without_defaults(mut self, principal: &str) -> Grant {
        let is_standard = self.kind == STANDARD;
        self.username = self.username.filter(|name| is_standard && *name != default_username(principal));
        if !is_standard {
            self.groups.clear();
        }
        self
    }

    /// This one, after what `before` gave was taken away and what `after` gives was added: what becomes of somebody else's
    /// entry.
    fn changed(&self, before: &Grant, after: &Grant) -> Grant {
        let mut all = self.clone();
        all.policies.retain(|name, _| after.policies.contains_key(name) || !before.policies.contains_key(name));
        all.policies.extend(after.policies.clone());
        all.groups.retain(|name| after.groups.contains(name) || !before.groups.contains(name));
        all.groups.extend(after.groups.clone());
        let had = before.username.is_some() && self.username == before.username;
        all.username = after.username.clone().or(self.username.clone().filter(|_| !had));
        all
    }

    /// The part of it that `written` speaks of.
    fn seen_by(&self, written: &Grant) -> Grant {
        let mut part = self.clone();
        part.policies.retain(|name, _| written.policies.contains_key(name));
        part.groups.retain(|name| written.groups.contains(name));
        part.username = part.username.filter(|_| written.username.is_some());
        part
    }

    /// False for the entries of nodes.
    pub(crate) fn is_for_people(&self) -> bool {
        self.kind == STANDARD
    }

    /// In words, one for each policy, group and so on: what `access_entries` shows.
    pub(crate) fn words(&self) -> Vec<String> {
        let policy = |(name, scope): (&String, &Scope)| match scope.is_empty() {
            true => name.clone(),
            false => format!("{name} in {}", scope.iter().cloned().collect::<Vec<_>>().join(", ")),
        };
        let kind = (self.kind != STANDARD).then(|| format!("type {}", self.kind));
        let groups = self.groups.iter().map(|name| format!("group {name}"));
        let username = self.username.iter().map(|name| format!("user {name}"));
        self.policies.iter().map(policy).chain(groups).chain(username).chain(kind).collect()
    }
}

/// The user name that EKS makes of a principal: of a role one for each of its sessions.
pub(crate) fn default_username(principal: &str) -> String {
    let role = |arn: &str| {
        let (account, path) = arn.split_once(":role/")?;
        let name = path.rsplit('/').next()?;
        Some(format!("{}:assumed-role/{name}/{{{{SessionName}}}}", account.replacen(":iam:", ":sts:", 1)))
    };
    role(principal).unwrap_or_else(|| principal.to_owned())
}

/// What access is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// By principal.
    pub entries: BTreeMap<String, Grant>,
    /// Which of them is the creator.
    pub creator: Option<String>,
    /// None for the mode that the cluster has, and `API` for a new one.
    pub mode: Option<String>,
    /// What the state gave: that much is taken from entries of others.
    before: BTreeMap<String, Grant>,
}

impl Grants {
    /// `creator` is the principal that made the cluster, if that is known.
    pub(crate) fn of(access: &Attr<Access>, creator: Option<String>) -> Grants {
        let access = access.or(Access::default());
        let creator = creator.filter(|_| access.creator_admin.or(true));
        let mut entries: BTreeMap<String, Grant> = BTreeMap::new();
        for entry in access.entries.known().into_iter().flat_map(BTreeMap::values).filter_map(Attr::known) {
            if let Some(principal) = entry.principal_arn.known() {
                entries.insert(principal.clone(), Grant::of_entry(entry));
            }
        }
        let viewers = texts(&access.viewers).into_iter().map(|one| (one, VIEWER));
        let admins = texts(&access.admins).into_iter().chain(creator.clone()).map(|one| (one, ADMIN));
        for (principal, policy) in viewers.chain(admins) {
            entries.entry(principal).or_default().policies.insert(policy.to_owned(), Scope::new());
        }
        let mode = access.authentication_mode.known().cloned();
        Grants { entries, creator, mode, before: BTreeMap::new() }
    }

    /// The same, where the state has `before`.
    #[must_use]
    pub(crate) fn after(self, before: Grants) -> Grants {
        Grants { before: before.entries, ..self }
    }

    /// What an entry is to be that is there now. One of `ours` is to be as written; nothing means that it is to go.
    pub(crate) fn target(&self, principal: &str, live: &LiveEntry, ours: bool) -> Option<Grant> {
        let written = self.entries.get(principal);
        if ours {
            return written.cloned();
        }
        let none = Grant::default();
        let before = self.before.get(principal).unwrap_or(&none);
        Some(live.grant.changed(before, written.unwrap_or(&none)))
    }
}

/// What the state says of an entry: all of one of `ours`, of another's what the user wrote of it.
pub(crate) fn shown(live: &LiveEntry, written: Option<&Grant>, ours: bool) -> Option<Vec<String>> {
    match (ours, written) {
        (true, _) => Some(live.grant.words()),
        (false, Some(written)) => Some(live.grant.seen_by(written).words()),
        (false, None) => None,
    }
}
