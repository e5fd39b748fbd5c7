//! What the tests share: one sandbox in this process, and an account of its own for each test.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use acceptance::daemon::mirror::PROVIDER;
use acceptance::daemon::{Built, REGION, Sandbox, SandboxSpec};
use acceptance::enumerate::Bench;
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, bail, ensure};
use sandbox_eks::Planes;
use sandbox_eks::account::Credentials;
use sandbox_gateway::call::KUBERNETES;
use sandbox_gateway::fault::{Armed, Fault};
use sandbox_gateway::log::Record;
use sandbox_kube::Wanted;
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

/// The version of hashicorp/aws that EKS is shown to.
pub(crate) const AWS_PROVIDER: &str = "5.100.0";

/// The sandbox and the programs.
pub(crate) struct World {
    runtime: Arc<Runtime>,
    sandbox: Arc<Sandbox>,
    built: Built,
    dir: tempfile::TempDir,
    accounts: Arc<AtomicU64>,
    /// Calls of the provider in worlds that are closed.
    elsewhere: Mutex<BTreeSet<(String, String)>>,
}

/// An AWS account of one test.
pub(crate) struct Account<'w> {
    world: &'w World,
    id: String,
    env: Vec<(String, String)>,
}

impl World {
    /// Builds what is missing, with progress on standard error, and starts the sandbox.
    pub(crate) fn open() -> anyhow::Result<World> {
        let runtime = Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build()?);
        let dir = tempfile::Builder::new().prefix("paas-acceptance-").tempdir()?;
        let spec = SandboxSpec::at(dir.path().join("sandbox"));
        let (tools, built) = runtime.block_on(acceptance::daemon::prepare(Wanted::BothClis))?;
        if tools.terraform.is_none() {
            eprintln!("there is no terraform on this machine: its tests run with OpenTofu");
        }
        let sandbox = runtime.block_on(Sandbox::start_with(spec, tools, &built))?.into();
        Ok(World {
            runtime,
            sandbox,
            built,
            dir,
            accounts: Arc::new(AtomicU64::new(100_000_000_000)),
            elsewhere: Mutex::default(),
        })
    }

    /// Ends another world, whose calls count as this one's.
    pub(crate) fn absorb(&self, other: World) -> anyhow::Result<()> {
        let called = other.called_by_the_provider();
        other.close()?;
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).extend(called?);
        Ok(())
    }

    /// A sandbox of its own whose clusters have no control planes behind them, for what is about EKS alone.
    pub(crate) fn without_planes(&self) -> anyhow::Result<World> {
        let dir = tempfile::Builder::new().prefix("paas-acceptance-").tempdir()?;
        let spec = SandboxSpec { planes: Planes::Hollow, ..SandboxSpec::at(dir.path().join("sandbox")) };
        let (runtime, built) = (Arc::clone(&self.runtime), self.built.clone());
        let started = Sandbox::start_with(spec, self.sandbox.tools().clone(), &built);
        let sandbox = runtime.block_on(started)?.into();
        Ok(World { runtime, sandbox, built, dir, accounts: Arc::clone(&self.accounts), elsewhere: Mutex::default() })
    }

    /// Whether the CLIs find hashicorp/aws, unpacked or packed, in the sandbox's mirror. It is never downloaded.
    pub(crate) fn has_aws_provider(&self) -> bool {
        let Some(mirror) = &self.sandbox.tools().aws_provider_mirror else { return false };
        let folder = mirror.join("registry.terraform.io/hashicorp/aws");
        let packed = format!("terraform-provider-aws_{AWS_PROVIDER}_{}.zip", sandbox_kube::platform());
        folder.join(AWS_PROVIDER).join(sandbox_kube::platform()).is_dir() || folder.join(packed).is_file()
    }

    /// Ends every process of the sandbox.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        let sandbox = Arc::into_inner(self.sandbox).context("a test still holds the sandbox")?;
        self.runtime.block_on(sandbox.shutdown())
    }

    /// A fresh account.
    pub(crate) fn account(&self) -> anyhow::Result<Account<'_>> {
        let id = self.accounts.fetch_add(1, Ordering::Relaxed).to_string();
        let env = self.runtime.block_on(self.sandbox.environment(&id, REGION))?.variables();
        Ok(Account { world: self, id, env })
    }

    /// The runtime of the sandbox.
    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// What the scripted core needs.
    pub(crate) fn bench(&self) -> Bench {
        Bench { sandbox: self.sandbox.clone(), built: self.built.clone(), accounts: self.accounts.clone() }
    }

    /// Service and operation of every call to AWS that the provider made, in any test. Read from the file, which forgets none.
    pub(crate) fn called_by_the_provider(&self) -> anyhow::Result<BTreeSet<(String, String)>> {
        let file = self.dir.path().join("sandbox").join("requests.jsonl");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut all = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for line in text.lines() {
            let record: Record = serde_json::from_str(line).with_context(|| format!("no record: {line}"))?;
            // hashicorp/aws is a provider too.
            if record.is_by(PROVIDER) && record.call.service != KUBERNETES {
                all.insert((record.call.service, record.call.operation));
            }
        }
        Ok(all)
    }

    fn binary(&self, core: Core) -> anyhow::Result<PathBuf> {
        let tools = self.sandbox.tools();
        let tofu = || tools.tofu.clone().context("there is no tofu although it was wanted");
        match core {
            Core::Terraform => tools.terraform.clone().map_or_else(tofu, Ok),
            Core::OpenTofu => tofu(),
        }
    }
}

