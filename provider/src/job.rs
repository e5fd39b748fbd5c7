//! `paas_job`: a task on a cluster, by schedule or on demand.

pub mod model;
pub mod plan;
pub mod render;
pub mod schedule;
