//! What is interrupted: the create and the destroy of a cluster, the create of an app and of a job.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail, ensure};
use serde_json::Value as Json;
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::attr::Field;
use tfplugin_framework::model::Model;
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::Schema;
use tfplugin_framework::value::Value;

use super::Bench;
use crate::core::{Action, Applied, Object, Plugin, Session};

/// An operation whose calls are enumerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `paas_cluster` from nothing.
    ClusterCreate,
    /// `paas_cluster`, all of it.
    ClusterDestroy,
    /// `paas_app` on a cluster that exists.
    AppCreate,
    /// `paas_job` with a run, on a cluster that exists.
    JobCreate,
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 4] =
        [Subject::ClusterCreate, Subject::ClusterDestroy, Subject::AppCreate, Subject::JobCreate];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Subject::ClusterCreate => "cluster-create",
            Subject::ClusterDestroy => "cluster-destroy",
            Subject::AppCreate => "app-create",
            Subject::JobCreate => "job-create",
        }
    }

    /// True if it ends with nothing.
    pub fn destroys(self) -> bool {
        self == Subject::ClusterDestroy
    }

    fn type_name(self) -> &'static str {
        match self {
            Subject::ClusterCreate | Subject::ClusterDestroy => "paas_cluster",
            Subject::AppCreate => "paas_app",
            Subject::JobCreate => "paas_job",
        }
    }
}

/// One account, prepared so that the subject is the next thing to happen.
pub(super) struct Stage {
    bench: Bench,
    subject: Subject,
    account: String,
    env: Vec<(String, String)>,
    session: Option<Session>,
    config: Value,
    /// The state before the subject runs.
    object: Option<Object>,
    /// The cluster underneath an app or a job.
    underneath: Option<(Value, Object)>,
}

fn schema(type_name: &str) -> anyhow::Result<Schema> {
    let offer = Paas::new().offer();
    let found = offer.resources.iter().find(|one| one.type_name() == type_name).map(|one| one.schema());
    found.with_context(|| format!("the provider does not offer {type_name}"))
}

async fn open(bench: &Bench, env: &[(String, String)], type_name: &str) -> anyhow::Result<Session> {
    let provider = Schema { version: 0, doc: String::new(), attributes: <Paas as Provider>::Model::attributes() };
    let config = <Paas as Provider>::Model::default().to_value();
    let mut env = env.to_vec();
    env.push(("TF_DISABLE_PLUGIN_TLS".to_owned(), "1".to_owned()));
    let plugin = Plugin::start(&bench.provider, &env).await?;
    Session::open(plugin, &provider, &config, type_name, schema(type_name)?).await
}

/// An object of the schema with these attributes set.
fn object(schema: &Schema, set: &[(&str, Value)]) -> Value {
    let mut all: BTreeMap<String, Value> =
        schema.attributes.iter().map(|one| (one.name.to_owned(), Value::Null)).collect();
    all.extend(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(all)
}

fn nested(schema: &Schema, name: &str, set: &[(&str, Value)]) -> anyhow::Result<Value> {
    let attribute = schema.attribute(name).with_context(|| format!("there is no attribute {name}"))?;
    let tfplugin_framework::schema::AttributeType::Single(attributes) = &attribute.kind else {
        bail!("{name} is no object")
    };
    Ok(object(&Schema { version: 0, doc: String::new(), attributes: attributes.clone() }, set))
}

fn cluster(env: &[(String, String)]) -> anyhow::Result<Value> {
    let schema = schema("paas_cluster")?;
    let (_, subnets) =
        env.iter().find(|(name, _)| name == "TF_VAR_subnet_ids").context("the account has no subnets")?;
    let subnets: Vec<String> = serde_json::from_str(subnets)?;
    let public = Value::List(vec!["203.0.113.0/24".into()]);
    let set = [
        ("name", "prod".into()),
        ("subnet_ids", Value::List(subnets.into_iter().map(Value::from).collect())),
        ("endpoint", nested(&schema, "endpoint", &[("public_cidrs", public)])?),
        ("deletion_protection", false.into()),
    ];
    Ok(object(&schema, &set))
}

fn workload(subject: Subject, cluster: &Object) -> anyhow::Result<Value> {
    let schema = schema(subject.type_name())?;
    let mut set = vec![
        ("cluster", cluster.state.get("arn").clone()),
        ("name", "web".into()),
        ("namespace", "shop".into()),
        ("image", "registry.example.com/shop/api:1".into()),
    ];
    if subject == Subject::AppCreate {
        set.push(("port", 8080.into()));
    } else {
        set.push(("run_triggers", Value::Map(BTreeMap::from([("image".to_owned(), "1".into())]))));
    }
    Ok(object(&schema, &set))
}

impl Stage {
    /// Makes what the subject needs.
    pub(super) async fn prepare(
        bench: &Bench,
        subject: Subject,
        account: &str,
        env: Vec<(String, String)>,
    ) -> anyhow::Result<Stage> {
        let mut stage = Stage {
            bench: bench.clone(),
            subject,
            account: account.to_owned(),
            config: cluster(&env)?,
            session: None,
            object: None,
            underneath: None,
            env,
        };
        if subject != Subject::ClusterCreate {
            let session = open(bench, &stage.env, "paas_cluster").await?;
            let made = session.apply(None, &stage.config).await?;
            session.close().await?;
            ensure!(made.errors.is_empty(), "the cluster underneath: {}", made.errors.join("\n"));
            let object = made.object.context("a create left nothing in the state")?;
            if subject.destroys() {
                stage.object = Some(object);
            } else {
                let config = workload(subject, &object)?;
                stage.underneath = Some((std::mem::replace(&mut stage.config, config), object));
            }
        }
        stage.restart().await?;
        Ok(stage)
    }

    /// A new process of the provider.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        self.session = Some(open(&self.bench, &self.env, self.subject.type_name()).await?);
        Ok(())
    }

    fn session(&self) -> anyhow::Result<&Session> {
        self.session.as_ref().context("the provider does not run")
    }

    pub(super) fn object(&self) -> Option<Object> {
        self.object.clone()
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

    /// What exists and must be the same afterwards, each with what makes it unmistakable.
    pub(super) async fn made(&self) -> anyhow::Result<BTreeSet<String>> {
        let all = self.bench.sandbox.gateway().sweep(Some(&self.account)).await?;
        let unmistakable = |one: &sandbox_gateway::sweep::Resource| {
            let created =
                serde_json::to_value(one).ok().and_then(|json| json.get("created").cloned()).unwrap_or(Json::Null);
            format!("{} {} {} {created}", one.service, one.kind, one.id)
        };
        Ok(all.iter().map(unmistakable).collect())
    }

    /// Destroys what the subject made and what was underneath.
    pub(super) async fn clear(&self, object: Option<Object>) -> anyhow::Result<()> {
        let gone = self.session()?.destroy(object).await?;
        ensure!(gone.errors.is_empty() && gone.object.is_none(), "the destroy afterwards: {}", gone.errors.join("; "));
        Ok(())
    }

    /// Nothing of the subject is left in the account. The cluster underneath goes with its account.
    pub(super) async fn left_nothing(&self) -> anyhow::Result<()> {
        if let Some((config, cluster)) = &self.underneath {
            let _ = config;
            let session = open(&self.bench, &self.env, "paas_cluster").await?;
            let gone = session.destroy(Some(cluster.clone())).await?;
            ensure!(gone.errors.is_empty(), "the cluster underneath: {}", gone.errors.join("; "));
            session.close().await?;
        }
        let left = self.made().await?;
        ensure!(left.is_empty(), "left behind: {left:?}");
        Ok(())
    }
}
