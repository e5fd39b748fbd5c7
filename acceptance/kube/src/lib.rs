//! Real Kubernetes control planes on this machine: the tools they need, how they start, their simulated nodes. Knows nothing of AWS.

mod certificates;
mod control_plane;
mod process_group;
mod simulation;
mod tools;
mod warm;

pub use certificates::{CertificateAuthority, IssuedCertificate};
pub use control_plane::{ControlPlane, ControlPlaneSpec};
pub use process_group::ProcessGroup;
pub use simulation::{NodeSpec, Taint};
pub use tools::{Tools, Wanted, cache_root, platform};
pub use warm::Warm;