impl Account<'_> {
    /// Its 12 digits.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// A variable of the environment in which its CLIs run.
    pub(crate) fn variable(&self, name: &str) -> anyhow::Result<String> {
        let set = self.env.iter().find(|(set, _)| set == name);
        set.map(|(_, value)| value.clone()).with_context(|| format!("{name} is not set"))
    }

    /// Another principal of the same account, whom no cluster knows.
    pub(crate) fn viewer(&self) -> Account<'_> {
        let Credentials { access_key, secret, .. } = Credentials::viewer(&self.id);
        let own = |(name, value): &(String, String)| match name.as_str() {
            "AWS_ACCESS_KEY_ID" => (name.clone(), access_key.clone()),
            "AWS_SECRET_ACCESS_KEY" => (name.clone(), secret.clone()),
            _ => (name.clone(), value.clone()),
        };
        Account { world: self.world, id: self.id.clone(), env: self.env.iter().map(own).collect() }
    }

    /// An empty folder for a CLI with this account's credentials.
    pub(crate) fn workspace(&self, core: Core) -> anyhow::Result<Workspace> {
        Workspace::new(&self.world.binary(core)?, self.env.clone())
    }

    /// Every request of this account that changes something, as the log has it. What Kubernetes' own clients ask is not
    /// the provider's: only calls from outside count.
    pub(crate) fn mutating(&self) -> anyhow::Result<Vec<Json>> {
        let records = self.world.sandbox.gateway().log(0, Some(&self.id));
        let mutating = records.iter().filter(|record| record.call.mutating);
        mutating.map(|record| serde_json::to_value(&**record).context("a record of the log is no JSON")).collect()
    }

    /// Every call to AWS that the provider made for this account, in the order in which they ended.
    pub(crate) fn calls_of_the_provider(&self) -> Vec<Arc<Record>> {
        let all = self.world.sandbox.gateway().log(0, Some(&self.id)).into_iter();
        let is_ours = |record: &Arc<Record>| record.call.service != KUBERNETES && record.is_by(PROVIDER);
        all.filter(is_ours).collect()
    }

    /// Arms a fault for this account.
    pub(crate) fn arm(&self, fault: &Json) -> anyhow::Result<()> {
        let mut fault: Fault = serde_json::from_value(fault.clone()).context("that is no fault")?;
        fault.account = Some(self.id.clone());
        self.world.sandbox.gateway().arm(fault).map(|_| ()).map_err(anyhow::Error::msg)
    }

    /// What EKS says of an upgrade of a cluster from now on.
    pub(crate) fn insight(&self, cluster: &str, status: &str, name: &str, objects: &[&str]) -> anyhow::Result<()> {
        self.fail(json!({
            "kind": "insight", "name": cluster, "code": status, "message": name, "resourceIds": objects,
        }))
    }

    /// Arms a failure of EKS itself: the next object of a kind and name fails as AWS would have it fail.
    pub(crate) fn fail(&self, mut failure: Json) -> anyhow::Result<()> {
        failure["account"] = self.id.clone().into();
        self.world.sandbox.gateway().fail(serde_json::from_value(failure).context("that is no failure")?);
        Ok(())
    }

    /// The faults of this account, with their counts.
    pub(crate) fn faults(&self) -> Vec<Armed> {
        let all = self.world.sandbox.gateway().faults();
        all.into_iter().filter(|one| one.fault.account.as_deref() == Some(&self.id)).collect()
    }

    /// Disarms every fault of this account.
    pub(crate) fn disarm(&self) {
        self.world.sandbox.gateway().disarm(None, Some(&self.id));
    }

    /// Nothing exists any more, and every request was one that AWS knows.
    pub(crate) fn left_nothing(&self) -> anyhow::Result<()> {
        let left = self.world.runtime.block_on(self.world.sandbox.gateway().sweep(Some(&self.id)))?;
        ensure!(left.is_empty(), "left behind: {left:#?}");
        let violations = self.world.sandbox.gateway().violations(Some(&self.id));
        ensure!(violations.is_empty(), "requests or answers that AWS does not know: {violations:#?}");
        Ok(())
    }

    /// Runs `aws` or `kubectl`; answers its standard output.
    pub(crate) fn client(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let tools = self.world.sandbox.tools();
        let binary = if program == "aws" { &tools.aws } else { &tools.kubectl };
        let output =
            Command::new(binary).args(arguments).envs(self.env.iter().map(|(name, value)| (name, value))).output()?;
        if !output.status.success() {
            bail!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What `aws` answers; null for nothing.
    pub(crate) fn aws(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        let text = self.client("aws", &[arguments, &["--output", "json"]].concat())?;
        if text.trim().is_empty() { Ok(Json::Null) } else { Ok(serde_json::from_str(&text)?) }
    }

    /// A role that is not the provider's, which a service may assume by these actions; its ARN.
    pub(crate) fn role(&self, name: &str, service: &str, actions: &[&str]) -> anyhow::Result<String> {
        let statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": actions});
        let trust = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let made = self.aws(&["iam", "create-role", "--role-name", name, "--assume-role-policy-document", &trust])?;
        made["Role"]["Arn"].as_str().map(str::to_owned).context("a role has an ARN")
    }

    /// A cluster as `aws eks describe-cluster` shows it.
    pub(crate) fn describe_cluster(&self, name: &str) -> anyhow::Result<Json> {
        Ok(self.aws(&["eks", "describe-cluster", "--name", name])?["cluster"].take())
    }

    /// The names of the account's clusters.
    pub(crate) fn list_clusters(&self) -> anyhow::Result<Vec<String>> {
        let shown = self.aws(&["eks", "list-clusters"])?;
        Ok(shown["clusters"].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect())
    }

    /// `kubectl` with the kubeconfig that `aws eks update-kubeconfig` writes.
    pub(crate) fn kubectl(&self, cluster: &str, arguments: &[&str]) -> anyhow::Result<String> {
        self.client("aws", &["eks", "update-kubeconfig", "--name", cluster])?;
        self.client("kubectl", arguments)
    }
}
