//! The add-ons of a cluster: which there are by default, when they come, which version they get, what is changed in place.
//! Pure; `remote` has the calls.

pub(crate) mod model;
pub(crate) mod offers;
pub(crate) mod plan;
pub(crate) mod remote;
pub(crate) mod shown;
#[cfg(test)]
mod tests;
pub(crate) mod wish;
mod words;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::control_plane::LiveCluster;
use super::documents;
use super::iam::{self, LiveRole};
use super::observed::{Issue, Observed};
use super::parts::{PURPOSE, Place, Tags};
use super::status::{self, Status};
use super::step::Step;

pub(crate) use model::{Addon, InstalledAddon};
pub(crate) use wish::{Conflicts, Identification, Pin, Wish};

/// When an add-on comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// What gives roles to the pods of the others.
    Identity,
    /// What nodes need to become ready. DaemonSets: they are active without a node.
    BeforeNodes,
    /// What needs nodes to run on. Without any it never becomes active.
    #[default]
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
    defaults_of(place.partition.name())
}

/// [`defaults`] in a partition.
pub(crate) fn defaults_of(partition: &str) -> BTreeSet<String> {
    let offered = DEFAULTS.iter().filter(|(name, _)| *name != METRICS_SERVER || partition == "aws");
    offered.map(|(name, _)| (*name).to_owned()).collect()
}

/// The add-ons of a new cluster whose nodes are all Auto Mode's: those have the others built in.
pub(crate) fn beside_auto_mode(partition: &str) -> BTreeSet<String> {
    defaults_of(partition).into_iter().filter(|name| name == METRICS_SERVER).collect()
}

impl Phase {
    /// Of an add-on, where the user says nothing.
    pub(crate) fn of(addon: &str) -> Phase {
        DEFAULTS.iter().find(|(name, _)| *name == addon).map_or(Phase::AfterNodes, |(_, phase)| *phase)
    }
}

/// An add-on as EKS has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveAddon {
    pub arn: String,
    pub status: Status,
    pub version: String,
    /// The text that it was given, if any.
    pub values: Option<String>,
    pub namespace: Option<String>,
    /// ARNs of the roles of its pods, by service account, from Pod Identity.
    pub roles: BTreeMap<String, String>,
    /// The role of its service account by the cluster's OpenID Connect provider.
    pub service_account_role: Option<String>,
    /// The version that EKS recommends, where somebody follows it.
    pub recommended: Option<String>,
    pub tags: Tags,
    pub issues: Vec<Issue>,
}

impl LiveAddon {
    /// It can only be deleted.
    fn is_stuck(&self) -> bool {
        self.status.is_failed() || self.status.is_deleting()
    }

    /// Every role of its pods.
    pub(crate) fn all_roles(&self) -> impl Iterator<Item = &String> {
        self.service_account_role.iter().chain(self.roles.values())
    }

    fn has_values(&self, wanted: Option<&str>) -> bool {
        let live = self.values.as_deref().filter(|text| !documents::is_empty(text));
        match (live, wanted) {
            (Some(live), Some(wanted)) => documents::same(live, wanted),
            (live, wanted) => live == wanted,
        }
    }

    /// Its namespace cannot be changed: it has to go first.
    fn must_move(&self, wish: &Wish) -> bool {
        wish.namespace.as_ref().is_some_and(|wanted| self.namespace.as_ref().is_some_and(|live| live != wanted))
    }

    /// True if something about it is, or may be, not as wanted. What exactly is known only with what EKS offers of it.
    fn is_off(&self, wish: &Wish, observed: &Observed, place: &Place) -> bool {
        let version = match &wish.version {
            Pin::Stays => false,
            Pin::Default => true,
            Pin::Exact(version) => *version != self.version,
        };
        let identity = match &wish.identity {
            Identification::Auto => wish.reidentified || self.all_roles().any(|arn| !place.is_own_role(arn)),
            Identification::Absent => self.all_roles().next().is_some(),
            Identification::Role(wanted) => {
                self.all_roles().next().is_none() || self.all_roles().any(|arn| arn != wanted)
            }
        };
        version
            || identity
            || wish.retold
            || self.status.text() == status::UPDATE_FAILED
            || !self.has_values(wish.values.as_deref())
            || self.has_lost_role(observed, place)
    }

    fn has_lost_role(&self, observed: &Observed, place: &Place) -> bool {
        let is_ipv6 = observed.cluster.as_ref().is_some_and(LiveCluster::is_ipv6);
        let bare = |(name, role): (&String, &LiveRole)| {
            is_ipv6 && role.inline.is_none() && *name == iam::policies::network_role(place)
        };
        let known = |arn: &String| observed.roles.iter().any(|one| one.1.arn == *arn && !bare(one));
        self.all_roles().any(|arn| place.is_own_role(arn) && !known(arn))
    }
}

