//! The sandbox and the tests that drive the real CLIs against it.

pub mod cli;
pub mod configuration;
pub mod core;
pub mod daemon;
pub mod enumerate;
pub mod quickstart;
pub mod spans;
pub mod terraform;
