//! A provider block and its environment, without AWS.
