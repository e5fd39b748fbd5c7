//! Core's rules (protocol.md §4 and the pages of Terraform's `docs/`), one by one, through the service and over the
//! messages that core would send. Each test's name is the rule.

mod apply;
mod golden;
mod offer;
mod plan;
mod random;
mod read;
mod run;
mod support;
pub(crate) mod thing;
mod validate;
