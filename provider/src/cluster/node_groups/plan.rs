//! What a plan says of node groups: rules between their attributes, which of them another one takes the place of, and what
//! their status will be. Pure.

use std::collections::{BTreeMap, BTreeSet};

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;

use super::course::next_name;
use super::live::Size;
use super::meant::{GroupSpec, LATEST, Release, groups, is_arm, types};
use super::{NodeGroup, NodeGroupStatus, words};
use crate::cluster::addons::compare;
use crate::cluster::model::{Cluster, texts};
use crate::cluster::parts::{self, minor_of};
use crate::cluster::{status, wanted};

/// Rules between the attributes of one configuration. What is unknown is passed over.
pub(crate) fn validate(config: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    for (key, group) in config.node_groups.known().into_iter().flatten() {
        if let Attr::Known(group) = group {
            let mut of = OfGroup { key, path: Path::attribute("node_groups").key(key), all: &mut all };
            of.size(group);
            of.image(group);
            of.template(group);
            of.rest(group);
        }
    }
    all
}

/// Where what is said of a group goes.
struct OfGroup<'a> {
    key: &'a str,
    path: Path,
    all: &'a mut Diagnostics,
}

impl OfGroup<'_> {
    fn error(&mut self, attribute: &str, what: impl AsRef<str>, detail: &str) {
        let summary = format!("node group {}: {}", self.key, what.as_ref());
        self.all.error_at(self.path.child(attribute), summary, detail);
    }

    fn size(&mut self, group: &NodeGroup) {
        let written = [("min", &group.min), ("desired", &group.desired), ("max", &group.max)];
        let is_known = !written.iter().any(|(_, value)| value.is_unknown());
        let whole = Size::of(group);
        let by_default = [("min", whole.min), ("desired", whole.desired), ("max", whole.max)];
        let order = written.iter().zip(by_default).filter_map(|((name, value), (_, default))| match value.known() {
            Some(number) => Some((*name, *number, true)),
            None => (is_known && *name != "desired").then_some((*name, default, false)),
        });
        let order: Vec<(&str, i64, bool)> = order.collect();
        for pair in order.windows(2) {
            let ((less, low, less_is_written), (more, high, more_is_written)) = (pair[0], pair[1]);
            if low > high {
                let told = |name: &str, number: i64, is_written: bool| match is_written {
                    true => format!("{name} is {number}"),
                    false => format!("{name}, which is left out, is {number}"),
                };
                let what = format!("{} and {}", told(less, low, less_is_written), told(more, high, more_is_written));
                let at = if less_is_written { less } else { more };
                self.error(at, what, "A group has at least `min`, at first `desired` and at most `max` nodes.");
            }
        }
    }

    fn image(&mut self, group: &NodeGroup) {
        let types = types(group).unwrap_or_default();
        let arm: BTreeSet<bool> = types.iter().map(|one| is_arm(one)).collect();
        if arm.len() > 1 {
            self.error(
                "instance_types",
                "instance_types mixes Arm and x86 processors",
                "The nodes of a group run one image, for one architecture. Make a group for each.",
            );
        }
        if group.os.known().is_some() && group.ami_type.known().is_some() {
            self.error("ami_type", "os and ami_type both say what the nodes run", "Leave one of them out.");
        }
        if let Attr::Known(image) = &group.ami_type
            && let Some(first) = types.first().filter(|_| arm.len() == 1)
            && image.contains("_ARM_64") != is_arm(first)
        {
            let processors = if is_arm(first) { "Arm" } else { "x86" };
            let what = format!("ami_type {image} does not run on {first}, which has {processors} processors");
            match group.instance_types.is_null() {
                true => {
                    self.error("ami_type", what, "That is the default of instance_types. Write instance_types, too.")
                }
                false => self.error("ami_type", what, "Change one of them."),
            }
        }
    }

    fn template(&mut self, group: &NodeGroup) {
        if group.launch_template.is_null() {
            if group.capacity == Attr::Known("CAPACITY_BLOCK".to_owned()) {
                self.error(
                    "capacity",
                    "CAPACITY_BLOCK needs a launch_template",
                    "The template names the reservation whose instances the nodes are.",
                );
            }
            return;
        }
        if group.launch_template.is_unknown() {
            return;
        }
        if group.disk_gib.known().is_some() {
            self.error(
                "disk_gib",
                "disk_gib and launch_template both say how large the nodes' disks are",
                "EKS takes no size of disks beside a launch template. Leave disk_gib out and write it into the template.",
            );
        }
        if group.os.known().is_some() && group.instance_types.is_null() {
            self.error(
                "os",
                "os does not say which image it is without instance_types",
                "The image depends on the processors, which here only the launch template knows. Write instance_types, or \
                 ami_type in place of os.",
            );
        }
    }

    fn rest(&mut self, group: &NodeGroup) {
        if group.max_unavailable.known().is_some() && group.max_unavailable_percentage.known().is_some() {
            self.error(
                "max_unavailable",
                "max_unavailable and max_unavailable_percentage both say how many nodes an update may take away",
                "Leave one of them out.",
            );
        }
        let mut seen = BTreeSet::new();
        for taint in group.taints.known().into_iter().flatten().filter_map(Attr::known) {
            if let (Attr::Known(key), Attr::Known(effect)) = (&taint.key, &taint.effect)
                && !seen.insert((key, effect))
            {
                let what = format!("taint {key} has {effect} twice");
                self.error("taints", what, "A node has a key and an effect once, with one value.");
            }
        }
    }
}

