//! Plans of one resource for unit tests, without a process or a message: what the user would see, as text.
//!
//! ```
//! # use tfplugin_framework::{diagnostic::Diagnostics, prelude::*, testing};
//! # use tfplugin_framework::resource::{Change, Context, ImportBy, Journal, Resource, Stored};
//! model! {
//!     /// A bucket.
//!     pub struct Bucket {
//!         /// Its name.
//!         name: String = required().replaces(),
//!         /// Where it answers.
//!         url: String = computed().from(&["name"]),
//!     }
//! }
//! # struct Buckets;
//! # #[async_trait::async_trait]
//! # impl Resource for Buckets {
//! #     type Model = Bucket;
//! #     fn type_name(&self) -> &'static str { "lab_bucket" }
//! #     fn doc(&self) -> &'static str { "" }
//! #     async fn read(&self, _: &Context, stored: Stored<Bucket>) -> (Option<Stored<Bucket>>, Diagnostics) { (Some(stored), Diagnostics::none()) }
//! #     async fn apply(&self, _: &Context, _: Change<Bucket>, _: &[u8], _: &Journal<Bucket>) -> (Option<Stored<Bucket>>, Diagnostics) { (None, Diagnostics::none()) }
//! #     async fn import(&self, _: &Context, _: ImportBy) -> (Option<Stored<Bucket>>, Diagnostics) { (None, Diagnostics::none()) }
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let prior = Bucket { name: "logs".into(), url: "https://logs".into() };
//! let config = Bucket { name: "files".into(), ..Bucket::default() };
//! let plan = testing::plan(&Buckets, Some(&prior.clone().into()), Some(&config)).await;
//! assert_eq!(
//!     plan.to_string(),
//!     "replace\n  ~ name = \"logs\" -> \"files\" (forces replacement)\n  ~ url = \"https://logs\" -> (known after apply)\n"
//! );
//! # });
//! ```

use std::fmt;

pub use crate::rpc::golden::Golden;

use crate::attr::Field;
use crate::diagnostic::{Diagnostics, Path};
use crate::model::Model;
use crate::provider::Provider;
use crate::resource::{AnyResource, Context, Resource, Stored};
use crate::rpc::registry::Shape;
use crate::rpc::{change, golden};
use crate::schema::{Attribute, AttributeType};
use crate::validate;
use crate::value::{Value, json};

#[cfg(test)]
mod tests;

/// What core would be told of a plan.
#[derive(Clone, Debug)]
pub struct Plan<M> {
    /// The planned state; nothing for a destroy, or if its model is not known.
    pub state: Option<M>,
    /// Where a change needs a new object.
    pub replaces: Vec<Path>,
    /// What apply would receive.
    pub private: Vec<u8>,
    /// What the user would read.
    pub diagnostics: Diagnostics,
    prior: Value,
    planned: Value,
}

impl<M: Model> From<M> for Stored<M> {
    fn from(state: M) -> Self {
        Stored { state, private: Vec::new() }
    }
}

/// What `terraform validate` would say: the rules of the schema and those of the resource.
pub fn validate<R: Resource>(resource: &R, config: &R::Model) -> Diagnostics {
    let value = config.to_value();
    let mut found = validate::validate(&R::Model::attributes(), &value, true);
    found.extend(AnyResource::validate(resource, &value));
    found
}

/// What `terraform plan` would make of `prior` and `config`. No prior is a create, no configuration a destroy. This is
/// core's first call; a replacement's second one is a create whose private bytes are those of the first:
/// [`plan_anew`].
pub async fn plan<R: Resource>(
    resource: &R,
    prior: Option<&Stored<R::Model>>,
    config: Option<&R::Model>,
) -> Plan<R::Model> {
    let private = prior.map(|stored| stored.private.clone()).unwrap_or_default();
    made(resource, prior.map_or(Value::Null, |stored| stored.state.to_value()), config, &private).await
}

/// Core's second call for a replacement.
pub async fn plan_anew<R: Resource>(resource: &R, first: &Plan<R::Model>, config: &R::Model) -> Plan<R::Model> {
    made(resource, Value::Null, Some(config), &first.private).await
}

/// What core's plan would be at the next run with a state that was stored, maybe by another version of the provider: the
/// state is upgraded and planned as core asks for it, without a refresh. `settings` is the provider block, in JSON.
pub async fn plan_stored(provider: impl Provider, settings: &str, golden: &Golden<'_>) -> Plan<()> {
    let nothing =
        |diagnostics| change::Made { state: Value::Null, replaces: Vec::new(), private: Vec::new(), diagnostics };
    let (prior, made) =
        golden::plan(provider, settings, golden).await.unwrap_or_else(|refused| (Value::Null, nothing(refused)));
    let change::Made { state: planned, replaces, private, diagnostics } = made;
    Plan { state: None, replaces, private, diagnostics, prior, planned }
}

