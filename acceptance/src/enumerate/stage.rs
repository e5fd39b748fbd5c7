//! What is prepared so that a subject is the next thing to happen, and what exists there. A ground is shared by runs that
//! follow each other, a stage is one run's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use sandbox_gateway::sweep::Resource;
use tempfile::TempDir;
use tfplugin_framework::value::Value;

use super::Bench;
use super::sabotage::Sabotage;
use super::subject::{self, Subject};
use crate::core::{Action, Applied, Object, Session};

/// The cluster underneath all runs of an app or a job.
struct Shared {
    account: String,
    env: Vec<(String, String)>,
    cluster: Object,
    dir: TempDir,
}

/// What the runs of one lane share.
pub(super) struct Ground {
    bench: Bench,
    subject: Subject,
    shared: Option<Shared>,
    runs: AtomicU64,
}

/// How many objects there are of a service, kind and set of tag names: an object without our claim counts apart.
pub(super) type Tally = BTreeMap<String, usize>;

impl Ground {
    /// Makes what the runs share: for an app or a job a cluster, which costs a control plane.
    pub(super) async fn prepare(bench: &Bench, subject: Subject) -> anyhow::Result<Ground> {
        let mut ground = Ground { bench: bench.clone(), subject, shared: None, runs: AtomicU64::new(1) };
        if subject.needs_kubernetes() {
            let (account, env) = bench.account().await?;
            let dir = folder()?;
            let env = with_folder(env, &dir);
            let cluster = made(bench, &env).await?;
            ground.shared = Some(Shared { account, env, cluster, dir });
        }
        Ok(ground)
    }

    pub(super) fn bench(&self) -> &Bench {
        &self.bench
    }

    /// The next run's stage.
    pub(super) async fn stage(&self) -> anyhow::Result<Stage> {
        let run = self.runs.fetch_add(1, Ordering::Relaxed);
        let dir = folder()?;
        let (account, env) = match &self.shared {
            Some(shared) => (shared.account.clone(), shared.env.clone()),
            None => self.bench.account().await?,
        };
        let env = with_folder(env, &dir);
        let namespace = self.shared.as_ref().map(|_| format!("shop-{run}"));
        let config = match (&self.shared, &namespace) {
            (Some(shared), Some(namespace)) => subject::workload(self.subject, &shared.cluster, namespace)?,
            _ if self.subject == Subject::NodeGroupSwap => subject::swapped(&env)?,
            _ if self.subject == Subject::AddonsChange => subject::furnished(&env)?,
            _ if self.subject == Subject::AccessChange => subject::entrusted(&env)?,
            _ => subject::cluster(&env)?,
        };
        let object = if self.subject.begins_with_a_cluster() { Some(made(&self.bench, &env).await?) } else { None };
        let violations = self.bench.sandbox.gateway().violations(Some(&account)).len();
        let mut stage = Stage {
            bench: self.bench.clone(),
            subject: self.subject,
            account,
            env,
            owner: None,
            namespace,
            session: None,
            config,
            object,
            violations,
            dir: Arc::new(dir),
        };
        stage.restart().await?;
        Ok(stage)
    }

    /// Removes what the runs shared; nothing may be left of the account then.
    pub(super) async fn clear(self) -> anyhow::Result<()> {
        let Some(shared) = self.shared else { return Ok(()) };
        let session = subject::open(&self.bench, &shared.env, None, "paas_cluster").await?;
        let gone = session.destroy(Some(shared.cluster)).await?;
        ensure!(gone.errors.is_empty(), "the cluster underneath: {}", gone.errors.join("; "));
        session.close().await?;
        let left = self.bench.sandbox.gateway().sweep(Some(&shared.account)).await?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        shared.dir.close().context("a folder cannot be removed")
    }
}

/// A killed provider leaves the folder of its socket: it goes with this one.
fn folder() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("paas-kill-").tempdir().context("a temporary folder cannot be made")
}

fn with_folder(mut env: Vec<(String, String)>, dir: &TempDir) -> Vec<(String, String)> {
    env.retain(|(name, _)| name != "TMPDIR");
    env.push(("TMPDIR".to_owned(), dir.path().display().to_string()));
    env
}

async fn made(bench: &Bench, env: &[(String, String)]) -> anyhow::Result<Object> {
    let session = subject::open(bench, env, None, "paas_cluster").await?;
    let made = session.apply(None, &subject::cluster(env)?).await?;
    session.close().await?;
    ensure!(made.errors.is_empty(), "the cluster underneath: {}", made.errors.join("\n"));
    made.object.context("a create left nothing in the state")
}

/// One run's place, with a provider that is about to do what is enumerated.
pub(super) struct Stage {
    bench: Bench,
    subject: Subject,
    account: String,
    env: Vec<(String, String)>,
    /// The provider's `owner`, where it is not the default.
    owner: Option<String>,
    /// Its own, where the account is shared.
    namespace: Option<String>,
    session: Option<Session>,
    config: Value,
    /// The state before the subject runs.
    object: Option<Object>,
    /// Of the account before the run.
    violations: usize,
    dir: Arc<TempDir>,
}

