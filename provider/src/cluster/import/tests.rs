//! How a cluster is named for an import.
