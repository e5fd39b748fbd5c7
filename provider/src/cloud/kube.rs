//! Connections to the API servers of clusters.

/// The connections of this process, one per cluster.
#[derive(Debug, Default)]
pub struct Connections {}
