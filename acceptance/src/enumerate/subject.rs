//! What is interrupted: the create and the destroy of a cluster, the swap of one of its node groups, changes of its add-ons and
//! pod identities and of its access and roles, the create of an app and of a job.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context, bail};
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::attr::Field;
use tfplugin_framework::model::Model;
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::{AttributeType, Schema};
use tfplugin_framework::value::Value;

use super::Bench;
use crate::core::{Object, Plugin, Session};

/// An operation whose calls are enumerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `paas_cluster` from nothing.
    ClusterCreate,
    /// `paas_cluster`, all of it.
    ClusterDestroy,
    /// An update of `paas_cluster` that EKS cannot make in a node group that exists: another one takes its place.
    NodeGroupSwap,
    /// An update of `paas_cluster`: add-ons come, go and change, a service account gets a role.
    AddonsChange,
    /// An update of `paas_cluster`: access entries come and go, roles get a boundary and a policy, IAM trusts the issuer.
    AccessChange,
    /// `paas_app` on a cluster that exists.
    AppCreate,
    /// `paas_job` with a run, on a cluster that exists.
    JobCreate,
}

impl Subject {
    /// All of them.
    pub const ALL: [Subject; 7] = [
        Subject::ClusterCreate,
        Subject::ClusterDestroy,
        Subject::NodeGroupSwap,
        Subject::AddonsChange,
        Subject::AccessChange,
        Subject::AppCreate,
        Subject::JobCreate,
    ];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Subject::ClusterCreate => "cluster-create",
            Subject::ClusterDestroy => "cluster-destroy",
            Subject::NodeGroupSwap => "node-group-swap",
            Subject::AddonsChange => "addons-change",
            Subject::AccessChange => "access-change",
            Subject::AppCreate => "app-create",
            Subject::JobCreate => "job-create",
        }
    }

    /// True if it ends with nothing.
    pub fn destroys(self) -> bool {
        self == Subject::ClusterDestroy
    }

    /// True if a cluster is there before it begins.
    pub(super) fn begins_with_a_cluster(self) -> bool {
        matches!(self, Subject::ClusterDestroy | Subject::NodeGroupSwap | Subject::AddonsChange | Subject::AccessChange)
    }

    /// True for an object that it deletes by what it is, by the object's ARN or name.
    pub(super) fn removes(self, id: &str) -> bool {
        match self {
            Subject::NodeGroupSwap => id.contains(":nodegroup/prod/default/"),
            Subject::AddonsChange => id.contains(":addon/prod/metrics-server/"),
            Subject::AccessChange => id.contains(":access-entry/prod/user/"),
            _ => false,
        }
    }

    /// True if it takes an API server.
    pub fn needs_kubernetes(self) -> bool {
        matches!(self, Subject::AppCreate | Subject::JobCreate)
    }

    pub(super) fn type_name(self) -> &'static str {
        match self {
            Subject::AppCreate => "paas_app",
            Subject::JobCreate => "paas_job",
            _ => "paas_cluster",
        }
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(name: &str) -> Result<Subject, String> {
        let all = Subject::ALL.map(Subject::name);
        let found = Subject::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("it is one of {}", all.join(", ")))
    }
}

fn schema(type_name: &str) -> anyhow::Result<Schema> {
    let offer = Paas::new().offer();
    let found = offer.resources.iter().find(|one| one.type_name() == type_name).map(|one| one.schema());
    found.with_context(|| format!("the provider does not offer {type_name}"))
}

/// A provider of its own for one resource type, configured by `env` and its `owner` alone.
pub(super) async fn open(
    bench: &Bench,
    env: &[(String, String)],
    owner: Option<&str>,
    type_name: &str,
) -> anyhow::Result<Session> {
    type Block = <Paas as Provider>::Model;
    let provider = Schema { version: 0, doc: String::new(), attributes: Block::attributes() };
    let config = Block { owner: owner.map(str::to_owned).into(), ..Block::default() }.to_value();
    let mut env = env.to_vec();
    env.push(("TF_DISABLE_PLUGIN_TLS".to_owned(), "1".to_owned()));
    let plugin = Plugin::start(&bench.built.provider, &env).await?;
    Session::open(plugin, &provider, &config, type_name, schema(type_name)?).await
}

