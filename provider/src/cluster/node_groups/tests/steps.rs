//! What an apply does with node groups.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use super::*;
use crate::cloud::steps::Stage;
use crate::cluster::model::map_of;
use crate::cluster::node_groups::meant::{Fixed, Release};
use crate::cluster::samples::{numbered, releases, stored, wanted};
use crate::cluster::step::Step;
use crate::cluster::steps::{needs, stages};
use crate::cluster::wanted::Wanted;

fn run(observed: &Observed, wanted: &Wanted) -> Vec<Stage<Step>> {
    let needed = needs(observed, wanted, "1.35");
    let known = releases(&["1.35", "1.36", "1.37"]).into_iter().filter(|(key, _)| needed.contains(key)).collect();
    stages(observed, wanted, &known, "1.35")
}

fn check(observed: &Observed, wanted: &Wanted, expected: Expect) {
    expected.assert_eq(&numbered(&run(observed, wanted)));
}

/// The finished cluster, changed to this configuration.
fn changed(config: &Cluster) -> Wanted {
    let prior = stored();
    let planned = Cluster {
        kubernetes_version: config.kubernetes_version.or("1.35".to_owned()).into(),
        deletion_protection: true.into(),
        tags_all: map_of([]),
        ..config.clone()
    };
    wanted(&planned, Some(&prior))
}

fn group(group: NodeGroup) -> Wanted {
    changed(&with("default", group))
}

/// What the step that makes a group sends.
fn made(stages: &[Stage<Step>]) -> super::super::NewGroup {
    let new = stages.iter().flatten().find_map(|step| match step {
        Step::CreateNodeGroup(new) => Some(new.clone()),
        _ => None,
    });
    new.expect("a group is made")
}

#[test]
fn nothing_to_do_is_no_step() {
    check(&live(), &changed(&config()), expect![[""]]);
    check(&over(), &changed(&swapped()), expect![[""]]);
}

