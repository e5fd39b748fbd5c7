//! What a control plane is set to: changed in place one after the other in one apply, refused where it would make another
//! cluster.

use std::collections::BTreeSet;

use acceptance::configuration::{Block, VARIABLES, cluster};
use acceptance::terraform::{Core, Workspace};
use anyhow::ensure;
use serde_json::{Value as Json, json};

use crate::lifecycle::{import, settle};
use crate::world::{Account, World};

/// A security group and a KMS key that are not the provider's.
struct Givens {
    group: String,
    key: String,
}

impl Givens {
    fn make(account: &Account) -> anyhow::Result<Givens> {
        let aws = |arguments: &[&str]| account.client("aws", arguments).map(|text| text.trim().to_owned());
        let vpc = aws(&["ec2", "describe-subnets", "--query", "Subnets[0].VpcId", "--output", "text"])?;
        let group = aws(&[
            "ec2",
            "create-security-group",
            "--group-name",
            "extra",
            "--description",
            "extra",
            "--vpc-id",
            &vpc,
            "--query",
            "GroupId",
            "--output",
            "text",
        ])?;
        let key = aws(&["kms", "create-key", "--query", "KeyMetadata.Arn", "--output", "text"])?;
        Ok(Givens { group, key })
    }

    fn clear(&self, account: &Account) -> anyhow::Result<()> {
        account.client("aws", &["ec2", "delete-security-group", "--group-id", &self.group])?;
        // moto knows the key by its id alone here.
        let id = self.key.rsplit('/').next().unwrap_or_default();
        account.client("aws", &["kms", "schedule-key-deletion", "--key-id", id, "--pending-window-in-days", "7"])?;
        Ok(())
    }

    /// The cluster with nothing at its default.
    fn everything(&self) -> Block {
        cluster("prod")
            .set("security_group_ids", &format!("[\"{}\"]", self.group))
            .set("endpoint", "{ private = true, public_cidrs = [\"203.0.113.0/24\", \"198.51.100.0/24\"] }")
            .set("logging", "{ types = [\"audit\", \"scheduler\"] }")
            .set("encryption", &format!("{{ kms_key_arn = \"{}\" }}", self.key))
            .set("upgrade", "{ support_type = \"EXTENDED\" }")
            .set("zonal_shift", "true")
            .text("control_plane_tier", "tier-xl")
            .set("remote_network", "{ node_cidrs = [\"10.200.0.0/16\"], pod_cidrs = [\"10.201.0.0/16\"] }")
    }
}

fn written(workspace: &Workspace, block: &Block) -> anyhow::Result<()> {
    workspace.main(&format!("{VARIABLES}{block}"))
}

/// What EKS says of everything that [`Givens::everything`] sets.
fn settings(live: &Json) -> Json {
    let logs = live["logging"]["clusterLogging"].as_array().into_iter().flatten().find(|one| one["enabled"] == true);
    let groups = live["resourcesVpcConfig"]["securityGroupIds"].as_array().map_or(0, Vec::len);
    json!({
        "groups": groups,
        "ranges": live["resourcesVpcConfig"]["publicAccessCidrs"].as_array().map_or(0, Vec::len),
        "logs": logs.map(|one| one["types"].clone()),
        "key": live["encryptionConfig"][0]["provider"]["keyArn"].is_string(),
        "support": live["upgradePolicy"]["supportType"],
        "shift": live["zonalShiftConfig"]["enabled"],
        "tier": live["controlPlaneScalingConfig"]["tier"],
        "nodes": live["remoteNetworkConfig"]["remoteNodeNetworks"][0]["cidrs"],
    })
}

fn all_set() -> Json {
    json!({
        "groups": 1, "ranges": 2, "logs": ["audit", "scheduler"], "key": true, "support": "EXTENDED", "shift": true,
        "tier": "tier-xl", "nodes": ["10.200.0.0/16"],
    })
}

