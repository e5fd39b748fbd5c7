//! What is interrupted, as data: what is there before, what core is asked for, and what goes with it. One more is a constant
//! beside its configuration, and its name in [`Subject::ALL`].

mod access;
mod addons;
mod block;
mod cluster;
mod mode;
mod node_groups;
mod settings;
mod version;
mod workload;

use std::str::FromStr;

use tfplugin_framework::value::Value;

pub(super) use block::schema;

use super::harm::Harm;
use crate::core::Object;

/// What a configuration can name.
pub(super) struct Given<'a> {
    /// The environment of the account's credentials.
    pub(super) env: &'a [(String, String)],
    /// The cluster of an app or a job, and the run's own namespace in it.
    pub(super) inside: Option<(&'a Object, &'a str)>,
}

type Configuration = fn(&Given<'_>) -> anyhow::Result<Value>;

/// An operation whose calls are enumerated.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    name: &'static str,
    type_name: &'static str,
    /// What is there before it begins; nothing for a create.
    before: Option<Configuration>,
    /// What core is asked for; nothing for a destroy.
    wanted: Option<Configuration>,
    /// Parts of the ARNs or names of what it deletes by what it is.
    removes: &'static [&'static str],
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 11] = [
        Subject::CLUSTER_CREATE,
        Subject::CLUSTER_DESTROY,
        Subject::VERSION_UPDATE,
        Subject::NODE_GROUP_SWAP,
        Subject::MODE_CHANGE,
        Subject::MODE_RETURN,
        Subject::SETTINGS_CHANGE,
        Subject::ADDONS_CHANGE,
        Subject::ACCESS_CHANGE,
        Subject::APP_CREATE,
        Subject::JOB_CREATE,
    ];

    /// What it is called on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// True if it ends with nothing.
    pub fn destroys(&self) -> bool {
        self.wanted.is_none()
    }

    /// True if this harm can be done to it: only a change can be taken back, and EKS takes no version back.
    pub fn suffers(&self, harm: Harm) -> bool {
        let is_change = self.before.is_some() && self.wanted.is_some();
        harm != Harm::Revert || (is_change && self.name != Subject::VERSION_UPDATE.name)
    }

    /// True if it takes an API server.
    pub fn needs_kubernetes(&self) -> bool {
        self.type_name != cluster::TYPE
    }

    pub(super) fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The configuration of what is there before it begins.
    pub(super) fn before(&self, given: &Given<'_>) -> anyhow::Result<Option<Value>> {
        self.before.map(|written| written(given)).transpose()
    }

    /// The configuration that core is asked for; of a destroy, the one that was applied before it.
    pub(super) fn wanted(&self, given: &Given<'_>) -> anyhow::Result<Value> {
        self.wanted.or(self.before).map_or(Ok(Value::Null), |written| written(given))
    }

    /// True for an object that it deletes by what it is, by the object's ARN or name.
    pub(super) fn removes(&self, id: &str) -> bool {
        self.removes.iter().any(|part| id.contains(part))
    }
}

/// The configuration of the cluster underneath an app or a job.
pub(super) fn underneath(env: &[(String, String)]) -> anyhow::Result<Value> {
    cluster::plain(&Given { env, inside: None })
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(name: &str) -> Result<Subject, String> {
        let all = Subject::ALL.map(|one| one.name);
        let found = Subject::ALL.into_iter().find(|one| one.name == name);
        found.ok_or_else(|| format!("it is one of {}", all.join(", ")))
    }
}
