//! One run's place: the provider that is about to do what is enumerated, what core remembers, and what exists in AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, ensure};
use sandbox_gateway::sweep::Resource;
use tempfile::TempDir;
use tfplugin_framework::value::Value;

use super::Bench;
use super::sabotage::Sabotage;
use super::subject::Subject;
use crate::core::{Action, Applied, Object, Session};

/// How many objects there are of a service and kind with these names of tags: an object without our claim counts apart.
pub(super) type Tally = BTreeMap<(String, Vec<String>), usize>;

/// The same without the tags of users: those that a killed apply gave and nobody wants any more stay, since nothing tells them
/// from what others gave.
pub(super) fn without_users_tags(tally: &Tally) -> Tally {
    let mut all = Tally::new();
    for ((kind, names), count) in tally {
        let own = names.iter().filter(|name| name.contains('/')).cloned().collect();
        *all.entry((kind.clone(), own)).or_default() += count;
    }
    all
}

/// Where a run takes place.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) bench: Bench,
    pub(super) subject: Subject,
    pub(super) account: String,
    pub(super) env: Vec<(String, String)>,
    /// The configuration of what is there before the subject runs.
    pub(super) before: Option<Value>,
    /// Its own, where the account is shared.
    pub(super) namespace: Option<String>,
    pub(super) _dir: Arc<TempDir>,
}

/// A place with a provider that is about to do what is enumerated.
pub(super) struct Stage {
    place: Place,
    /// The provider's `owner`, where it is not the default.
    owner: Option<String>,
    session: Option<Session>,
    config: Value,
    /// The state before the subject runs.
    object: Option<Object>,
    /// What exists before the subject runs, and must be the same afterwards.
    before: BTreeSet<String>,
    /// Of the account before the run.
    violations: usize,
}

impl Stage {
    /// A provider at its place. Core is about to ask it for `config`; `object` is what it remembers.
    pub(super) async fn set(place: Place, config: Value, object: Option<Object>) -> anyhow::Result<Stage> {
        let violations = place.bench.sandbox.gateway().violations(Some(&place.account)).len();
        let before = BTreeSet::new();
        let mut stage = Stage { place, owner: None, session: None, config, object, before, violations };
        if stage.object.is_some() && !stage.destroys() {
            stage.before = stage.made().await?;
        }
        stage.restart().await?;
        Ok(stage)
    }

    /// From now on core is asked for what was there before.
    pub(super) fn revert(&mut self) -> anyhow::Result<()> {
        self.config = self.place.before.clone().context("there is nothing to go back to")?;
        Ok(())
    }