/// What is allowed and probably not meant.
pub(crate) fn warnings(planned: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    for (key, group) in planned.node_groups.known().into_iter().flatten() {
        let Attr::Known(group) = group else { continue };
        let few = match &group.instance_types {
            Attr::Known(types) => types.len() < 3,
            Attr::Null => group.launch_template.known().is_some(),
            Attr::Unknown => false,
        };
        if few && group.capacity == Attr::Known("SPOT".to_owned()) {
            all.warning_at(
                Path::attribute("node_groups").key(key).child("instance_types"),
                format!("node group {key}: SPOT with fewer than three instance types"),
                "Spot instances of one type run out together. With more types EC2 chooses what is least likely to be taken \
                 away.",
            );
        }
    }
    all
}

/// A group whose place another one takes.
struct Swap {
    /// The name of the present one.
    old: String,
    /// Each attribute with what it was and what it will be.
    changes: Vec<(&'static str, String, String)>,
    /// None if it depends on what only EKS knows.
    new: Option<String>,
}

/// What changes of node groups, for the user to see before it happens.
pub(crate) fn changes(prior: &Cluster, state: &Cluster) -> Diagnostics {
    let mut all = Diagnostics::none();
    if !state.node_groups.to_value().is_wholly_known() {
        return all;
    }
    let object = parts::object(&prior.name.or("of an unknown name".to_owned()));
    for (key, swap) in swaps(prior, state) {
        let path = Path::attribute("node_groups").key(&key);
        let lines: Vec<String> =
            swap.changes.iter().map(|(name, was, is)| format!("  {name}: {was} -> {is}")).collect();
        let (old, new) = (&swap.old, swap.new.clone().unwrap_or_else(|| format!("{key}-HASH")));
        let maybe = match swap.new {
            Some(_) => String::new(),
            None => format!(" If {old} turns out to be like that already, it stays."),
        };
        let written = match swap.changes.first() {
            Some((name, ..)) if *name != "image" => name,
            _ => "os",
        };
        all.warning_at(
            path.child(written),
            format!("node group {key} of {object}: {new} takes the place of {old}"),
            format!(
                "{}\n\nEKS cannot change that in a group that exists. {new} is made with as many nodes as {old} has by then; \
                 when it is active, {old} is drained and deleted. The cluster stays.{maybe}",
                lines.join("\n")
            ),
        );
    }
    for (key, group) in state.node_groups.known().into_iter().flatten() {
        let Attr::Known(group) = group else { continue };
        let before = prior.node_groups.known().and_then(|known| known.get(key)?.known());
        let live = prior.node_group_status.known().and_then(|known| known.get(key)?.known());
        let Some(live) = live.filter(|live| exists(live)) else { continue };
        let path = Path::attribute("node_groups").key(key);
        let before = before.cloned().unwrap_or_default();
        if !group.desired.is_null() && group.desired != before.desired {
            all.warning_at(
                path.child("desired"),
                format!("node group {key} of {object} keeps its number of nodes"),
                "`desired` is how many nodes a group starts with; later that is the autoscaler's. To force a number, change \
                 `min` or `max`.",
            );
        }
        all.extend(release(&object, key, group, live, &state.kubernetes_version));
    }
    all
}

/// A release that nodes cannot go to.
fn release(object: &str, key: &str, group: &NodeGroup, live: &NodeGroupStatus, minor: &Attr<String>) -> Diagnostics {
    let mut all = Diagnostics::none();
    let Attr::Known(wanted) = &group.release_version else { return all };
    let path = Path::attribute("node_groups").key(key);
    if let Attr::Known(minor) = minor {
        all.extend(other_minor(&format!("node group {key} of {object}"), &path, wanted, minor));
    }
    if all.is_empty()
        && let Attr::Known(has) = &live.release_version
        && wanted != LATEST
        && is_older(wanted, has)
    {
        all.error_at(
            path.child("release_version"),
            format!("node group {key} of {object} cannot go back from release {has} to {wanted}"),
            format!("EKS never takes nodes to an earlier release. Write `release_version = \"{has}\"`, or leave it out to stay there."),
        );
    }
    all
}

/// A release of another version of Kubernetes than the cluster's.
pub(crate) fn other_minor(group: &str, path: &Path, release: &str, minor: &str) -> Diagnostics {
    let mut all = Diagnostics::none();
    if let Some((of, _)) = release_minor(release)
        && minor_of(of) != minor_of(minor)
    {
        all.error_at(
            path.child("release_version"),
            format!("{group}: release {release} is of Kubernetes {of}, and the cluster has {minor}"),
            "Nodes follow the control plane. Write a release of that version, or leave release_version out.",
        );
    }
    all
}

/// The minor in a release such as `1.35.2-20261105`. Those of Bottlerocket have versions of their own.
fn release_minor(release: &str) -> Option<(&str, &str)> {
    let (version, date) = release.split_once('-')?;
    let is_date = date.len() == 8 && date.starts_with("20") && date.chars().all(|digit| digit.is_ascii_digit());
    let (minor, patch) = version.rsplit_once('.')?;
    (is_date && minor_of(minor).is_some()).then_some((minor, patch))
}

fn is_older(one: &str, other: &str) -> bool {
    let version = |text: &str| text.split('-').next().unwrap_or_default().to_owned();
    match (release_minor(one), release_minor(other)) {
        (Some(_), Some(_)) => compare(one, other).is_lt(),
        (None, None) => compare(&version(one), &version(other)).is_lt(),
        // Of two operating systems: another group is made.
        _ => false,
    }
}

/// True for a group that is there and stays unless something takes its place.
fn exists(shown: &NodeGroupStatus) -> bool {
    shown.status.known().is_some_and(|text| !status::is_broken(text) && text != "DELETING")
}

fn swaps(prior: &Cluster, state: &Cluster) -> BTreeMap<String, Swap> {
    let (were, are) = (groups(&prior.node_groups), wanted::groups(state, Some(prior)));
    let swap = |(key, is): (&String, &GroupSpec)| {
        let shown = prior.node_group_status.known()?.get(key)?.known().filter(|shown| exists(shown))?;
        let changes = compared(were.get(key)?, is, shown, prior);
        let certain = changes.iter().all(|change| change.is_certain);
        let old = shown.name.or(key.clone());
        let changes: Vec<_> = changes.into_iter().map(|one| (one.attribute, one.was, one.is)).collect();
        (!changes.is_empty()).then(|| (key.clone(), Swap { old, changes, new: certain.then(|| next_name(is)) }))
    };
    are.iter().filter_map(swap).collect()
}

/// One attribute that EKS cannot change.
struct Compared {
    attribute: &'static str,
    was: String,
    is: String,
    /// False where what the group has is not in the state: it may be the same already.
    is_certain: bool,
}

fn compared(was: &GroupSpec, is: &GroupSpec, shown: &NodeGroupStatus, prior: &Cluster) -> Vec<Compared> {
    let (a, b) = (&was.fixed, &is.fixed);
    let or_template = |text: Option<String>| text.unwrap_or_else(|| "what the launch template says".to_owned());
    let mut all = Vec::new();
    let mut differ = |attribute, was: Option<String>, is: Option<String>| {
        if is.is_some() && was != is {
            let is_certain = was.is_some();
            all.push(Compared { attribute, was: or_template(was), is: or_template(is), is_certain });
        }
    };
    let types = |types: &Option<Vec<String>>| types.as_ref().map(|types| types.join(", "));
    differ("instance_types", types(&a.instance_types), types(&b.instance_types));
    // Other processors run another image of the same system, which goes without saying.
    let system = |image: &Option<String>| image.as_ref().map(|image| image.replace("ARM_64", "x86_64"));
    if system(&a.image) != system(&b.image) {
        differ("image", a.image.clone(), b.image.clone());
    }
    differ("capacity", Some(a.capacity.clone()), Some(b.capacity.clone()));
    differ("disk_gib", a.disk_gib.map(|disk| disk.to_string()), b.disk_gib.map(|disk| disk.to_string()));
    let present = || {
        let of = if shown.subnet_ids.is_null() { &prior.subnet_ids } else { &shown.subnet_ids };
        texts(of).into_iter().collect::<BTreeSet<_>>()
    };
    let joined = |ids: BTreeSet<String>| ids.into_iter().collect::<Vec<_>>().join(", ");
    differ("subnet_ids", Some(joined(a.subnet_ids.clone().unwrap_or_else(present))), b.subnet_ids.clone().map(joined));
    differ("node_role_arn", prior.node_role_arn.known().cloned(), b.role_arn.clone());
    if a.template_id != b.template_id {
        let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "none".to_owned());
        let (was, is) = (id(&a.template_id), id(&b.template_id));
        all.push(Compared { attribute: "launch_template", was, is, is_certain: true });
    }
    // Whatever a template had said is another group's now.
    if all.iter().any(|one| one.is_certain) {
        all.iter_mut().for_each(|one| one.is_certain = true);
    }
    all
}

