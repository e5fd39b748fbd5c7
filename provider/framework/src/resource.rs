//! What a managed resource is to this framework: a typed trait to implement, and its erased twin that the protocol layer calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::attr::Attr;
use crate::diagnostic::{Diagnostics, Path};
use crate::model::Model;

pub use erased::{AnyResource, ValueChange};
pub(crate) use erased::{misshapen, panic_text};
mod erased;

/// What every call may look at.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Cancelled when the user asked core to stop (Ctrl-C) or core is gone. An apply then answers within a second.
    pub stop: CancellationToken,
}

/// What core keeps for an object between runs: its state and bytes that only the provider reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored<M> {
    /// What the user sees.
    pub state: M,
    /// Opaque to core and stored beside the state in plain text: no secrets.
    pub private: Vec<u8>,
}

/// What is to happen to one object.
#[derive(Clone, Debug)]
pub enum Change<M> {
    /// There is none in state. At apply it may exist all the same (a create that was killed): look first.
    Create {
        /// What it is to be; unknown where only apply can tell.
        planned: M,
        /// What the user wrote, write-only attributes included.
        config: M,
    },
    /// It is in state.
    Update {
        /// What it was when last read.
        prior: M,
        /// What it is to be.
        planned: M,
        /// What the user wrote, write-only attributes included.
        config: M,
    },
    /// It is to go.
    Delete {
        /// What it was when last read.
        prior: M,
    },
}

/// A plan as the generic planner made it and the resource may refine it.
#[derive(Clone, Debug)]
pub struct Planned<M> {
    /// The planned state; ignored for a delete.
    pub state: M,
    /// Bytes that apply receives; at first those that were stored. Core gives them to *both* halves of a replacement.
    pub private: Vec<u8>,
    /// Paths whose change makes a new object, beyond those whose behaviour says so.
    pub replaces: Vec<Path>,
}

/// Takes note, during an apply, of what is already true. If the apply panics, this is what core is told.
#[derive(Clone, Debug, Default)]
pub struct Journal<M>(Arc<Mutex<Option<Stored<M>>>>);

impl<M: Clone> Journal<M> {
    /// Notes that `stored` is true by now. Unknown attributes in it become null.
    pub fn note(&self, stored: &Stored<M>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(stored.clone());
    }

    /// The last note.
    pub fn last(&self) -> Option<Stored<M>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// How the user named the object to import.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportBy {
    /// `terraform import ADDRESS ID` or `import { id = … }`
    Id(String),
    /// `import { identity = { … } }`; attributes that the user left out are null.
    Identity(BTreeMap<String, Attr<String>>),
}

/// One attribute of a resource's identity. All identity attributes here are strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: &'static str,
    /// What the registry says about it.
    pub doc: &'static str,
    /// False if an import may leave it out.
    pub required: bool,
}

/// What somebody else does to an object or beside it, and what becomes of that; documentation only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What was done.
    pub what: &'static str,
    /// What the next plan shows of it.
    pub plan: &'static str,
    /// What the next apply does about it.
    pub apply: &'static str,
}

/// A managed resource.
///
/// `plan` must be pure in everything that reaches the planned state: core plans twice and compares. What it learns from
/// the world may only add diagnostics.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// Its attributes.
    type Model: Model;

    /// Its type, as in `resource "paas_cluster" …`.
    fn type_name(&self) -> &'static str;

    /// What the registry says about it, in Markdown.
    fn doc(&self) -> &'static str;

    /// The version of its stored state.
    fn version(&self) -> i64 {
        0
    }

    /// The attributes of its identity; empty if it has none.
    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        &[]
    }

    /// The identity of the object in `state`, or nothing while it cannot be told.
    fn identity(&self, _state: &Self::Model) -> Option<BTreeMap<String, String>> {
        None
    }

    /// What others may do to the object, for the registry.
    fn drift(&self) -> &'static [Drift] {
        &[]
    }

    /// Rules between attributes. Rules of one attribute stand in its behaviour and have been checked already.
    fn validate(&self, _config: &Self::Model) -> Diagnostics {
        Diagnostics::none()
    }

    /// Refines what the generic planner made. `private` is what was stored with the object; for a create it is empty,
    /// except in core's second call of a replacement, where it is what the first call put into [`Planned::private`].
    async fn plan(
        &self,
        _context: &Context,
        _change: &Change<Self::Model>,
        _private: &[u8],
        _planned: &mut Planned<Self::Model>,
    ) -> Diagnostics {
        Diagnostics::none()
    }

    /// Looks at the object. Nothing means that it is gone.
    async fn read(&self, context: &Context, stored: Stored<Self::Model>) -> (Option<Stored<Self::Model>>, Diagnostics);

    /// Makes the change. Answers what is true afterwards, also (above all) beside errors; nothing only if nothing is there.
    /// `private` is what `plan` put into [`Planned::private`].
    async fn apply(
        &self,
        context: &Context,
        change: Change<Self::Model>,
        private: &[u8],
        journal: &Journal<Self::Model>,
    ) -> (Option<Stored<Self::Model>>, Diagnostics);

    /// Finds an object that the state does not have yet. Core reads it right after; attributes with a default that are
    /// null here get it, because what lives only in the configuration cannot be read.
    async fn import(&self, context: &Context, by: ImportBy) -> (Option<Stored<Self::Model>>, Diagnostics);

    /// Rewrites state stored by an older version; the result is read leniently: unknown keys dropped, absent ones null.
    ///
    /// # Errors
    /// If there is no way from that version.
    fn upgrade(&self, _version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        Ok(state)
    }
}
