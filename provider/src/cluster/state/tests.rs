//! What the state says.
