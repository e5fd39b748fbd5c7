//! How a Terraform provider is written in Rust: values, schemas, planning, the protocol and the process around it.
//!
//! A provider implements [`provider::Provider`] and, for what it offers, [`resource::Resource`],
//! [`data_source::DataSource`], [`ephemeral::Ephemeral`] and [`function::Function`], each over a model defined with
//! [`model!`]. Knows nothing of AWS or Kubernetes. `examples/notes` is a whole provider to start from.
//!
//! # An attribute exists in one place
//!
//! [`model!`] makes of one entry the field that code uses ([`attr::Attr`]: null, unknown or a value), its place in the
//! schema that core is told, its codec, its behaviour in a plan ([`schema::Behaviour`]), the rules it is checked by and the
//! registry's documentation ([`docs`]). A unit test asserts that [`provider::faults`] finds nothing.
//!
//! # The way of a change
//!
//! 1. Core asks whether the configuration is good: the rules of each attribute first, then [`resource::Resource::validate`].
//! 2. Core asks for a plan. The generic planner takes what the user wrote, puts defaults where nothing is set, nulls
//!    write-only values and keeps the spelling of values that mean the same as in the state. If nothing differs, that is
//!    all. Otherwise computed attributes become unknown on a create and keep their value on an update, unless an input
//!    that they name as a source changes; changed attributes that say so require a replacement.
//!    [`resource::Resource::plan`] refines the outcome. It must be pure: core plans twice and compares.
//! 3. Core asks to apply. [`resource::Resource::apply`] answers what is true afterwards, beside errors above all, and notes
//!    in its [`resource::Journal`] what is true in between.
//! 4. Every answer is checked as core will check it. Before a side effect a mistake becomes an error that names the
//!    attribute; after one it is repaired, so that an object which exists is never lost.
//!
//! [`testing`] shows the outcome of 1 and 2 as text, without a process.
//!
//! # What is not here
//!
//! Blocks (attributes with nested attributes take their place), sets, `dynamic`, list resources, actions, state stores,
//! moves between types, deferral. What core asks for and is not here is answered with UNIMPLEMENTED.

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