/// What EKS offers of an add-on for one version of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Release {
    /// The version that EKS recommends.
    pub default: String,
    /// All versions that work.
    pub compatible: BTreeSet<String>,
    /// The version that the rest is about: the one that is wanted, if it works.
    pub version: String,
    /// The roles that its pods need.
    pub identities: Vec<Identity>,
    /// The JSON schema of its values.
    pub schema: Option<String>,
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

/// The add-ons that are to be there, by name.
pub(crate) type Wishes = BTreeMap<String, Wish>;

/// An add-on to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddonSpec {
    pub name: String,
    pub version: String,
    pub values: Option<String>,
    /// Role ARNs by service account.
    pub roles: BTreeMap<String, String>,
    /// The role of an add-on without support for Pod Identity.
    pub service_account_role: Option<String>,
    pub namespace: Option<String>,
    pub conflicts: Conflicts,
    pub wait: Wait,
    pub tags: Tags,
}

/// What is waited for once an add-on is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wait {
    /// That it is active.
    #[default]
    Active,
    /// What becomes of it without nodes.
    Settled,
    /// Nothing: nodes are to come.
    Nothing,
}

/// A change of an add-on in place. EKS keeps what is left out, except the role of its service account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddonChange {
    pub name: String,
    pub version: Option<String>,
    /// `{}` for the add-on's own.
    pub values: Option<String>,
    /// All of them.
    pub roles: Option<BTreeMap<String, String>>,
    pub service_account_role: Option<String>,
    pub conflicts: Conflicts,
}

/// The wanted add-ons of which has to be known what EKS offers: those that are to be made, changed or mended.
pub(crate) fn incomplete(observed: &Observed, wanted: &Wishes, place: &Place) -> BTreeSet<String> {
    let is_incomplete = |(name, wish): &(&String, &Wish)| match observed.addons.get(*name) {
        None => true,
        Some(live) => live.is_stuck() || live.must_move(wish) || live.is_off(wish, observed, place),
    };
    wanted.iter().filter(is_incomplete).map(|(name, _)| name.clone()).collect()
}

/// Role ARNs by service account, and the role of an add-on without support for Pod Identity.
fn identified(name: &str, wish: &Wish, release: &Release, place: &Place) -> (BTreeMap<String, String>, Option<String>) {
    let accounts = release.identities.iter().map(|one| &one.service_account);
    match &wish.identity {
        Identification::Absent => (BTreeMap::new(), None),
        Identification::Role(arn) if release.identities.is_empty() => (BTreeMap::new(), Some(arn.clone())),
        Identification::Role(arn) => (accounts.map(|account| (account.clone(), arn.clone())).collect(), None),
        Identification::Auto => {
            let role = |account: &String| (account.clone(), place.role_arn(&iam::addon_purpose(name, account)));
            (accounts.map(role).collect(), None)
        }
    }
}

/// The roles that the wanted add-ons need, as far as their releases are known.
pub(crate) fn roles(
    releases: &Releases,
    wanted: &Wishes,
    is_ipv6: bool,
    place: &Place,
    tags: &Tags,
) -> Vec<iam::RoleSpec> {
    let mut all: Vec<iam::RoleSpec> = Vec::new();
    let auto = |name: &String| wanted.get(name).is_some_and(|wish| wish.identity == Identification::Auto);
    for ((name, _), release) in releases.iter().filter(|((name, _), _)| auto(name)) {
        for identity in &release.identities {
            let role = iam::addon_role(place, name, identity, tags);
            let role = if is_ipv6 { iam::policies::for_ipv6(role, place) } else { role };
            if !all.iter().any(|other| other.name == role.name) {
                all.push(role);
            }
        }
    }
    all
}

/// Roles that were made for add-ons which are no more, or no longer have them.
pub(crate) fn unneeded_roles(observed: &Observed, wanted: &Wishes, place: &Place) -> Vec<Step> {
    let needs = |name: &str| wanted.get(name).is_some_and(|wish| wish.identity == Identification::Auto);
    // Earlier releases made roles without a purpose on them.
    let used = |arn: &String, by: bool| {
        observed.addons.iter().any(|(name, live)| needs(name) == by && live.all_roles().any(|one| one == arn))
    };
    let is_unneeded = |role: &LiveRole| match role.tags.get(PURPOSE).and_then(|text| text.strip_prefix(iam::OF_ADDON)) {
        Some(addon) => !needs(addon),
        None => used(&role.arn, false) && !used(&role.arn, true),
    };
    let ours = observed.roles.iter().filter(|(_, role)| place.is_part(&role.tags));
    ours.filter(|(_, role)| is_unneeded(role)).map(|(name, _)| Step::DeleteRole(name.clone())).collect()
}

