//! Terraform plugin protocol 6 and go-plugin's own services as Rust. Knows the wire alone: no meaning of a value, no process.
//!
//! The modules are generated from `proto/*.proto` by `tests/generated.rs`, which needs no `protoc`.
//! An rpc of a service trait that an implementation leaves out answers UNIMPLEMENTED.

use std::fmt;

/// The `Provider` service that Terraform and OpenTofu call, and its messages (protocol 6.10).
#[allow(clippy::all, unreachable_pub, missing_docs)]
#[rustfmt::skip]
#[path = "generated/tfplugin6.rs"]
pub mod tfplugin6;

/// The services that go-plugin adds to a plugin: controller, stdio, broker.
#[allow(clippy::all, unreachable_pub, missing_docs)]
#[rustfmt::skip]
#[path = "generated/plugin.rs"]
pub mod plugin;

/// The gRPC health check.
#[allow(clippy::all, unreachable_pub, missing_docs)]
#[rustfmt::skip]
#[path = "generated/grpc.health.v1.rs"]
pub mod health;

/// Sizes only: a value may hold secrets, and whole messages end in logs and panics by way of `{:?}`.
impl fmt::Debug for tfplugin6::DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamicValue({} bytes msgpack, {} bytes json)", self.msgpack.len(), self.json.len())
    }
}

/// Sizes only, for the same reason.
impl fmt::Debug for tfplugin6::RawState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawState({} bytes json, {} flatmap entries)", self.json.len(), self.flatmap.len())
    }
}
