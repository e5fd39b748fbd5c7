//! Who may do what in a cluster and for it: access entries, roles and trust in IAM, with the real CLIs.

use acceptance::configuration::{Block, VARIABLES, cluster};
use acceptance::terraform::Core;
use anyhow::{Context, ensure};
use serde_json::Value as Json;

use crate::lifecycle::{import, settle};
use crate::world::{Account, World};

const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy";
const SSM: &str = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const BOUNDARY: &str = "arn:aws:iam::aws:policy/PowerUserAccess";

fn role(account: &Account, name: &str) -> anyhow::Result<String> {
    account.role(name, "ec2.amazonaws.com", &["sts:AssumeRole"])
}

fn eks(account: &Account, operation: &str, principal: &str, more: &[&str]) -> anyhow::Result<Json> {
    let call = ["eks", operation, "--cluster-name", "prod", "--principal-arn", principal];
    account.aws(&[&call[..], more].concat())
}

fn iam(account: &Account, call: &[&str]) -> anyhow::Result<Json> {
    account.aws(&[&["iam"], call].concat())
}

fn configuration(block: &Block) -> String {
    format!("{VARIABLES}{block}")
}

/// Entries and everything of `iam` come with the cluster, change in place, are put back, imported, and go.
pub(crate) fn changes_in_place(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let (ops, nodes) = (role(&account, "ops")?, role(&account, "nodes")?);
    let viewer = format!("arn:aws:iam::{}:user/viewer", account.id());
    let workspace = account.workspace(Core::Terraform)?;
    let first = configuration(
        &cluster("prod")
            .set(
                "access",
                &format!(
                    r#"{{
    viewers             = ["{viewer}"]
    authentication_mode = "API_AND_CONFIG_MAP"
    entries = {{
      ops   = {{ principal_arn = "{ops}", groups = ["ops"], policies = [{{ name = "AmazonEKSEditPolicy", namespaces = ["shop"] }}] }}
      nodes = {{ principal_arn = "{nodes}", type = "EC2_LINUX" }}
    }}
  }}"#
                ),
            )
            .set(
                "iam",
                &format!(
                    r#"{{ path = "/platform/", permissions_boundary = "{BOUNDARY}", node_policies = ["{SSM}"], oidc_provider = true }}"#
                ),
            ),
    );
    workspace.main(&first)?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;
    ensure!(
        made["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP",
        "access is by {}",
        made["accessConfig"]
    );
    let state = workspace.attributes("paas_cluster.main")?;
    let cluster_role = state["cluster_role_arn"].as_str().unwrap_or_default().to_owned();
    ensure!(cluster_role.contains(":role/platform/"), "the role is {cluster_role}");
    let short = cluster_role.rsplit('/').next().unwrap_or_default();
    let shown = iam(&account, &["get-role", "--role-name", short])?;
    ensure!(shown["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY, "no boundary on {shown}");
    let provider = state["oidc_provider_arn"].as_str().context("a provider")?.to_owned();
    let named = ["--open-id-connect-provider-arn", provider.as_str()];
    let audiences = || -> anyhow::Result<Json> {
        Ok(iam(&account, &[&["get-open-id-connect-provider"], &named[..]].concat())?["ClientIDList"].take())
    };
    ensure!(audiences()? == serde_json::json!(["sts.amazonaws.com"]), "tokens are for {}", audiences()?);
    let audience = ["remove-client-id-from-open-id-connect-provider", "--client-id", "sts.amazonaws.com"];
    iam(&account, &[&audience, &named[..]].concat())?;
    workspace.plan(&[])?.says(&["oidc_provider_arn"])?;
    settle(&account, &workspace)?;
    ensure!(audiences()? == serde_json::json!(["sts.amazonaws.com"]), "tokens are for {}", audiences()?);
    let listed = eks(&account, "list-associated-access-policies", &ops, &[])?;
    let scope = &listed["associatedAccessPolicies"][0]["accessScope"];
    ensure!(scope["type"] == "namespace" && scope["namespaces"][0] == "shop", "ops has {listed}");

    // What others change of ours is shown and put back.
    let edit = format!("{POLICY}/AmazonEKSEditPolicy");
    let admin = format!("{POLICY}/AmazonEKSClusterAdminPolicy");
    eks(&account, "disassociate-access-policy", &ops, &["--policy-arn", &edit])?;
    eks(&account, "associate-access-policy", &ops, &["--policy-arn", &admin, "--access-scope", "type=cluster"])?;
    eks(&account, "update-access-entry", &ops, &["--kubernetes-groups", "other"])?;
    eks(&account, "delete-access-entry", &viewer, &[])?;
    iam(&account, &["delete-role-permissions-boundary", "--role-name", short])?;
    iam(&account, &["delete-open-id-connect-provider", "--open-id-connect-provider-arn", &provider])?;
    let plan = workspace.plan(&[])?;
    plan.says(&["AmazonEKSClusterAdminPolicy", "group other", "permissions_boundary", "oidc_provider_arn", &viewer])?;
    settle(&account, &workspace)?;
    let listed = eks(&account, "list-associated-access-policies", &ops, &[])?;
    ensure!(listed["associatedAccessPolicies"].as_array().map(Vec::len) == Some(1), "ops still has {listed}");
    let entry = eks(&account, "describe-access-entry", &ops, &[])?;
    ensure!(entry["accessEntry"]["kubernetesGroups"] == serde_json::json!(["ops"]), "the entry is {entry}");

    // Everything changes in place, the mode forward, a type by a new entry; the provider goes.
    let second = configuration(
        &cluster("prod")
            .set(
                "access",
                &format!(
                    r#"{{
    authentication_mode = "API"
    entries = {{
      ops    = {{ principal_arn = "{ops}", policies = [{{ name = "AmazonEKSViewPolicy" }}] }}
      nodes  = {{ principal_arn = "{nodes}", type = "HYBRID_LINUX" }}
      viewer = {{ principal_arn = "{viewer}", policies = [{{ name = "AmazonEKSViewPolicy" }}] }}
    }}
  }}"#
                ),
            )
            .set("iam", "{ path = \"/platform/\" }"),
    );
    workspace.main(&second)?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "the plan is {planned:?}");
    settle(&account, &workspace)?;
    let now = account.describe_cluster("prod")?;
    ensure!(now["createdAt"] == made["createdAt"], "the cluster is another one");
    ensure!(now["accessConfig"]["authenticationMode"] == "API", "access is by {}", now["accessConfig"]);
    let entry = eks(&account, "describe-access-entry", &nodes, &[])?;
    ensure!(entry["accessEntry"]["type"] == "HYBRID_LINUX", "the entry is {entry}");
    let shown = iam(&account, &["get-role", "--role-name", short])?;
    ensure!(shown["Role"]["PermissionsBoundary"].is_null(), "the boundary is still there: {shown}");
    let providers = iam(&account, &["list-open-id-connect-providers"])?;
    ensure!(providers["OpenIDConnectProviderList"].as_array().is_some_and(Vec::is_empty), "left: {providers}");

    // Backwards is refused before anything is touched; so is another path.
    let before = account.mutating()?.len();
    workspace.main(&second.replace("\"API\"", "\"API_AND_CONFIG_MAP\""))?;
    workspace.plan(&[])?.failed()?.says(&["access.authentication_mode", "cannot take"])?;
    workspace.main(&second.replace("/platform/", "/elsewhere/"))?;
    workspace.plan(&[])?.failed()?.says(&["iam.path", "/platform/"])?;
    ensure!(account.mutating()?.len() == before, "something was touched");

    import(&account, Core::Terraform, &second, &[("paas_cluster.main", "prod".to_owned())])?;
    workspace.main(&second)?;
    workspace.destroy(&[])?.succeeded()?;
    for name in ["ops", "nodes"] {
        iam(&account, &["delete-role", "--role-name", name])?;
    }
    account.left_nothing()
}

