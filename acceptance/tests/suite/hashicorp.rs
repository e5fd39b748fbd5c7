//! EKS as hashicorp/aws knows it: what that provider makes, reads, changes and deletes without a complaint is EKS. Then what ours
//! makes of such a cluster.

use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};

use crate::strangers::told;
use crate::world::{AWS_PROVIDER, Account, World};

/// What is different after the change in place.
struct Choice {
    logs: &'static str,
    retention: u32,
    max: u32,
    tier: &'static str,
    replicas: u32,
    groups: &'static str,
    role: &'static str,
}

const FIRST: Choice = Choice {
    logs: r#"["api"]"#,
    retention: 7,
    max: 2,
    tier: "web",
    replicas: 3,
    groups: "ops",
    role: "aws_iam_role.pods.arn",
};
const SECOND: Choice = Choice {
    logs: r#"["api", "audit"]"#,
    retention: 30,
    max: 4,
    tier: "edge",
    replicas: 4,
    groups: "platform",
    role: "aws_iam_role.cni.arn",
};

/// Everything that the provider has for EKS and that its users write, beside a data source of ours.
fn configuration(choice: &Choice) -> String {
    let Choice { logs, retention, max, tier, replicas, groups, role } = choice;
    format!(
        r#"terraform {{
  required_providers {{
    aws  = {{ source = "hashicorp/aws", version = "{AWS_PROVIDER}" }}
    paas = {{ source = "terraform-paas/paas" }}
  }}
}}

variable "subnet_ids" {{
  type = list(string)
}}

locals {{
  trust = {{ for service in ["eks", "ec2", "pods.eks"] : service => jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = {{ Service = "${{service}}.amazonaws.com" }}, Action = ["sts:AssumeRole", "sts:TagSession"] }}]
  }}) }}
  attached = {{
    AmazonEKSClusterPolicy             = aws_iam_role.cluster.name
    AmazonEKSWorkerNodePolicy          = aws_iam_role.node.name
    AmazonEC2ContainerRegistryPullOnly = aws_iam_role.node.name
    AmazonEKS_CNI_Policy               = aws_iam_role.cni.name
  }}
}}

resource "aws_iam_role" "cluster" {{
  name               = "theirs-cluster"
  assume_role_policy = local.trust["eks"]
}}

resource "aws_iam_role" "node" {{
  name               = "theirs-node"
  assume_role_policy = local.trust["ec2"]
}}

resource "aws_iam_role" "cni" {{
  name               = "theirs-cni"
  assume_role_policy = local.trust["pods.eks"]
}}

resource "aws_iam_role" "pods" {{
  name               = "theirs-pods"
  assume_role_policy = local.trust["pods.eks"]
}}

resource "aws_iam_role" "ops" {{
  name               = "theirs-ops"
  assume_role_policy = local.trust["ec2"]
}}

resource "aws_iam_role_policy_attachment" "all" {{
  for_each   = local.attached
  role       = each.value
  policy_arn = "arn:aws:iam::aws:policy/${{each.key}}"
}}

# EKS makes it where it is missing, and nobody deletes it then.
resource "aws_cloudwatch_log_group" "this" {{
  name              = "/aws/eks/prod/cluster"
  retention_in_days = {retention}
}}

resource "aws_eks_cluster" "this" {{
  name                          = "prod"
  role_arn                      = aws_iam_role.cluster.arn
  version                       = "1.35"
  enabled_cluster_log_types     = {logs}
  bootstrap_self_managed_addons = false
  tags                          = {{ team = "theirs" }}

  access_config {{
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = true
  }}

  vpc_config {{
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    public_access_cidrs     = ["203.0.113.0/24"]
  }}

  upgrade_policy {{
    support_type = "STANDARD"
  }}

  depends_on = [aws_iam_role_policy_attachment.all, aws_cloudwatch_log_group.this]
}}

