//! How a Terraform provider is written in Rust: values, schemas, planning, the protocol and the process around it.
//!
//! A provider implements [`provider::Provider`] and, for what it offers, [`resource::Resource`],
//! [`data_source::DataSource`], [`ephemeral::Ephemeral`] and [`function::Function`], each over a model defined with
//! [`model!`]. Knows nothing of AWS or Kubernetes.

pub mod attr;
pub mod data_source;
pub mod diagnostic;
pub mod ephemeral;
pub mod function;
pub mod model;
pub mod process;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod timeouts;
pub mod value;

/// What the definition of a model needs.
pub mod prelude {
    pub use crate::attr::{Attr, Field, List, Map};
    pub use crate::diagnostic::{Diagnostics, Path};
    pub use crate::model;
    pub use crate::model::Model;
    pub use crate::schema::{computed, optional, required};
    pub use crate::value::Value;
}
