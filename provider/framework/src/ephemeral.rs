//! What an ephemeral resource is to this framework: a value that lives for one run and is never stored.

use std::time::SystemTime;

use async_trait::async_trait;

use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::resource::Context;

pub use erased::AnyEphemeral;
mod erased;

/// An opened ephemeral resource.
#[derive(Clone, Debug)]
pub struct Opened<M> {
    /// What the configuration may use.
    pub result: M,
    /// Bytes for renew and close.
    pub private: Vec<u8>,
    /// When core should ask to renew it.
    pub renew_at: Option<SystemTime>,
}

/// A value that lives for one run.
#[async_trait]
pub trait Ephemeral: Send + Sync + 'static {
    /// Its attributes.
    type Model: Model;

    /// Its type, as in `ephemeral "paas_cluster_token" …`.
    fn type_name(&self) -> &'static str;

    /// What the registry says about it, in Markdown.
    fn doc(&self) -> &'static str;

    /// Rules between attributes.
    fn validate(&self, _config: &Self::Model) -> Diagnostics {
        Diagnostics::none()
    }

    /// Opens it. Nothing only beside an error.
    async fn open(&self, context: &Context, config: Self::Model) -> (Option<Opened<Self::Model>>, Diagnostics);

    /// Prolongs it; answers the next time to do so. The result cannot change.
    async fn renew(&self, _context: &Context, private: Vec<u8>) -> (Vec<u8>, Option<SystemTime>, Diagnostics) {
        (private, None, Diagnostics::none())
    }

    /// Ends it.
    async fn close(&self, _context: &Context, _private: Vec<u8>) -> Diagnostics {
        Diagnostics::none()
    }
}