async fn made<R: Resource>(resource: &R, prior: Value, config: Option<&R::Model>, private: &[u8]) -> Plan<R::Model> {
    let shape = Shape::of(AnyResource::schema(resource));
    let config = config.map_or(Value::Null, Field::to_value);
    let proposed = if config.is_null() { Value::Null } else { proposed(shape.attributes(), &prior, &config) };
    let made = change::plan(resource, &shape, &Context::default(), [&prior, &config], proposed, private).await;
    Plan {
        state: R::Model::read(&made.state).ok(),
        replaces: made.replaces,
        private: made.private,
        diagnostics: made.diagnostics,
        prior,
        planned: made.state,
    }
}

/// Core's `ProposedNew`: the configuration, and where it sets nothing, what a computed attribute had.
pub(crate) fn proposed(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let Value::Object(members) = config else { return config.clone() };
    let mut all = members.clone();
    for attribute in attributes {
        let (was, wanted) = (prior.get(attribute.name), config.get(attribute.name));
        let value = match (&attribute.kind, wanted) {
            (_, Value::Null) if attribute.behaviour.computed => was.clone(),
            (AttributeType::Single(children), Value::Object(_)) => proposed(children, was, wanted),
            (AttributeType::List(children), Value::List(wanted)) => Value::List(
                wanted.iter().enumerate().map(|(index, one)| proposed(children, was.at(index), one)).collect(),
            ),
            (AttributeType::Map(children), Value::Map(wanted)) => Value::Map(
                wanted.iter().map(|(key, one)| (key.clone(), proposed(children, was.get(key), one))).collect(),
            ),
            _ => wanted.clone(),
        };
        all.insert(attribute.name.to_owned(), value);
    }
    Value::Object(all)
}

/// The kind of change, one line for each attribute that differs, and the diagnostics.
impl<M> fmt::Display for Plan<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = match (self.prior.is_null(), self.planned.is_null()) {
            (true, true) => "nothing",
            (true, false) => "create",
            (false, true) => "destroy",
            (false, false) if self.prior.same(&self.planned) => "no changes",
            (false, false) if self.replaces.is_empty() => "update",
            (false, false) => "replace",
        };
        writeln!(f, "{title}")?;
        if !self.planned.is_null() {
            self.differences(f, &self.prior, &self.planned, &Path::root())?;
        }
        write!(f, "{}", self.diagnostics)
    }
}

impl<M> Plan<M> {
    fn differences(&self, f: &mut fmt::Formatter<'_>, was: &Value, is: &Value, path: &Path) -> fmt::Result {
        if was.same(is) {
            return Ok(());
        }
        match (was, is) {
            (_, Value::Object(members)) if !was.is_null() || path.0.is_empty() => {
                members.iter().try_for_each(|(name, one)| self.differences(f, was.get(name), one, &path.child(name)))
            }
            (Value::Map(old), Value::Map(new)) => {
                let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
                keys.sort();
                keys.dedup();
                keys.into_iter().try_for_each(|key| self.differences(f, was.get(key), is.get(key), &path.key(key)))
            }
            (Value::List(old), Value::List(new)) if old.len() == new.len() => {
                (0..new.len()).try_for_each(|at| self.differences(f, was.at(at), is.at(at), &path.index(at)))
            }
            _ => {
                let forces = if self.replaces.contains(path) { " (forces replacement)" } else { "" };
                match (was.is_null(), is.is_null()) {
                    (true, _) => writeln!(f, "  + {path} = {}{forces}", Shown(is)),
                    (_, true) => writeln!(f, "  - {path} = {}{forces}", Shown(was)),
                    _ => writeln!(f, "  ~ {path} = {} -> {}{forces}", Shown(was), Shown(is)),
                }
            }
        }
    }
}

/// A value on one line; what is null is left out.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Unknown => f.write_str("(known after apply)"),
            Value::List(all) | Value::Set(all) => {
                let all: Vec<String> = all.iter().map(|one| Shown(one).to_string()).collect();
                write!(f, "[{}]", all.join(", "))
            }
            Value::Map(all) | Value::Object(all) => {
                let set = all.iter().filter(|(_, one)| !one.is_null());
                let all: Vec<String> = set.map(|(name, one)| format!("{name} = {}", Shown(one))).collect();
                write!(f, "{{{}}}", all.join(", "))
            }
            plain => f.write_str(&json::encode(plain)),
        }
    }
}
