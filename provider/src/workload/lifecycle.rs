//! The life of an app or a job from the side of Terraform: create, continue, adopt, update, delete, read, import. Crash safety
//! is here and only here; what is made, and what it looks like, is said by [`Running`].

mod change;
mod found;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value as Json;
use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::model::Model;
use tfplugin_framework::resource::IdentityAttribute;
use tfplugin_framework::value::Value;

pub use change::apply;
pub use found::{import, read};

use super::Workload;
use super::attributes::Shared;
use super::render::Component;
use crate::cloud::error::CloudError;
use crate::cloud::kube::error::KubeError;
use crate::cloud::kube::{Kind, Kube, Object};
use crate::cloud::limit::Limit;
use crate::cloud::ownership::Mark;

/// What an apply works with.
#[derive(Debug)]
pub struct Work<'a, M> {
    /// The cluster.
    pub kube: &'a Kube,
    /// The bounds of the operation.
    pub limit: &'a Limit,
    /// The provider's `owner`.
    pub owner: &'a str,
    /// The mark of the object while it is not finished.
    pub mark: &'a Mark,
    /// What the state said when the plan was made; none for a create.
    pub prior: Option<&'a M>,
    /// What it is to be; everything that can be known is.
    pub planned: &'a M,
    /// The primary object as it was found.
    pub live: Option<&'a Object>,
}

/// Takes note of what is true by now.
pub type Note<'a, M> = &'a (dyn for<'m> Fn(&'m M) + Sync);

/// How an apply ended.
#[derive(Debug)]
pub enum Ended {
    /// Everything is done.
    Done,
    /// Core asked to stop.
    Stopped,
    /// Something failed.
    Failed(Vec<CloudError>),
}

impl<M: Running> Work<'_, M> {
    /// The drift without an attribute that the plan showed, and sets back.
    pub fn shown_drift(&self) -> Vec<String> {
        let drift = self.prior.map(|prior| prior.shared().drift.or(Vec::new())).unwrap_or_default();
        drift.iter().filter_map(|one| one.known().cloned()).collect()
    }

    /// The bounds of the steps as a whole: what waits in them ends at the deadline and then says why.
    pub fn with_explanation(&self) -> Limit {
        with_explanation(self.limit)
    }
}

/// A kind of workload.
#[async_trait]
pub trait Running: Workload {
    /// Its resource type.
    const RESOURCE: &'static str;
    /// What its Pods are labelled with.
    const COMPONENT: Component;
    /// The kind of the object that carries its mark.
    const PRIMARY: Kind;
    /// Attributes that say how to apply and not what: they are no part of the object.
    const SETTINGS: &'static [&'static str];

    /// Makes it so. `state` is what is true at first; what is true after every step is given to `note` and answered.
    async fn carry_out(work: &Work<'_, Self>, state: Self, note: Note<'_, Self>) -> (Self, Ended);

    /// An object beside the primary one that only this workload may have.
    async fn neighbour(&self, kube: &Kube, shared_lists: bool) -> Result<Option<(Kind, Object)>, KubeError>;

    /// What the primary object says, compared with what the state said (`self`), or all that it says for an import.
    fn read_back(&self, primary: &Json, import: bool) -> Self;

    /// Fields of ours, in either object, that no attribute shows and that are not as we render them.
    fn drift(&self, primary: &Json, neighbour: Option<&Json>) -> Vec<String>;

    /// What else has to be looked at for a read, such as a run that was under way.
    async fn look_closer(self, kube: &Kube) -> Result<Self, KubeError>;

    /// How long a create, an update and a delete may take by default.
    fn default_timeout(&self) -> std::time::Duration;
}

/// What it may take, after the deadline, to find out why something is not done: events, the output of a program.
pub const EXPLANATION: std::time::Duration = std::time::Duration::from_secs(20);

fn with_explanation(limit: &Limit) -> Limit {
    Limit { deadline: limit.deadline + EXPLANATION, ..limit.clone() }
}

/// The identity of apps and jobs.
pub const IDENTITY: &[IdentityAttribute] = &[
    IdentityAttribute { name: "cluster", doc: "The cluster: ARN, name or key of `kubeconfigs`.", required: true },
    IdentityAttribute { name: "namespace", doc: "The namespace.", required: true },
    IdentityAttribute { name: "name", doc: "The name.", required: true },
    IdentityAttribute { name: "account_id", doc: "The AWS account of the cluster.", required: false },
    IdentityAttribute { name: "region", doc: "The region of the cluster.", required: false },
];

/// The identity of a workload in `state`.
pub fn identity(shared: &Shared) -> Option<BTreeMap<String, String>> {
    let attributes = [
        ("cluster", &shared.cluster),
        ("namespace", &shared.namespace),
        ("name", &shared.name),
        ("account_id", &shared.account_id),
        ("region", &shared.region),
    ];
    shared.id().known()?;
    Some(attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.known()?.clone()))).collect())
}

/// The mark on an object.
pub fn mark(object: &Json) -> Mark {
    let metadata = &object["metadata"];
    Mark::read(|key| metadata["labels"][key].as_str().or_else(|| metadata["annotations"][key].as_str()))
}

/// The arguments of a create: everything that the user may set and that is part of the object.
fn arguments<M: Running>(model: &M) -> BTreeMap<&'static str, Value> {
    let value = model.to_value();
    M::attributes()
        .into_iter()
        .filter(|one| (one.behaviour.required || one.behaviour.optional) && !M::SETTINGS.contains(&one.name))
        .map(|one| (one.name, value.get(one.name).clone()))
        .collect()
}

/// The model with nothing unknown in it.
pub fn settled<M: Model>(model: &M) -> M {
    fn without_unknown(value: Value) -> Value {
        let members =
            |all: BTreeMap<String, Value>| all.into_iter().map(|(key, value)| (key, without_unknown(value))).collect();
        match value {
            Value::Unknown => Value::Null,
            Value::Object(all) => Value::Object(members(all)),
            Value::Map(all) => Value::Map(members(all)),
            Value::List(all) => Value::List(all.into_iter().map(without_unknown).collect()),
            other => other,
        }
    }
    M::read(&without_unknown(model.to_value())).unwrap_or_else(|_| model.clone())
}

fn title<M: Running>(shared: &Shared) -> String {
    shared.title(M::COMPONENT.word())
}

fn key<M: Running>(shared: &Shared) -> String {
    format!("{} {}/{}/{}", M::RESOURCE, shared.cluster(), shared.namespace(), shared.name())
}

fn told(error: &CloudError, title: &str) -> Diagnostics {
    error.diagnostics(title)
}
