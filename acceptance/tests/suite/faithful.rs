//! Clients that we did not write: what they accept as EKS is EKS.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::Core;
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::world::{Account, World};

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
    waits_and_lists(&account)?;
    lets_its_tokens_in(&account, &shown)?;
    workspace.destroy(&[])?.succeeded()?;
    account.client("aws", &["eks", "wait", "cluster-deleted", "--name", "prod"])?;
    account.left_nothing()
}

/// Every kind of object is listed, described and waited for under its name.
fn waits_and_lists(account: &Account) -> anyhow::Result<()> {
    let eks = |call: &[&str]| account.aws(&[&["eks"], call, &["--cluster-name", "prod"]].concat());
    let group = ["--nodegroup-name", "default"];
    account.client("aws", &[&["eks", "wait", "nodegroup-active", "--cluster-name", "prod"][..], &group].concat())?;
    for name in ["vpc-cni", "coredns"] {
        let named = ["eks", "wait", "addon-active", "--cluster-name", "prod", "--addon-name", name];
        account.client("aws", &named)?;
        ensure!(eks(&["describe-addon", "--addon-name", name])?["addon"]["status"] == "ACTIVE", "{name} is not active");
    }
    ensure!(account.list_clusters()? == ["prod"], "the clusters are {:?}", account.list_clusters()?);
    let groups = eks(&["list-nodegroups"])?;
    ensure!(groups["nodegroups"] == json!(["default"]), "the node groups are {groups}");
    let described = eks(&[&["describe-nodegroup"][..], &group].concat())?;
    ensure!(described["nodegroup"]["status"] == "ACTIVE", "the node group is {described}");
    let entries = eks(&["list-access-entries"])?;
    let creator = format!("arn:aws:iam::{}:user/", account.id());
    let is_creator = |one: &Json| one.as_str().is_some_and(|arn| arn.starts_with(&creator));
    let entry = entries["accessEntries"].as_array().into_iter().flatten().find(|one| is_creator(one));
    let principal = entry.and_then(Json::as_str).with_context(|| format!("the entries are {entries}"))?;
    let policies = eks(&["list-associated-access-policies", "--principal-arn", principal])?;
    let scope = &policies["associatedAccessPolicies"][0]["accessScope"]["type"];
    ensure!(scope == "cluster", "the creator has {policies}");
    let associations = eks(&["list-pod-identity-associations"])?;
    let accounts = associations["associations"].as_array().into_iter().flatten();
    ensure!(accounts.clone().any(|one| one["serviceAccount"] == "aws-node"), "the associations are {associations}");
    let insights = eks(&["list-insights"])?;
    ensure!(insights["insights"].is_array(), "the insights are {insights}");
    let updates = account.aws(&["eks", "list-updates", "--name", "prod"])?;
    ensure!(updates["updateIds"].is_array(), "the updates are {updates}");
    Ok(())
}

/// `get-token` prints what the API server takes, and nothing that it does not.
fn lets_its_tokens_in(account: &Account, shown: &Json) -> anyhow::Result<()> {
    let server = shown["endpoint"].as_str().context("an endpoint")?;
    let token = |cluster: &str| -> anyhow::Result<String> {
        let printed = account.aws(&["eks", "get-token", "--cluster-name", cluster])?;
        ensure!(printed["kind"] == "ExecCredential", "it prints {}", printed["kind"]);
        Ok(printed["status"]["token"].as_str().context("a token")?.to_owned())
    };
    let ask = |token: &str| {
        let with = ["--kubeconfig", "/dev/null", "--server", server, "--insecure-skip-tls-verify", "--token", token];
        account.client("kubectl", &[&with[..], &["get", "namespaces"]].concat())
    };
    ask(&token("prod")?)?;
    let refused = ask(&token("another")?);
    ensure!(
        refused.as_ref().is_err_and(|error| error.to_string().contains("must be logged in")),
        "a token for another cluster lets somebody in: {refused:?}"
    );
    Ok(())
}
