//! Real Kubernetes control planes on this machine: the tools they need, how they start, their simulated nodes. Knows nothing of AWS.

mod tools;

pub use tools::{Tools, Wanted, cache_root, platform};
