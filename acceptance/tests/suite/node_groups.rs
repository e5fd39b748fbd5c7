//! Node groups: every attribute, what changes in place and what makes another group, drift, import, and groups that do not
//! come up, with the real CLIs.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::Core;
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::lifecycle::settle;
use crate::world::{Account, World};

fn configuration(groups: &str) -> String {
    format!("{VARIABLES}{}", cluster("prod").set("node_groups", groups))
}

impl Account<'_> {
    fn eks(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        self.aws(&[&["eks"], arguments, &["--cluster-name", "prod"]].concat())
    }

    fn node_group(&self, name: &str) -> anyhow::Result<Json> {
        Ok(self.eks(&["describe-nodegroup", "--nodegroup-name", name])?["nodegroup"].take())
    }

    fn node_groups(&self) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.eks(&["list-nodegroups"])?["nodegroups"].take())?)
    }

    /// Somebody changes a group by hand.
    fn meddle(&self, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
        self.eks(&[&["update-nodegroup-config", "--nodegroup-name", name], arguments].concat())?;
        let waited = ["eks", "wait", "nodegroup-active", "--cluster-name", "prod", "--nodegroup-name", name];
        self.client("aws", &waited).map(drop)
    }

    /// A launch template with two versions.
    pub(crate) fn launch_template(&self) -> anyhow::Result<String> {
        let data = r#"{"MetadataOptions": {"HttpTokens": "required"}}"#;
        let named =
            ["ec2", "create-launch-template", "--launch-template-name", "nodes", "--launch-template-data", data];
        let made = self.aws(&named)?;
        let id = made["LaunchTemplate"]["LaunchTemplateId"].as_str().context("no launch template")?.to_owned();
        let version =
            ["ec2", "create-launch-template-version", "--launch-template-id", &id, "--launch-template-data", data];
        self.client("aws", &version)?;
        Ok(id)
    }

    /// How often the provider called this operation for a group.
    fn calls(&self, operation: &str, group: &str) -> anyhow::Result<usize> {
        let all = self.mutating()?;
        let is_one = |call: &&Json| {
            call["operation"] == operation && call["key"].as_str().is_some_and(|key| key.ends_with(group))
        };
        Ok(all.iter().filter(is_one).count())
    }
}

const BEFORE: &str = r#"{
    default = {
      min = 1, max = 3, desired = 2
      labels          = { tier = "web", old = "1" }
      taints          = [{ key = "dedicated", value = "web", effect = "PREFER_NO_SCHEDULE" }]
      max_unavailable = 1
      release_version = "1.35.4-20260917"
    }
    spot = {
      os = "bottlerocket", capacity = "SPOT", min = 0, max = 2
      subnet_ids = slice(var.subnet_ids, 0, 1)
    }
    own = {
      min = 0
      launch_template = { id = "TEMPLATE", version = 1 }
    }
  }"#;

const AFTER: &str = r#"{
    default = {
      min = 1, max = 4, desired = 2
      labels = { tier = "api" }
      taints = [
        { key = "dedicated", value = "api", effect = "PREFER_NO_SCHEDULE" },
        { key = "spare", effect = "PREFER_NO_SCHEDULE" },
      ]
      max_unavailable_percentage = 50
      update_strategy = "MINIMAL"
      auto_repair     = false
      release_version = "1.35.4-20261015"
    }
    spot = {
      os = "bottlerocket", capacity = "SPOT", min = 0, max = 2
      subnet_ids = slice(var.subnet_ids, 0, 1)
      release_version = "latest"
    }
    own = {
      min = 0
      launch_template = { id = "TEMPLATE", version = 2 }
    }
  }"#;

fn is_as_written(account: &Account) -> anyhow::Result<()> {
    let group = account.node_group("default")?;
    let taints = json!([
        {"key": "dedicated", "value": "api", "effect": "PREFER_NO_SCHEDULE"},
        {"key": "spare", "effect": "PREFER_NO_SCHEDULE"},
    ]);
    let disruption = json!({"maxUnavailablePercentage": 50, "updateStrategy": "MINIMAL"});
    for (member, value) in [
        ("scalingConfig", json!({"minSize": 1, "maxSize": 4, "desiredSize": 2})),
        ("labels", json!({"tier": "api"})),
        ("taints", taints),
        ("updateConfig", disruption),
        ("nodeRepairConfig", json!({"enabled": false})),
        ("releaseVersion", json!("1.35.4-20261015")),
        ("diskSize", json!(50)),
        ("capacityType", json!("ON_DEMAND")),
        ("amiType", json!("AL2023_x86_64_STANDARD")),
    ] {
        ensure!(group[member] == value, "{member} is {} and not {value}", group[member]);
    }
    let spot = account.node_group("spot")?;
    ensure!(
        spot["capacityType"] == "SPOT" && spot["amiType"] == "BOTTLEROCKET_x86_64",
        "that is no spot group: {spot}"
    );
    ensure!(spot["subnets"].as_array().is_some_and(|all| all.len() == 1), "spot is in all subnets: {spot}");
    let own = account.node_group("own")?;
    ensure!(own["launchTemplate"]["version"] == "2", "own has another version: {own}");
    Ok(())
}

