//! Add-ons and pod identities: what each kind of add-on becomes, changes in place, drift, what is refused and why.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::lifecycle::{import, settle};
use crate::world::{Account, World};

fn configuration(addons: &str, pod_identities: &str) -> String {
    let block = cluster("prod").set("addons", addons).set("pod_identities", pod_identities);
    format!("{VARIABLES}variable \"role_arn\" {{\n  type = string\n}}\n\n{block}")
}

/// One of each kind: of AWS, of the community, of the Marketplace; with values, a namespace, a version, a role of each sort.
const FIRST: &str = r#"{
    "vpc-cni"                         = { values = jsonencode({ env = { ENABLE_PREFIX_DELEGATION = "true" } }) }
    "metrics-server"                  = { enabled = false }
    "cert-manager"                    = { namespace = "certs", values = jsonencode({ replicaCount = 2 }) }
    "external-dns"                    = { version = "v0.19.0-eksbuild.2" }
    "kubecost_kubecost"               = { conflicts = "PRESERVE" }
    "aws-efs-csi-driver"              = { iam = "none" }
    "snapshot-controller"             = { version = "default" }
    "prometheus-node-exporter"        = { phase = "before_nodes" }
    "amazon-cloudwatch-observability" = { role_arn = var.role_arn }
  }"#;
const FIRST_PODS: &str = r#"{
    "apps/uploader" = {
      policies      = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/AmazonSQSFullAccess"]
      inline_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "*" }] })
    }
    "apps/reader" = { role_arn = var.role_arn }
    "apps/mailer" = { policies = ["arn:aws:iam::aws:policy/AmazonSESFullAccess"] }
  }"#;

/// Every attribute changed; entries removed, of a default add-on and of others.
const SECOND: &str = r#"{
    "coredns"                         = { values = jsonencode({ replicaCount = 3 }) }
    "cert-manager"                    = { values = jsonencode({ replicaCount = 3 }), namespace = "cert-manager" }
    "external-dns"                    = { version = "v0.20.0-eksbuild.3" }
    "aws-efs-csi-driver"              = {}
    "snapshot-controller"             = {}
    "prometheus-node-exporter"        = { conflicts = "NONE", version = "default" }
    "amazon-cloudwatch-observability" = { iam = "none" }
  }"#;
const SECOND_PODS: &str = r#"{
    "apps/uploader" = { policies = ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"] }
    "apps/reader"   = { inline_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] }) }
  }"#;

/// What an add-on is to be: name, version, namespace, values, the number of its roles. No version is none at all.
type Row = (&'static str, Option<&'static str>, &'static str, Option<&'static str>, usize);

const AFTER_FIRST: &[Row] = &[
    (
        "vpc-cni",
        Some("v1.21.2-eksbuild.2"),
        "kube-system",
        Some("{\"env\":{\"ENABLE_PREFIX_DELEGATION\":\"true\"}}"),
        1,
    ),
    ("coredns", Some("v1.13.2-eksbuild.1"), "kube-system", None, 0),
    ("metrics-server", None, "", None, 0),
    ("cert-manager", Some("v1.19.3-eksbuild.2"), "certs", Some("{\"replicaCount\":2}"), 0),
    ("external-dns", Some("v0.19.0-eksbuild.2"), "external-dns", None, 1),
    ("kubecost_kubecost", Some("v2.8.0-eksbuild.1"), "kubecost", None, 0),
    ("aws-efs-csi-driver", Some("v2.2.0-eksbuild.1"), "kube-system", None, 0),
    ("snapshot-controller", Some("v8.4.0-eksbuild.2"), "kube-system", None, 0),
    ("prometheus-node-exporter", Some("v1.10.2-eksbuild.8"), "prometheus-node-exporter", None, 0),
    ("amazon-cloudwatch-observability", Some("v5.1.0-eksbuild.1"), "amazon-cloudwatch", None, 1),
];
const AFTER_SECOND: &[Row] = &[
    ("vpc-cni", Some("v1.21.2-eksbuild.2"), "kube-system", Some("{}"), 1),
    ("coredns", Some("v1.13.2-eksbuild.1"), "kube-system", Some("{\"replicaCount\":3}"), 0),
    ("metrics-server", Some("v0.8.0-eksbuild.6"), "kube-system", None, 0),
    ("cert-manager", Some("v1.19.3-eksbuild.2"), "cert-manager", Some("{\"replicaCount\":3}"), 0),
    ("external-dns", Some("v0.20.0-eksbuild.3"), "external-dns", None, 1),
    ("kubecost_kubecost", None, "", None, 0),
    ("aws-efs-csi-driver", Some("v2.2.0-eksbuild.1"), "kube-system", None, 1),
    ("prometheus-node-exporter", Some("v1.10.2-eksbuild.8"), "prometheus-node-exporter", None, 0),
    ("snapshot-controller", Some("v8.4.0-eksbuild.2"), "kube-system", None, 0),
    ("amazon-cloudwatch-observability", Some("v5.1.0-eksbuild.1"), "amazon-cloudwatch", None, 0),
];

