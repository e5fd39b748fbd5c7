//! The add-ons of a cluster: which there are by default, when they come, which version they get. Pure; `remote` has the
//! calls.

pub(crate) mod remote;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::prelude::*;

use super::iam;
use super::observed::{Issue, Observed};
use super::parts::{Place, Tags};
use super::status::{self, Status};
use super::step::Step;

model! {
    /// An add-on that this resource manages.
    pub struct InstalledAddon {
        /// Its version.
        version: String = computed(),
        /// Its status in EKS, such as `ACTIVE`; `MISSING` if it was deleted elsewhere, `MISSING_ROLE` if its role was.
        status: String = computed(),
        /// The role of its pods, if they have one.
        role_arn: String = computed(),
    }
}

/// When an add-on comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// What gives roles to the pods of the others.
    Identity,
    /// What nodes need to become ready. DaemonSets: they are active without a node.
    BeforeNodes,
    /// What needs nodes to run on. Without any it never becomes active.
    AfterNodes,
}

const DEFAULTS: [(&str, Phase); 6] = [
    ("eks-pod-identity-agent", Phase::Identity),
    ("kube-proxy", Phase::BeforeNodes),
    ("vpc-cni", Phase::BeforeNodes),
    ("aws-ebs-csi-driver", Phase::AfterNodes),
    ("coredns", Phase::AfterNodes),
    (METRICS_SERVER, Phase::AfterNodes),
];

/// A community add-on, which EKS offers in the commercial partition only.
const METRICS_SERVER: &str = "metrics-server";

/// The add-ons of a new cluster.
pub(crate) fn defaults(place: &Place) -> BTreeSet<String> {
    let offered = DEFAULTS.iter().filter(|(name, _)| *name != METRICS_SERVER || place.partition.name() == "aws");
    offered.map(|(name, _)| (*name).to_owned()).collect()
}

/// The add-ons of a new cluster whose nodes are all Auto Mode's: those have the others built in.
pub(crate) fn beside_auto_mode(place: &Place) -> BTreeSet<String> {
    defaults(place).into_iter().filter(|name| name == METRICS_SERVER).collect()
}

fn phase(addon: &str) -> Phase {
    DEFAULTS.iter().find(|(name, _)| *name == addon).map_or(Phase::AfterNodes, |(_, phase)| *phase)
}

/// An add-on as EKS has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveAddon {
    pub arn: String,
    pub status: Status,
    pub version: String,
    /// ARNs of the roles of its pods.
    pub roles: BTreeSet<String>,
    pub tags: Tags,
    pub issues: Vec<Issue>,
}

/// What EKS offers of an add-on for one version of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    /// The version that EKS chooses.
    pub default: String,
    /// All versions that work.
    pub compatible: BTreeSet<String>,
    /// The roles that pods of the default version need.
    pub identities: Vec<Identity>,
}

/// Pods of an add-on that call AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub service_account: String,
    /// ARNs of the policies that EKS recommends for their role.
    pub policies: Vec<String>,
}

/// Releases by add-on and version of Kubernetes.
pub(crate) type Releases = BTreeMap<(String, String), Release>;

/// An add-on to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddonSpec {
    pub name: String,
    pub version: String,
    /// Role ARNs by service account.
    pub roles: BTreeMap<String, String>,
    /// Whether it can become active now.
    pub wait: bool,
    pub tags: Tags,
}

/// The wanted add-ons that are to be made, or whose role is.
pub(crate) fn incomplete(observed: &Observed, wanted: &BTreeSet<String>, place: &Place) -> BTreeSet<String> {
    let is_incomplete = |name: &&String| match observed.addons.get(*name) {
        None => true,
        Some(live) => live.status.is_failed() || live.status.is_deleting() || has_lost_role(live, observed, place),
    };
    wanted.iter().filter(is_incomplete).cloned().collect()
}

fn has_lost_role(live: &LiveAddon, observed: &Observed, place: &Place) -> bool {
    let known = |arn: &String| observed.roles.values().any(|role| role.arn == *arn);
    live.roles.iter().any(|arn| place.is_own_role(arn) && !known(arn))
}

/// The roles that the wanted add-ons need, as far as their releases are known.
pub(crate) fn roles(releases: &Releases, wanted: &BTreeSet<String>, place: &Place, tags: &Tags) -> Vec<iam::RoleSpec> {
    let mut all: Vec<iam::RoleSpec> = Vec::new();
    for ((name, _), release) in releases.iter().filter(|((name, _), _)| wanted.contains(name)) {
        for identity in &release.identities {
            let role = iam::addon_role(place, name, identity, tags);
            if !all.iter().any(|other| other.name == role.name) {
                all.push(role);
            }
        }
    }
    all
}

/// What is in the way of making an add-on: one that failed.
pub(crate) fn clear(observed: &Observed, wanted: &BTreeSet<String>) -> Vec<Step> {
    let stuck = observed
        .addons
        .iter()
        .filter(|(name, live)| wanted.contains(*name) && (live.status.is_failed() || live.status.is_deleting()));
    stuck.map(|(name, _)| Step::DeleteAddon(name.clone())).collect()
}

