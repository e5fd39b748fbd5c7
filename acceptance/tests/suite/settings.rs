//! What a control plane is set to: changed in place one after the other in one apply, refused where it would make another
//! cluster.

use std::collections::BTreeSet;

use acceptance::configuration::{Block, VARIABLES, cluster};
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::lifecycle::{import, settle};
use crate::world::{Account, World};

/// A security group, a KMS key and a subnet in the zone of the first one, none of which is the provider's.
struct Givens {
    group: String,
    key: String,
    twin: String,
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
        let subnets = ["ec2", "describe-subnets", "--filters", "Name=default-for-az,Values=true"];
        let first = ["--query", "sort_by(Subnets, &AvailabilityZone)[0].AvailabilityZone", "--output", "text"];
        let zone = aws(&[&subnets[..], &first].concat())?;
        let create = ["ec2", "create-subnet", "--vpc-id", &vpc, "--availability-zone", &zone];
        let range = ["--cidr-block", "172.31.128.0/24", "--query", "Subnet.SubnetId", "--output", "text"];
        let twin = aws(&[&create[..], &range].concat())?;
        let key = aws(&["kms", "create-key", "--query", "KeyMetadata.Arn", "--output", "text"])?;
        Ok(Givens { group, key, twin })
    }

    fn clear(&self, account: &Account) -> anyhow::Result<()> {
        account.client("aws", &["ec2", "delete-security-group", "--group-id", &self.group])?;
        account.client("aws", &["ec2", "delete-subnet", "--subnet-id", &self.twin])?;
        // moto knows the key by its id alone here.
        let id = self.key.rsplit('/').next().unwrap_or_default();
        account.client("aws", &["kms", "schedule-key-deletion", "--key-id", id, "--pending-window-in-days", "7"])?;
        Ok(())
    }

    /// What the control plane's role may do with the key.
    fn policy(&self, account: &Account) -> anyhow::Result<Json> {
        let role = account.describe_cluster("prod")?["roleArn"].as_str().unwrap_or_default().to_owned();
        let name = role.rsplit('/').next().unwrap_or_default();
        let policy = account.aws(&["iam", "get-role-policy", "--role-name", name, "--policy-name", "paas"])?;
        let statement = policy["PolicyDocument"]["Statement"][0].clone();
        ensure!(statement["Resource"] == self.key.as_str(), "the role has {policy}");
        Ok(statement["Action"].clone())
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
            .set("tags", "{ team = \"shop\" }")
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

const USES_OF_A_KEY: [&str; 4] = ["kms:Encrypt", "kms:Decrypt", "kms:ListGrants", "kms:DescribeKey"];

/// The tag `team` of the log group.
fn team(account: &Account) -> anyhow::Result<Json> {
    let listed = account.aws(&["logs", "list-tags-log-group", "--log-group-name", "/aws/eks/prod/cluster"])?;
    Ok(listed["tags"]["team"].clone())
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
    let of_one_zone = format!("[var.subnet_ids[0], \"{}\"]", givens.twin);
    written(&workspace, &cluster("prod").set("subnet_ids", &of_one_zone))?;
    workspace.init()?;
    workspace.plan(&[])?.failed()?.says(&["subnet_ids", "at least two availability zones", &givens.twin])?;
    written(&workspace, &cluster("prod"))?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;

    written(&workspace, &givens.everything())?;
    settle(&account, &workspace)?;
    let changed = account.describe_cluster("prod")?;
    ensure!(made["createdAt"] == changed["createdAt"], "the cluster is another one");
    ensure!(settings(&changed) == all_set(), "expected {:#} and found {:#}", all_set(), settings(&changed));
    let updates = account.aws(&["eks", "list-updates", "--name", "prod"])?;
    ensure!(updates["updateIds"].as_array().map(Vec::len) == Some(8), "expected 8 updates and found {updates}");
    ensure!(givens.policy(&account)? == json!(USES_OF_A_KEY), "the role may {}", givens.policy(&account)?);
    ensure!(team(&account)? == "shop", "the log group is of {}", team(&account)?);
    import(
        &account,
        Core::Terraform,
        &format!("{VARIABLES}{}", givens.everything()),
        &[("paas_cluster.main", "prod".to_owned())],
    )?;

    // Other subnets of the same zones are taken, and others of other zones refused before anything is touched.
    written(&workspace, &givens.everything().set("subnet_ids", "slice(var.subnet_ids, 0, 2)"))?;
    workspace.plan(&[])?.failed()?.says(&["subnet_ids", "had a subnet and would have none"])?;
    let others = format!("concat(slice(var.subnet_ids, 1, length(var.subnet_ids)), [\"{}\"])", givens.twin);
    written(&workspace, &givens.everything().set("subnet_ids", &others))?;
    settle(&account, &workspace)?;
    let live = account.describe_cluster("prod")?;
    let subnets = live["resourcesVpcConfig"]["subnetIds"].as_array().cloned().unwrap_or_default();
    ensure!(subnets.contains(&json!(givens.twin)), "the control plane is in {subnets:?}");
    written(&workspace, &givens.everything())?;

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
    // A key of the region that it is to leave would be refused before anything else.
    let key = givens.key.replace("eu-west-1", "us-east-1");
    // Nor is IPv6 for a cluster with hybrid nodes.
    let ipv6 = givens.everything().without("remote_network").set("network", "{ ip_family = \"ipv6\" }");
    let elsewhere = givens.everything().text("region", "us-east-1");
    let elsewhere = elsewhere.set("encryption", &format!("{{ kms_key_arn = \"{key}\" }}"));
    for (block, attribute) in [
        (without.clone(), "encryption.kms_key_arn"),
        (ipv6, "network.ip_family"),
        (givens.everything().set("network", "{ service_ipv4_cidr = \"10.64.0.0/16\" }"), "network.service_ipv4_cidr"),
        (elsewhere, "region"),
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
    ensure!(team(&account)?.is_null(), "the log group is still of {}", team(&account)?);
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
    ensure!(givens.policy(&account)? == json!(USES_OF_A_KEY), "the role may {}", givens.policy(&account)?);
    workspace.destroy(&[])?.succeeded()?;
    givens.clear(&account)?;
    account.left_nothing()
}

/// The VPC CNI of a cluster with IPv6 has a policy for that, and none for IPv4.
pub(crate) fn of_ipv6_come_with_their_policy(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::OpenTofu)?;
    let block =
        cluster("prod").set("network", "{ ip_family = \"ipv6\" }").set("node_groups", "{}").text("mode", "none");
    written(&workspace, &block)?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let addons = workspace.attributes("paas_cluster.main")?["installed_addons"].clone();
    let role = addons["vpc-cni"]["role_arn"].as_str().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let named = ["--role-name", role];
    let attached = account.aws(&[&["iam", "list-attached-role-policies"], &named[..]].concat())?;
    ensure!(attached["AttachedPolicies"] == json!([]), "the CNI's role has {attached}");
    let inline = ["iam", "get-role-policy", "--policy-name", "paas"];
    let has = || account.client("aws", &[&inline, &named[..]].concat());
    ensure!(has()?.contains("ec2:AssignIpv6Addresses"), "the CNI's role has {}", has()?);

    // Taken away, it is put back.
    account.aws(&[&["iam", "delete-role-policy", "--policy-name", "paas"], &named[..]].concat())?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "the policy is not missed: {planned:?}");
    settle(&account, &workspace)?;
    ensure!(has()?.contains("ec2:AssignIpv6Addresses"), "the CNI's role has {}", has()?);
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// The role of the nodes that go is not taken from instances that somebody else made with it.
fn lent_out(account: &Account, workspace: &Workspace) -> anyhow::Result<()> {
    let arn = workspace.attributes("paas_cluster.main")?["node_role_arn"].clone();
    let role = arn.as_str().and_then(|arn| arn.rsplit('/').next()).context("the nodes have no role")?.to_owned();
    let profile = ["--instance-profile-name", "workers"];
    let iam = |command: &str, more: &[&str]| account.client("aws", &[&["iam", command], &profile[..], more].concat());
    iam("create-instance-profile", &[])?;
    iam("add-role-to-instance-profile", &["--role-name", &role])?;
    workspace.apply(&[])?.failed()?.says(&[&role, "was not deleted", "instance profile workers"])?;
    workspace.plan(&[])?.says(&["leftovers", &role])?;
    iam("remove-role-from-instance-profile", &["--role-name", &role])?;
    iam("delete-instance-profile", &[])?;
    Ok(())
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
    let control = made["roleArn"].as_str().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    let policies = || -> anyhow::Result<usize> {
        let attached = account.aws(&["iam", "list-attached-role-policies", "--role-name", control])?;
        Ok(attached["AttachedPolicies"].as_array().map_or(0, Vec::len))
    };
    let own = made["computeConfig"]["nodeRoleArn"].as_str().unwrap_or_default().to_owned();
    let is_there = || account.aws(&["iam", "get-role", "--role-name", own.rsplit('/').next().unwrap_or_default()]);
    ensure!(workspace.attributes("paas_cluster.main")?["auto_node_role_arn"] == own.as_str(), "it is not {own}");
    ensure!(policies()? == 5 && own.contains(":role/terraform-paas/"), "auto: {} policies, {own}", policies()?);
    let (is_auto, addons, groups) = parts()?;
    ensure!(is_auto && addons == ["metrics-server".to_owned()].into(), "auto: {addons:?}");
    ensure!(groups["nodegroups"] == json!([]), "auto: {groups}");

    written(&workspace, &of_mode("managed"))?;
    settle(&account, &workspace)?;
    let (is_auto, addons, groups) = parts()?;
    ensure!(!is_auto && addons.len() == 6, "managed: {addons:?}");
    ensure!(groups["nodegroups"] == json!(["default"]), "managed: {groups}");
    ensure!(policies()? == 1 && is_there().is_err(), "managed: {} policies, {:?}", policies()?, is_there());

    // Auto Mode's nodes have the role that is given, and keep it.
    let given = account.role("nodes", "ec2.amazonaws.com", &["sts:AssumeRole", "sts:TagSession"])?;
    let of_pool = of_mode("auto").set("auto", "{ node_pools = [\"system\"] }");
    let with_role = |arn: &str| of_pool.clone().set("iam", &format!("{{ node_role_arn = \"{arn}\" }}"));
    written(&workspace, &with_role(&given))?;
    lent_out(&account, &workspace)?;
    settle(&account, &workspace)?;
    let role = account.describe_cluster("prod")?["computeConfig"]["nodeRoleArn"].take();
    ensure!(role == given.as_str() && is_there().is_err(), "the nodes' role is {role}");
    ensure!(policies()? == 5, "auto again: {} policies", policies()?);
    written(&workspace, &with_role(&given.replace("role/nodes", "role/others")))?;
    workspace.plan(&[])?.failed()?.says(&["iam.node_role_arn", "while Auto Mode is on", &given])?;
    written(&workspace, &of_pool)?;
    settle(&account, &workspace)?;
    let (is_auto, addons, groups) = parts()?;
    ensure!(is_auto && addons.len() == 1 && groups["nodegroups"] == json!([]), "auto again: {addons:?} {groups}");
    ensure!(made["createdAt"] == account.describe_cluster("prod")?["createdAt"], "the cluster is another one");
    workspace.destroy(&[])?.succeeded()?;
    account.aws(&["iam", "delete-role", "--role-name", "nodes"])?;
    account.left_nothing()
}
