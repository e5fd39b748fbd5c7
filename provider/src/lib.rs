//! The provider `terraform-paas/paas`: a production EKS cluster and the apps and jobs on it.
//!
//! [`provider`] is the provider block and the list of what is offered; [`cloud`] holds every effect that resources share;
//! [`cluster`], [`app`] and [`job`] are resources of one anatomy (model, plan, render, verdict, remote).

pub mod app;
pub mod cloud;
pub mod cluster;
pub mod cluster_token;
pub mod functions;
pub mod job;
pub mod provider;
pub mod workload;