/// What is in the way of making an add-on: one that failed, or that is in another namespace.
pub(crate) fn clear(observed: &Observed, wanted: &Wishes) -> Vec<Step> {
    let is_in_the_way = |(name, live): &(&String, &LiveAddon)| {
        wanted.get(*name).is_some_and(|wish| live.is_stuck() || live.must_move(wish))
    };
    observed.addons.iter().filter(is_in_the_way).map(|(name, _)| Step::DeleteAddon(name.clone())).collect()
}

/// When and for whom add-ons are installed.
pub(crate) struct Installation<'a> {
    /// The cluster's version by then.
    pub minor: &'a str,
    /// The add-ons' versions by then.
    pub versions: &'a BTreeMap<String, String>,
    pub has_nodes: bool,
    pub tags: &'a Tags,
}

/// The wanted add-ons of one phase that are to be made, changed or waited for.
pub(crate) fn install(
    observed: &Observed,
    wanted: &Wishes,
    releases: &Releases,
    place: &Place,
    at: Phase,
    with: &Installation<'_>,
) -> Vec<Step> {
    let release = |name: &String| releases.get(&(name.clone(), with.minor.to_owned())).cloned().unwrap_or_default();
    let step = |(name, wish): (&String, &Wish)| {
        let live = observed.addons.get(name);
        let usable = live.filter(|live| !live.is_stuck() && !live.must_move(wish));
        let runs = if at == Phase::AfterNodes { with.has_nodes } else { wish::runs_without_nodes(name) };
        // Nodes that are on their way, and not this, are what takes long.
        let is_awaited_later = at < Phase::AfterNodes && with.has_nodes;
        match usable {
            _ if wish.phase != at => {
                // What was made before there were nodes, and needs them to become active.
                let later = at == Phase::AfterNodes && wish.phase < at && !wish::runs_without_nodes(name) && runs;
                (later && is_unsettled(usable)).then(|| Step::AwaitAddon(name.clone()))
            }
            Some(live) if live.is_off(wish, observed, place) => {
                let now = with.versions.get(name).unwrap_or(&live.version);
                let change = change(name, live, wish, (now, &release(name)), place);
                change.map(Step::ChangeAddon).or_else(|| awaited(name, live, runs && !is_awaited_later))
            }
            Some(live) => awaited(name, live, runs && !is_awaited_later),
            None => {
                let wait = match runs {
                    _ if is_awaited_later => Wait::Nothing,
                    true => Wait::Active,
                    false => Wait::Settled,
                };
                Some(Step::CreateAddon(spec(name, live, wish, &release(name), place, wait, with.tags)))
            }
        }
    };
    wanted.iter().filter_map(step).collect()
}

/// Waits for what nodes need, once these have been asked for: whatever becomes of an add-on in the first minute is known before the
/// nodes miss it.
pub(crate) fn settle(observed: &Observed, wanted: &Wishes, with: &Installation<'_>) -> Vec<Step> {
    let is_due = |(name, wish): &(&String, &Wish)| {
        let live = observed.addons.get(*name).filter(|live| !live.is_stuck() && !live.must_move(wish));
        wish.phase < Phase::AfterNodes && wish::runs_without_nodes(name) && with.has_nodes && is_unsettled(live)
    };
    wanted.iter().filter(is_due).map(|(name, _)| Step::AwaitAddon(name.clone())).collect()
}

fn is_unsettled(live: Option<&LiveAddon>) -> bool {
    live.is_none_or(|live| live.status.is_pending())
}

fn awaited(name: &str, live: &LiveAddon, runs: bool) -> Option<Step> {
    (live.status.is_pending() && runs).then(|| Step::AwaitAddon(name.to_owned()))
}

fn spec(
    name: &str,
    before: Option<&LiveAddon>,
    wish: &Wish,
    release: &Release,
    place: &Place,
    wait: Wait,
    tags: &Tags,
) -> AddonSpec {
    let (roles, service_account_role) = identified(name, wish, release, place);
    // One that only moves to another namespace keeps its version.
    let kept = before.filter(|live| live.must_move(wish)).map(|live| &live.version);
    let version = match &wish.version {
        Pin::Exact(version) => version,
        Pin::Stays => kept.filter(|version| release.compatible.contains(*version)).unwrap_or(&release.default),
        Pin::Default => &release.default,
    };
    AddonSpec {
        name: name.to_owned(),
        version: version.clone(),
        values: wish.values.clone(),
        roles,
        service_account_role,
        namespace: wish.namespace.clone(),
        conflicts: wish.conflicts,
        wait,
        tags: tags.clone(),
    }
}

