//! `paas_cluster_token`: a token for a cluster's API server, for other providers.
