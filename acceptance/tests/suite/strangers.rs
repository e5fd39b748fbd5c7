//! Clusters that others made: read by the data sources, and imported without being replaced.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::{Core, Run};
use anyhow::{Context, ensure};

use crate::world::{Account, World};

/// How somebody else makes a cluster called `prod`.
struct Layout {
    /// Names of the roles of the control plane and of the nodes.
    roles: [&'static str; 2],
    create: &'static [&'static str],
    node_group: &'static str,
    add_ons: &'static [&'static str],
    /// What the import tells.
    says: &'static [&'static str],
}

const EKSCTL: Layout = Layout {
    roles: ["eksctl-prod-cluster-ServiceRole-x1", "eksctl-prod-nodegroup-ng-1-NodeInstanceRole-x2"],
    create: &[
        "--access-config",
        "authenticationMode=API_AND_CONFIG_MAP,bootstrapClusterCreatorAdminPermissions=true",
        "--tags",
        "alpha.eksctl.io/cluster-name=prod",
    ],
    node_group: "ng-1",
    add_ons: &["vpc-cni", "kube-proxy", "coredns", "metrics-server"],
    says: &[
        "node groups: ng-1",
        "add-ons: coredns, kube-proxy, metrics-server, vpc-cni",
        "access entries: arn:aws:iam::",
    ],
};

/// An older release of it: the ConfigMap alone, what EKS installs by itself, logs.
const MODULE: Layout = Layout {
    roles: ["prod-cluster-20240101000000000000000001", "default-eks-node-group-20240101000000000000000002"],
    create: &["--tags", "Terraform=true"],
    node_group: "default-20240101000000000000000003",
    add_ons: &[],
    says: &["node groups: default-20240101000000000000000003"],
};

fn role(account: &Account, name: &str, service: &str, policies: &[&str]) -> anyhow::Result<String> {
    let made = account.role(name, service, &["sts:AssumeRole"])?;
    for policy in policies {
        let policy = format!("arn:aws:iam::aws:policy/{policy}");
        account.aws(&["iam", "attach-role-policy", "--role-name", name, "--policy-arn", &policy])?;
    }
    Ok(made)
}

const CLUSTER_POLICIES: [&str; 2] = ["AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"];
const NODE_POLICIES: [&str; 3] =
    ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"];

impl Layout {
    fn make(&self, account: &Account, subnets: &[String]) -> anyhow::Result<()> {
        let control = role(account, self.roles[0], "eks.amazonaws.com", &CLUSTER_POLICIES)?;
        let nodes = role(account, self.roles[1], "ec2.amazonaws.com", &NODE_POLICIES)?;
        let vpc = format!("subnetIds={}", subnets.join(","));
        let create =
            ["eks", "create-cluster", "--name", "prod", "--role-arn", &control, "--resources-vpc-config", &vpc];
        account.aws(&[&create[..], self.create].concat())?;
        account.client("aws", &["eks", "wait", "cluster-active", "--name", "prod"])?;
        let group = ["eks", "create-nodegroup", "--cluster-name", "prod", "--nodegroup-name", self.node_group];
        let with = ["--node-role", &nodes, "--scaling-config", "minSize=1,maxSize=2,desiredSize=1", "--subnets"];
        let subnets: Vec<&str> = subnets.iter().map(String::as_str).collect();
        account.aws(&[&group[..], &with, &subnets].concat())?;
        let named = ["--cluster-name", "prod", "--nodegroup-name", self.node_group];
        account.client("aws", &[&["eks", "wait", "nodegroup-active"][..], &named].concat())?;
        for name in self.add_ons {
            account.aws(&["eks", "create-addon", "--cluster-name", "prod", "--addon-name", name])?;
        }
        Ok(())
    }

    fn unmake(&self, account: &Account) -> anyhow::Result<()> {
        for (name, policies) in [(self.roles[0], &CLUSTER_POLICIES[..]), (self.roles[1], &NODE_POLICIES)] {
            for policy in policies {
                let policy = format!("arn:aws:iam::aws:policy/{policy}");
                account.aws(&["iam", "detach-role-policy", "--role-name", name, "--policy-arn", &policy])?;
            }
            account.aws(&["iam", "delete-role", "--role-name", name])?;
        }
        Ok(())
    }
}

