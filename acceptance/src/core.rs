//! A scripted core: what terraform does with one object of a provider, over the real socket and without terraform, so
//! that hundreds of interrupted applies take minutes. Knows the protocol and core's rules; nothing of AWS.
//!
//! The rules it follows are those of Terraform 1.11 and OpenTofu 1.12: refresh before every plan, a second plan with the
//! known configuration before every apply, errors of a create taint, a tainted object is replaced by delete and create,
//! and the delete half of a replacement carries the private bytes of the *create* plan.

mod plugin;
mod proposed;
mod session;

pub use plugin::{Died, Plugin};
pub use session::{Action, Applied, Object, Session};
