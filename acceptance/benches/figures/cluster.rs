//! A cluster alone in its configuration, as it is by default and with three node groups and eight add-ons: how much longer its create
//! takes than it must, what a refresh of it asks for, and how an upgrade by two minors goes.
//!
//! The **critical path** of a create is what nobody can shorten: the control plane, then the slowest node group, then the slowest
//! add-on, each from the moment at which the sandbox has it to the moment at which it is ready. The **create** is from the provider's
//! first request in the apply of a saved plan to the answer to its last one.

use std::sync::Arc;

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::daemon::{ACCOUNT, Built, REGION, Sandbox, SandboxSpec};
use acceptance::spans::Spans;
use acceptance::terraform::Workspace;
use anyhow::{Context, ensure};
use sandbox_eks::Pace;
use sandbox_gateway::log::Record;
use sandbox_kube::Tools;
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use super::objects::{Objects, Passage};
use super::observe::now;
use super::{apply, refresh, table, upgrade};

const NAME: &str = "figures";
/// Fast enough to be run every time.
const QUICK: f64 = 0.01;
/// The control plane takes almost three minutes: looks are rare by then.
const SLOW: f64 = 0.3;
const GROUPS: &str = r#"{
    web   = { min = 1, max = 3 }
    batch = { min = 1, max = 3, os = "bottlerocket" }
    spot  = { min = 1, max = 3, capacity = "SPOT" }
  }"#;
/// Over the six default ones.
const ADD_ONS: &str = "{ aws-efs-csi-driver = {}, snapshot-controller = {} }";
const OLDEST: &str = "1.34";
const NEWEST: &str = "1.36";

fn configuration(version: &str) -> String {
    let block = cluster(NAME).set("node_groups", GROUPS).set("addons", ADD_ONS).text("kubernetes_version", version);
    format!("{VARIABLES}{block}")
}

/// The parts of a cluster that are waited for.
struct Parts {
    groups: usize,
    add_ons: usize,
}

const DEFAULT: Parts = Parts { groups: 1, add_ons: 6 };
const LARGE: Parts = Parts { groups: 3, add_ons: 8 };

/// A sandbox with nothing but this cluster's configuration.
struct Stage {
    sandbox: Sandbox,
    workspace: Workspace,
    objects: Objects,
}

/// Create, refresh and upgrade.
pub(crate) fn print(runtime: &Runtime, tools: &Arc<Tools>, built: &Built) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("paas-bench-").tempdir()?;
    let stage = Stage::open(runtime, tools, built, dir.path(), QUICK)?;
    stage.create(QUICK, &format!("{VARIABLES}{}", cluster(NAME)), &DEFAULT)?;
    stage.workspace.destroy(&[])?.succeeded()?;
    stage.create(QUICK, &configuration(OLDEST), &LARGE)?;
    stage.refresh(tools)?;
    stage.upgrade()?;
    runtime.block_on(stage.sandbox.shutdown())
}

/// The create alone, where looks at what takes long are 15 s apart.
pub(crate) fn print_slow(runtime: &Runtime, tools: &Arc<Tools>, built: &Built) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("paas-bench-").tempdir()?;
    let stage = Stage::open(runtime, tools, built, dir.path(), SLOW)?;
    stage.create(SLOW, &configuration(NEWEST), &LARGE)?;
    runtime.block_on(stage.sandbox.shutdown())
}

impl Stage {
    fn open(
        runtime: &Runtime,
        tools: &Arc<Tools>,
        built: &Built,
        dir: &std::path::Path,
        factor: f64,
    ) -> anyhow::Result<Stage> {
        let spec = SandboxSpec { pace: Pace::Aws { factor }, ..SandboxSpec::at(dir.join("sandbox")) };
        let sandbox = runtime.block_on(Sandbox::start_with(spec, Arc::clone(tools), built))?;
        let core = tools.terraform.as_ref().or(tools.tofu.as_ref()).context("neither terraform nor tofu")?;
        let workspace = Workspace::new(core, runtime.block_on(sandbox.environment(ACCOUNT, REGION))?.variables())?;
        let _entered = runtime.enter();
        let objects = Objects::of(sandbox.gateway(), ACCOUNT);
        Ok(Stage { sandbox, workspace, objects })
    }