/// `node_group_status` after an apply: the wanted groups, with their bounds and the version of the control plane.
pub(crate) fn foreseen(prior: &Cluster, state: &Cluster) -> Map<NodeGroupStatus> {
    let minor = &state.kubernetes_version;
    let swaps = swaps(prior, state);
    let names = words::names(&prior.node_group_status);
    let before = |key: &String| prior.node_group_status.known().and_then(|all| all.get(key)?.known());
    let made = |name: Attr<String>| NodeGroupStatus {
        name,
        arn: Attr::Unknown,
        status: Attr::Unknown,
        kubernetes_version: minor.clone(),
        release_version: Attr::Unknown,
        autoscaling_groups: Attr::Unknown,
        subnet_ids: Attr::Unknown,
        ..NodeGroupStatus::default()
    };
    let after = |(key, group): (&String, &GroupSpec)| {
        let renews = renewal(prior, state, key, group);
        let after = match (before(key), swaps.get(key)) {
            (Some(_), Some(swap)) => made(swap.new.clone().map_or(Attr::Unknown, Attr::Known)),
            (None, _) if !names.contains_key(key) => made(key.as_str().into()),
            (Some(live), _) if live.status.known().is_none_or(|text| status::is_broken(text)) => {
                let was_missing = live.status == Attr::Known(status::MISSING.to_owned());
                let alone = !names.values().any(|name| name != key && name.starts_with(&format!("{key}-")));
                made(if was_missing && alone { key.as_str().into() } else { Attr::Unknown })
            }
            (Some(live), _) if is_behind(live, minor) => {
                NodeGroupStatus { kubernetes_version: minor.clone(), release_version: Attr::Unknown, ..live.clone() }
            }
            (Some(live), _) => {
                let release = renews.unwrap_or_else(|| live.release_version.clone());
                NodeGroupStatus { release_version: release, ..live.clone() }
            }
            (None, _) => made(Attr::Unknown),
        };
        let (min, max) = (group.size.min.into(), group.size.max.into());
        (key.clone(), Attr::Known(NodeGroupStatus { min, max, ..after }))
    };
    wanted::groups(state, Some(prior)).iter().map(after).collect()
}

