//! Clients that we did not write: what they accept as EKS is EKS.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::Core;
use anyhow::{Context, ensure};

use crate::world::World;

/// `aws eks` describes, waits and lists; `kubectl` comes in with its token, and only with one of an access entry.
pub(crate) fn to_the_aws_cli_and_kubectl(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    account.client("aws", &["eks", "wait", "cluster-active", "--name", "prod"])?;
    let add_ons = account.client("aws", &["eks", "list-addons", "--cluster-name", "prod", "--output", "text"])?;
    for name in ["vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "metrics-server"] {
        ensure!(add_ons.contains(name), "the add-on {name} is missing among {add_ons}");
    }
    let shown = account.describe_cluster("prod")?;
    let state = workspace.attributes("paas_cluster.main")?;
    ensure!(shown["arn"] == state["arn"], "the ARN in state is {}", state["arn"]);
    ensure!(shown["accessConfig"]["authenticationMode"] == "API", "access is by {}", shown["accessConfig"]);
    let nodes = account.kubectl("prod", &["get", "nodes", "-o", "name"])?;
    ensure!(nodes.lines().count() >= 2, "the nodes are {nodes:?}");
    let version = account.kubectl("prod", &["version", "-o", "json"])?;
    let minor =
        shown["version"].as_str().and_then(|version| version.split('.').nth(1)).context("a version")?.to_owned();
    ensure!(version.contains(&format!("\"minor\": \"{minor}\"")), "the API server is not of minor {minor}: {version}");

    let refused = account.viewer().client("kubectl", &["get", "pods", "-A"]);
    ensure!(
        refused.as_ref().is_err_and(|error| error.to_string().contains("must be logged in")),
        "a principal without an access entry got in: {refused:?}"
    );
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
