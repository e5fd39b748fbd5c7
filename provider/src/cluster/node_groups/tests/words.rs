//! What the state says.

use expect_test::{Expect, expect};
use tfplugin_framework::value::json;

use super::*;
use crate::cluster::model::map_of;
use crate::cluster::node_groups::words;
use crate::cluster::parts::Tags;
use crate::cluster::samples::{stored, stored_of};
use crate::cluster::state::{Expected, imported, truth};

fn shown(state: &Cluster) -> String {
    let groups = json::encode(&state.node_groups.to_value());
    let mut groups: serde_json::Value = serde_json::from_str(&groups).expect("JSON");
    for group in groups.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        group.as_object_mut().expect("a group").retain(|_, value| !value.is_null());
    }
    let names = words::names(&state.node_group_status);
    format!("{groups}\n{names:?}\n")
}

/// Of a refresh of the state of this configuration.
fn check(state: &Cluster, observed: &Observed, expected: Expect) {
    let state = truth(state, observed, &Expected::of_state(state), &place());
    expected.assert_eq(&shown(&state));
}

fn check_import(observed: &Observed, expected: Expect) {
    expected.assert_eq(&shown(&imported(observed, &place(), &Tags::new()).expect("a cluster")));
}

#[test]
fn what_is_as_it_was_meant_stays_as_it_was_written() {
    check(
        &stored(),
        &live(),
        expect![[r#"
        null
        {"default": "default"}
    "#]],
    );
    let group = NodeGroup {
        taints: Attr::Known(vec![taint("b", "", "NO_SCHEDULE"), taint("a", "", "NO_SCHEDULE")]),
        subnet_ids: list_of(["subnet-0000000000000000b", "subnet-0000000000000000a"]),
        ..NodeGroup::default()
    };
    let observed = live_with(|live| *live = made_of(&group));
    check(
        &stored_of(&with("default", group), &observed),
        &observed,
        expect![[r#"
        {"default":{"subnet_ids":["subnet-0000000000000000b","subnet-0000000000000000a"],"taints":[{"effect":"NO_SCHEDULE","key":"b","value":null},{"effect":"NO_SCHEDULE","key":"a","value":null}]}}
        {"default": "default"}
    "#]],
    );
}

#[test]
fn everything_that_was_changed_is_shown_in_the_words_of_the_user() {
    let changed = |live: &mut LiveNodeGroup| {
        let other = NodeGroup {
            os: "bottlerocket".into(),
            instance_types: list_of(["m8g.large"]),
            capacity: "SPOT".into(),
            disk_gib: 20.into(),
            labels: map_of([("tier".to_owned(), "web".to_owned())]),
            taints: Attr::Known(vec![taint("dedicated", "", "NO_SCHEDULE")]),
            subnet_ids: list_of(["subnet-0000000000000000c"]),
            max_unavailable: 2.into(),
            update_strategy: "MINIMAL".into(),
            auto_repair: false.into(),
            launch_template: template(1),
            ..NodeGroup::default()
        };
        *live = made_of(&other);
        live.disk_gib = Some(20);
    };
    let observed = live_with(changed);
    check(
        &stored(),
        &observed,
        expect![[r#"
            {"default":{"auto_repair":false,"capacity":"SPOT","disk_gib":20,"instance_types":["m8g.large"],"labels":{"tier":"web"},"launch_template":{"id":"lt-0123456789abcdef0","version":1},"max_unavailable":2,"taints":[{"effect":"NO_SCHEDULE","key":"dedicated","value":null}],"update_strategy":"MINIMAL"}}
            {"default": "default"}
        "#]],
    );
    let written = NodeGroup {
        ami_type: "AL2023_x86_64_STANDARD".into(),
        min: 2.into(),
        labels: map_of([("tier".to_owned(), "api".to_owned())]),
        subnet_ids: list_of(["subnet-0000000000000000a"]),
        max_unavailable_percentage: 33.into(),
        release_version: "1.35.2-20261105".into(),
        launch_template: template(2),
        ..NodeGroup::default()
    };
    let prior = stored_of(&with("default", written), &observed);
    check(
        &prior,
        &observed,
        expect![[r#"
        {"default":{"ami_type":"BOTTLEROCKET_ARM_64","auto_repair":false,"capacity":"SPOT","labels":{"tier":"web"},"launch_template":{"id":"lt-0123456789abcdef0","version":1},"max_unavailable":2,"min":2,"release_version":"1.35.2-20261101","subnet_ids":["subnet-0000000000000000c"],"taints":[{"effect":"NO_SCHEDULE","key":"dedicated","value":null}],"update_strategy":"MINIMAL"}}
        {"default": "default"}
    "#]],
    );
}

#[test]
fn an_autoscalers_choice_and_the_release_are_no_drift() {
    let observed = live_with(|live| {
        live.size.desired = 5;
        live.release_version = Some("1.35.4-20270101".to_owned());
    });
    check(
        &stored(),
        &observed,
        expect![[r#"
        null
        {"default": "default"}
    "#]],
    );
}

#[test]
fn a_swap_that_was_interrupted_shows_both() {
    check(
        &stored(),
        &halfway("ACTIVE"),
        expect![[r#"
        null
        {"default": "default", "default-8cff99b3": "default-8cff99b3"}
    "#]],
    );
    check(
        &stored(),
        &over(),
        expect![[r#"
            {"default":{"instance_types":["m8g.large"]}}
            {"default": "default-8cff99b3"}
        "#]],
    );
    let state = truth(&stored(), &halfway("ACTIVE"), &Expected::of_state(&stored()), &place());
    check(
        &state,
        &live(),
        expect![[r#"
        null
        {"default": "default"}
    "#]],
    );
    check(
        &state,
        &over(),
        expect![[r#"
            {"default":{"instance_types":["m8g.large"]}}
            {"default": "default-8cff99b3"}
        "#]],
    );
}

#[test]
fn import_writes_as_little_as_can_be() {
    check_import(
        &over(),
        expect![[r#"
        {"default":{"instance_types":["m8g.large"]}}
        {"default": "default-8cff99b3"}
    "#]],
    );
    let templated = NodeGroup { launch_template: template(4), ..NodeGroup::default() };
    check_import(
        &live_with(|live| *live = made_of(&templated)),
        expect![[r#"
        {"default":{"ami_type":"AL2023_x86_64_STANDARD","launch_template":{"id":"lt-0123456789abcdef0","version":4}}}
        {"default": "default"}
    "#]],
    );
    let full = NodeGroup {
        os: "bottlerocket".into(),
        capacity: "SPOT".into(),
        min: 0.into(),
        max: 3.into(),
        desired: 1.into(),
        disk_gib: 100.into(),
        labels: map_of([("tier".to_owned(), "web".to_owned())]),
        taints: Attr::Known(vec![taint("dedicated", "web", "NO_SCHEDULE")]),
        subnet_ids: list_of(["subnet-0000000000000000a"]),
        max_unavailable: 2.into(),
        auto_repair: false.into(),
        ..NodeGroup::default()
    };
    check_import(
        &live_with(|live| *live = made_of(&full)),
        expect![[r#"
        {"default":{"auto_repair":false,"capacity":"SPOT","desired":1,"disk_gib":100,"labels":{"tier":"web"},"max":3,"max_unavailable":2,"min":0,"os":"bottlerocket","subnet_ids":["subnet-0000000000000000a"],"taints":[{"effect":"NO_SCHEDULE","key":"dedicated","value":"web"}]}}
        {"default": "default"}
    "#]],
    );
}

#[test]
fn an_import_shows_the_present_number_of_nodes() {
    check_import(
        &live_with(|live| live.size.desired = 4),
        expect![[r#"
        {"default":{"desired":4}}
        {"default": "default"}
    "#]],
    );
}
