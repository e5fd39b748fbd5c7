//! `paas_cluster`: an EKS cluster.
