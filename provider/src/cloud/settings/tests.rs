//! The rules of the provider block.
