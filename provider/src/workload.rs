//! What apps and jobs have in common: attributes, rules, Kubernetes objects, waiting. Knows no AWS.

#[macro_use]
pub mod attributes;
pub mod checks;
pub mod difference;
pub mod failure;
pub mod image;
pub mod lifecycle;
pub mod place;
pub mod plan;
pub mod pods;
pub mod projection;
pub mod quantity;
pub mod remote;
pub mod render;

use tfplugin_framework::model::Model;

use attributes::Shared;

/// A model with the shared attributes.
pub trait Workload: Model {
    /// Those attributes.
    fn shared(&self) -> Shared;
    /// Sets those attributes.
    fn set_shared(&mut self, shared: Shared);
}
