//! `paas_app`: a long-running service or worker on a cluster.

pub mod model;
pub mod plan;
pub mod render;
pub mod verdict;
