//! A provider block, its environment and a network that answers what a test says.

mod calls;
mod configuration;
mod failures;
pub(crate) mod network;
mod signed;
