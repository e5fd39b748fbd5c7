//! How a Terraform provider is written in Rust: values, schemas, planning, the protocol and the process around it.
//!
//! A provider implements [`provider::Provider`] and, for what it offers, [`resource::Resource`],
//! [`data_source::DataSource`], [`ephemeral::Ephemeral`] and [`function::Function`], each over a model defined with
//! [`model!`]. Knows nothing of AWS or Kubernetes.

pub mod attr;
mod conformance;
pub mod data_source;
pub mod diagnostic;
pub mod docs;
pub mod ephemeral;
pub mod function;
pub mod model;
mod planner;
pub mod process;
pub mod provider;
pub mod resource;
pub mod rpc;
pub mod schema;
pub mod testing;
pub mod timeouts;
mod validate;
pub mod value;

/// The whole life of a provider's process; `main` returns what this returns. `address` is `NAMESPACE/NAME` as in the
/// `source` of `required_providers`, without a host.
///
/// ```no_run
/// # use tfplugin_framework::{diagnostic::Diagnostics, model, prelude::*, provider::{Offer, Provider}, resource::Context};
/// # model! { pub struct Block {} }
/// struct Notes;
///
/// #[async_trait::async_trait]
/// impl Provider for Notes {
///     // …
/// #   type Model = Block;
/// #   fn name(&self) -> &'static str { "notes" }
/// #   fn doc(&self) -> &'static str { "Notes." }
/// #   async fn configure(&self, _: &Context, _: Block, _: &str) -> Diagnostics { Diagnostics::none() }
/// #   fn offer(&self) -> Offer { Offer::default() }
/// }
///
/// fn main() -> std::process::ExitCode {
///     tfplugin_framework::serve("example/notes", Notes)
/// }
/// ```
pub fn serve(address: &'static str, provider: impl provider::Provider) -> std::process::ExitCode {
    process::run(&process::Plugin { address }, |stop| rpc::Service::new(provider, stop))
}

/// What the definition of a model needs.
pub mod prelude {
    pub use crate::attr::{Attr, Field, List, Map};
    pub use crate::diagnostic::{Diagnostics, Path};
    pub use crate::model;
    pub use crate::model::Model;
    pub use crate::schema::{computed, optional, required};
    pub use crate::value::Value;
}
