//! Where the subnets of a control plane are, and what a plan says of it: there are at least two zones, and EKS keeps VPC and zones
//! of a cluster for life. Pure; `remote` asks EC2.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Change, Planned};

use crate::cluster::model::{Cluster, texts};
use crate::cluster::parts;

/// A subnet as EC2 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveSubnet {
    pub id: String,
    pub vpc: String,
    /// The zone's name, such as `eu-west-1a`.
    pub zone: String,
}

/// What a plan wants to know of subnets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    object: String,
    /// Those that the cluster has; none of a new one.
    had: BTreeSet<String>,
    wanted: BTreeSet<String>,
}

/// By zone the subnets in it.
type Zones<'a> = BTreeMap<&'a str, Vec<&'a str>>;

impl Question {
    /// Nothing where nothing changes, or where it is not known yet what is wanted.
    pub(crate) fn of(change: &Change<Cluster>, planned: &Planned<Cluster>) -> Option<Question> {
        let wanted = known(&planned.state.subnet_ids)?;
        let had = match change {
            Change::Update { prior, .. } => known(&prior.subnet_ids).filter(|had| *had != wanted)?,
            Change::Create { .. } => BTreeSet::new(),
            Change::Delete { .. } => return None,
        };
        // What takes a cluster's place, and what was never made, is new.
        let is_new = |prior: &Cluster| !planned.replaces.is_empty() || prior.arn.known().is_none();
        let had = if matches!(change, Change::Update { prior, .. } if is_new(prior)) { BTreeSet::new() } else { had };
        let object = parts::object(&planned.state.name.or("of an unknown name".to_owned()));
        Some(Question { object, had, wanted })
    }

    /// True of a cluster that is to be made.
    pub(crate) fn is_new(&self) -> bool {
        self.had.is_empty()
    }

    /// Every subnet that it is about.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.had.union(&self.wanted).cloned().collect()
    }

    /// The refusal, if EKS would refuse what is wanted. `found` are those of the subnets that exist.
    pub(crate) fn judge(&self, found: &[LiveSubnet]) -> Diagnostics {
        let of = |ids: &BTreeSet<String>| found.iter().filter(|one| ids.contains(&one.id)).collect::<Vec<_>>();
        let (had, wanted) = (of(&self.had), of(&self.wanted));
        let missing = self.wanted.iter().filter(|id| !found.iter().any(|one| one.id == **id));
        let missing: Vec<&str> = missing.map(String::as_str).collect();
        if !missing.is_empty() {
            return refused(
                format!("{} cannot be in subnets that do not exist: {}", self.object, missing.join(", ")),
                "EC2 knows none of these in the cluster's region for the present credentials. Were they deleted, or are \
                 they of another region or account?",
            );
        }
        // A cluster's subnets are in one VPC.
        let first = had.first().or(wanted.first());
        let vpc = first.map(|one| one.vpc.as_str()).unwrap_or_default();
        let elsewhere = wanted.iter().filter(|one| one.vpc != vpc);
        let elsewhere: Vec<String> = elsewhere.map(|one| format!("{} is in {}", one.id, one.vpc)).collect();
        if !elsewhere.is_empty() {
            let whose = first.map(|one| one.id.as_str()).unwrap_or_default();
            let elsewhere = elsewhere.join(", ");
            return match self.is_new() {
                true => refused(
                    format!("{} cannot be in more than one VPC: {whose} is in {vpc}, {elsewhere}", self.object),
                    "The subnets of a control plane are in one VPC. Leave out those of the other.",
                ),
                false => refused(
                    format!("{} is in {vpc}, and {elsewhere}", self.object),
                    "EKS keeps the VPC of a control plane for life. Name subnets of that VPC; to move to another, make \
                     another cluster beside this one.",
                ),
            };
        }
        let (before, after) = (zones(&had), zones(&wanted));
        if after.len() < 2 {
            return refused(
                format!("{} needs subnets in at least two availability zones: {}", self.object, told(&after)),
                "EKS puts the control plane's network interfaces in two zones, so that one may fail. Add a subnet of another \
                 zone of the same VPC.",
            );
        }
        self.moved(&before, &after, had.len() == self.had.len())
    }

    /// The refusal of other zones. Where a subnet that the cluster has is gone, `is_whole` is false: then its zone is not known.
    fn moved(&self, before: &Zones<'_>, after: &Zones<'_>, is_whole: bool) -> Diagnostics {
        let lost = before.keys().filter(|zone| !after.contains_key(*zone));
        let lost: Vec<String> = lost.map(|zone| format!("{zone} had a subnet and would have none")).collect();
        let gained = after.keys().filter(|zone| is_whole && !self.is_new() && !before.contains_key(*zone));
        let gained: Vec<String> = gained.map(|zone| format!("{zone} had none and would have one")).collect();
        if lost.is_empty() && gained.is_empty() {
            return Diagnostics::none();
        }
        refused(
            format!("{} keeps its availability zones: {}", self.object, [lost, gained].concat().join(", ")),
            format!(
                "EKS keeps the set of zones of a control plane for life. It has {}; subnet_ids would have {}. Name at least one \
                 subnet in each of {}, and none elsewhere. (Node groups may be in other zones of the VPC, by their own \
                 subnet_ids.) To move it, make another cluster beside this one.",
                told(before),
                told(after),
                before.keys().copied().collect::<Vec<_>>().join(", "),
            ),
        )
    }
}

fn known(list: &Attr<List<String>>) -> Option<BTreeSet<String>> {
    let all = list.known().filter(|all| all.iter().all(|one| one.known().is_some()))?;
    (!all.is_empty()).then(|| texts(list).into_iter().collect())
}

fn zones<'a>(subnets: &[&'a LiveSubnet]) -> Zones<'a> {
    let mut all = Zones::new();
    for one in subnets {
        all.entry(&one.zone).or_default().push(&one.id);
    }
    all
}

fn told(zones: &Zones<'_>) -> String {
    let zone = |(zone, ids): (&&str, &Vec<&str>)| format!("{} in {zone}", ids.join(" and "));
    zones.iter().map(zone).collect::<Vec<_>>().join(", ")
}

fn refused(summary: String, detail: impl Into<String>) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.error_at(Path::attribute("subnet_ids"), summary, detail);
    all
}