resource "aws_eks_addon" "before" {{
  for_each     = toset(["eks-pod-identity-agent", "kube-proxy"])
  cluster_name = aws_eks_cluster.this.name
  addon_name   = each.key
}}

resource "aws_eks_addon" "cni" {{
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "vpc-cni"
  resolve_conflicts_on_create = "OVERWRITE"

  pod_identity_association {{
    service_account = "aws-node"
    role_arn        = aws_iam_role.cni.arn
  }}
}}

resource "aws_eks_node_group" "default" {{
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = "default"
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = var.subnet_ids
  ami_type        = "AL2023_x86_64_STANDARD"
  instance_types  = ["m6i.large"]
  labels          = {{ tier = "{tier}" }}

  scaling_config {{
    min_size     = 1
    max_size     = {max}
    desired_size = 1
  }}

  update_config {{
    max_unavailable_percentage = 50
  }}

  taint {{
    key    = "batch"
    value  = "true"
    effect = "PREFER_NO_SCHEDULE"
  }}

  depends_on = [aws_iam_role_policy_attachment.all, aws_eks_addon.before, aws_eks_addon.cni]
}}

data "aws_eks_addon_version" "coredns" {{
  addon_name         = "coredns"
  kubernetes_version = aws_eks_cluster.this.version
}}

resource "aws_eks_addon" "coredns" {{
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "coredns"
  addon_version               = data.aws_eks_addon_version.coredns.version
  configuration_values        = jsonencode({{ replicaCount = {replicas} }})
  resolve_conflicts_on_update = "OVERWRITE"
  depends_on                  = [aws_eks_node_group.default]
}}

resource "aws_eks_access_entry" "ops" {{
  cluster_name      = aws_eks_cluster.this.name
  principal_arn     = aws_iam_role.ops.arn
  kubernetes_groups = ["{groups}"]
}}

resource "aws_eks_access_policy_association" "ops" {{
  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.ops.principal_arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

  access_scope {{
    type       = "namespace"
    namespaces = ["shop"]
  }}
}}

resource "aws_eks_pod_identity_association" "uploader" {{
  cluster_name    = aws_eks_cluster.this.name
  namespace       = "apps"
  service_account = "uploader"
  role_arn        = {role}
}}

data "aws_eks_cluster" "seen" {{
  name       = aws_eks_cluster.this.name
  depends_on = [aws_eks_addon.coredns]
}}

data "aws_eks_cluster_auth" "seen" {{
  name = aws_eks_cluster.this.name
}}

data "paas_cluster" "seen" {{
  name       = aws_eks_cluster.this.name
  depends_on = [aws_eks_addon.coredns]
}}
"#
    )
}