/// The wanted add-ons of one phase that are to be made or waited for. `minor` is the cluster's version by then.
pub(crate) fn install(
    observed: &Observed,
    wanted: &BTreeSet<String>,
    releases: &Releases,
    place: &Place,
    at: Phase,
    (minor, wait, tags): (&str, bool, &Tags),
) -> Vec<Step> {
    let of_phase = wanted.iter().filter(|name| phase(name) == at);
    let step = |name: &String| match observed.addons.get(name) {
        Some(live) if !live.status.is_failed() && !live.status.is_deleting() => {
            (live.status.is_pending() && wait).then(|| Step::AwaitAddon(name.clone()))
        }
        _ => {
            let release = releases.get(&(name.clone(), minor.to_owned())).cloned().unwrap_or_default();
            let role = |identity: &Identity| {
                let purpose = iam::addon_purpose(name, &identity.service_account);
                (identity.service_account.clone(), place.role_arn(&purpose))
            };
            let roles = release.identities.iter().map(role).collect();
            Some(Step::CreateAddon(AddonSpec {
                name: name.clone(),
                version: release.default,
                roles,
                wait,
                tags: tags.clone(),
            }))
        }
    };
    of_phase.filter_map(step).collect()
}

/// The versions of the wanted add-ons that are there, by name.
pub(crate) fn versions(observed: &Observed, wanted: &BTreeSet<String>) -> BTreeMap<String, String> {
    let installed = observed
        .addons
        .iter()
        .filter(|(name, live)| wanted.contains(*name) && !live.status.is_failed() && !live.status.is_deleting());
    installed.map(|(name, live)| (name.clone(), live.version.clone())).collect()
}

/// The add-ons that need another version on Kubernetes `minor`: those that do not work there or are below its default.
/// `versions` are the present ones and afterwards the new ones.
pub(crate) fn upgrade(versions: &mut BTreeMap<String, String>, releases: &Releases, minor: &str) -> Vec<Step> {
    let step = |(name, version): (&String, &mut String)| {
        let release = releases.get(&(name.clone(), minor.to_owned()))?;
        if release.compatible.contains(version) && compare(version, &release.default) != Ordering::Less {
            return None;
        }
        version.clone_from(&release.default);
        Some(Step::UpgradeAddon { name: name.clone(), version: release.default.clone() })
    };
    versions.iter_mut().filter_map(step).collect()
}

/// Add-ons of this cluster that nobody asks for any more.
pub(crate) fn unwanted(observed: &Observed, wanted: &BTreeSet<String>, place: &Place) -> Vec<Step> {
    let ours = observed.addons.iter().filter(|(name, live)| !wanted.contains(*name) && place.is_part(&live.tags));
    ours.map(|(name, _)| Step::DeleteAddon(name.clone())).collect()
}

/// The add-ons of this cluster that came in one of these phases, to be removed. Those of others go with the cluster.
pub(crate) fn delete(observed: &Observed, place: &Place, phases: &[Phase]) -> Vec<Step> {
    let ours = observed.addons.iter().filter(|(name, live)| phases.contains(&phase(name)) && place.is_part(&live.tags));
    ours.map(|(name, _)| Step::DeleteAddon(name.clone())).collect()
}

/// Orders versions such as `v1.21.1-eksbuild.3` by their numbers.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|one: char| !one.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b))
}

/// `installed_addons`: the expected add-ons and those of ours.
pub(crate) fn shown(
    observed: &Observed,
    expected: &BTreeSet<String>,
    place: &Place,
    ours: impl Fn(&Tags) -> bool,
) -> Map<InstalledAddon> {
    let missing = InstalledAddon { status: status::MISSING.into(), ..InstalledAddon::default() };
    let mut all: Map<InstalledAddon> =
        expected.iter().map(|name| (name.clone(), Attr::Known(missing.clone()))).collect();
    for (name, live) in &observed.addons {
        if expected.contains(name) || ours(&live.tags) {
            let lost = has_lost_role(live, observed, place);
            all.insert(
                name.clone(),
                Attr::Known(InstalledAddon {
                    version: live.version.as_str().into(),
                    status: if lost { status::MISSING_ROLE.into() } else { live.status.text().into() },
                    role_arn: live.roles.first().filter(|_| !lost).cloned().into(),
                }),
            );
        }
    }
    all
}

/// `installed_addons` after an apply: what is broken is made or mended, and an upgrade may change every version.
pub(crate) fn foreseen(before: &Map<InstalledAddon>, is_upgrade: bool) -> Map<InstalledAddon> {
    let unknown = InstalledAddon { version: Attr::Unknown, status: Attr::Unknown, role_arn: Attr::Unknown };
    let after = |addon: &InstalledAddon| match addon.status.known() {
        Some(text) if text == status::MISSING_ROLE => {
            InstalledAddon { version: addon.version.clone(), ..unknown.clone() }
        }
        Some(text) if !status::is_broken(text) && is_upgrade => {
            InstalledAddon { version: Attr::Unknown, ..addon.clone() }
        }
        Some(text) if !status::is_broken(text) => addon.clone(),
        _ => unknown.clone(),
    };
    let known = before.iter().filter_map(|(name, addon)| Some((name.clone(), addon.known()?)));
    known.map(|(name, addon)| (name, Attr::Known(after(addon)))).collect()
}