/// An entry that is somebody else's gets what is written, keeps what it has, and loses no more than that.
pub(crate) fn shares_entries_of_others(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let ops = role(&account, "ops")?;
    let workspace = account.workspace(Core::OpenTofu)?;
    let without = configuration(&cluster("prod"));
    workspace.main(&without)?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    eks(&account, "create-access-entry", &ops, &["--kubernetes-groups", "theirs"])?;
    let view = format!("{POLICY}/AmazonEKSViewPolicy");
    eks(&account, "associate-access-policy", &ops, &["--policy-arn", &view, "--access-scope", "type=cluster"])?;
    workspace.plan_is_empty(&[])?;
    workspace.main(&configuration(&cluster("prod").set("access", &format!("{{ admins = [\"{ops}\"] }}"))))?;
    settle(&account, &workspace)?;
    let policies = || -> anyhow::Result<Vec<String>> {
        let listed = eks(&account, "list-associated-access-policies", &ops, &[])?;
        let all = listed["associatedAccessPolicies"].as_array().cloned().unwrap_or_default();
        Ok(all.iter().filter_map(|one| one["policyArn"].as_str()?.rsplit('/').next().map(str::to_owned)).collect())
    };
    ensure!(policies()? == ["AmazonEKSViewPolicy", "AmazonEKSClusterAdminPolicy"], "ops has {:?}", policies()?);
    workspace.main(&without)?;
    settle(&account, &workspace)?;
    ensure!(policies()? == ["AmazonEKSViewPolicy"], "ops has {:?}", policies()?);
    let entry = eks(&account, "describe-access-entry", &ops, &[])?;
    ensure!(entry["accessEntry"]["kubernetesGroups"] == serde_json::json!(["theirs"]), "the entry is {entry}");
    workspace.destroy(&[])?.succeeded()?;
    iam(&account, &["delete-role", "--role-name", "ops"])?;
    account.left_nothing()
}

