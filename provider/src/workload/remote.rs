//! The effects that apps and jobs share: objects that are applied and deleted, namespaces, watches, a program's output.
//! Effects only; what to do was decided before.

pub mod apply;
pub mod events;
pub mod namespace;
pub mod open;
pub mod output;
pub mod watch;