/// The release of a group after an apply that changes it.
fn renewal(prior: &Cluster, state: &Cluster, key: &str, group: &GroupSpec) -> Option<Attr<String>> {
    let before = groups(&prior.node_groups).remove(key)?;
    match &group.release {
        Release::Is(name) => Some(name.as_str().into()),
        // Whoever follows the newest does so whenever something is changed.
        Release::Latest if before.release != Release::Latest || differs(prior, state) => Some(Attr::Unknown),
        _ if before.template_version != group.template_version => Some(Attr::Unknown),
        _ => None,
    }
}

/// True if an apply is going to change something that the user wrote, or a part that is missing.
fn differs(prior: &Cluster, state: &Cluster) -> bool {
    let without = |cluster: &Cluster| Cluster { node_group_status: Attr::Null, ..cluster.clone() };
    let broken = prior.node_group_status.known().into_iter().flatten().filter_map(|(_, one)| one.known());
    without(prior) != without(state)
        || broken.into_iter().any(|one| one.status.known().is_none_or(|text| status::is_broken(text)))
}

/// True if the nodes are behind the control plane once that has version `minor`.
pub(crate) fn is_behind(live: &NodeGroupStatus, minor: &Attr<String>) -> bool {
    match (&live.kubernetes_version, minor) {
        (Attr::Known(live), Attr::Known(minor)) => minor_of(live) < minor_of(minor),
        // A version that only apply knows may be a higher one.
        (_, minor) => minor.is_unknown(),
    }
}