fn eks(account: &Account, arguments: &[&str]) -> anyhow::Result<Json> {
    account.aws(&[&["eks"], arguments, &["--cluster-name", "prod"]].concat())
}

/// An add-on as `aws eks describe-addon` shows it; nothing if there is none.
fn addon(account: &Account, name: &str) -> anyhow::Result<Option<Json>> {
    let all = eks(account, &["list-addons"])?;
    if !all["addons"].as_array().into_iter().flatten().any(|one| one == name) {
        return Ok(None);
    }
    Ok(Some(eks(account, &["describe-addon", "--addon-name", name])?["addon"].take()))
}

fn check(account: &Account, rows: &[Row]) -> anyhow::Result<()> {
    for (name, version, namespace, values, roles) in rows {
        let live = addon(account, name)?;
        let Some(version) = version else {
            ensure!(live.is_none(), "{name} is there: {live:?}");
            continue;
        };
        let live = live.with_context(|| format!("{name} is not there"))?;
        let associations = live["podIdentityAssociations"].as_array().map_or(0, Vec::len);
        ensure!(
            live["status"] == "ACTIVE"
                && live["addonVersion"] == *version
                && live["namespaceConfig"]["namespace"] == *namespace
                && live["configurationValues"].as_str() == *values
                && associations == *roles,
            "{name} is not as it should be ({version}, {namespace}, {values:?}, {roles} roles): {live:#}"
        );
    }
    Ok(())
}

/// The role of a service account, and the id of its association.
fn pod(account: &Account, namespace: &str, name: &str) -> anyhow::Result<Option<(String, String)>> {
    let found = eks(account, &["list-pod-identity-associations", "--namespace", namespace, "--service-account", name])?;
    let Some(id) = found["associations"][0]["associationId"].as_str() else { return Ok(None) };
    let live = eks(account, &["describe-pod-identity-association", "--association-id", id])?;
    Ok(Some((live["association"]["roleArn"].as_str().unwrap_or_default().to_owned(), id.to_owned())))
}

/// The names of the policies that are attached to a role, and those of its own.
fn policies(account: &Account, role_arn: &str) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    let list = |what: &str, query: &str| -> anyhow::Result<Vec<String>> {
        let text = account.client("aws", &["iam", what, "--role-name", role, "--query", query, "--output", "json"])?;
        let mut all: Vec<String> = serde_json::from_str(&text)?;
        all.sort();
        Ok(all)
    };
    Ok((
        list("list-attached-role-policies", "AttachedPolicies[].PolicyName")?,
        list("list-role-policies", "PolicyNames")?,
    ))
}

/// A role that is not the provider's, which pods may have; its ARN.
fn role(account: &Account) -> anyhow::Result<String> {
    account.role("pods", "pods.eks.amazonaws.com", &["sts:AssumeRole", "sts:TagSession"])
}

/// Somebody else gives a role to pods.
fn associate_theirs(account: &Account, role_arn: &str) -> anyhow::Result<Json> {
    let of = ["--namespace", "apps", "--service-account", "theirs", "--role-arn", role_arn];
    eks(account, &[&["create-pod-identity-association"], &of[..]].concat())
}

fn workspace(account: &Account, role_arn: &str) -> anyhow::Result<Workspace> {
    let mut workspace = account.workspace(Core::Terraform)?;
    workspace.set("TF_VAR_role_arn", role_arn);
    Ok(workspace)
}

fn end(account: &Account, workspace: &Workspace) -> anyhow::Result<()> {
    workspace.destroy(&[])?.succeeded()?;
    account.client("aws", &["iam", "delete-role", "--role-name", "pods"])?;
    account.left_nothing()
}