/// A cluster with all that belongs to it: made, nothing left to do, changed in place, taken over for a look, deleted.
pub(crate) fn aws_takes_it_for_eks(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.write("main.tf", &configuration(&FIRST))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    has_nothing_to_do(&workspace)?;
    let made = account.describe_cluster("prod")?;
    lets_its_token_in(&account, &workspace)?;

    workspace.write("main.tf", &configuration(&SECOND))?;
    let planned = workspace.planned_actions(&[])?;
    let expected = [
        "aws_cloudwatch_log_group.this: update",
        "aws_eks_access_entry.ops: update",
        "aws_eks_addon.coredns: update",
        "aws_eks_cluster.this: update",
        "aws_eks_node_group.default: update",
        "aws_eks_pod_identity_association.uploader: update",
    ];
    ensure!(planned == expected, "expected {expected:?} and found {planned:?}");
    workspace.apply(&[])?.succeeded()?;
    has_nothing_to_do(&workspace)?;
    let now = account.describe_cluster("prod")?;
    ensure!(made["createdAt"] == now["createdAt"], "the cluster is another one");
    let enabled = &now["logging"]["clusterLogging"][0];
    ensure!(enabled["types"] == serde_json::json!(["api", "audit"]) && enabled["enabled"] == true, "it logs {enabled}");

    both_see_the_same(&workspace)?;
    ours_imports_it(&account)?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// The plan is empty. A refresh alone is not: on AWS, too, a role shows after its own apply which policies another resource attached.
fn has_nothing_to_do(workspace: &Workspace) -> anyhow::Result<()> {
    let plan = workspace.plan(&[])?;
    ensure!(plan.code == 0, "something is left to do:\n{}", plan.output);
    Ok(())
}

/// The token of `aws_eks_cluster_auth` is one of the creator, who is an administrator.
fn lets_its_token_in(account: &Account, workspace: &Workspace) -> anyhow::Result<()> {
    let seen = workspace.attributes("data.aws_eks_cluster.seen")?;
    let auth = workspace.attributes("data.aws_eks_cluster_auth.seen")?;
    let (server, token) =
        (seen["endpoint"].as_str().context("no endpoint")?, auth["token"].as_str().context("no token")?);
    let nodes = account.client(
        "kubectl",
        &[
            "--kubeconfig",
            "/dev/null",
            "--server",
            server,
            "--insecure-skip-tls-verify",
            "--token",
            token,
            "get",
            "nodes",
            "-o",
            "name",
        ],
    )?;
    ensure!(nodes.lines().count() == 1, "the nodes are {nodes:?}");
    Ok(())
}

/// What the data source of each provider says of the cluster.
fn both_see_the_same(workspace: &Workspace) -> anyhow::Result<()> {
    let theirs = workspace.attributes("data.aws_eks_cluster.seen")?;
    let ours = workspace.attributes("data.paas_cluster.seen")?;
    let config = &theirs["vpc_config"][0];
    for (what, one, other) in [
        ("arn", &ours["arn"], &theirs["arn"]),
        ("version", &ours["kubernetes_version"], &theirs["version"]),
        ("platform version", &ours["platform_version"], &theirs["platform_version"]),
        ("endpoint", &ours["api_endpoint"], &theirs["endpoint"]),
        ("CA", &ours["certificate_authority_data"], &theirs["certificate_authority"][0]["data"]),
        ("issuer", &ours["oidc_issuer"], &theirs["identity"][0]["oidc"][0]["issuer"]),
        ("VPC", &ours["vpc_id"], &config["vpc_id"]),
        ("security group", &ours["cluster_security_group_id"], &config["cluster_security_group_id"]),
    ] {
        ensure!(!one.is_null() && one == other, "{what}: ours shows {one} and theirs {other}");
    }
    ensure!(ours["node_groups"]["default"]["status"] == "ACTIVE", "it shows {}", ours["node_groups"]);
    let addons: Vec<&String> = ours["addons"].as_object().into_iter().flat_map(|all| all.keys()).collect();
    ensure!(addons == ["coredns", "eks-pod-identity-agent", "kube-proxy", "vpc-cni"], "it shows {addons:?}");
    Ok(())
}

/// Into a state of its own, with what the import says to write, so that nothing changes, and nothing is touched.
fn ours_imports_it(account: &Account) -> anyhow::Result<()> {
    const BRIEF: &str = "variable \"subnet_ids\" {\n  type = list(string)\n}\n\nresource \"paas_cluster\" \"main\" {\n  name       = \"prod\"\n  subnet_ids = var.subnet_ids\n}\n";
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main(BRIEF)?;
    workspace.init()?;
    let before = account.mutating()?.len();
    let run = workspace.run(&["import", "-no-color", "-input=false", "paas_cluster.main", "prod"])?.succeeded()?;
    let run = run.says(&[
        "node groups: default",
        "add-ons: coredns, eks-pod-identity-agent, kube-proxy, vpc-cni",
        "access entries: arn:aws:iam::",
    ])?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "a brief configuration plans {planned:?}");
    workspace.main(&told(&run, "")?)?;
    workspace.plan_is_empty(&[])?;
    ensure!(account.mutating()?.len() == before, "an import touched something");
    Ok(())
}
