//! What a provider is to this framework: its own configuration and everything that it offers.

use async_trait::async_trait;

use crate::data_source::AnyDataSource;
use crate::diagnostic::Diagnostics;
use crate::ephemeral::AnyEphemeral;
use crate::function::Function;
use crate::model::Model;
use crate::resource::{AnyResource, Context};

pub use erased::AnyProvider;
pub use faults::faults;
mod erased;
mod faults;
#[cfg(test)]
mod tests;

/// Everything that a provider offers.
#[derive(Default)]
pub struct Offer {
    /// Managed resources.
    pub resources: Vec<Box<dyn AnyResource>>,
    /// Data sources.
    pub data_sources: Vec<Box<dyn AnyDataSource>>,
    /// Ephemeral resources.
    pub ephemerals: Vec<Box<dyn AnyEphemeral>>,
    /// Functions.
    pub functions: Vec<Box<dyn Function>>,
}

/// A provider. It is made before core configures it; what it offers shares what `configure` keeps.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The attributes of the provider block.
    type Model: Model;

    /// Its name: the first word of every type it offers, as in `provider "paas"`.
    fn name(&self) -> &'static str;

    /// What the registry says about the provider, in Markdown.
    fn doc(&self) -> &'static str;

    /// Rules between attributes of the provider block.
    fn validate(&self, _config: &Self::Model) -> Diagnostics {
        Diagnostics::none()
    }

    /// Takes the configuration. It may be unknown in part (core plans before other resources exist) and nothing may be
    /// called here: whoever needs an attribute that is unknown says so by its name.
    async fn configure(&self, context: &Context, config: Self::Model, core_version: &str) -> Diagnostics;

    /// What it offers. Called once.
    fn offer(&self) -> Offer;
}
