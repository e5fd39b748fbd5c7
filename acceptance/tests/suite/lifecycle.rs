//! The whole life of the three resources, with the real CLIs.

use acceptance::configuration::{Block, VARIABLES, app, cluster, job};
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};

use crate::world::{Account, World};

fn everything(greeting: &str, replicas: i64, tags: &str) -> String {
    let migrate = job("migrate").set("run_triggers", "{ image = \"1\" }");
    let report = job("report").text("schedule", "0 6 * * *").set("env", &format!("{{ GREETING = \"{greeting}\" }}"));
    let web = app("web")
        .set("env", &format!("{{ GREETING = \"{greeting}\" }}"))
        .set("replicas", &replicas.to_string())
        .set("depends_on", "[paas_job.migrate]");
    let worker = app("worker").without("port").set("env", "{ WEB_URL = paas_app.web.internal_url }");
    let cluster = cluster("prod").set("tags", tags);
    format!("{VARIABLES}{cluster}{migrate}{report}{web}{worker}")
}

/// Applies, and sees that nothing is left to do: neither by plan nor by a second apply.
pub(crate) fn settle(account: &Account, workspace: &Workspace) -> anyhow::Result<()> {
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let before = account.mutating()?.len();
    workspace.apply(&[])?.succeeded()?;
    let again = account.mutating()?;
    ensure!(again.len() == before, "a second apply changed something: {:?}", &again[before..]);
    Ok(())
}

/// Imports everything into an empty state; nothing is to be replaced, and nothing is touched by looking.
pub(crate) fn import(account: &Account, core: Core, configuration: &str, ids: &[(&str, String)]) -> anyhow::Result<()> {
    let workspace = account.workspace(core)?;
    workspace.main(configuration)?;
    workspace.init()?;
    let before = account.mutating()?.len();
    for (address, id) in ids {
        workspace
            .run(&["import", "-no-color", "-input=false", address, id])?
            .succeeded()
            .context((*address).to_owned())?;
    }
    let planned = workspace.planned_actions(&[])?;
    ensure!(
        planned.iter().all(|one| !one.contains("delete") && !one.contains("create")),
        "an import would replace: {planned:?}"
    );
    let touched = account.mutating()?;
    ensure!(touched.len() == before, "an import touched something: {:?}", &touched[before..]);
    Ok(())
}

/// Create, empty plan, update in place, import, destroy of all three resources; cluster and apps in one apply.
pub(crate) fn of_everything(world: &World, core: Core) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(core)?;
    workspace.main(&everything("hello", 2, "{ team = \"core\" }"))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let made = account.describe_cluster("prod")?;
    for address in ["paas_cluster.main", "paas_app.web", "paas_app.worker", "paas_job.migrate", "paas_job.report"] {
        ensure!(workspace.attributes(address)?["ready"] == true, "{address} is not ready");
    }
    ensure!(
        workspace.attributes("paas_job.migrate")?["last_triggered_run"]["status"] == "Succeeded",
        "the migration did not run"
    );

    workspace.main(&everything("good day", 3, "{ team = \"platform\" }"))?;
    let planned = workspace.planned_actions(&[])?;
    let expected = ["paas_app.web: update", "paas_cluster.main: update", "paas_job.report: update"];
    ensure!(planned == expected, "expected {expected:?} and found {planned:?}");
    settle(&account, &workspace)?;
    let now = account.describe_cluster("prod")?;
    ensure!(made["createdAt"] == now["createdAt"], "the cluster is another one");
    ensure!(now["tags"]["team"] == "platform", "the tag did not change: {}", now["tags"]);

    let ids = |kind: &str, name: &str| {
        (format!("{kind}.{name}"), format!("{}/shop/{name}", made["arn"].as_str().unwrap_or_default()))
    };
    let apps =
        [ids("paas_app", "web"), ids("paas_app", "worker"), ids("paas_job", "migrate"), ids("paas_job", "report")];
    let mut all = vec![("paas_cluster.main", "prod".to_owned())];
    all.extend(apps.iter().map(|(address, id)| (address.as_str(), id.clone())));
    import(&account, core, &everything("good day", 3, "{ team = \"platform\" }"), &all)?;

    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// A cluster that is replaced takes its apps along, in one apply.
pub(crate) fn of_a_replaced_cluster(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::Terraform)?;
    workspace.main(&format!(
        "{VARIABLES}{}{}{}",
        cluster("prod"),
        app("web"),
        job("nightly").text("schedule", "@daily")
    ))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let old = account.describe_cluster("prod")?;
    workspace.apply(&["-replace=paas_cluster.main"])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    let new = account.describe_cluster("prod")?;
    ensure!(old["createdAt"] != new["createdAt"], "the cluster is still the old one");
    ensure!(
        account.kubectl("prod", &["get", "deployment", "web", "-n", "shop", "-o", "name"])?.contains("web"),
        "the app did not come along"
    );
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}

/// A protected cluster is neither destroyed nor replaced, and the text says how to go on.
pub(crate) fn of_a_protected_cluster(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(Core::OpenTofu)?;
    let protected = |block: Block| format!("{VARIABLES}{}", block.set("deletion_protection", "true"));
    workspace.main(&protected(cluster("prod")))?;
    workspace.init()?;
    settle(&account, &workspace)?;
    let before = account.mutating()?.len();
    workspace.destroy(&[])?.failed()?.says(&["deletion_protection"])?;
    workspace.plan(&["-replace=paas_cluster.main"])?.failed()?.says(&["deletion_protection"])?;
    workspace.main(&protected(cluster("other")))?;
    workspace.plan(&[])?.failed()?.says(&["deletion_protection"])?;
    ensure!(account.mutating()?.len() == before, "something was touched");
    workspace.main(&format!("{VARIABLES}{}", cluster("prod")))?;
    settle(&account, &workspace)?;
    workspace.destroy(&[])?.succeeded()?;
    account.left_nothing()
}
