//! How a Terraform provider is written in Rust.