/// An object of the schema with these attributes set.
fn object(schema: &Schema, set: &[(&str, Value)]) -> Value {
    let mut all: BTreeMap<String, Value> =
        schema.attributes.iter().map(|one| (one.name.to_owned(), Value::Null)).collect();
    all.extend(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Object(all)
}

/// The schema of what is nested in an attribute: of the object itself, or of an element.
fn below(schema: &Schema, name: &str) -> anyhow::Result<Schema> {
    let attribute = schema.attribute(name).with_context(|| format!("there is no attribute {name}"))?;
    let (AttributeType::Single(attributes) | AttributeType::List(attributes) | AttributeType::Map(attributes)) =
        &attribute.kind
    else {
        bail!("nothing is nested in {name}")
    };
    Ok(Schema { version: 0, doc: String::new(), attributes: attributes.clone() })
}

fn nested(schema: &Schema, name: &str, set: &[(&str, Value)]) -> anyhow::Result<Value> {
    Ok(object(&below(schema, name)?, set))
}

/// The configuration of a cluster in the subnets that `env` names.
pub(super) fn cluster(env: &[(String, String)]) -> anyhow::Result<Value> {
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

/// The configuration of [`cluster`] with other instance types for its node group.
pub(super) fn swapped(env: &[(String, String)]) -> anyhow::Result<Value> {
    let schema = schema("paas_cluster")?;
    let group = element(&schema, "node_groups", &[("instance_types", Value::List(vec!["m8g.large".into()]))])?;
    with(cluster(env)?, "node_groups", [("default", group)])
}

/// The configuration of [`cluster`] with an add-on more, one less, and one changed, and a role for a service account.
pub(super) fn furnished(env: &[(String, String)]) -> anyhow::Result<Value> {
    let schema = schema("paas_cluster")?;
    let addon = |set: &[(&str, Value)]| element(&schema, "addons", set);
    let addons = [
        ("coredns", addon(&[("values", "{\"replicaCount\":3}".into())])?),
        ("external-dns", addon(&[("version", "v0.19.0-eksbuild.2".into())])?),
        ("metrics-server", addon(&[("enabled", false.into())])?),
    ];
    let policies = Value::List(vec!["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess".into()]);
    let inline = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:PutObject\",\"Resource\":\"*\"}]}";
    let pod = element(&schema, "pod_identities", &[("policies", policies), ("inline_policy", inline.into())])?;
    with(with(cluster(env)?, "addons", addons)?, "pod_identities", [("apps/uploader", pod)])
}

/// The configuration of [`cluster`] with two principals instead of its creator, and everything of `iam` that changes in place.
pub(super) fn entrusted(env: &[(String, String)]) -> anyhow::Result<Value> {
    let schema = schema("paas_cluster")?;
    let access = below(&schema, "access")?;
    let list = |text: &str| Value::List(vec![text.into()]);
    let policy = [("name", "AmazonEKSEditPolicy".into()), ("namespaces", list("apps"))];
    let policy = nested(&below(&access, "entries")?, "policies", &policy)?;
    let entry = [
        ("principal_arn", "arn:aws:iam::111122223333:role/ci".into()),
        ("groups", list("ops")),
        ("policies", Value::List(vec![policy])),
    ];
    let entries = Value::Map(BTreeMap::from([("ci".to_owned(), nested(&access, "entries", &entry)?)]));
    let set = [
        ("admins", list("arn:aws:iam::111122223333:role/platform")),
        ("creator_admin", false.into()),
        ("entries", entries),
    ];
    let iam = [
        ("permissions_boundary", "arn:aws:iam::aws:policy/PowerUserAccess".into()),
        ("node_policies", list("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")),
        ("oidc_provider", true.into()),
    ];
    let mut config = cluster(env)?;
    let Value::Object(all) = &mut config else { bail!("the configuration is no object") };
    all.insert("access".to_owned(), nested(&schema, "access", &set)?);
    all.insert("iam".to_owned(), nested(&schema, "iam", &iam)?);
    Ok(config)
}

/// An element of a map of objects.
fn element(schema: &Schema, name: &str, set: &[(&str, Value)]) -> anyhow::Result<Value> {
    nested(schema, name, set)
}

/// A configuration with a map set.
fn with<const N: usize>(mut config: Value, name: &str, elements: [(&str, Value); N]) -> anyhow::Result<Value> {
    let Value::Object(all) = &mut config else { bail!("the configuration is no object") };
    let elements = elements.into_iter().map(|(key, one)| (key.to_owned(), one)).collect();
    all.insert(name.to_owned(), Value::Map(elements));
    Ok(config)
}

/// The configuration of an app or a job in a namespace of its own.
pub(super) fn workload(subject: Subject, cluster: &Object, namespace: &str) -> anyhow::Result<Value> {
    let schema = schema(subject.type_name())?;
    let mut set = vec![
        ("cluster", cluster.state.get("arn").clone()),
        ("name", "web".into()),
        ("namespace", namespace.into()),
        ("image", "registry.example.com/shop/api:1".into()),
    ];
    if subject == Subject::AppCreate {
        set.push(("port", 8080.into()));
    } else {
        set.push(("run_triggers", Value::Map(BTreeMap::from([("image".to_owned(), "1".into())]))));
    }
    Ok(object(&schema, &set))
}