/// A table of add-ons of every kind, and pod identities: made with the cluster, changed in place, imported, destroyed.
pub(crate) fn and_pod_identities_change_in_place(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let role_arn = role(&account)?;
    let workspace = workspace(&account, &role_arn)?;
    workspace.main(&configuration(FIRST, FIRST_PODS))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    check(&account, AFTER_FIRST)?;
    let made = account.describe_cluster("prod")?;
    let cni = addon(&account, "vpc-cni")?.context("there is no vpc-cni")?;
    let (uploader, id) = pod(&account, "apps", "uploader")?.context("there is no uploader")?;
    let expected =
        (vec!["AmazonS3ReadOnlyAccess".to_owned(), "AmazonSQSFullAccess".to_owned()], vec!["paas".to_owned()]);
    ensure!(policies(&account, &uploader)? == expected, "uploader has other policies");
    ensure!(pod(&account, "apps", "reader")?.is_some_and(|(role, _)| role == role_arn), "reader has another role");
    let shown = workspace.attributes("paas_cluster.main")?;
    ensure!(shown["pod_identity_roles"]["apps/uploader"] == uploader.as_str(), "{}", shown["pod_identity_roles"]);
    ensure!(shown["installed_addons"]["cert-manager"]["namespace"] == "certs", "{}", shown["installed_addons"]);

    workspace.main(&configuration(SECOND, SECOND_PODS))?;
    workspace
        .plan(&[])?
        .says(&["add-on cert-manager of cluster prod is deleted in namespace certs and installed again"])?;
    ensure!(workspace.planned_actions(&[])? == ["paas_cluster.main: update"], "more than an update is planned");
    settle(&account, &workspace)?;
    check(&account, AFTER_SECOND)?;
    let now = account.describe_cluster("prod")?;
    ensure!(made["createdAt"] == now["createdAt"], "the cluster is another one");
    let cni_now = addon(&account, "vpc-cni")?.context("there is no vpc-cni")?;
    ensure!(cni["createdAt"] == cni_now["createdAt"], "vpc-cni is another one");
    ensure!(
        pod(&account, "apps", "uploader")?.is_some_and(|(role, now)| role == uploader && now == id),
        "uploader has another association"
    );
    let expected = (vec!["AmazonSQSFullAccess".to_owned()], Vec::new());
    ensure!(policies(&account, &uploader)? == expected, "uploader has other policies");
    let (reader, _) = pod(&account, "apps", "reader")?.context("there is no reader")?;
    ensure!(policies(&account, &reader)? == (Vec::new(), vec!["paas".to_owned()]), "reader has other policies");
    ensure!(pod(&account, "apps", "mailer")?.is_none(), "mailer still has a role");
    let roles = account.client("aws", &["iam", "list-roles", "--query", "Roles[].RoleName", "--output", "text"])?;
    ensure!(!roles.contains("mailer") && !roles.contains("kubecost"), "roles are left: {roles}");

    // It reads the role's ARN as a variable of its own.
    let literal = configuration(SECOND, SECOND_PODS).replace("type = string\n", "default = \"\"\n");
    import(&account, Core::Terraform, &literal, &[("paas_cluster.main", "prod".to_owned())])?;
    end(&account, &workspace)
}

/// What others change of ours is shown and put back; what is theirs is left alone.
pub(crate) fn changed_elsewhere_are_put_back(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let role_arn = role(&account)?;
    let workspace = workspace(&account, &role_arn)?;
    workspace.main(&configuration(SECOND, SECOND_PODS))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let change = |name: &str, arguments: &[&str]| -> anyhow::Result<()> {
        eks(&account, &[&["update-addon", "--addon-name", name], arguments].concat())?;
        eks(&account, &["wait", "addon-active", "--addon-name", name])?;
        Ok(())
    };
    change("external-dns", &["--addon-version", "v0.21.0-eksbuild.1"])?;
    change("prometheus-node-exporter", &["--addon-version", "v1.11.1-eksbuild.1"])?;
    change("cert-manager", &["--configuration-values", "{\"replicaCount\": 9}"])?;
    change("kube-proxy", &["--configuration-values", "{\"mode\": \"ipvs\"}"])?;
    change("aws-efs-csi-driver", &["--pod-identity-associations", "[]"])?;
    // Only spelled otherwise.
    change("coredns", &["--configuration-values", "{ \"replicaCount\" : 3 }"])?;
    eks(&account, &["delete-addon", "--addon-name", "snapshot-controller"])?;
    eks(&account, &["wait", "addon-deleted", "--addon-name", "snapshot-controller"])?;
    let (uploader, id) = pod(&account, "apps", "uploader")?.context("there is no uploader")?;
    eks(&account, &["delete-pod-identity-association", "--association-id", &id])?;
    let role_name = uploader.rsplit('/').next().unwrap_or_default();
    let policy = "arn:aws:iam::aws:policy/AmazonSQSFullAccess";
    account.client("aws", &["iam", "detach-role-policy", "--role-name", role_name, "--policy-arn", policy])?;
    let (reader, id) = pod(&account, "apps", "reader")?.context("there is no reader")?;
    eks(&account, &["update-pod-identity-association", "--association-id", &id, "--role-arn", &role_arn])?;
    associate_theirs(&account, &role_arn)?;

    workspace.plan(&[])?.says(&[
        "v0.21.0-eksbuild.1",
        "v1.11.1-eksbuild.1",
        "MISSING_ROLE",
        "MISSING",
        "replicaCount",
        "ipvs",
        "apps/uploader",
        "apps/reader",
    ])?;
    settle(&account, &workspace)?;
    check(&account, AFTER_SECOND_DRIFTED)?;
    let (role, _) = pod(&account, "apps", "uploader")?.context("there is no uploader")?;
    ensure!(role == uploader && policies(&account, &role)?.0 == ["AmazonSQSFullAccess"], "uploader is not as it was");
    ensure!(pod(&account, "apps", "reader")?.is_some_and(|(role, _)| role == reader), "reader is not as it was");
    ensure!(pod(&account, "apps", "theirs")?.is_some_and(|(role, _)| role == role_arn), "theirs was touched");
    end(&account, &workspace)
}

