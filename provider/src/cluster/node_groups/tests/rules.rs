//! What a user may write of a node group, and how it is told what is wrong.

use expect_test::expect;
use tfplugin_framework::testing;

use super::*;
use crate::cloud::Cloud;
use crate::cluster::PaasCluster;
use crate::cluster::model::map_of;

fn said(group: NodeGroup) -> String {
    testing::validate(&PaasCluster::new(Cloud::new()), &with("web", group)).to_string()
}

fn all_said(groups: impl IntoIterator<Item = NodeGroup>) -> String {
    groups.into_iter().map(said).collect()
}

#[test]
fn everything_that_fits_together_is_allowed() {
    let group = NodeGroup {
        os: "bottlerocket".into(),
        instance_types: list_of(["m7i.large", "m6i.large", "m6a.large"]),
        capacity: "SPOT".into(),
        min: 1.into(),
        desired: 2.into(),
        max: 3.into(),
        disk_gib: 100.into(),
        labels: map_of([("example.com/tier".to_owned(), "web".to_owned())]),
        taints: Attr::Known(vec![taint("dedicated", "web", "NO_SCHEDULE"), taint("dedicated", "", "NO_EXECUTE")]),
        subnet_ids: list_of(["subnet-0000000000000000a"]),
        max_unavailable: 1.into(),
        update_strategy: "MINIMAL".into(),
        auto_repair: false.into(),
        release_version: "1.48.0-5d9ac849".into(),
        ..NodeGroup::default()
    };
    assert_eq!(said(group), "");
    let templated =
        NodeGroup { launch_template: template(3), ami_type: "AL2023_x86_64_NVIDIA".into(), ..NodeGroup::default() };
    assert_eq!(said(templated), "");
}

#[test]
fn bounds_must_be_in_order() {
    let three = NodeGroup { min: 3.into(), desired: 2.into(), max: 1.into(), ..NodeGroup::default() };
    let two = NodeGroup { min: 3.into(), max: 1.into(), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].min: node group web: min is 3 and desired is 2
          A group has at least `min`, at first `desired` and at most `max` nodes.
        error at node_groups["web"].desired: node group web: desired is 2 and max is 1
          A group has at least `min`, at first `desired` and at most `max` nodes.
        error at node_groups["web"].min: node group web: min is 3 and max is 1
          A group has at least `min`, at first `desired` and at most `max` nodes.
    "#]]
    .assert_eq(&all_said([three, two]));
}

#[test]
fn bounds_that_are_left_out_count() {
    let many = NodeGroup { desired: 10.into(), ..NodeGroup::default() };
    let one = NodeGroup { desired: 1.into(), ..NodeGroup::default() };
    let fine = NodeGroup { min: 8.into(), desired: 9.into(), max: Attr::Unknown, ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].desired: node group web: desired is 10 and max, which is left out, is 6
          A group has at least `min`, at first `desired` and at most `max` nodes.
        error at node_groups["web"].desired: node group web: min, which is left out, is 2 and desired is 1
          A group has at least `min`, at first `desired` and at most `max` nodes.
    "#]]
    .assert_eq(&all_said([many, one, fine]));
}

#[test]
fn processors_that_are_left_out_count() {
    let group = NodeGroup { ami_type: "AL2023_ARM_64_STANDARD".into(), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].ami_type: node group web: ami_type AL2023_ARM_64_STANDARD does not run on m7i-flex.large, which has x86 processors
          That is the default of instance_types. Write instance_types, too.
    "#]]
    .assert_eq(&all_said([group]));
}

