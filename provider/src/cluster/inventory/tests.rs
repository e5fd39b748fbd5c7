//! Wherever an apply ends, the inventory of a state from before it is either not the cluster's, or misses nothing that exists.

use super::*;
use crate::cluster::model::map_of;
use crate::cluster::node_groups::{LiveNodeGroup, NodeGroup};
use crate::cluster::pod_identities::PodIdentity;
use crate::cluster::samples::{config, live, place, releases, stored, wanted};
use crate::cluster::status::Status;
use crate::cluster::steps::stages;

fn of_sample() -> Inventory {
    Inventory::of_state(&stored())
}

fn carried(observed: &Observed) -> Tags {
    observed.cluster.as_ref().expect("a cluster").tags.clone()
}

/// A group that an apply made which was killed before a state knew of it.
fn left_over(observed: &mut Observed) {
    let group = LiveNodeGroup {
        status: Status::new("ACTIVE"),
        tags: place().part_tags(""),
        ..observed.node_groups.get("default").cloned().expect("a group")
    };
    observed.node_groups.insert("left".to_owned(), group);
}

fn changed(config: &Cluster) -> Wanted {
    let planned = Cluster {
        kubernetes_version: "1.35".into(),
        deletion_protection: true.into(),
        tags_all: map_of([]),
        ..config.clone()
    };
    wanted(&planned, Some(&stored()))
}

fn with_groups(keys: &[&str]) -> Cluster {
    let group = || Attr::Known(NodeGroup::default());
    Cluster { node_groups: Attr::Known(keys.iter().map(|key| ((*key).to_owned(), group())).collect()), ..config() }
}

/// What exists, and what the cluster carries, after each stage of an apply.
fn course(mut observed: Observed, stages: &[Stage<Step>]) -> Vec<(Inventory, Tags)> {
    let place = place();
    let mut all = Vec::new();
    for stage in stages {
        for step in stage {
            match step {
                Step::CreateNodeGroup(new) => {
                    let group = LiveNodeGroup { tags: new.tags.clone(), ..LiveNodeGroup::default() };
                    observed.node_groups.insert(new.name.clone(), group);
                }
                Step::DeleteNodeGroup(name) => drop(observed.node_groups.remove(name)),
                Step::DeleteAddon(name) => drop(observed.addons.remove(name)),
                Step::DeleteEntry(principal) => drop(observed.entries.remove(principal)),
                Step::Tag { arn, set, .. } if *arn == place.arn() => {
                    observed.cluster.iter_mut().for_each(|live| live.tags.extend(set.clone()));
                }
                _ => {}
            }
        }
        all.push((Inventory::of_observed(&observed, &place), carried(&observed)));
    }
    all
}

/// The stages from `observed` to `config`; each point of them is held against every state that may be the last one saved.
fn check(observed: &Observed, config: &Cluster, states: &[Inventory]) -> Vec<Stage<Step>> {
    let wanted = changed(config);
    let stages = stages(observed, &wanted, &releases(&["1.35"]), "1.35");
    let course = course(observed.clone(), &stages);
    for (exists, tags) in &course {
        for state in states.iter().filter(|state| state.is_that_of(tags)) {
            assert_eq!(exists.clone().and(state.clone()), *state, "something exists that no list would find");
        }
    }
    let (_, last) = course.last().expect("a stage");
    assert!(Inventory::of_wanted(observed, &wanted).is_that_of(last), "the last refresh would list");
    stages
}

fn tags_of(stages: &[Stage<Step>]) -> usize {
    let is_listing = |step: &&Step| matches!(step, Step::Tag { set, .. } if set.contains_key(INVENTORY));
    stages.iter().flatten().filter(is_listing).count()
}

#[test]
fn the_state_of_a_finished_cluster_has_the_parts_that_the_cluster_says() {
    assert!(of_sample().is_that_of(&carried(&live())));
    assert_eq!(Inventory::of_observed(&live(), &place()), of_sample());
    assert_eq!(Inventory::of_wanted(&live(), &changed(&config())), of_sample());
}

#[test]
fn each_part_makes_another_hash() {
    let one = || BTreeSet::from(["a".to_owned()]);
    let all = [
        Inventory::default(),
        Inventory { node_groups: one(), ..Inventory::default() },
        Inventory { addons: one(), ..Inventory::default() },
        Inventory { entries: one(), ..Inventory::default() },
        Inventory { associations: one(), ..Inventory::default() },
    ];
    let hashes: BTreeSet<String> = all.iter().map(Inventory::hash).collect();
    assert_eq!(hashes.len(), all.len());
}

#[test]
fn what_is_added_is_told_before_it_is_made_and_once() {
    let stages = check(&live(), &with_groups(&["default", "batch"]), &[of_sample()]);
    assert!(matches!(&stages[0][..], [Step::Tag { set, .. }] if set.contains_key(INVENTORY)));
}

#[test]
fn what_is_taken_away_is_told_afterwards() {
    let stages = check(&live(), &with_groups(&[]), &[of_sample()]);
    assert_eq!(tags_of(&stages), 1);
    assert!(matches!(&stages.last().expect("a stage")[..], [Step::Tag { set, .. }] if set.contains_key(INVENTORY)));
}

#[test]
fn one_for_another_is_told_on_both_sides() {
    let stages = check(&live(), &with_groups(&["batch"]), &[of_sample()]);
    assert_eq!(tags_of(&stages), 2);
}

#[test]
fn what_a_killed_apply_left_stays_findable_until_it_is_gone() {
    let mut observed = live();
    left_over(&mut observed);
    let tag = Inventory::of_observed(&observed, &place()).tag();
    observed.cluster.as_mut().expect("a cluster").tags.extend(tag);
    check(&observed, &config(), &[of_sample()]);
    // Something else has to be made again in the same apply.
    observed.addons.remove("coredns");
    check(&observed, &config(), &[of_sample()]);
}

#[test]
fn a_cluster_without_an_inventory_gets_one_at_the_end() {
    let mut observed = live();
    observed.cluster.as_mut().expect("a cluster").tags.remove(INVENTORY);
    let stages = check(&observed, &with_groups(&["default", "batch"]), &[of_sample()]);
    assert_eq!(tags_of(&stages), 1);
}

#[test]
fn pods_that_get_a_role_are_parts_too() {
    let pod = PodIdentity { role_arn: "arn:aws:iam::111122223333:role/x".into(), ..PodIdentity::default() };
    let config =
        Cluster { pod_identities: Attr::Known([("apps/web".to_owned(), Attr::Known(pod))].into()), ..config() };
    check(&live(), &config, &[of_sample()]);
}

#[test]
fn while_something_is_made_in_iam_no_state_is_that_of_the_cluster() {
    let pod = PodIdentity {
        policies: crate::cluster::model::list_of(["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
        ..PodIdentity::default()
    };
    let config =
        Cluster { pod_identities: Attr::Known([("apps/web".to_owned(), Attr::Known(pod))].into()), ..config() };
    let stages = check(&live(), &config, &[of_sample()]);
    assert_eq!(tags_of(&stages), 2);
    let wanted = changed(&config);
    let during = course(live(), &stages);
    let makes = |stage: &Stage<Step>| stage.iter().any(|step| matches!(step, Step::CreateRole(_)));
    let at = stages.iter().position(makes).expect("a role is made");
    for state in [of_sample(), Inventory::of_wanted(&live(), &wanted)] {
        assert!(!state.is_that_of(&during[at].1), "a refresh would not look at roles");
    }
}
