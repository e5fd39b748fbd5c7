//! Container images of the sandbox: demo programs, what a user loads, and a loopback OCI registry that serves every image name. Knows no
//! Kubernetes, no AWS, no namespaces.
//!
//! A program makes a [`Demo`] of the demo program that was built of `acceptance/tools/demo`, opens a [`Store`] and serves [`router`] on a loopback port.
//! What the demo program can be told is a table in `acceptance/tools/demo/README.md`.

mod archive;
mod blob;
mod demo;
mod digest;
mod image;
mod layer;
mod loaded;
mod name;
mod registry;
mod store;

pub use archive::LoadError;
pub use blob::Blob;
pub use demo::Demo;
pub use digest::Digest;
pub use image::{Image, Start};
pub use layer::{Contents, Layer};
pub use name::{Name, Reference};
pub use registry::router;
pub use store::{Refusal, Store};