/// What to change in an add-on whose version by then is `now`; nothing if all is as wanted.
fn change(
    name: &str,
    live: &LiveAddon,
    wish: &Wish,
    (now, release): (&str, &Release),
    place: &Place,
) -> Option<AddonChange> {
    let target = match &wish.version {
        Pin::Stays => now,
        Pin::Default => &release.default,
        Pin::Exact(version) => version,
    };
    let (roles, service_account_role) = identified(name, wish, release, place);
    let version = (target != now).then(|| target.to_owned());
    let values = (!live.has_values(wish.values.as_deref())).then(|| wish.values.clone().unwrap_or("{}".to_owned()));
    let other_roles = (live.roles != roles).then(|| roles.clone());
    let is_needed = version.is_some()
        || values.is_some()
        || other_roles.is_some()
        || live.service_account_role != service_account_role
        || wish.retold
        || live.status.text() == status::UPDATE_FAILED;
    is_needed.then(|| AddonChange {
        name: name.to_owned(),
        version,
        values,
        roles: other_roles,
        service_account_role,
        conflicts: wish.conflicts,
    })
}

/// The versions of the wanted add-ons that are there, by name.
pub(crate) fn versions(observed: &Observed, wanted: &Wishes) -> BTreeMap<String, String> {
    let installed = observed
        .addons
        .iter()
        .filter(|(name, live)| wanted.get(*name).is_some_and(|wish| !live.is_stuck() && !live.must_move(wish)));
    installed.map(|(name, live)| (name.clone(), live.version.clone())).collect()
}

/// The add-ons that need another version on Kubernetes `minor`: those that do not work there or are below its default; of
/// those with a version of their own, those that do not have it although it works there.
/// `versions` are the present ones and afterwards the new ones.
pub(crate) fn upgrade(
    observed: &Observed,
    wanted: &Wishes,
    versions: &mut BTreeMap<String, String>,
    releases: &Releases,
    minor: &str,
    place: &Place,
) -> Vec<Step> {
    let step = |(name, version): (&String, &mut String)| {
        let release = releases.get(&(name.clone(), minor.to_owned()))?;
        let wish = wanted.get(name)?;
        let works = release.compatible.contains(version);
        let target = match &wish.version {
            Pin::Exact(pin) if release.compatible.contains(pin) => pin,
            Pin::Exact(_) if works => return None,
            Pin::Stays if works && compare(version, &release.default) != Ordering::Less => return None,
            _ => &release.default,
        };
        if target == version {
            return None;
        }
        version.clone_from(target);
        let live = observed.addons.get(name)?;
        let (roles, service_account_role) = identified(name, wish, release, place);
        // Roles by hand, values and the rest are changed once the cluster is where it is to be.
        let keeps = wish.identity != Identification::Auto || live.service_account_role.is_some();
        Some(Step::ChangeAddon(AddonChange {
            name: name.clone(),
            version: Some(target.clone()),
            values: None,
            roles: (!keeps && live.roles != roles).then_some(roles),
            service_account_role: if keeps { live.service_account_role.clone() } else { service_account_role },
            conflicts: wish.conflicts,
        }))
    };
    versions.iter_mut().filter_map(step).collect()
}

/// The add-ons of this cluster that came in one of these phases, to be removed. Those of others go with the cluster.
pub(crate) fn delete(observed: &Observed, place: &Place, phases: &[Phase]) -> Vec<Step> {
    let ours =
        observed.addons.iter().filter(|(name, live)| phases.contains(&Phase::of(name)) && place.is_part(&live.tags));
    ours.map(|(name, _)| Step::DeleteAddon(name.clone())).collect()
}

/// The add-ons that are to go: of this cluster those that nobody asks for any more, and those that the user does not want.
pub(crate) fn remove(observed: &Observed, wanted: &Wishes, unwanted: &BTreeSet<String>, place: &Place) -> Vec<Step> {
    let goes = |(name, live): &(&String, &LiveAddon)| {
        !wanted.contains_key(*name) && (unwanted.contains(*name) || place.is_part(&live.tags))
    };
    observed.addons.iter().filter(goes).map(|(name, _)| Step::DeleteAddon(name.clone())).collect()
}

/// Orders versions such as `v1.21.1-eksbuild.3` by their numbers.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|one: char| !one.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b))
}