/// Every setting in one apply, one update at a time, then back; the key cannot go back.
pub(crate) fn of_a_control_plane_change_in_place(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let givens = Givens::make(&account)?;
    let workspace = account.workspace(Core::Terraform)?;
    written(&workspace, &cluster("prod"))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;

    written(&workspace, &givens.everything())?;
    settle(&account, &workspace)?;
    let changed = account.describe_cluster("prod")?;
    ensure!(made["createdAt"] == changed["createdAt"], "the cluster is another one");
    ensure!(settings(&changed) == all_set(), "expected {:#} and found {:#}", all_set(), settings(&changed));
    let updates = account.aws(&["eks", "list-updates", "--name", "prod"])?;
    ensure!(updates["updateIds"].as_array().map(Vec::len) == Some(8), "expected 8 updates and found {updates}");
    import(
        &account,
        Core::Terraform,
        &format!("{VARIABLES}{}", givens.everything()),
        &[("paas_cluster.main", "prod".to_owned())],
    )?;

    // Somebody switches a log on; it is shown and put back.
    let logging = r#"{"clusterLogging":[{"types":["api"],"enabled":true}]}"#;
    account.client("aws", &["eks", "update-cluster-config", "--name", "prod", "--logging", logging])?;
    account.client("aws", &["eks", "wait", "cluster-active", "--name", "prod"])?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "the log is not drift: {planned:?}");
    settle(&account, &workspace)?;

    // Another key, or none, is another cluster: shown as a replacement, and refused for a protected one.
    let without = givens.everything().without("encryption");
    written(&workspace, &without)?;
    ensure!(
        workspace.planned_actions(&[])?.iter().any(|one| one.contains("delete")),
        "the key was taken back in place"
    );
    written(&workspace, &givens.everything().set("deletion_protection", "true"))?;
    settle(&account, &workspace)?;
    let before = account.mutating()?.len();
    for (block, attribute) in [
        (without.clone(), "encryption.kms_key_arn"),
        (givens.everything().set("network", "{ ip_family = \"ipv6\" }"), "network.ip_family"),
        (givens.everything().set("network", "{ service_ipv4_cidr = \"10.64.0.0/16\" }"), "network.service_ipv4_cidr"),
        (givens.everything().text("region", "us-east-1"), "region"),
    ] {
        written(&workspace, &block.set("deletion_protection", "true"))?;
        workspace.plan(&[])?.failed()?.says(&[attribute, "deletion protection"])?;
    }
    ensure!(account.mutating()?.len() == before, "something was touched");

    let back = cluster("prod").set("encryption", &format!("{{ kms_key_arn = \"{}\" }}", givens.key));
    written(&workspace, &back)?;
    settle(&account, &workspace)?;
    let live = account.describe_cluster("prod")?;
    ensure!(settings(&live)["logs"] == json!(["api", "audit", "authenticator"]), "{:#}", settings(&live));
    ensure!(settings(&live)["nodes"].is_null() && settings(&live)["groups"] == 0, "{:#}", settings(&live));
    workspace.destroy(&[])?.succeeded()?;
    givens.clear(&account)?;
    account.left_nothing()
}

/// A create with all of it needs no update afterwards.
pub(crate) fn of_a_new_control_plane_are_all_there(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let givens = Givens::make(&account)?;
    let workspace = account.workspace(Core::OpenTofu)?;
    let network = "{ ip_family = \"ipv4\", service_ipv4_cidr = \"172.20.0.0/16\" }";
    let block = givens.everything().set("network", network).set("node_groups", "{}").text("mode", "none");
    written(&workspace, &block)?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let live = account.describe_cluster("prod")?;
    ensure!(settings(&live) == all_set(), "expected {:#} and found {:#}", all_set(), settings(&live));
    let updates = account.client("aws", &["eks", "list-updates", "--name", "prod", "--output", "json"])?;
    ensure!(updates.contains("\"updateIds\": []"), "a create ends with updates: {updates}");
    workspace.destroy(&[])?.succeeded()?;
    givens.clear(&account)?;
    account.left_nothing()
}

/// managed → auto → managed: what the new mode needs comes before what only the old one needed goes.
pub(crate) fn of_the_mode_bring_what_it_needs(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    let of_mode = |mode: &str| cluster("prod").text("mode", mode);
    written(&workspace, &of_mode("auto"))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;
    let parts = || -> anyhow::Result<(bool, BTreeSet<String>, Json)> {
        let live = account.describe_cluster("prod")?;
        let addons = workspace.attributes("paas_cluster.main")?["installed_addons"].clone();
        let names = addons.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
        let groups = account.aws(&["eks", "list-nodegroups", "--cluster-name", "prod"])?;
        Ok((live["computeConfig"]["enabled"] == true, names, groups))
    };
    let (is_auto, addons, groups) = parts()?;
    ensure!(is_auto && addons == ["metrics-server".to_owned()].into(), "auto: {addons:?}");
    ensure!(groups["nodegroups"] == json!([]), "auto: {groups}");

    written(&workspace, &of_mode("managed"))?;
    settle(&account, &workspace)?;
    let (is_auto, addons, groups) = parts()?;
    ensure!(!is_auto && addons.len() == 6, "managed: {addons:?}");
    ensure!(groups["nodegroups"] == json!(["default"]), "managed: {groups}");

    written(&workspace, &of_mode("auto").set("auto", "{ node_pools = [\"system\"] }"))?;
    settle(&account, &workspace)?;
    let (is_auto, addons, groups) = parts()?;
    ensure!(is_auto && addons.len() == 1 && groups["nodegroups"] == json!([]), "auto again: {addons:?} {groups}");
    ensure!(made["createdAt"] == account.describe_cluster("prod")?["createdAt"], "the cluster is another one");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