#[test]
fn what_the_version_of_the_cluster_excludes() {
    let of = |version: &str, group: NodeGroup| {
        let cluster = Cluster { kubernetes_version: version.into(), ..with("web", group) };
        testing::validate(&PaasCluster::new(Cloud::new()), &cluster).to_string()
    };
    let old = NodeGroup { ami_type: "AL2_x86_64".into(), ..NodeGroup::default() };
    let release = NodeGroup { release_version: "1.34.2-20261105".into(), ..NodeGroup::default() };
    assert_eq!(of("1.32", old.clone()), "");
    assert_eq!(of("1.34", release.clone()), "");
    expect![[r#"
        error at node_groups["web"].ami_type: node group web: EKS has no AL2_x86_64 for Kubernetes 1.33
          Amazon Linux 2 ended before 1.33. Leave ami_type out for Amazon Linux 2023.
        error at node_groups["web"].release_version: node group web: release 1.34.2-20261105 is of Kubernetes 1.34, and the cluster has 1.35
          Nodes follow the control plane. Write a release of that version, or leave release_version out.
    "#]]
    .assert_eq(&(of("1.33", old) + &of("1.35", release)));
}

#[test]
fn one_image_for_one_architecture() {
    let mixed = NodeGroup { instance_types: list_of(["m7i.large", "m7g.large"]), ..NodeGroup::default() };
    let both = NodeGroup { os: "al2023".into(), ami_type: "BOTTLEROCKET_x86_64".into(), ..NodeGroup::default() };
    let other = NodeGroup { ami_type: "BOTTLEROCKET_x86_64".into(), ..arm() };
    let windows = NodeGroup { os: "windows".into(), ..NodeGroup::default() };
    let unknown = NodeGroup { ami_type: "AL2023".into(), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].instance_types: node group web: instance_types mixes Arm and x86 processors
          The nodes of a group run one image, for one architecture. Make a group for each.
        error at node_groups["web"].ami_type: node group web: os and ami_type both say what the nodes run
          Leave one of them out.
        error at node_groups["web"].ami_type: node group web: ami_type BOTTLEROCKET_x86_64 does not run on m8g.large, which has Arm processors
          Change one of them.
        error at node_groups["web"].os: node_groups["web"].os must be one of "al2023", "bottlerocket", not "windows"
        error at node_groups["web"].ami_type: node_groups["web"].ami_type must be one of "AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON", "AL2023_x86_64_NVIDIA", "AL2023_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "WINDOWS_CORE_2019_x86_64", "WINDOWS_CORE_2022_x86_64", "WINDOWS_CORE_2025_x86_64", "WINDOWS_FULL_2019_x86_64", "WINDOWS_FULL_2022_x86_64", "WINDOWS_FULL_2025_x86_64", not "AL2023"
    "#]].assert_eq(&all_said([mixed, both, other, windows, unknown]));
}

#[test]
fn what_a_launch_template_excludes() {
    let disk = NodeGroup { launch_template: template(1), disk_gib: 100.into(), ..NodeGroup::default() };
    let os = NodeGroup { launch_template: template(1), os: "bottlerocket".into(), ..NodeGroup::default() };
    let block = NodeGroup { capacity: "CAPACITY_BLOCK".into(), ..NodeGroup::default() };
    let named = LaunchTemplate { id: "mine".into(), version: 0.into() };
    let named = NodeGroup { launch_template: Attr::Known(named), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].disk_gib: node group web: disk_gib and launch_template both say how large the nodes' disks are
          EKS takes no size of disks beside a launch template. Leave disk_gib out and write it into the template.
        error at node_groups["web"].os: node group web: os does not say which image it is without instance_types
          The image depends on the processors, which here only the launch template knows. Write instance_types, or ami_type in place of os.
        error at node_groups["web"].capacity: node group web: CAPACITY_BLOCK needs a launch_template
          The template names the reservation whose instances the nodes are.
        error at node_groups["web"].launch_template.id: node_groups["web"].launch_template.id must be the id of a launch template, such as "lt-0123456789abcdef0", not "mine"
        error at node_groups["web"].launch_template.version: node_groups["web"].launch_template.version must be a whole number of 1 or more, not 0
    "#]].assert_eq(&all_said([disk, os, block, named]));
}

#[test]
fn spot_wants_a_choice() {
    let one = NodeGroup { capacity: "SPOT".into(), instance_types: list_of(["m7i.large"]), ..NodeGroup::default() };
    let templated = NodeGroup { capacity: "SPOT".into(), launch_template: template(1), ..NodeGroup::default() };
    let default = NodeGroup { capacity: "SPOT".into(), ..NodeGroup::default() };
    expect![[r#"
        warning at node_groups["web"].instance_types: node group web: SPOT with fewer than three instance types
          Spot instances of one type run out together. With more types EC2 chooses what is least likely to be taken away.
        warning at node_groups["web"].instance_types: node group web: SPOT with fewer than three instance types
          Spot instances of one type run out together. With more types EC2 chooses what is least likely to be taken away.
    "#]].assert_eq(&[one, templated, default].map(|group| crate::cluster::node_groups::plan::warnings(&with("web", group)).to_string()).concat());
}

#[test]
fn how_many_may_be_away_is_said_once() {
    let group = NodeGroup { max_unavailable: 1.into(), max_unavailable_percentage: 50.into(), ..NodeGroup::default() };
    let percent = NodeGroup { max_unavailable_percentage: 0.into(), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].max_unavailable: node group web: max_unavailable and max_unavailable_percentage both say how many nodes an update may take away
          Leave one of them out.
        error at node_groups["web"].max_unavailable_percentage: node_groups["web"].max_unavailable_percentage must be a whole number from 1 to 100, not 0
    "#]].assert_eq(&all_said([group, percent]));
}

#[test]
fn labels_and_taints() {
    let labels = |key: &str, value: &str| NodeGroup {
        labels: map_of([(key.to_owned(), value.to_owned())]),
        ..NodeGroup::default()
    };
    let taints = |all: Vec<Attr<Taint>>| NodeGroup { taints: Attr::Known(all), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].labels: node_groups["web"].labels has a key that is wrong: it must not contain "kubernetes.io/", as "node-role.kubernetes.io/web" does: EKS keeps it for itself
        error at node_groups["web"].labels: node_groups["web"].labels has an element that is wrong: "tier" must have 1 to 63 letters, digits, - _ and ., with a letter or digit at both ends, not ""
        error at node_groups["web"].labels: node_groups["web"].labels has a key that is wrong: it must have 1 to 63 letters, digits, - _ and ., with a letter or digit at both ends and possibly a domain and / before, not "-tier"
        error at node_groups["web"].labels: node_groups["web"].labels has a key that is wrong: it must have 1 to 63 letters, digits, - _ and ., with a letter or digit at both ends and possibly a domain and / before, not "Example.com/tier"
        error at node_groups["web"].taints[0].key: node_groups["web"].taints[0].key must have 1 to 63 letters, digits, - _ and ., with a letter or digit at both ends and possibly a domain and / before, not "a b"
        error at node_groups["web"].taints[0].effect: node_groups["web"].taints[0].effect must be one of "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE", not "NoSchedule"
        error at node_groups["web"].taints: node group web: taint a has NO_SCHEDULE twice
          A node has a key and an effect once, with one value.
    "#]].assert_eq(&all_said([
        labels("node-role.kubernetes.io/web", "true"),
        labels("tier", ""),
        labels("-tier", "web"),
        labels("Example.com/tier", "web"),
        taints(vec![taint("a b", "", "NO_SCHEDULE")]),
        taints(vec![taint("a", "", "NoSchedule")]),
        taints(vec![taint("a", "x", "NO_SCHEDULE"), taint("a", "y", "NO_SCHEDULE")]),
    ]));
}

#[test]
fn releases() {
    let release = |text: &str| NodeGroup { release_version: text.into(), ..NodeGroup::default() };
    expect![[r#"
        error at node_groups["web"].release_version: node_groups["web"].release_version must be "latest" or a release such as "1.35.2-20261105", not "newest"
        error at node_groups["web"].release_version: node_groups["web"].release_version must be "latest" or a release such as "1.35.2-20261105", not "1.35"
        error at node_groups["web"].release_version: node_groups["web"].release_version must be "latest" or a release such as "1.35.2-20261105", not "v1.35.2-20261105"
        error at node_groups["web"].release_version: node_groups["web"].release_version must be "latest" or a release such as "1.35.2-20261105", not "1.35.2-2026/11"
    "#]].assert_eq(&all_said(["newest", "1.35", "v1.35.2-20261105", "1.35.2-2026/11"].map(release)));
}
