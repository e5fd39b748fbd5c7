//! The EKS API as AWS answers it, over real control planes. Knows no socket and no other service of AWS: who calls, what IAM and EC2
//! hold, and who listens for API servers come in through traits.

mod access;
pub mod account;
mod addons;
mod auto_mode;
mod cloud;
mod clusters;
mod dispatch;
mod effects;
mod eks;
mod error;
mod fronts;
mod hollow;
mod ids;
mod insights;
mod kubernetes;
mod model;
mod node_groups;
mod open;
mod pace;
mod page;
mod planes;
mod pod_identity;
mod rbac;
mod resources;
mod review;
mod router;
mod state;
mod tags;
#[cfg(test)]
mod testing;
mod token;
mod updates;
mod versions;
mod violations;

pub use cloud::{IamView, LaunchTemplate, Role, Session, Subnet};
pub use clusters::Issue;
pub use effects::{Failure, FailureKind};
pub use eks::{Caller, Eks, EksSpec};
pub use fronts::{EndpointAccess, FrontSpec, Fronts};
pub use open::Wanted;
pub use pace::Pace;
pub use planes::Planes;
pub use resources::{Resource, Standing};
pub use violations::{Side, Violation};
