//! The rules of the design that a compiler does not know, read off the sources of the whole workspace.

mod manifests;
mod rules;
mod sources;

use sources::{Source, all};

/// Every line of every source that breaks `rule`, for a failing test to print.
fn broken(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let found = all();
    assert!(found.len() > 50, "only {} sources were found", found.len());
    found.iter().flat_map(|source| rule(source).into_iter().map(|what| format!("{}: {what}", source.path))).collect()
}

#[track_caller]
fn none(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn clients_are_used_only_where_effects_are() {
    none(broken(rules::clients));
}

#[test]
fn what_decides_is_not_async() {
    none(broken(rules::deciding));
}

#[test]
fn protocol_messages_are_named_only_by_the_framework() {
    none(broken(rules::protocol));
}

#[test]
fn partitions_are_never_taken_for_granted() {
    none(broken(rules::partitions));
}

#[test]
fn modules_say_what_they_know() {
    none(broken(rules::head));
}

#[test]
fn no_file_is_longer_than_500_lines() {
    none(broken(rules::length));
}

#[test]
fn the_median_file_has_fewer_than_150_lines() {
    let mut lengths: Vec<usize> = all().iter().map(|source| source.lines().count()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median < 150, "the median is {median}");
}

#[test]
fn there_is_no_mod_rs() {
    none(broken(|source| {
        source.path.ends_with("/mod.rs").then(|| "call it as its module".to_owned()).into_iter().collect()
    }));
}

#[test]
fn nothing_is_left_for_later() {
    none(broken(rules::unfinished));
}

#[test]
fn dependencies_point_one_way() {
    none(manifests::wrong_ways());
}
