//! What exists of a cluster and its parts, as AWS says. Plain values without AWS's types; `remote` reads them.

use std::collections::BTreeMap;

use crate::cloud::ownership::Mark;

use super::access::LiveEntry;
use super::addons::LiveAddon;
use super::control_plane::log_group::LiveLogGroup;
use super::control_plane::{self, LiveCluster};
use super::iam::provider::LiveProvider;
use super::iam::{LiveRole, Roles};
use super::node_groups::LiveNodeGroup;
use super::parts::{Tags, last_part};
use super::pod_identities::{Associations, LiveAssociation};
use super::step::Step;

/// Everything that is looked at before something is decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Observed {
    pub cluster: Option<LiveCluster>,
    /// By name.
    pub node_groups: BTreeMap<String, LiveNodeGroup>,
    /// By name.
    pub addons: BTreeMap<String, LiveAddon>,
    /// By namespace and service account.
    pub associations: Associations,
    /// By principal.
    pub entries: BTreeMap<String, LiveEntry>,
    /// By name; only those on the cluster's own path.
    pub roles: Roles,
    pub log_group: Option<LiveLogGroup>,
    /// The OpenID Connect provider for the cluster's issuer, whosever it is.
    pub provider: Option<LiveProvider>,
}

/// Something that EKS says is wrong with an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Issue {
    pub code: String,
    pub message: String,
    /// The AWS objects concerned.
    pub objects: Vec<String>,
}

/// What one step found when it was done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Cluster(Option<Box<LiveCluster>>),
    NodeGroup(String, Option<Box<LiveNodeGroup>>),
    Addon(String, Option<Box<LiveAddon>>),
    Entry(String, Option<LiveEntry>),
    Association(String, Option<LiveAssociation>),
    Role(String, LiveRole),
    LogGroup(Option<LiveLogGroup>),
    Provider(Option<LiveProvider>),
    /// What the step says is done, and nothing more is known.
    Done,
}

impl Observed {
    /// What the tags on the cluster say of its owner; `None` if there is no cluster.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let tags = &self.cluster.as_ref()?.tags;
        Some(Mark::read(|key| tags.get(key).map(String::as_str)))
    }

    /// What stays when a control plane that is on its way out, or that failed, is gone: the roles and the logs.
    pub(crate) fn parts(&self) -> Observed {
        match control_plane::is_absent(self) {
            true => Observed { roles: self.roles.clone(), log_group: self.log_group.clone(), ..Observed::default() },
            false => self.clone(),
        }
    }

    /// The ARN of what a step deletes in IAM.
    pub(crate) fn arn_of(&self, step: &Step) -> Option<String> {
        match step {
            Step::DeleteRole(name) | Step::RetireRole(name) => self.roles.get(name).map(|role| role.arn.clone()),
            Step::DeleteProvider(arn) => Some(arn.clone()),
            _ => None,
        }
    }

    /// Takes note of what a finished step found.
    pub(crate) fn fold(&mut self, step: &Step, seen: Seen) {
        match seen {
            Seen::Cluster(live) => self.cluster = live.map(|live| *live),
            Seen::NodeGroup(name, live) => set(&mut self.node_groups, name, live.map(|live| *live)),
            Seen::Addon(name, live) => set(&mut self.addons, name, live.map(|live| *live)),
            Seen::Association(key, live) => set(&mut self.associations, key, live),
            Seen::Entry(principal, live) => set(&mut self.entries, principal, live),
            Seen::LogGroup(live) => self.log_group = live,
            Seen::Role(name, live) => set(&mut self.roles, name, Some(live)),
            Seen::Provider(live) => self.provider = live,
            Seen::Done => self.take_for_done(step),
        }
    }

    fn take_for_done(&mut self, step: &Step) {
        match step {
            Step::AttachPolicy { role, policy } => {
                self.roles.entry(role.clone()).or_default().policies.insert(policy.clone());
            }
            Step::DeleteRole(name) | Step::RetireRole(name) => {
                self.roles.remove(name);
            }
            Step::DetachPolicy { role, policy } => {
                self.roles.entry(role.clone()).or_default().policies.remove(policy);
            }
            Step::PutPolicy { role, document } => {
                self.roles.entry(role.clone()).or_default().inline = Some(document.clone());
            }
            Step::DropPolicy(role) => self.roles.entry(role.clone()).or_default().inline = None,
            Step::SetBoundary { role, boundary } => {
                self.roles.entry(role.clone()).or_default().boundary.clone_from(boundary);
            }
            Step::UpdateEntry { principal, groups, username } => {
                let grant = &mut self.entries.entry(principal.clone()).or_default().grant;
                (grant.groups, grant.username) = (groups.clone(), username.clone());
            }
            Step::AssociatePolicy { principal, policy, namespaces } => {
                let name = last_part(policy).to_owned();
                self.entries.entry(principal.clone()).or_default().grant.policies.insert(name, namespaces.clone());
            }
            Step::DisassociatePolicy { principal, policy } => {
                let name = last_part(policy);
                self.entries.entry(principal.clone()).or_default().grant.policies.remove(name);
            }
            Step::AddAudience { audience, .. } => {
                self.provider.iter_mut().for_each(|live| live.audiences.extend([audience.clone()]));
            }
            Step::Tag { arn, set, remove, .. } => self.tag(arn, set, remove),
            _ => {}
        }
    }

    fn tag(&mut self, arn: &str, set: &Tags, remove: &[String]) {
        let cluster = self.cluster.iter_mut().map(|one| (&one.arn, &mut one.tags));
        let groups = self.node_groups.values_mut().map(|one| (&one.arn, &mut one.tags));
        let addons = self.addons.values_mut().map(|one| (&one.arn, &mut one.tags));
        let pods = self.associations.values_mut().map(|one| (&one.arn, &mut one.tags));
        let entries = self.entries.values_mut().map(|one| (&one.arn, &mut one.tags));
        let roles = self.roles.values_mut().map(|one| (&one.arn, &mut one.tags));
        let provider = self.provider.iter_mut().map(|one| (&one.arn, &mut one.tags));
        let logs = self.log_group.iter_mut().map(|one| (&one.arn, &mut one.tags));
        let parts = groups.chain(addons).chain(pods).chain(entries).chain(roles).chain(provider).chain(logs);
        for (_, tags) in cluster.chain(parts).filter(|(one, _)| *one == arn) {
            tags.extend(set.clone());
            tags.retain(|key, _| !remove.contains(key));
        }
    }
}

fn set<T>(all: &mut BTreeMap<String, T>, name: String, live: Option<T>) {
    match live {
        Some(live) => all.insert(name, live),
        None => all.remove(&name),
    };
}
