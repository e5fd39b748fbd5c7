//! What EKS says is wrong with node groups, and when waiting for one is over. Pure: no clock, no client.

use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;

use super::live::LiveNodeGroup;
use crate::cloud::error::CloudError;
use crate::cluster::issues;
use crate::cluster::observed::Observed;
use crate::cluster::parts::Place;

/// How long something may be wrong with a group that is being made before that is an error. Roles that were just made, and
/// capacity, come within less; EKS itself gives up after more than twenty minutes.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a look at a group that is waited for means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ready,
    /// What is awaited, in words for the log.
    Waiting(String),
    Failed(CloudError),
}

/// Judges a group that is being made, of which something has been wrong for `troubled`.
pub(crate) fn of_new(live: &LiveNodeGroup, troubled: Duration) -> Verdict {
    match live.status.text() {
        "ACTIVE" => Verdict::Ready,
        "DEGRADED" => Verdict::Failed(issues::degraded(&live.issues)),
        _ if !live.status.is_changing() => Verdict::Failed(issues::failed(&live.issues)),
        _ if live.issues.is_empty() || troubled < PATIENCE => {
            Verdict::Waiting(issues::waiting(&live.status, &live.issues))
        }
        _ => Verdict::Failed(issues::stuck(&live.issues)),
    }
}

/// Judges a group that was changed. How well it is afterwards is told by the next refresh: the change itself was made.
pub(crate) fn of_changed(live: &LiveNodeGroup) -> Verdict {
    match live.status.is_changing() {
        true => Verdict::Waiting(issues::waiting(&live.status, &live.issues)),
        false if live.is_usable() => Verdict::Ready,
        false => Verdict::Failed(issues::failed(&live.issues)),
    }
}

/// A warning for each group of ours that EKS says is not well.
pub(crate) fn warnings(object: &str, observed: &Observed, place: &Place) -> Diagnostics {
    let mut all = Diagnostics::none();
    let ours = observed.node_groups.iter().filter(|(_, live)| place.is_part(&live.tags));
    for (name, live) in ours.filter(|(_, live)| live.status.text() == "DEGRADED" || !live.issues.is_empty()) {
        let (what, detail) = issues::unwell(&live.issues, live.is_usable());
        all.warning(format!("{object}: node group {name} is {}: {what}", live.status), detail);
    }
    all
}
