//! `paas_app`: a long-running service or worker on a cluster.