    /// A new process of the provider.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        let Place { bench, subject, env, .. } = &self.place;
        self.session = Some(bench.provider(env, self.owner.as_deref(), subject.type_name()).await?);
        Ok(())
    }

    /// The same place with a process of its own, for a second run at the same time.
    pub(super) async fn twin(&self) -> anyhow::Result<Stage> {
        Stage::set(self.place.clone(), self.config.clone(), self.object.clone()).await
    }

    fn session(&self) -> anyhow::Result<&Session> {
        self.session.as_ref().context("the provider does not run")
    }

    pub(super) fn account(&self) -> &str {
        &self.place.account
    }

    pub(super) fn destroys(&self) -> bool {
        self.place.subject.destroys()
    }

    pub(super) fn object(&self) -> Option<Object> {
        self.object.clone()
    }

    /// A key of the log without what is this run's alone; nothing for one that AWS makes up anew in every run.
    pub(super) fn general(&self, key: &str) -> Option<String> {
        if key.split('/').any(is_made_up) {
            return None;
        }
        let key = key.replace(&self.place.account, "ACCOUNT");
        Some(self.place.namespace.as_ref().map_or(key.clone(), |own| key.replace(own, "NAMESPACE")))
    }

    /// The inverse of [`Stage::general`].
    pub(super) fn particular(&self, key: &str) -> String {
        let key = key.replace("ACCOUNT", &self.place.account);
        self.place.namespace.as_ref().map_or(key.clone(), |own| key.replace("NAMESPACE", own))
    }

    /// The subject itself.
    pub(super) async fn run(&self, object: Option<Object>) -> anyhow::Result<Applied> {
        if self.place.subject.destroys() {
            self.session()?.destroy(object).await
        } else {
            self.session()?.apply(object, &self.config).await
        }
    }

    /// Asks the provider to stop, as core does at Ctrl-C.
    pub(super) async fn stop(&self) -> anyhow::Result<()> {
        self.session()?.stop().await
    }

    pub(super) async fn plan(&self, object: Option<Object>) -> anyhow::Result<Action> {
        self.session()?.plan(object, &self.config).await
    }

    /// What this run made and still exists.
    async fn exists(&self) -> anyhow::Result<Vec<Resource>> {
        let mut all = self.place.bench.sandbox.gateway().sweep(Some(&self.place.account)).await?;
        if let Some(namespace) = &self.place.namespace {
            all.retain(|one| one.service == "kubernetes" && one.id.split('/').nth(1) == Some(namespace));
        }
        Ok(all)
    }

    /// What exists and must be the same afterwards, each with what makes it unmistakable; a cluster also with its issuer.
    pub(super) async fn made(&self) -> anyhow::Result<BTreeSet<String>> {
        let unmistakable = |one: Resource| format!("{} {} {} {}", one.service, one.kind, one.id, one.created);
        let stays = |one: &Resource| !self.place.subject.removes(&one.id);
        let mut made: BTreeSet<String> = self.exists().await?.into_iter().filter(stays).map(unmistakable).collect();
        // The cluster underneath an app is not this run's.
        if self.place.namespace.is_none() {
            let issuers = self.place.bench.sandbox.gateway().issuers(&self.place.account);
            made.extend(issuers.into_iter().map(|(cluster, issuer)| format!("{cluster} is {issuer}")));
        }
        Ok(made)
    }

    /// What was there before the subject ran and is there no more, or is another one of its name.
    pub(super) fn lost(&self, made: &BTreeSet<String>, now: &BTreeSet<String>) -> Vec<String> {
        self.before.union(made).filter(|one| !now.contains(*one)).cloned().collect()
    }

    pub(super) async fn tally(&self) -> anyhow::Result<Tally> {
        let mut tally = Tally::new();
        for one in self.exists().await? {
            // Which of the groups of a key a node group is, is nothing to count.
            let names = one.tags.keys().filter(|name| !name.ends_with("/node-group")).cloned().collect();
            *tally.entry((format!("{} {}", one.service, one.kind), names)).or_default() += 1;
        }
        Ok(tally)
    }

    /// Lets something go wrong behind the provider's back. What concerns core is done by whoever plays it.
    pub(super) async fn sabotage(&mut self, how: Sabotage) -> anyhow::Result<()> {
        let gateway = self.place.bench.sandbox.gateway();
        match how {
            Sabotage::Orphan => {
                let role = [("RoleName", "orphan"), ("AssumeRolePolicyDocument", "{}")];
                gateway.meddle(&self.place.account, "CreateRole", &role).await?;
            }
            Sabotage::Loss => {
                let all = self.exists().await?;
                if let Some(role) = all.into_iter().find(|one| one.service == "iam" && one.kind == "role") {
                    gateway.remove_role(&self.place.account, &role.id).await?;
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
        let left = self.exists().await?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        let violations =
            self.place.bench.sandbox.gateway().violations(Some(&self.place.account)).split_off(self.violations);
        ensure!(violations.is_empty(), "requests or answers that AWS does not know: {violations:?}");
        Ok(())
    }

    /// Ends the provider as core does.
    pub(super) async fn close(mut self) -> anyhow::Result<()> {
        self.end().await
    }

    /// Ends the provider as core does, for another one to come.
    pub(super) async fn end(&mut self) -> anyhow::Result<()> {
        self.session.take().context("the provider does not run")?.close().await
    }
}

/// True for the id of an update, of an issuer, or of a pod identity association.
fn is_made_up(part: &str) -> bool {
    let digits = part.bytes().filter(|one| *one != b'-');
    let is_hex = digits.clone().all(|one| one.is_ascii_hexdigit()) && digits.count() == 32;
    is_hex
        || part.strip_prefix("a-").is_some_and(|id| id.len() > 12 && id.bytes().all(|one| one.is_ascii_alphanumeric()))
}
