//! What a user writes about an app and what is reported back.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check;

use crate::workload::attributes::{define_workload, workload};

workload! {
    /// A long-running service or worker.
    pub struct App {
        /// The port it listens on. With one, other workloads reach it at `internal_url` and a replica counts as ready once
        /// it accepts connections; the variable `PORT` is set unless `env` has it. A worker has none.
        port: i64 = optional().otherwise("a worker: nothing connects to it").check(check::between(1, 65535)),
        /// How many replicas run; 0 stops it without removing it.
        replicas: i64 = optional().defaults_to(2).check(check::between(0, 1000)),
        /// Whether an apply waits until every replica of the new version is available, and fails when they do not become so.
        wait_for_rollout: bool = optional().defaults_to(true),
        /// Where it answers inside the cluster; none for a worker.
        internal_url: String = computed(),
        /// The number of the version that was rolled out last; every change of what runs makes a new one.
        revision: i64 = computed(),
    }
}
