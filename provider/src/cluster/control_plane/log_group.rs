//! The log group that the control plane writes to. EKS makes it when it first writes, without an end to what it keeps; so it is made
//! before the cluster, with one. Pure; `remote` has the calls.

use tfplugin_framework::prelude::*;

use super::blocks::Logging;
use super::settings;
use crate::cluster::observed::Observed;
use crate::cluster::parts::{Place, Tags};
use crate::cluster::step::Step;

/// For how long logs are kept where nothing is said.
pub(crate) const RETENTION: i64 = 90;
/// The numbers of days that CloudWatch Logs knows (its API, PutRetentionPolicy); 0 stands for ever.
pub(crate) const DAYS: [i64; 23] =
    [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// A log group as CloudWatch Logs has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveLogGroup {
    pub arn: String,
    /// None: what is in it stays for ever.
    pub days: Option<i64>,
    /// As far as they were read: a refresh does without.
    pub tags: Tags,
}

/// What a log group is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogGroup {
    /// None: what is in it stays for ever.
    pub days: Option<i64>,
    pub goes_with_cluster: bool,
}

impl LogGroup {
    /// What a plan asks for; none for a cluster that writes no logs.
    pub(crate) fn of(block: &Attr<Logging>) -> Option<LogGroup> {
        if settings::logs(block).is_empty() {
            return None;
        }
        let block = block.or(Logging::default());
        let days = Some(block.retention_days.or(RETENTION)).filter(|days| *days > 0);
        Some(LogGroup { days, goes_with_cluster: block.delete_on_destroy.or(false) })
    }
}

/// EKS's name for the log group of a cluster.
pub(crate) fn name(place: &Place) -> String {
    format!("/aws/eks/{}/cluster", place.name)
}

/// The step to a log group that keeps what it is to keep.
pub(crate) fn steps(observed: &Observed, wanted: Option<&LogGroup>, tags: &Tags) -> Vec<Step> {
    let Some(wanted) = wanted else { return Vec::new() };
    match &observed.log_group {
        None => vec![Step::CreateLogGroup { days: wanted.days, tags: tags.clone() }],
        Some(live) if live.days != wanted.days => vec![Step::SetRetention(wanted.days)],
        Some(_) => Vec::new(),
    }
}

/// `logging` with the retention that is true: as it was written where that says so. A group that is missing is made by EKS as soon
/// as it has something to write, and then keeps it for ever.
pub(crate) fn written(before: &Attr<Logging>, live: Option<&LiveLogGroup>) -> Attr<Logging> {
    let Some(was) = LogGroup::of(before).filter(|_| !before.is_unknown()) else { return before.clone() };
    let days = live.and_then(|live| live.days);
    match days == was.days {
        true => before.clone(),
        false => Attr::Known(Logging { retention_days: days.unwrap_or(0).into(), ..before.or(Logging::default()) }),
    }
}