/// The block that the import says to write, with `more` in it.
pub(crate) fn told(run: &Run, more: &str) -> anyhow::Result<String> {
    let lines: Vec<&str> = run.output.lines().map(|line| line.trim_start_matches(['│', '╷', '╵'])).collect();
    let start = lines.iter().position(|line| line.trim_start().starts_with("resource \"paas_cluster\""));
    let start = start.with_context(|| format!("no configuration is told:\n{}", run.output))?;
    let end = lines[start..].iter().position(|line| line.trim() == "}").context("the block does not end")?;
    let block = lines[start..start + end].join("\n").replace("<label>", "main");
    Ok(format!("{block}\n{more}}}\n"))
}

const LOOKUPS: &str =
    "data \"paas_cluster\" \"seen\" {\n  name = \"prod\"\n}\n\ndata \"paas_cluster_versions\" \"all\" {}\n";

fn is_imported(world: &World, core: Core, layout: &Layout, more: &str, mode: &str) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(core)?;
    let subnets: Vec<String> = serde_json::from_str(&account.variable("TF_VAR_subnet_ids")?)?;
    layout.make(&account, &subnets)?;
    let made = account.describe_cluster("prod")?;
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.init()?;
    let before = account.mutating()?.len();
    let id = format!("prod@{}", acceptance::daemon::REGION);
    let run = workspace.run(&["import", "-no-color", "-input=false", "paas_cluster.main", &id])?;
    let run = run.succeeded()?.says(layout.says)?;
    // Also with no more than a name and subnets nothing is replaced.
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "a brief configuration plans {planned:?}");
    workspace.main(&format!("{}\n{LOOKUPS}", told(&run, "")?))?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned.is_empty(), "what the import says to write changes something: {planned:?}");
    workspace.plan_is_empty(&[])?;
    workspace.apply(&[])?.succeeded()?;
    ensure!(account.mutating()?.len() == before, "an import touched something");
    let seen = workspace.attributes("data.paas_cluster.seen")?;
    ensure!(
        seen["node_groups"][layout.node_group]["status"] == "ACTIVE",
        "the data source shows {}",
        seen["node_groups"]
    );
    ensure!(
        seen["addons"].as_object().map(serde_json::Map::len) == Some(layout.add_ons.len()),
        "it shows {}",
        seen["addons"]
    );
    ensure!(seen["oidc_issuer"] == made["identity"]["oidc"]["issuer"], "it shows the issuer {}", seen["oidc_issuer"]);
    ensure!(seen["next_version"] == "1.36", "it shows the next version {}", seen["next_version"]);
    let versions = workspace.attributes("data.paas_cluster_versions.all")?;
    ensure!(versions["versions"][0]["version"] == "1.36", "the versions are {}", versions["versions"]);

    // Now it is managed: what is added is added in place, and nothing of the others is touched.
    workspace.main(&format!("{}\n{LOOKUPS}", told(&run, more)?))?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "the plan is {planned:?}");
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let now = account.describe_cluster("prod")?;
    ensure!(now["createdAt"] == made["createdAt"] && now["roleArn"] == made["roleArn"], "the cluster is another one");
    ensure!(now["accessConfig"]["authenticationMode"] == mode, "access is by {}", now["accessConfig"]);
    account.kubectl("prod", &["get", "nodes"])?;

    // Node groups of others keep it from being deleted; roles of others stay.
    workspace.destroy(&[])?.failed()?.says(&[layout.node_group])?;
    let group = ["--cluster-name", "prod", "--nodegroup-name", layout.node_group];
    account.aws(&[&["eks", "delete-nodegroup"][..], &group].concat())?;
    account.client("aws", &[&["eks", "wait", "nodegroup-deleted"][..], &group].concat())?;
    workspace.destroy(&[])?.succeeded()?;
    layout.unmake(&account)?;
    account.left_nothing()
}

/// A cluster of eksctl: entries beside the ConfigMap, managed add-ons, a public endpoint.
pub(crate) fn of_eksctl_are_imported(world: &World) -> anyhow::Result<()> {
    let more =
        "  access = { admins = [\"arn:aws:iam::111122223333:role/platform\"] }\n  iam = { oidc_provider = true }\n";
    is_imported(world, Core::Terraform, &EKSCTL, more, "API_AND_CONFIG_MAP")
}

/// A cluster in the layout of terraform-aws-modules: the ConfigMap alone, self-managed add-ons.
pub(crate) fn of_the_aws_module_are_imported(world: &World) -> anyhow::Result<()> {
    let more = "  access = { authentication_mode = \"API\", admins = [\"arn:aws:iam::111122223333:role/platform\"] }\n";
    is_imported(world, Core::OpenTofu, &MODULE, more, "API")
}
