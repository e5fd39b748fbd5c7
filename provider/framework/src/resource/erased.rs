//! A resource without its model's type: what the protocol layer holds in one list.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use futures::FutureExt;

use super::{Change, Context, Drift, IdentityAttribute, ImportBy, Journal, Planned, Resource, Stored};
use crate::attr::{Field, ShapeError};
use crate::diagnostic::{Diagnostics, Path};
use crate::model::Model;
use crate::schema::Schema;
use crate::value::Value;

/// A change in values: `None` config and planned for a delete, `None` prior for a create.
#[derive(Clone, Debug)]
pub struct ValueChange {
    /// What is in state; null for a create.
    pub prior: Value,
    /// What is planned; null for a delete.
    pub planned: Value,
    /// What the user wrote; null for a delete.
    pub config: Value,
}

/// A resource without its model's type. Implemented for every [`Resource`].
#[async_trait]
#[allow(missing_docs)]
pub trait AnyResource: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn identity_attributes(&self) -> &'static [IdentityAttribute];
    fn identity(&self, state: &Value) -> Option<BTreeMap<String, String>>;
    fn drift(&self) -> &'static [Drift];
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn plan(&self, context: &Context, change: ValueChange, private: &[u8]) -> (Planned<Value>, Diagnostics);
    async fn read(&self, context: &Context, stored: Stored<Value>) -> (Option<Stored<Value>>, Diagnostics);
    async fn apply(
        &self,
        context: &Context,
        change: ValueChange,
        private: &[u8],
    ) -> (Option<Stored<Value>>, Diagnostics);
    async fn import(&self, context: &Context, by: ImportBy) -> (Option<Stored<Value>>, Diagnostics);
    fn upgrade(&self, version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics>;
}

/// Core promised a value of the schema's type; a whole number may still have a fraction.
pub(crate) fn misshapen(error: &ShapeError) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.error_at(error.path.clone(), format!("{} must be {}", error.path, error.expected), "");
    all
}

fn typed<M: Model>(change: ValueChange) -> Result<Change<M>, ShapeError> {
    Ok(match (change.prior, change.planned) {
        (Value::Null, planned) => Change::Create { planned: M::read(&planned)?, config: M::read(&change.config)? },
        (prior, Value::Null) => Change::Delete { prior: M::read(&prior)? },
        (prior, planned) => {
            Change::Update { prior: M::read(&prior)?, planned: M::read(&planned)?, config: M::read(&change.config)? }
        }
    })
}

fn untyped<M: Model>(stored: Stored<M>) -> Stored<Value> {
    Stored { state: stored.state.to_value(), private: stored.private }
}

/// What a panic said, for a diagnostic. Only texts are shown: other payloads could hold anything.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[async_trait]
impl<R: Resource> AnyResource for R {
    fn type_name(&self) -> &'static str {
        Resource::type_name(self)
    }

    fn schema(&self) -> Schema {
        Schema { version: self.version(), doc: self.doc().to_owned(), attributes: R::Model::attributes() }
    }

    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        Resource::identity_attributes(self)
    }

    fn identity(&self, state: &Value) -> Option<BTreeMap<String, String>> {
        R::Model::read(state).ok().and_then(|state| Resource::identity(self, &state))
    }

    fn drift(&self) -> &'static [Drift] {
        Resource::drift(self)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match R::Model::read(config) {
            Ok(config) => Resource::validate(self, &config),
            Err(error) => misshapen(&error),
        }
    }

    async fn plan(&self, context: &Context, change: ValueChange, private: &[u8]) -> (Planned<Value>, Diagnostics) {
        let unchanged = Planned { state: change.planned.clone(), private: private.to_vec(), replaces: Vec::new() };
        let (state, change) = match (R::Model::read_or_default(&change.planned), typed::<R::Model>(change)) {
            (Ok(state), Ok(change)) => (state, change),
            (Err(error), _) | (_, Err(error)) => return (unchanged, misshapen(&error)),
        };
        let mut planned = Planned { state, private: private.to_vec(), replaces: Vec::<Path>::new() };
        let diagnostics = Resource::plan(self, context, &change, private, &mut planned).await;
        let state = if matches!(change, Change::Delete { .. }) { Value::Null } else { planned.state.to_value() };
        (Planned { state, private: planned.private, replaces: planned.replaces }, diagnostics)
    }

    async fn read(&self, context: &Context, stored: Stored<Value>) -> (Option<Stored<Value>>, Diagnostics) {
        match R::Model::read(&stored.state) {
            Ok(state) => {
                let (found, diagnostics) =
                    Resource::read(self, context, Stored { state, private: stored.private }).await;
                (found.map(untyped), diagnostics)
            }
            Err(error) => (Some(stored), misshapen(&error)),
        }
    }

    async fn apply(
        &self,
        context: &Context,
        change: ValueChange,
        private: &[u8],
    ) -> (Option<Stored<Value>>, Diagnostics) {
        // A create that panics may have made something, so it answers what was planned; for an update or a delete, no
        // answer beside an error makes core keep what it has.
        let planned =
            change.prior.is_null().then(|| Stored { state: change.planned.clone(), private: private.to_vec() });
        let change = match typed::<R::Model>(change) {
            Ok(change) => change,
            Err(error) => return (None, misshapen(&error)),
        };
        let journal = Journal::default();
        let applied = AssertUnwindSafe(Resource::apply(self, context, change, private, &journal)).catch_unwind().await;
        match applied {
            Ok((stored, diagnostics)) => (stored.map(untyped), diagnostics),
            Err(payload) => (
                journal.last().map(untyped).or(planned),
                Diagnostics::of_error(
                    "the provider stopped in the middle of this change because of a mistake of its own",
                    format!(
                        "{}\n\nWhat was done so far is in the state; the next apply continues it. Please report this with the message above.",
                        panic_text(&*payload)
                    ),
                ),
            ),
        }
    }

    async fn import(&self, context: &Context, by: ImportBy) -> (Option<Stored<Value>>, Diagnostics) {
        let (found, diagnostics) = Resource::import(self, context, by).await;
        (found.map(untyped), diagnostics)
    }

    fn upgrade(&self, version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        Resource::upgrade(self, version, state)
    }
}
