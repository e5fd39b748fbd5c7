//! Node groups: what changes in the group that there is, what makes another one take its place, and what does nothing.

use acceptance::terraform::Core;
use serde_json::{Value as Json, json};

use crate::eye::{group, groups};
use crate::givens::Givens;
use crate::world::Account;

use super::replaced::bare;
use super::row::{Course, Row, Step, in_place, quiet, refused, swapped};

const TEMPLATE: &str = r#"{"MetadataOptions": {"HttpTokens": "required"}}"#;

pub(super) fn course() -> Course {
    let small = json!({"min": 0, "max": 1});
    let templated = json!({"min": 0, "max": 1, "launch_template": {"id": "<template>", "version": 1}});
    let web = json!({"min": 1, "max": 3, "max_unavailable_percentage": 50, "release_version": "1.35.4-20260917"});
    let groups = json!({
        "web": web, "own": templated, "template": templated,
        "system": small, "image": small, "types": small, "capacity": small, "disk": small, "subnets": small,
    });
    Course {
        name: "node groups",
        core: Core::Terraform,
        givens,
        base: bare(json!({"kubernetes_version": "1.35", "node_groups": groups})),
        steps: vec![
            Step::Together(in_a_group()),
            Step::Together(vec![
                in_place("node_groups.web.taints[0].key", json!("reserved"))
                    .shows(group("web", "/taints/0/key"), json!("reserved")),
                in_place("node_groups.web.taints[0].value", json!("api"))
                    .shows(group("web", "/taints/0/value"), json!("api")),
                in_place("node_groups.web.taints[0].effect", json!("NO_EXECUTE"))
                    .shows(group("web", "/taints/0/effect"), json!("NO_EXECUTE")),
                in_place("node_groups.own", Json::Null),
            ]),
            Step::Together(swaps()),
            Step::Together(vec![
                quiet("node_groups.web.desired", json!(3))
                    .shows(group("web", "/scalingConfig/desiredSize"), json!(2))
                    .says(&["node group web of cluster prod keeps its number of nodes"]),
            ]),
            Step::Each(vec![refused(
                "node_groups.web.release_version",
                json!("1.35.4-20260917"),
                &["node group web", "cannot go back from release 1.35.4-20261015"],
            )]),
        ],
    }
}

fn givens(account: &Account) -> anyhow::Result<Givens> {
    let mut all = Givens::of(account)?;
    for name in ["template", "template-2"] {
        let make =
            ["ec2", "create-launch-template", "--launch-template-name", name, "--launch-template-data", TEMPLATE];
        let clear = ["ec2", "delete-launch-template", "--launch-template-id", "<>"];
        all.make(account, name, (&make, "/LaunchTemplate/LaunchTemplateId"), &clear)?;
    }
    let id = all.fill("<template>");
    let version = ["--launch-template-id", &id, "--launch-template-data", TEMPLATE];
    account.aws(&[&["ec2", "create-launch-template-version"], &version[..]].concat())?;
    Ok(all)
}

/// One or two calls for each group, and no other group.
fn in_a_group() -> Vec<Row> {
    vec![
        in_place("node_groups.web.min", json!(2)).shows(group("web", "/scalingConfig/minSize"), json!(2)),
        in_place("node_groups.web.max", json!(4)).shows(group("web", "/scalingConfig/maxSize"), json!(4)),
        in_place("node_groups.web.labels", json!({"tier": "web"}))
            .shows(group("web", "/labels"), json!({"tier": "web"})),
        in_place(
            "node_groups.web.taints",
            json!([{"key": "dedicated", "value": "web", "effect": "PREFER_NO_SCHEDULE"}]),
        )
        .shows(group("web", "/taints"), json!([{"key": "dedicated", "value": "web", "effect": "PREFER_NO_SCHEDULE"}])),
        in_place("node_groups.web.max_unavailable_percentage", Json::Null),
        in_place("node_groups.web.max_unavailable", json!(1))
            .shows(group("web", "/updateConfig/maxUnavailable"), json!(1)),
        in_place("node_groups.web.update_strategy", json!("MINIMAL"))
            .shows(group("web", "/updateConfig/updateStrategy"), json!("MINIMAL")),
        in_place("node_groups.web.auto_repair", json!(false))
            .shows(group("web", "/nodeRepairConfig/enabled"), json!(false)),
        in_place("node_groups.web.release_version", json!("1.35.4-20261015"))
            .shows(group("web", "/releaseVersion"), json!("1.35.4-20261015")),
        in_place("node_groups.own.launch_template.version", json!(2))
            .shows(group("own", "/launchTemplate/version"), json!("2")),
        in_place("node_groups.more", json!({"min": 0, "max": 1})).shows(
            groups(),
            json!(["capacity", "disk", "image", "more", "own", "subnets", "system", "template", "types", "web"]),
        ),
    ]
}

/// The cluster stays.
fn swaps() -> Vec<Row> {
    vec![
        swapped("node_groups.system.os", "system", json!("bottlerocket"))
            .shows(group("system", "/amiType"), json!("BOTTLEROCKET_x86_64")),
        swapped("node_groups.image.ami_type", "image", json!("AL2023_x86_64_NVIDIA"))
            .shows(group("image", "/amiType"), json!("AL2023_x86_64_NVIDIA")),
        swapped("node_groups.types.instance_types", "types", json!(["m8g.large"]))
            .shows(group("types", "/instanceTypes"), json!(["m8g.large"])),
        swapped("node_groups.capacity.capacity", "capacity", json!("SPOT"))
            .shows(group("capacity", "/capacityType"), json!("SPOT")),
        swapped("node_groups.disk.disk_gib", "disk", json!(100)).shows(group("disk", "/diskSize"), json!(100)),
        swapped("node_groups.subnets.subnet_ids", "subnets", json!(["<subnet-1>"]))
            .shows(group("subnets", "/subnets"), json!(["<subnet-1>"])),
        swapped("node_groups.template.launch_template.id", "template", json!("<template-2>"))
            .shows(group("template", "/launchTemplate/id"), json!("<template-2>")),
    ]
}
