//! Tests of the pure rules of ownership.
