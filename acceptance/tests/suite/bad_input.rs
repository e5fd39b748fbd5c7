//! Wrong input: a clear error at validate or plan, and nothing changed anywhere.

use acceptance::configuration::{Block, VARIABLES, app, cluster, job};
use acceptance::terraform::Core;
use anyhow::{Context, ensure};

use crate::world::World;

/// A configuration with one thing wrong, and what the user must read.
struct Wrong {
    what: &'static str,
    configuration: String,
    says: &'static [&'static str],
}

fn wrong(what: &'static str, block: &Block, says: &'static [&'static str]) -> Wrong {
    Wrong { what, configuration: format!("{VARIABLES}{block}"), says }
}

/// On a cluster that exists elsewhere, so that no other block is needed.
fn on_prod(block: Block) -> Block {
    block.text("cluster", "prod")
}

fn cases() -> Vec<Wrong> {
    let prod = || cluster("prod");
    let api = || on_prod(app("api"));
    let task = || on_prod(job("task"));
    vec![
        wrong("a name that EKS refuses", &prod().text("name", "-prod"), &["name", "-prod"]),
        wrong("a path as a cluster's name", &prod().text("name", "../prod"), &["name"]),
        wrong("a control character", &prod().set("tags", r#"{ team = "x\u0007y" }"#), &["tags", "control character"]),
        wrong("one subnet only", &prod().set("subnet_ids", r#"["subnet-0a0a0a0a"]"#), &["subnet_ids"]),
        wrong(
            "a subnet twice",
            &prod().set("subnet_ids", r#"["subnet-0a0a0a0a", "subnet-0a0a0a0a"]"#),
            &["subnet_ids", "subnet-0a0a0a0a"],
        ),
        wrong("a version that is none", &prod().text("kubernetes_version", "latest"), &["kubernetes_version"]),
        wrong(
            "an address that is no range",
            &prod().set("endpoint", r#"{ public_cidrs = ["203.0.113.7"] }"#),
            &["public_cidrs", "203.0.113.7"],
        ),
        wrong(
            "a principal named twice",
            &prod().set(
                "access",
                r#"{ admins = ["arn:aws:iam::111122223333:role/a"], entries = { a = { principal_arn = "arn:aws:iam::111122223333:role/a" } } }"#,
            ),
            &["access.admins", "access.entries"],
        ),
        wrong(
            "a policy for nodes",
            &prod().set(
                "access",
                r#"{ entries = { a = { principal_arn = "arn:aws:iam::111122223333:role/a", type = "EC2_LINUX", policies = [{ name = "AmazonEKSViewPolicy" }] } } }"#,
            ),
            &["access entry a", "policies"],
        ),
        wrong("a role that is none", &prod().set("iam", r#"{ cluster_role_arn = "role/x" }"#), &["cluster_role_arn", "role/x"]),
        wrong(
            "a policy in no namespace",
            &prod().set(
                "access",
                r#"{ entries = { a = { principal_arn = "arn:aws:iam::111122223333:role/a", policies = [{ name = "AmazonEKSEditPolicy", namespaces = [] }] } } }"#,
            ),
            &["namespaces is empty"],
        ),
        wrong("a subnet that is null", &prod().set("subnet_ids", r#"["subnet-0a0a0a0a", null]"#), &["subnet_ids[1]", "null"]),
        wrong("what is only read", &prod().set("ready", "true"), &["ready is read-only"]),
        wrong(
            "more nodes than a bound that is left out",
            &prod().set("node_groups", "{ a = { desired = 10 } }"),
            &["node group a", "desired is 10", "max, which is left out, is 6"],
        ),
        wrong(
            "a release of another version",
            &prod()
                .text("kubernetes_version", "1.35")
                .set("node_groups", r#"{ a = { release_version = "1.34.2-20261105" } }"#),
            &["node group a", "1.34.2-20261105", "1.35"],
        ),
        wrong(
            "a key of another region",
            &prod().text("region", "us-east-1").set(
                "encryption",
                r#"{ kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }"#,
            ),
            &["encryption.kms_key_arn", "eu-west-1", "us-east-1"],
        ),
        wrong("an unknown attribute", &prod().set("size", "3"), &["size"]),
        wrong("a name that Kubernetes refuses", &api().text("name", "My_App"), &["name", "My_App"]),
        wrong("a path as a namespace", &api().text("namespace", "../kube-system"), &["namespace"]),
        wrong("cpu that is no quantity", &api().set("resources", r#"{ cpu = "half" }"#), &["cpu", "half"]),
        wrong("memory that is no quantity", &api().set("resources", r#"{ memory = "1 GB" }"#), &["memory", "1 GB"]),
        wrong("a port out of range", &api().set("port", "70000"), &["port", "65535"]),
        wrong("fewer replicas than none", &api().set("replicas", "-1"), &["replicas"]),
        wrong("half a replica", &api().set("replicas", "1.5"), &["replicas", "whole number"]),
        wrong("an image with a space", &api().text("image", "shop api:1"), &["image"]),
        wrong("a variable's name with a space", &api().set("env", r#"{ "MY VAR" = "x" }"#), &["env", "MY VAR"]),
        wrong("an unknown attribute of an app", &api().set("size", "3"), &["size"]),
        wrong("a schedule that is none", &task().text("schedule", "every day"), &["schedule", "every day"]),
        wrong("a minute that no hour has", &task().text("schedule", "61 * * * *"), &["schedule", "61"]),
        wrong("no time at all", &task().set("timeout_seconds", "0"), &["timeout_seconds"]),
        Wrong {
            what: "an account id that is none",
            configuration: format!("provider \"paas\" {{\n  allowed_account_ids = [\"12\"]\n}}\n{}", api()),
            says: &["allowed_account_ids", "12"],
        },
        Wrong {
            what: "a region that is none",
            configuration: format!("provider \"paas\" {{\n  region = \"Ireland\"\n}}\n{}", api()),
            says: &["region", "Ireland"],
        },
    ]
}

/// Every case is refused with a text that names the attribute, and no request changes anything.
pub(crate) fn is_refused_before_anything_is_touched(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main("")?;
    workspace.init()?;
    for case in cases() {
        workspace.main(&case.configuration)?;
        let run = workspace.plan(&[])?;
        ensure!(run.code == 1, "{}: the plan was accepted:\n{}", case.what, run.output);
        run.says(case.says).context(case.what)?;
    }
    let touched = account.mutating()?;
    ensure!(touched.is_empty(), "something was touched: {touched:?}");
    Ok(())
}

/// A text of two megabytes is refused by name, and the message does not repeat it.
pub(crate) fn of_two_megabytes_is_not_repeated(world: &World) -> anyhow::Result<()> {
    let workspace = world.account()?.workspace(Core::OpenTofu)?;
    workspace.main(&on_prod(app("api")).set("args", "[file(\"huge.txt\")]").to_string())?;
    workspace.write("huge.txt", &"a".repeat(2 << 20))?;
    workspace.init()?;
    let run = workspace.plan(&[])?.failed()?;
    ensure!(run.output.len() < 64 << 10, "the error has {} bytes", run.output.len());
    run.says(&["args"])?;
    Ok(())
}

/// An app whose ARN names an account that the provider's credentials are not of.
pub(crate) fn of_another_account_is_named(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main(&app("api").text("cluster", "arn:aws:eks:us-east-1:999999999999:cluster/prod").to_string())?;
    workspace.init()?;
    workspace.apply(&[])?.failed()?.says(&["999999999999", account.id()])?;
    ensure!(account.mutating()?.is_empty(), "something was touched");
    Ok(())
}