    /// Applies a configuration. What is planned is planned before: only what the apply does is answered.
    fn apply(&self, configuration: &str) -> anyhow::Result<(Vec<Arc<Record>>, Vec<Passage>)> {
        self.workspace.main(configuration)?;
        self.workspace.init()?;
        self.workspace.run(&["plan", "-no-color", "-input=false", "-out=saved"])?.succeeded()?;
        let (before, began) = (self.last(), now());
        self.workspace.run(&["apply", "-no-color", "-input=false", "saved"])?.succeeded()?;
        Ok((apply::requests(&self.sandbox, before), self.objects.since(began)))
    }

    fn last(&self) -> u64 {
        self.sandbox.gateway().log(0, None).last().map_or(0, |last| last.n)
    }

    fn create(&self, factor: f64, configuration: &str, expected: &Parts) -> anyhow::Result<()> {
        let (requests, passages) = self.apply(configuration)?;
        let spans: Spans = requests.iter().filter_map(|one| apply::span(one)).collect();
        let (first, last) = spans.bounds().context("the provider asked for nothing")?;
        let of = |kind: &str| passages.iter().filter(|one| one.kind == kind && one.status == "CREATING").collect();
        let [clusters, groups, add_ons]: [Vec<&Passage>; 3] = ["cluster", "nodegroup", "addon"].map(of);
        let made = [clusters.len(), groups.len(), add_ons.len()];
        ensure!(made == [1, expected.groups, expected.add_ons], "it made other things: {passages:#?}");
        let slowest = |all: &[&Passage]| all.iter().map(|one| one.seconds()).fold(0.0, f64::max);
        let parts = [&clusters, &groups, &add_ons].map(|all| slowest(all));
        let (took, path) = (last - first, parts.iter().sum::<f64>());
        table::row(
            &format!(
                "create above its critical path, {} groups, {} add-ons, aws:{factor}",
                groups.len(),
                add_ons.len()
            ),
            &format!("{:+.1} %", 100.0 * (took - path) / path),
            "≤ 5 %",
            &format!(
                "{took:.2} s; control plane {:.2} s, node group {:.2} s, add-on {:.2} s",
                parts[0], parts[1], parts[2]
            ),
        );
        let begin = |all: &[&Passage]| all.iter().map(|one| one.from).fold(f64::INFINITY, f64::min);
        let end = |all: &[&Passage]| all.iter().map(|one| one.to).fold(0.0, f64::max);
        // The add-ons that need nodes are the last ones.
        let late: Vec<&Passage> = add_ons.iter().copied().filter(|one| one.from >= end(&groups)).collect();
        for (what, from, to) in [
            ("until the control plane is asked for", first, begin(&clusters)),
            ("from its being ready to the node groups", end(&clusters), begin(&groups)),
            ("from their being ready to the last add-ons", end(&groups), begin(&late)),
            ("from their being ready to the end", end(&add_ons), last),
        ] {
            table::row(&format!("  {what}"), &format!("{:.2} s", to - from), "", "");
        }
        Ok(())
    }

    fn refresh(&self, tools: &Tools) -> anyhow::Result<()> {
        let before = self.last();
        let plan = self.workspace.plan(&[])?;
        ensure!(plan.code == 0, "the plan after the apply is not empty:\n{}", plan.output);
        let requests = apply::requests(&self.sandbox, before);
        refresh::print_cluster(&requests, self.parts(tools)?);
        Ok(())
    }

    /// Roles, access entries and Pod Identity associations, as `aws` lists them.
    fn parts(&self, tools: &Tools) -> anyhow::Result<[usize; 3]> {
        let count = |arguments: &[&str], list: &str| -> anyhow::Result<usize> {
            let run = self.workspace.run_program(&tools.aws, &[arguments, &["--output", "json"]].concat())?;
            let answer: Json = serde_json::from_str(&run.succeeded()?.output)?;
            Ok(answer[list].as_array().with_context(|| format!("no {list}"))?.len())
        };
        let named = ["--cluster-name", NAME];
        Ok([
            count(&["iam", "list-roles", "--path-prefix", "/terraform-paas/"], "Roles")?,
            count(&[&["eks", "list-access-entries"][..], &named].concat(), "accessEntries")?,
            count(&[&["eks", "list-pod-identity-associations"][..], &named].concat(), "associations")?,
        ])
    }

    fn upgrade(&self) -> anyhow::Result<()> {
        let (requests, passages) = self.apply(&configuration(NEWEST))?;
        let spans: Spans = requests.iter().filter_map(|one| apply::span(one)).collect();
        let bounds = spans.bounds().context("the provider asked for nothing")?;
        upgrade::print([OLDEST, NEWEST], QUICK, bounds, &passages);
        Ok(())
    }
}