impl Stage {
    /// A new process of the provider.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        let owner = self.owner.as_deref();
        self.session = Some(subject::open(&self.bench, &self.env, owner, self.subject.type_name()).await?);
        Ok(())
    }

    /// The same place with a process of its own, for a second run at the same time.
    pub(super) async fn twin(&self) -> anyhow::Result<Stage> {
        let mut twin = Stage {
            bench: self.bench.clone(),
            subject: self.subject,
            account: self.account.clone(),
            env: self.env.clone(),
            owner: self.owner.clone(),
            namespace: self.namespace.clone(),
            session: None,
            config: self.config.clone(),
            object: self.object.clone(),
            violations: self.violations,
            dir: self.dir.clone(),
        };
        twin.restart().await?;
        Ok(twin)
    }

    fn session(&self) -> anyhow::Result<&Session> {
        self.session.as_ref().context("the provider does not run")
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) fn destroys(&self) -> bool {
        self.subject.destroys()
    }

    pub(super) fn object(&self) -> Option<Object> {
        self.object.clone()
    }

    /// A key of the log without what is this run's alone.
    pub(super) fn general(&self, key: &str) -> String {
        let key = key.replace(&self.account, "ACCOUNT");
        self.namespace.as_ref().map_or(key.clone(), |own| key.replace(own, "NAMESPACE"))
    }

    /// The inverse of [`Stage::general`].
    pub(super) fn particular(&self, key: &str) -> String {
        let key = key.replace("ACCOUNT", &self.account);
        self.namespace.as_ref().map_or(key.clone(), |own| key.replace("NAMESPACE", own))
    }

    /// The subject itself.
    pub(super) async fn run(&self, object: Option<Object>) -> anyhow::Result<Applied> {
        if self.subject.destroys() {
            self.session()?.destroy(object).await
        } else {
            self.session()?.apply(object, &self.config).await
        }
    }

    pub(super) async fn plan(&self, object: Option<Object>) -> anyhow::Result<Action> {
        self.session()?.plan(object, &self.config).await
    }

    /// What this run made and still exists.
    async fn exists(&self) -> anyhow::Result<Vec<Resource>> {
        let mut all = self.bench.sandbox.gateway().sweep(Some(&self.account)).await?;
        if let Some(namespace) = &self.namespace {
            all.retain(|one| one.service == "kubernetes" && one.id.split('/').nth(1) == Some(namespace));
        }
        Ok(all)
    }

    /// What exists and must be the same afterwards, each with what makes it unmistakable.
    pub(super) async fn made(&self) -> anyhow::Result<BTreeSet<String>> {
        let unmistakable = |one: Resource| format!("{} {} {} {}", one.service, one.kind, one.id, one.created);
        let stays = |one: &Resource| !self.subject.removes(&one.id);
        Ok(self.exists().await?.into_iter().filter(stays).map(unmistakable).collect())
    }

    pub(super) async fn tally(&self) -> anyhow::Result<Tally> {
        let mut tally = Tally::new();
        for one in self.exists().await? {
            let names: Vec<&str> = one.tags.keys().map(String::as_str).collect();
            *tally.entry(format!("{} {} {names:?}", one.service, one.kind)).or_default() += 1;
        }
        Ok(tally)
    }

    /// Lets something go wrong behind the provider's back. What concerns core is done by whoever plays it.
    pub(super) async fn sabotage(&mut self, how: Sabotage) -> anyhow::Result<()> {
        let gateway = self.bench.sandbox.gateway();
        match how {
            Sabotage::Orphan => {
                let role = [("RoleName", "orphan"), ("AssumeRolePolicyDocument", "{}")];
                gateway.meddle(&self.account, "CreateRole", &role).await?;
            }
            Sabotage::Loss => {
                let all = self.exists().await?;
                if let Some(role) = all.into_iter().find(|one| one.service == "iam" && one.kind == "role") {
                    gateway.remove_role(&self.account, &role.id).await?;
                }
            }
            Sabotage::Stranger => self.owner = Some("somebody-else".to_owned()),
            Sabotage::Amnesia | Sabotage::Whim => {}
        }
        Ok(())
    }

    /// From now on core plans another configuration.
    pub(super) fn sabotage_plan(&mut self) {
        if let Value::Object(all) = &mut self.config {
            all.insert("tags".to_owned(), Value::Map(BTreeMap::from([("team".to_owned(), "whim".into())])));
        }
    }

    /// Destroys what the subject made.
    pub(super) async fn clear(&self, object: Option<Object>) -> anyhow::Result<()> {
        let gone = self.session()?.destroy(object).await?;
        ensure!(gone.errors.is_empty() && gone.object.is_none(), "the destroy afterwards: {}", gone.errors.join("; "));
        Ok(())
    }

    /// Nothing of the run is left, and every request was one that AWS knows.
    pub(super) async fn left_nothing(&self) -> anyhow::Result<()> {
        let left = self.made().await?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        let violations = self.bench.sandbox.gateway().violations(Some(&self.account)).split_off(self.violations);
        ensure!(violations.is_empty(), "requests or answers that AWS does not know: {violations:?}");
        Ok(())
    }

    /// Ends the provider as core does.
    pub(super) async fn close(mut self) -> anyhow::Result<()> {
        self.session.take().context("the provider does not run")?.close().await
    }
}