/// Roles that are given are used and stay.
pub(crate) fn uses_roles_that_are_given(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
    let made = iam(&account, &["create-role", "--role-name", "control", "--assume-role-policy-document", trust])?;
    let control = made["Role"]["Arn"].as_str().context("an ARN")?.to_owned();
    let attach = |name: &str, policy: &str| {
        let policy = format!("arn:aws:iam::aws:policy/{policy}");
        iam(&account, &["attach-role-policy", "--role-name", name, "--policy-arn", &policy])
    };
    attach("control", "AmazonEKSClusterPolicy")?;
    let nodes = role(&account, "nodes")?;
    for policy in ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"] {
        attach("nodes", policy)?;
    }
    let given = |control: &str, protection: &str| {
        let block = cluster("prod").set("deletion_protection", protection);
        configuration(
            &block.set("iam", &format!("{{ cluster_role_arn = \"{control}\", node_role_arn = \"{nodes}\" }}")),
        )
    };
    let block = cluster("prod").set("deletion_protection", "true");
    workspace.main(&configuration(&block.set("iam", &format!("{{ cluster_role_arn = \"{control}\" }}"))))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;
    let own = workspace.attributes("paas_cluster.main")?["node_role_arn"].as_str().unwrap_or_default().to_owned();
    ensure!(own.contains(":role/terraform-paas/"), "the nodes' role is {own}");

    // Another role of the nodes: another group takes the place of the old one, whose role goes.
    workspace.main(&given(&control, "true"))?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "the plan is {planned:?}");
    settle(&account, &workspace)?;
    ensure!(account.describe_cluster("prod")?["createdAt"] == made["createdAt"], "the cluster is another one");
    let gone = iam(&account, &["get-role", "--role-name", own.rsplit('/').next().unwrap_or_default()]);
    ensure!(gone.as_ref().is_err_and(|error| error.to_string().contains("NoSuchEntity")), "it stays: {gone:?}");
    ensure!(account.describe_cluster("prod")?["roleArn"] == control.as_str(), "the role is another one");
    ensure!(
        workspace.attributes("paas_cluster.main")?["node_role_arn"] == nodes.as_str(),
        "the nodes' role is another one"
    );
    import(&account, Core::Terraform, &given(&control, "true"), &[("paas_cluster.main", "prod".to_owned())])?;

    let another = control.replace("role/control", "role/another");
    workspace.main(&given(&another, "true"))?;
    workspace.plan(&[])?.failed()?.says(&["iam.cluster_role_arn", "deletion_protection"])?;
    workspace.main(&given(&control, "false"))?;
    settle(&account, &workspace)?;
    workspace.main(&given(&another, "false"))?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: delete,create"], "the plan is {planned:?}");
    workspace.main(&given(&control, "false"))?;
    workspace.destroy(&[])?.succeeded()?;
    for (name, policies) in [
        ("control", &["AmazonEKSClusterPolicy"][..]),
        ("nodes", &["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]),
    ] {
        for policy in policies {
            let policy = format!("arn:aws:iam::aws:policy/{policy}");
            iam(&account, &["detach-role-policy", "--role-name", name, "--policy-arn", &policy])?;
        }
        iam(&account, &["delete-role", "--role-name", name])?;
    }
    account.left_nothing()
}

/// What an entry of the configuration lets its principal do is what kubectl can do.
pub(crate) fn is_what_kubectl_can_do(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let viewer = account.viewer();
    let workspace = account.workspace(Core::Terraform)?;
    let principal = format!("arn:aws:iam::{}:user/viewer", account.id());
    let with = |policies: &str| {
        let entries =
            format!("{{ entries = {{ viewer = {{ principal_arn = \"{principal}\", policies = {policies} }} }} }}");
        configuration(&cluster("prod").set("node_groups", "{}").set("access", &entries))
    };
    workspace.main(&with(r#"[{ name = "AmazonEKSViewPolicy" }]"#))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    account.kubectl("prod", &["create", "namespace", "shop"])?;
    for namespace in ["shop", "default"] {
        account.client("kubectl", &["create", "configmap", "-n", namespace, "settings"])?;
    }
    let read = |namespace: &str| viewer.client("kubectl", &["get", "configmap", "settings", "-n", namespace]);
    let write = |namespace: &str| viewer.client("kubectl", &["create", "configmap", "-n", namespace, "another"]);
    let forbidden = |outcome: anyhow::Result<String>| {
        outcome.is_err_and(|error| error.to_string().to_lowercase().contains("forbidden"))
    };
    for namespace in ["shop", "default"] {
        read(namespace)?;
        ensure!(forbidden(write(namespace)), "a viewer wrote into {namespace}");
    }

    workspace.main(&with(r#"[{ name = "AmazonEKSViewPolicy", namespaces = ["shop"] }]"#))?;
    workspace.apply(&[])?.succeeded()?;
    read("shop")?;
    ensure!(forbidden(write("shop")), "a viewer of shop wrote into it");
    ensure!(forbidden(read("default")), "a viewer of shop read in default");

    workspace.main(&with(r#"[{ name = "AmazonEKSEditPolicy", namespaces = ["shop"] }]"#))?;
    settle(&account, &workspace)?;
    read("shop")?;
    write("shop")?;
    ensure!(forbidden(read("default")), "an entry for shop let its principal read in default");
    ensure!(forbidden(write("default")), "an entry for shop let its principal write in default");

    workspace.main(&with("[]"))?;
    settle(&account, &workspace)?;
    ensure!(forbidden(read("shop")), "an entry without policies lets its principal read");

    workspace.main(&configuration(&cluster("prod").set("node_groups", "{}")))?;
    settle(&account, &workspace)?;
    let refused = read("shop");
    ensure!(
        refused.as_ref().is_err_and(|error| error.to_string().contains("must be logged in")),
        "a principal without an entry got in: {refused:?}"
    );
    let raw = viewer.client("kubectl", &["get", "--raw", "/api", "-v", "8"]);
    ensure!(raw.as_ref().is_err_and(|error| error.to_string().contains("401")), "the answer is no 401: {raw:?}");
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
