//! The control plane's own attributes: settings, versions, modes, and what is noted for later.

use acceptance::terraform::Core;
use anyhow::ensure;
use serde_json::{Value as Json, json};

use crate::eye::{cluster, group, logs, retention, state};
use crate::givens::Givens;
use crate::world::Account;

use super::replaced::bare;
use super::row::{Course, Row, Step, in_place, quiet, refused};
use super::run::Run;

const INSIGHT: &str = "Deprecated APIs";

pub(super) fn course() -> Course {
    Course {
        name: "the control plane",
        core: Core::Terraform,
        givens,
        base: bare(json!({"kubernetes_version": "1.34", "node_groups": {"web": {"min": 1, "max": 1}}})),
        steps: vec![
            Step::Together(settings()),
            Step::Together(noted()),
            Step::Do(something_will_break),
            Step::Each(vec![
                refused("kubernetes_version", json!("1.33"), &["kubernetes_version", "cannot go back"]),
                refused("kubernetes_version", json!("1.35"), &[INSIGHT, "ignore_insights"]),
                quiet("upgrade.ignore_insights", json!([INSIGHT]))
                    .shows(state("/upgrade/ignore_insights"), json!([INSIGHT])),
                in_place("kubernetes_version", json!("1.35")).shows(group("web", "/version"), json!("1.35")),
                quiet("upgrade.ignore_insights", Json::Null),
                refused("kubernetes_version", json!("1.36"), &[INSIGHT, "ignore_insights"]),
                quiet("upgrade.force", json!(true)).shows(state("/upgrade/force"), json!(true)),
                in_place("kubernetes_version", json!("1.36")).shows(cluster("/version"), json!("1.36")),
            ]),
            Step::Together(vec![in_place("mode", json!("auto")).shows(cluster("/computeConfig/enabled"), json!(true))]),
            Step::Each(vec![refused(
                "iam.node_role_arn",
                json!("arn:aws:iam::<account>:role/another"),
                &["keeps the role of Auto Mode's nodes while Auto Mode is on", "iam.node_role_arn back to"],
            )]),
            Step::Together(vec![
                in_place("auto.node_pools", json!(["system"]))
                    .shows(cluster("/computeConfig/nodePools"), json!(["system"])),
            ]),
            Step::Together(vec![
                in_place("mode", json!("none")).shows(cluster("/computeConfig/enabled"), json!(false)),
            ]),
            Step::Each(vec![
                refused("subnet_ids", json!(["<subnet-0>", "<subnet-2>"]), &["had a subnet and would have none"]),
                refused(
                    "subnet_ids",
                    json!(["<subnet-0>", "<subnet-1>", "<subnet-2>"]),
                    &["had none and would have one"],
                ),
            ]),
        ],
    }
}

fn givens(account: &Account) -> anyhow::Result<Givens> {
    let mut all = Givens::of(account)?;
    all.network(account)?;
    Ok(all)
}

/// Each has its own update, one at a time.
fn settings() -> Vec<Row> {
    vec![
        in_place("subnet_ids", json!(["<beside>", "<subnet-1>"]))
            .shows(cluster("/resourcesVpcConfig/subnetIds"), json!(["<beside>", "<subnet-1>"])),
        in_place("security_group_ids", json!(["<group>"]))
            .shows(cluster("/resourcesVpcConfig/securityGroupIds"), json!(["<group>"])),
        in_place("endpoint.private", json!(false))
            .shows(cluster("/resourcesVpcConfig/endpointPrivateAccess"), json!(false)),
        in_place("endpoint.public_cidrs", json!(["198.51.100.0/24", "203.0.113.0/24"]))
            .shows(cluster("/resourcesVpcConfig/publicAccessCidrs"), json!(["198.51.100.0/24", "203.0.113.0/24"])),
        in_place("remote_network.node_cidrs", json!(["10.200.0.0/16"]))
            .shows(cluster("/remoteNetworkConfig/remoteNodeNetworks/0/cidrs"), json!(["10.200.0.0/16"])),
        in_place("remote_network.pod_cidrs", json!(["10.201.0.0/16"]))
            .shows(cluster("/remoteNetworkConfig/remotePodNetworks/0/cidrs"), json!(["10.201.0.0/16"])),
        in_place("logging.types", json!(["audit", "scheduler"])).shows(logs(), json!(["audit", "scheduler"])),
        in_place("logging.retention_days", json!(30)).shows(retention(), json!(30)),
        in_place("upgrade.support_type", json!("EXTENDED"))
            .shows(cluster("/upgradePolicy/supportType"), json!("EXTENDED")),
        in_place("zonal_shift", json!(true)).shows(cluster("/zonalShiftConfig/enabled"), json!(true)),
        in_place("control_plane_tier", json!("tier-xl"))
            .shows(cluster("/controlPlaneScalingConfig/tier"), json!("tier-xl")),
        in_place("tags.team", json!("core")).shows(cluster("/tags/team"), json!("core")),
    ]
}

/// What says what later operations do: not one call.
fn noted() -> Vec<Row> {
    vec![
        quiet("logging.delete_on_destroy", json!(true)).shows(state("/logging/delete_on_destroy"), json!(true)),
        quiet("destroy.delete_load_balancers", json!(false))
            .shows(state("/destroy/delete_load_balancers"), json!(false)),
        quiet("destroy.delete_volumes", json!(true)).shows(state("/destroy/delete_volumes"), json!(true)),
        quiet("destroy.force_unmanaged_node_groups", json!(true))
            .shows(state("/destroy/force_unmanaged_node_groups"), json!(true)),
        quiet("timeouts.create", json!("30m")).shows(state("/timeouts/create"), json!("30m")),
        quiet("timeouts.update", json!("2h")).shows(state("/timeouts/update"), json!("2h")),
        quiet("timeouts.delete", json!("40m")).shows(state("/timeouts/delete"), json!("40m")),
    ]
}

fn something_will_break(run: &Run) -> anyhow::Result<()> {
    run.account.insight("prod", "ERROR", INSIGHT, &["/apis/batch/v1beta1/cronjobs"])?;
    ensure!(run.account.mutating()?.iter().all(|one| one["operation"] != "UpdateClusterVersion"), "it was upgraded");
    Ok(())
}
