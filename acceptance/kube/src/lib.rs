//! Real Kubernetes control planes on this machine.
