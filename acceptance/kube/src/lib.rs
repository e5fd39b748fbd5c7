//! Real Kubernetes control planes on this machine: the tools they need, how they start, their nodes, simulated or
//! real. Knows nothing of AWS.

mod add_ons;
mod certificates;
mod control_plane;
mod nodes;
mod process_group;
mod removal;
mod simulation;
mod tools;
mod warm;

pub use add_ons::AddOn;
pub use certificates::{CertificateAuthority, IssuedCertificate};
pub use control_plane::{ControlPlane, ControlPlaneSpec};
pub use nodes::{NodeSpec, RealNodes, Taint};
pub use process_group::ProcessGroup;
pub use tools::{NodeTools, Tools, Wanted, cache_root, platform};
pub use warm::Warm;
