//! `paas_job`: a task on a cluster, by schedule or on demand.

pub mod model;
pub mod render;
pub mod schedule;
