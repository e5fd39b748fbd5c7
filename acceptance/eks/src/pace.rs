//! How long AWS takes for what. Knows durations; nothing of what happens in them.

use std::time::Duration;

/// How fast the sandbox moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Every transition takes a few tens of milliseconds: long enough to be seen by a client that polls, no longer.
    Fast,
    /// AWS's own latencies times `factor`.
    Aws {
        /// 1 is as slow as AWS, 0.01 a hundred times faster.
        factor: f64,
    },
}

/// Something that takes AWS a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// CREATING to ACTIVE of a cluster.
    ClusterCreate,
    /// DELETING of a cluster until it is gone.
    ClusterDelete,
    /// An update of a cluster's endpoint, subnets or security groups.
    ClusterNetwork,
    /// Any other update of a cluster's configuration.
    ClusterConfig,
    /// One minor version of a cluster.
    ClusterVersion,
    /// CREATING to ACTIVE of a node group.
    NodeGroupCreate,
    /// Nodes joining or leaving, labels, taints.
    NodeGroupConfig,
    /// A node group's nodes replaced by newer ones.
    NodeGroupVersion,
    /// DELETING of a node group until it is gone.
    NodeGroupDelete,
    /// CREATING of an add-on until it is ACTIVE or DEGRADED.
    AddOnCreate,
    /// UPDATING of an add-on.
    AddOnUpdate,
    /// DELETING of an add-on until it is gone.
    AddOnDelete,
    /// From a Deployment's pods being ready to EKS noticing it.
    AddOnHealth,
    /// Until a new role is visible to EKS.
    RolePropagation,
}

impl Pace {
    /// How long the phase lasts at this pace.
    pub fn of(self, phase: Phase) -> Duration {
        match self {
            Self::Fast if phase == Phase::RolePropagation => Duration::ZERO,
            Self::Fast => Duration::from_millis(30),
            Self::Aws { factor } => Duration::from_secs_f64(aws_seconds(phase) * factor.max(0.0)),
        }
    }
}

/// AWS's usual latencies in seconds. Clusters and node groups: reports of 10 min 6 s and 2 min 37 s among users of
/// terraform-aws-modules/eks; the rest are rounded averages of its examples.
fn aws_seconds(phase: Phase) -> f64 {
    match phase {
        Phase::ClusterCreate => 540.0,
        Phase::ClusterDelete => 150.0,
        Phase::ClusterNetwork => 240.0,
        Phase::ClusterConfig => 60.0,
        Phase::ClusterVersion => 540.0,
        Phase::NodeGroupCreate => 140.0,
        Phase::NodeGroupConfig => 30.0,
        Phase::NodeGroupVersion => 420.0,
        Phase::NodeGroupDelete => 150.0,
        Phase::AddOnCreate => 35.0,
        Phase::AddOnUpdate => 35.0,
        Phase::AddOnDelete => 20.0,
        Phase::AddOnHealth => 15.0,
        Phase::RolePropagation => 8.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_scales_every_phase_alike() {
        let pace = Pace::Aws { factor: 0.01 };
        assert_eq!(pace.of(Phase::ClusterCreate), Duration::from_millis(5400));
        assert_eq!(pace.of(Phase::AddOnCreate), Duration::from_millis(350));
    }

    #[test]
    fn in_a_hurry_new_roles_are_visible_at_once() {
        assert_eq!(Pace::Fast.of(Phase::RolePropagation), Duration::ZERO);
    }
}