/// Create, change in place, drift, swap, import, destroy.
pub(crate) fn of_every_attribute(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let template = account.launch_template()?;
    let workspace = account.workspace(Core::Terraform)?;
    let main = |groups: &str| workspace.main(&configuration(&groups.replace("TEMPLATE", &template)));
    main(BEFORE)?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.node_group("default")?;

    main(AFTER)?;
    ensure!(workspace.planned_actions(&[])? == ["paas_cluster.main: update"], "that is more than an update");
    settle(&account, &workspace)?;
    is_as_written(&account)?;
    ensure!(account.node_group("default")?["createdAt"] == made["createdAt"], "default is another group");
    for (operation, group, times) in [
        ("UpdateNodegroupConfig", "default", 1),
        ("UpdateNodegroupVersion", "default", 1),
        ("UpdateNodegroupVersion", "own", 1),
        ("UpdateNodegroupConfig", "spot", 0),
    ] {
        let calls = account.calls(operation, group)?;
        ensure!(calls == times, "{operation} of {group} was called {calls} times");
    }

    account.meddle("default", &["--scaling-config", "desiredSize=3"])?;
    workspace.plan_is_empty(&[]).context("an autoscaler's choice")?;
    account.meddle("default", &["--labels", "addOrUpdateLabels={team=other}"])?;
    workspace.plan(&[])?.says(&["team", "other"])?;
    settle(&account, &workspace)?;
    ensure!(account.node_group("default")?["labels"] == json!({"tier": "api"}), "a label of somebody else stayed");

    let swapped = AFTER.replacen("min = 1, max = 4, desired = 2", "min = 1, max = 4, desired = 2, disk_gib = 100", 1);
    main(&swapped)?;
    workspace.plan(&[])?.says(&["takes the place of default", "disk_gib: 50 -> 100", "The cluster stays"])?;
    settle(&account, &workspace)?;
    let names = account.node_groups()?;
    let name = names.iter().find(|name| name.starts_with("default-")).context("no group took the place of default")?;
    ensure!(names.len() == 3 && !names.contains(&"default".to_owned()), "there are {names:?}");
    let group = account.node_group(name)?;
    ensure!(group["diskSize"] == 100 && group["scalingConfig"]["desiredSize"] == 3, "it came up otherwise: {group}");
    let shown = workspace.attributes("paas_cluster.main")?["node_group_status"]["default"]["name"].clone();
    ensure!(shown == name.as_str(), "the status names {shown}");

    let other = account.workspace(Core::OpenTofu)?;
    other.main(&configuration(&swapped.replace("TEMPLATE", &template)))?;
    other.init()?;
    let before = account.mutating()?.len();
    other.run(&["import", "-no-color", "-input=false", "paas_cluster.main", "prod"])?.succeeded()?;
    let planned = other.planned_actions(&[])?;
    ensure!(planned.iter().all(|one| one.ends_with(": update")), "an import would replace: {planned:?}");
    let plan = other.plan(&[])?.prose();
    ensure!(!plan.contains("takes the place of"), "an import would make another group: {plan}");
    ensure!(account.mutating()?.len() == before, "an import touched something");

    workspace.destroy(&[])?.succeeded()?;
    account.client("aws", &["ec2", "delete-launch-template", "--launch-template-id", &template])?;
    account.left_nothing()
}

/// The name of the group that a plan says will take the place of `default`.
fn next_name(plan: &str) -> anyhow::Result<String> {
    let before = plan.split(" takes the place of default").next().context("no plan")?;
    let name = before.rsplit(' ').next().filter(|name| name.starts_with("default-"));
    name.map(str::to_owned).with_context(|| format!("the plan names no other group: {plan}"))
}

/// Nodes that do not join fail an apply as soon as EKS says so, in its words and with what to check; the next apply goes on, and
/// a group that was to be replaced serves until then.
pub(crate) fn that_do_not_come_up_are_explained(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main(&configuration("{ default = { min = 1, max = 1 } }"))?;
    workspace.init()?;
    let issue = |name: &str| {
        json!({
            "kind": "node_group", "name": name, "code": "NodeCreationFailure",
            "message": "Instances failed to join the kubernetes cluster", "resourceIds": ["i-0426b330f655baeaa"],
        })
    };
    let explained = ["NodeCreationFailure", "i-0426b330f655baeaa", "NAT", "AmazonEKSWorkerNodePolicy"];
    account.fail(issue("default"))?;
    workspace.apply(&[])?.failed()?.says(&explained)?;
    settle(&account, &workspace)?;

    workspace.main(&configuration("{ default = { min = 1, max = 1, disk_gib = 30 } }"))?;
    let name = next_name(&workspace.plan(&[])?.prose())?;
    account.fail(issue(&name))?;
    workspace.apply(&[])?.failed()?.says(&explained)?;
    ensure!(account.node_group("default")?["status"] == "ACTIVE", "the old group went before the new one came");
    settle(&account, &workspace)?;
    ensure!(account.node_groups()? == [name.as_str()], "there are {:?}", account.node_groups()?);

    let degraded = json!({
        "kind": "node_group_health", "name": name, "code": "AsgInstanceLaunchFailures",
        "message": "We currently do not have sufficient m6a.large capacity", "resourceIds": ["eks-default-1"],
    });
    account.fail(degraded)?;
    workspace.main(&configuration("{ default = { min = 1, max = 2, disk_gib = 30 } }"))?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan(&[])?.says(&["DEGRADED", "sufficient m6a.large capacity", "quota", "No changes"])?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
