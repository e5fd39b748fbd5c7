//! The token that EKS API servers accept: a signed request for the caller's identity, never sent by us. Local computation.

use std::fmt;
use std::time::SystemTime;

/// A bearer token for one cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The token. It carries the signature of live credentials: never logged, never stored.
    pub text: String,
    /// When API servers stop accepting it.
    pub expires_at: SystemTime,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
