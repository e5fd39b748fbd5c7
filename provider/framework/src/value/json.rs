//! State as core stores it.
