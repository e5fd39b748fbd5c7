//! Which objects' deletes were skipped in this process because the create that follows continues them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Objects whose delete half answered "gone" although they are there. Core has dropped them from the state by then, so
/// the create half must bring them back into it whatever happens: even where it could not look (credentials that expire
/// between the halves), it answers the planned state with `ready = false` beside its error.
#[derive(Debug, Default)]
pub struct Continued(Mutex<HashSet<String>>);

impl Continued {
    /// Notes a skipped delete. `object` names type and place, such as `paas_cluster 111122223333/eu-west-1/prod`.
    pub fn note(&self, object: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(object.to_owned());
    }

    /// True if the delete of `object` was skipped.
    pub fn contains(&self, object: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(object)
    }
}
