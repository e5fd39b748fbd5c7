//! Tests of the error texts.