#[test]
fn all_that_changes_in_place_is_one_call() {
    let observed = live_with(|live| {
        live.labels = [("old".to_owned(), "1".to_owned()), ("tier".to_owned(), "api".to_owned())].into();
        live.taints = meant::taints(&Attr::Known(vec![taint("old", "", "NO_EXECUTE"), taint("a", "x", "NO_SCHEDULE")]));
        live.size.desired = 5;
    });
    let wanted = group(NodeGroup {
        min: 1.into(),
        max: 4.into(),
        labels: map_of([("tier".to_owned(), "web".to_owned())]),
        taints: Attr::Known(vec![taint("a", "y", "NO_SCHEDULE"), taint("b", "", "PREFER_NO_SCHEDULE")]),
        max_unavailable: 1.into(),
        update_strategy: "MINIMAL".into(),
        auto_repair: false.into(),
        ..NodeGroup::default()
    });
    check(
        &observed,
        &wanted,
        expect![[r#"
        1. set node group default to 4 (1 to 4) nodes, label tier=web, no label old, taint a=y:NO_SCHEDULE, taint b=:PREFER_NO_SCHEDULE, no taint old=:NO_EXECUTE, updates 1 at a time, MINIMAL, repair off
    "#]],
    );
}

#[test]
fn a_group_that_is_being_changed_is_waited_for_first() {
    let observed = live_with(|live| live.status = Status::new("UPDATING"));
    check(
        &observed,
        &group(NodeGroup { max: 4.into(), ..NodeGroup::default() }),
        expect![[r#"
        1. wait for node group default
        2. set node group default to 2 (2 to 4) nodes
    "#]],
    );
}

#[test]
fn releases_and_templates_are_another_call() {
    check(
        &live(),
        &group(NodeGroup { release_version: "1.35.2-20261105".into(), ..NodeGroup::default() }),
        expect![[r#"
            1. upgrade node group default to release 1.35.2-20261105
        "#]],
    );
    check(
        &live(),
        &group(NodeGroup { release_version: "1.35.2-20261101".into(), ..NodeGroup::default() }),
        expect![[""]],
    );
    check(
        &live(),
        &group(NodeGroup { release_version: "latest".into(), ..NodeGroup::default() }),
        expect![[r#"
        1. upgrade node group default to the newest release
    "#]],
    );
    let templated = |version| NodeGroup { launch_template: template(version), max: 4.into(), ..NodeGroup::default() };
    let observed =
        live_with(|live| *live = made_of(&NodeGroup { launch_template: template(1), ..NodeGroup::default() }));
    check(
        &observed,
        &group(templated(2)),
        expect![[r#"
        1. set node group default to 2 (2 to 4) nodes
        2. upgrade node group default to launch template lt-0123456789abcdef0 2
    "#]],
    );
    let own_image = live_with(|live| {
        *live = made_of(&NodeGroup { launch_template: template(1), ..NodeGroup::default() });
        live.image = "CUSTOM".to_owned();
    });
    let latest = NodeGroup { launch_template: template(1), release_version: "latest".into(), ..NodeGroup::default() };
    check(&own_image, &group(latest), expect![[""]]);
}

#[test]
fn an_upgrade_takes_release_and_template_along_at_its_end() {
    let templated = |version, release: Attr<String>| NodeGroup {
        launch_template: template(version),
        release_version: release,
        ..NodeGroup::default()
    };
    let mut observed = live_with(|live| *live = made_of(&templated(1, Attr::Null)));
    observed.addons.clear();
    let config = with("default", templated(2, "1.37.1-20261105".into()));
    let wanted = changed(&Cluster { kubernetes_version: "1.37".into(), ..config });
    let stages = run(&observed, &Wanted { addons: [].into(), ..wanted });
    expect![[r#"
        1. upgrade the control plane to 1.36
        2. upgrade node group default to 1.36
        3. upgrade the control plane to 1.37
        4. upgrade node group default to 1.37, release 1.37.1-20261105, launch template lt-0123456789abcdef0 2
        5. delete role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        5. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]]
    .assert_eq(&numbered(&stages));
}

#[test]
fn a_group_that_goes_is_upgraded_as_far_as_the_control_plane_needs_it() {
    let mut observed = live();
    observed.addons.clear();
    let wanted = changed(&Cluster { kubernetes_version: "1.37".into(), ..swapped() });
    let stages = run(&observed, &Wanted { addons: [].into(), ..wanted });
    expect![[r#"
        1. upgrade the control plane to 1.36
        2. upgrade node group default to 1.36
        3. upgrade the control plane to 1.37
        4. create node group default-8cff99b3, 2 (2 to 6) nodes of m8g.large
        5. wait for node group default-8cff99b3
        6. delete node group default
        7. delete role paas-prod-aws-ebs-csi-driver-ebs-csi-controller-sa-34ac8b30
        7. delete role paas-prod-vpc-cni-aws-node-ce8df3d6
    "#]]
    .assert_eq(&numbered(&stages));
}

#[test]
fn a_swap_makes_the_new_group_at_the_live_size_before_the_old_one_goes() {
    let observed = live_with(|live| live.size.desired = 5);
    check(
        &observed,
        &changed(&swapped()),
        expect![[r#"
            1. create node group default-8cff99b3, 5 (2 to 6) nodes of m8g.large
            2. wait for node group default-8cff99b3
            3. delete node group default
        "#]],
    );
    let new = made(&run(&observed, &changed(&swapped())));
    assert_eq!(new.tags[GROUP_KEY], "default");
    assert_eq!(new.role_arn, place().role_arn("node"));
    let small = NodeGroup { max: 3.into(), ..arm() };
    assert_eq!(made(&run(&observed, &group(small))).size.desired, 3);
}

#[test]
fn each_thing_that_eks_cannot_change_makes_another_group() {
    let base = NodeGroup::default;
    let all = [
        NodeGroup { os: "bottlerocket".into(), ..base() },
        NodeGroup { ami_type: "AL2023_x86_64_NVIDIA".into(), ..base() },
        NodeGroup { instance_types: list_of(["m7i.large"]), ..base() },
        NodeGroup { capacity: "SPOT".into(), ..base() },
        NodeGroup { disk_gib: 100.into(), ..base() },
        NodeGroup { subnet_ids: list_of(["subnet-0000000000000000a"]), ..base() },
        NodeGroup { launch_template: template(1), ..base() },
    ];
    let names: BTreeMap<String, String> = all
        .iter()
        .map(|one| (made(&run(&live(), &group(one.clone()))).name, format!("{:?}", spec(one).fixed)))
        .collect();
    assert_eq!(names.len(), all.len(), "every one has a name of its own: {names:?}");
    assert!(names.keys().all(|name| name.starts_with("default-") && name.len() == "default-".len() + 8));
    // A role that somebody else made is the eighth.
    let mut wanted = changed(&config());
    let spec = wanted.groups.get_mut("default").expect("a group");
    spec.fixed = Fixed { role_arn: Some("arn:aws:iam::111122223333:role/nodes".to_owned()), ..spec.fixed.clone() };
    assert_eq!(made(&run(&live(), &wanted)).role_arn, "arn:aws:iam::111122223333:role/nodes");
}

#[test]
fn what_is_left_out_fits_what_there_is() {
    let elsewhere = live_with(|live| live.subnet_ids = vec!["subnet-0000000000000000c".to_owned()]);
    check(&elsewhere, &changed(&config()), expect![[""]]);
    let templated = NodeGroup { launch_template: template(1), ..NodeGroup::default() };
    let observed = live_with(|live| {
        *live = made_of(&NodeGroup { ami_type: "BOTTLEROCKET_ARM_64".into(), ..templated.clone() });
        live.instance_types = vec!["m7g.large".to_owned()];
    });
    check(&observed, &group(templated), expect![[""]]);
}

#[test]
fn a_swap_goes_on_wherever_it_was_interrupted() {
    check(
        &halfway("CREATING"),
        &changed(&swapped()),
        expect![[r#"
        1. wait for node group default-8cff99b3
        2. delete node group default
    "#]],
    );
    check(
        &halfway("ACTIVE"),
        &changed(&swapped()),
        expect![[r#"
        1. delete node group default
    "#]],
    );
    check(
        &halfway("CREATE_FAILED"),
        &changed(&swapped()),
        expect![[r#"
            1. delete node group default-8cff99b3
            2. create node group default-8cff99b3, 2 (2 to 6) nodes of m8g.large
            3. wait for node group default-8cff99b3
            4. delete node group default
        "#]],
    );
    let mut leaving = halfway("ACTIVE");
    leaving.node_groups.get_mut("default").expect("a group").status = Status::new("DELETING");
    check(
        &leaving,
        &changed(&swapped()),
        expect![[r#"
        1. delete node group default
    "#]],
    );
}

#[test]
fn a_swap_that_nobody_wants_any_more_goes_back() {
    check(
        &halfway("ACTIVE"),
        &changed(&config()),
        expect![[r#"
        1. delete node group default-8cff99b3
    "#]],
    );
    let mut leaving = halfway("ACTIVE");
    leaving.node_groups.get_mut("default").expect("a group").status = Status::new("DELETING");
    check(
        &leaving,
        &changed(&config()),
        expect![[r#"
            1. create node group default-11e2776b, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
            2. wait for node group default-11e2776b
            3. delete node group default
            3. delete node group default-8cff99b3
        "#]],
    );
}

#[test]
fn a_swapped_group_can_be_swapped_again() {
    check(
        &over(),
        &changed(&config()),
        expect![[r#"
            1. create node group default-11e2776b, 2 (2 to 6) nodes of m7i-flex.large, m6i.large, m6a.large
            2. wait for node group default-11e2776b
            3. delete node group default-8cff99b3
        "#]],
    );
}

#[test]
fn a_swapped_group_that_was_deleted_elsewhere_comes_back_under_its_key() {
    let observed = Observed { node_groups: [].into(), ..over() };
    check(
        &observed,
        &changed(&swapped()),
        expect![[r#"
            1. create node group default, 2 (2 to 6) nodes of m8g.large
            2. wait for node group default
        "#]],
    );
}

#[test]
fn tags_go_to_a_swapped_group_too() {
    let wanted = Wanted { tags: [("team".to_owned(), "shop".to_owned())].into(), ..changed(&swapped()) };
    let steps = numbered(&run(&over(), &wanted));
    let of_groups: Vec<&str> = steps.lines().filter(|line| line.contains("node group")).collect();
    assert_eq!(of_groups, [format!("1. tag node group {} team=shop", course::next_name(&spec(&arm())))]);
}

#[test]
fn a_group_of_others_is_taken_over_as_it_is() {
    let observed = live_with(|live| {
        live.tags.clear();
        live.instance_types = vec!["m5.large".to_owned()];
        live.role_arn = Some("arn:aws:iam::111122223333:role/eksctl-nodes".to_owned());
    });
    check(
        &observed,
        &changed(&config()),
        expect![[r#"
            1. tag node group default app.kubernetes.io/managed-by=terraform-paas terraform-paas.github.io/cluster=prod@eu-west-1 terraform-paas.github.io/owner=
            2. delete role paas-prod-node-2f20a958
            3. remove access of arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-node-2f20a958
        "#]],
    );
    let mut other = live();
    other.node_groups.insert("theirs".to_owned(), observed.node_groups["default"].clone());
    check(&other, &changed(&config()), expect![[""]]);
}

#[test]
fn a_swap_of_a_group_that_was_imported_keeps_its_role() {
    let role = "arn:aws:iam::111122223333:role/eksctl-nodes";
    let mut observed = live_with(|live| live.role_arn = Some(role.to_owned()));
    observed.roles.remove(&place().role_name("node"));
    let stages = run(&observed, &changed(&swapped()));
    assert_eq!(made(&stages).role_arn, role);
    assert!(!numbered(&stages).contains("create role"), "nobody needs one: {}", numbered(&stages));
}

#[test]
fn a_create_sends_what_is_written() {
    let observed = Observed { node_groups: [].into(), ..live() };
    let new = made(&run(
        &observed,
        &group(NodeGroup {
            desired: 3.into(),
            subnet_ids: list_of(["subnet-0000000000000000a"]),
            release_version: "1.35.2-20261105".into(),
            ..NodeGroup::default()
        }),
    ));
    assert_eq!((new.name.as_str(), new.size.desired), ("default", 3));
    assert_eq!(new.subnet_ids, ["subnet-0000000000000000a"]);
    assert_eq!(new.group.release, Release::Is("1.35.2-20261105".to_owned()));
    assert_eq!(new.tags, place().part_tags(""));
    let new = made(&run(&observed, &changed(&config())));
    assert_eq!(new.subnet_ids, ["subnet-0000000000000000a", "subnet-0000000000000000b"]);
}

#[test]
fn the_digits_of_a_name_never_change() {
    // A group that an earlier release was about to make is looked for by them.
    assert_eq!(spec(&NodeGroup::default()).fixed.hash(), "11e2776b");
    assert_eq!(spec(&arm()).fixed.hash(), "8cff99b3");
}