const AFTER_SECOND_DRIFTED: &[Row] = &[
    ("kube-proxy", Some("v1.35.1-eksbuild.2"), "kube-system", Some("{}"), 0),
    ("coredns", Some("v1.13.2-eksbuild.1"), "kube-system", Some("{ \"replicaCount\" : 3 }"), 0),
    ("cert-manager", Some("v1.19.3-eksbuild.2"), "cert-manager", Some("{\"replicaCount\":3}"), 0),
    ("external-dns", Some("v0.20.0-eksbuild.3"), "external-dns", None, 1),
    ("aws-efs-csi-driver", Some("v2.2.0-eksbuild.1"), "kube-system", None, 1),
    ("prometheus-node-exporter", Some("v1.10.2-eksbuild.8"), "prometheus-node-exporter", None, 0),
    ("snapshot-controller", Some("v8.4.0-eksbuild.2"), "kube-system", None, 0),
];

/// Names, versions, values, subscriptions, service accounts of others: each says what to do, at plan where it can.
pub(crate) fn that_cannot_be_are_explained(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let role_arn = role(&account)?;
    let workspace = workspace(&account, &role_arn)?;
    let with = |addons: &str, pods: &str| workspace.main(&configuration(addons, pods));
    with("{ \"cert-manager\" = { values = jsonencode({ replicaCount = \"two\" }) } }", "null")?;
    workspace.init()?;
    let before = account.mutating()?.len();
    let fault = ["addons[\"cert-manager\"].values", "replicaCount: want integer, but got string"];
    workspace.apply(&[])?.failed()?.says(&fault)?;
    ensure!(account.mutating()?.len() == before, "something was made before the values were judged");

    with("null", "null")?;
    settle(&account, &workspace)?;
    let before = account.mutating()?.len();
    for (addons, says) in [
        ("{ \"cert-manager\" = { values = jsonencode({ replicaCount = \"two\" }) } }", fault),
        (
            "{ coredns = { version = \"v1.13.9-eksbuild.1\" } }",
            ["addons[\"coredns\"].version", "v1.14.2-eksbuild.4, v1.13.2-eksbuild.1"],
        ),
        ("{ \"cert-manger\" = {} }", ["addons[\"cert-manger\"] is not offered", "describe-addon-versions"]),
    ] {
        with(addons, "null")?;
        workspace.plan(&[])?.failed()?.says(&says)?;
    }
    with("null", "{ \"kube-system/aws-node\" = { role_arn = var.role_arn } }")?;
    workspace
        .apply(&[])?
        .failed()?
        .says(&["pod_identities[\"kube-system/aws-node\"]", "add-on vpc-cni has given it one"])?;
    ensure!(account.mutating()?.len() == before, "something was touched");

    let made = associate_theirs(&account, &role_arn)?;
    let arn = made["association"]["associationArn"].as_str().context("the association has no ARN")?;
    with("null", "{ \"apps/theirs\" = { role_arn = var.role_arn } }")?;
    workspace.apply(&[])?.failed()?.says(&["pod_identities[\"apps/theirs\"]", "somebody else", arn])?;

    account.fail(json!({
        "kind": "add_on",
        "name": "kasten_k10",
        "code": "AddonSubscriptionNeeded",
        "message": "You are currently not subscribed to this add-on.",
        "resourceIds": [],
    }))?;
    with("{ \"kasten_k10\" = {} }", "null")?;
    workspace.apply(&[])?.failed()?.says(&["AddonSubscriptionNeeded", "subscribe to it there", "aws.amazon.com"])?;
    // Subscribed by now.
    settle(&account, &workspace)?;
    ensure!(addon(&account, "kasten_k10")?.is_some_and(|live| live["status"] == "ACTIVE"), "it was not made again");
    end(&account, &workspace)
}
