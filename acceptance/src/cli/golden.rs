//! `golden`: the states that this release writes, from a real apply of many attributes, for the tests of later releases.

use std::path::Path;

use anyhow::{Context as _, ensure};
use sandbox_kube::Wanted;
use serde_json::{Value, json};

use super::print;
use crate::daemon::{self, ACCOUNT, REGION, Sandbox, SandboxSpec};
use crate::terraform::Workspace;

const CONFIGURATION: &str = "main.tf.json";
const STATE: &str = "terraform.tfstate";

pub(super) async fn golden() -> anyhow::Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this crate stands in no workspace")?;
    let folder = repository.join("provider/tests/golden").join(env!("CARGO_PKG_VERSION"));
    // What a release wrote stays as it was: a test whose expectation follows the code shows nothing.
    ensure!(!folder.exists(), "{} is there already; remove it if this release is not out yet", folder.display());
    let (tools, built) = daemon::prepare(Wanted::AnyCli).await?;
    let dir = tempfile::Builder::new().prefix("paas-golden-").tempdir()?;
    let spec = SandboxSpec::at(dir.path().join("sandbox"));
    let core = tools.terraform.clone().or_else(|| tools.tofu.clone()).context("neither terraform nor tofu")?;
    let sandbox = Sandbox::start_with(spec, tools, &built).await?;
    let environment = sandbox.environment(ACCOUNT, REGION).await?;
    let subnets: Value = serde_json::from_str(environment.get("TF_VAR_subnet_ids").context("no subnets")?)?;
    let variables = environment.variables();
    let into = folder.clone();
    tokio::task::spawn_blocking(move || write(&core, variables, &subnets, &into)).await??;
    sandbox.shutdown().await?;
    print(&format!("{}\n", folder.display()));
    Ok(())
}

fn write(core: &Path, variables: Vec<(String, String)>, subnets: &Value, folder: &Path) -> anyhow::Result<()> {
    let workspace = Workspace::new(core, variables)?;
    workspace.main("")?;
    workspace.write(CONFIGURATION, &serde_json::to_string_pretty(&configuration(subnets))?)?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for name in [CONFIGURATION, STATE] {
        std::fs::copy(workspace.path().join(name), folder.join(name)).with_context(|| format!("{name} is missing"))?;
    }
    workspace.destroy(&[])?.succeeded()?;
    Ok(())
}

/// Something of everything. Values stand for themselves: the state is read again without what they would refer to.
fn configuration(subnets: &Value) -> Value {
    let common = |name: &str| {
        json!({
            "cluster": "golden",
            "name": name,
            "namespace": "shop",
            "image": "registry.example.com/shop/api:1",
            "command": ["bin/run", "--verbose"],
            "args": ["one", "two"],
            "env": { "GREETING": "hello", "EMPTY": "" },
            "resources": { "cpu": "0.5", "memory": "256Mi", "memory_limit": "1Gi" },
            "timeouts": { "create": "5m", "delete": "5m" },
            "depends_on": ["paas_cluster.golden"],
        })
    };
    let with = |name: &str, more: Value| {
        let mut all = common(name);
        if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
            all.extend(more);
        }
        all
    };
    json!({ "resource": {
        "paas_cluster": { "golden": {
            "name": "golden",
            "subnet_ids": subnets,
            "endpoint": { "private": true, "public_cidrs": ["203.0.113.0/24", "198.51.100.7/32"] },
            "access": { "creator_admin": true },
            "node_groups": { "default": { "instance_types": ["m7i.large", "m6i.large"], "min": 2, "max": 3 } },
            "tags": { "team": "core" },
            "deletion_protection": false,
            "timeouts": { "create": "30m" },
        } },
        "paas_app": {
            "web": with("web", json!({ "port": 8080, "replicas": 3, "wait_for_rollout": true })),
            "worker": { "cluster": "golden", "name": "worker", "image": "worker:1", "depends_on": ["paas_cluster.golden"] },
        },
        "paas_job": {
            "migrate": with("migrate", json!({ "run_triggers": { "image": "1" }, "max_retries": 2, "timeout_seconds": 600 })),
            "report": with("report", json!({ "schedule": "0 6 * * 1", "time_zone": "Europe/Berlin" })),
        },
    } })
}
