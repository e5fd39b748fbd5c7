//! Deploys that fail: the apply fails with cause, evidence and the attribute to change, and the state says what is true.

use acceptance::configuration::{Block, VARIABLES, app, cluster, job};
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};

use crate::world::{Account, World};

/// A cluster with nothing on it.
fn ready(world: &World, core: Core) -> anyhow::Result<(Account<'_>, Workspace)> {
    let account = world.account()?;
    let workspace = account.workspace(core)?;
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    Ok((account, workspace))
}

fn with(workspace: &Workspace, block: &Block) -> anyhow::Result<()> {
    workspace.main(&format!("{VARIABLES}{}{block}", cluster("prod")))
}

/// The first deploy of an app fails; the cause is told, and a mended configuration makes it good.
pub(crate) fn of_an_app_is_explained(world: &World) -> anyhow::Result<()> {
    let (account, workspace) = ready(world, Core::Terraform)?;
    let short = || app("web").set("timeouts", r#"{ create = "90s", update = "90s" }"#);
    let cases: [(&str, Block, &[&str]); 3] = [
        (
            "a crash loop",
            short().text("image", "sandbox.invalid/crash:3"),
            &["shop/web", "crash", "code 3", "ECONNREFUSED|ETIMEDOUT"],
        ),
        (
            "an image that is not there",
            short().text("image", "sandbox.invalid/missing:1"),
            &["shop/web", "image", "not found"],
        ),
        (
            "more memory than any node has",
            short().set("resources", r#"{ memory = "900Gi" }"#),
            &["shop/web", "resources", "memory"],
        ),
    ];
    for (what, block, says) in cases {
        with(&workspace, &block)?;
        let run = workspace.apply(&[])?.failed().context(what)?;
        let text = run.prose();
        for said in says {
            ensure!(
                said.split('|').any(|one| text.contains(one)),
                "{what}: the error does not say {said:?}:\n{}",
                run.output
            );
        }
        ensure!(!text.contains("context deadline exceeded"), "{what}: a bare timeout:\n{}", run.output);
        ensure!(workspace.attributes("paas_app.web")?["ready"] == false, "{what}: a failed app is ready");
    }
    with(&workspace, &app("web"))?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// An update fails: what served before still serves, the state is true, and the plan still shows the change.
pub(crate) fn of_a_new_version_leaves_the_old_one_serving(world: &World) -> anyhow::Result<()> {
    let (account, workspace) = ready(world, Core::OpenTofu)?;
    with(&workspace, &app("web"))?;
    workspace.apply(&[])?.succeeded()?;
    with(&workspace, &app("web").text("image", "sandbox.invalid/crash:1"))?;
    let run = workspace.apply(&[])?.failed()?;
    run.says(&["shop/web", "still serves"])?;
    ensure!(!workspace.tainted("paas_app.web")?, "a failed update tainted the app");
    let again = workspace.plan(&[])?;
    ensure!(again.code == 2, "the plan after a failed deploy is empty:\n{}", again.output);
    with(&workspace, &app("web"))?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// A run that never ends is told as such, with the attribute that says how long it may take.
pub(crate) fn of_a_job_is_explained_and_runs_again(world: &World) -> anyhow::Result<()> {
    let (account, workspace) = ready(world, Core::Terraform)?;
    let migrate = || job("migrate").set("run_triggers", r#"{ image = "1" }"#);
    with(&workspace, &migrate().text("image", "sandbox.invalid/fail:4"))?;
    workspace.apply(&[])?.failed()?.says(&["shop/migrate", "code 4"])?;
    with(&workspace, &migrate().text("image", "sandbox.invalid/hang:1").set("timeout_seconds", "3"))?;
    workspace.apply(&[])?.failed()?.says(&["shop/migrate", "timeout_seconds"])?;
    with(&workspace, &migrate())?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let run = &workspace.attributes("paas_job.migrate")?["last_triggered_run"];
    ensure!(run["status"] == "Succeeded", "the last run is {run}");
    let runs = account.kubectl("prod", &["get", "jobs", "-n", "shop", "-o", "name"])?;
    with(&workspace, &migrate().set("env", r#"{ VERBOSE = "1" }"#))?;
    workspace.apply(&[])?.succeeded()?;
    ensure!(
        runs == account.kubectl("prod", &["get", "jobs", "-n", "shop", "-o", "name"])?,
        "it ran again without a new trigger"
    );
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// Drift: a change of ours by hand is shown and put back, what others add is left alone.
pub(crate) fn by_hand_is_drift_only_where_it_is_ours(world: &World) -> anyhow::Result<()> {
    let (account, workspace) = ready(world, Core::Terraform)?;
    with(&workspace, &app("web").set("env", r#"{ MODE = "live" }"#))?;
    workspace.apply(&[])?.succeeded()?;
    account.kubectl("prod", &["annotate", "deployment/web", "-n", "shop", "team=core"])?;
    account.kubectl("prod", &["set", "env", "deployment/web", "-n", "shop", "EXTRA=1"])?;
    // The variable rolls a revision, which a refresh-only plan tells; there is nothing to change.
    let plan = workspace.plan(&[])?;
    ensure!(plan.code == 0, "what others added is planned away:\n{}", plan.output);
    account.kubectl("prod", &["set", "env", "deployment/web", "-n", "shop", "MODE=test"])?;
    account.kubectl("prod", &["scale", "deployment/web", "-n", "shop", "--replicas=5"])?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_app.web: update"], "drift is not shown: {planned:?}");
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let read = |path: &str| {
        account.kubectl("prod", &["get", "deployment/web", "-n", "shop", "-o", &format!("jsonpath={path}")])
    };
    ensure!(read("{.spec.replicas}")? == "2", "the replicas were not put back");
    let env = read("{.spec.template.spec.containers[0].env}")?;
    ensure!(env.contains("live") && env.contains("EXTRA"), "the variables are {env}");
    account.kubectl("prod", &["delete", "deployment/web", "-n", "shop"])?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_app.web: create"], "a deleted app is planned as {planned:?}");
    workspace.apply(&[])?.succeeded()?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
