//! Add-ons that are real software on real nodes: what EKS installs of them, whether it runs, and how it goes. Knows their manifests.

use anyhow::Context as _;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use kube::api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::Value;

mod coredns;
mod kube_proxy;
mod metrics_server;
#[cfg(test)]
mod tests;

const NAMESPACE: &str = "kube-system";
/// Who owns what is installed; field ownership keeps what users change.
const MANAGER: &str = "eks";

/// An add-on that runs on real nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddOn {
    /// The cluster's DNS.
    CoreDns,
    /// Services' addresses, on every node.
    KubeProxy,
    /// CPU and memory of pods and nodes.
    MetricsServer,
}

impl AddOn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CoreDns, Self::KubeProxy, Self::MetricsServer];

    /// By its EKS name; others are not installed as software.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|add_on| add_on.name() == name)
    }

    /// As EKS names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CoreDns => "coredns",
            Self::KubeProxy => "kube-proxy",
            Self::MetricsServer => "metrics-server",
        }
    }

    /// The last parts of its image's name.
    #[must_use]
    pub fn repository(self) -> String {
        format!("eks/{}", self.name())
    }

    /// Its objects, in the order in which they are made.
    fn objects(self, image: &str) -> Vec<Value> {
        match self {
            Self::CoreDns => coredns::objects(image),
            Self::KubeProxy => kube_proxy::objects(image),
            Self::MetricsServer => metrics_server::objects(image),
        }
    }
}

/// Installs an add-on, or brings what is there to what it should be.
pub(crate) async fn install(client: &kube::Client, add_on: AddOn, image: &str) -> anyhow::Result<()> {
    for object in add_on.objects(image) {
        let (api, name) = place(client, &object)?;
        api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&object))
            .await
            .with_context(|| format!("{} of the add-on {} cannot be applied", what(&object), add_on.name()))?;
    }
    Ok(())
}

/// Removes an add-on. What is gone already is fine.
pub(crate) async fn remove(client: &kube::Client, add_on: AddOn) -> anyhow::Result<()> {
    for object in add_on.objects("").into_iter().rev() {
        let (api, name) = place(client, &object)?;
        match api.delete(&name, &DeleteParams::background()).await {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            deleted => drop(
                deleted
                    .with_context(|| format!("{} of the add-on {} cannot be deleted", what(&object), add_on.name()))?,
            ),
        }
    }
    Ok(())
}

/// Whether all its replicas run and are ready, on every node that should have one.
pub(crate) async fn runs(client: &kube::Client, add_on: AddOn) -> anyhow::Result<bool> {
    let name = add_on.name();
    if add_on == AddOn::KubeProxy {
        let sets: Api<DaemonSet> = Api::namespaced(client.clone(), NAMESPACE);
        let set = sets.get_opt(name).await.with_context(|| format!("the daemon set {name} cannot be read"))?;
        let generation = set.as_ref().and_then(|set| set.metadata.generation);
        return Ok(set.and_then(|set| set.status).is_some_and(|status| {
            status.observed_generation == generation && status.number_ready == status.desired_number_scheduled
        }));
    }
    let deployments: Api<Deployment> = Api::namespaced(client.clone(), NAMESPACE);
    let deployment =
        deployments.get_opt(name).await.with_context(|| format!("the deployment {name} cannot be read"))?;
    let wanted = deployment.as_ref().and_then(|one| one.spec.as_ref()?.replicas).unwrap_or(1);
    Ok(deployment.and_then(|one| one.status).is_some_and(|status| status.available_replicas.unwrap_or(0) >= wanted))
}

/// Where an object goes, and its name.
fn place(client: &kube::Client, object: &Value) -> anyhow::Result<(Api<DynamicObject>, String)> {
    let named: DynamicObject = serde_json::from_value(object.clone()).context("an add-on's object is none")?;
    let types = named.types.as_ref().context("an add-on's object has no kind")?;
    let kind = GroupVersionKind::try_from(types).context("an add-on's object has no version")?;
    let resource = ApiResource::from_gvk(&kind);
    let api = match named.namespace() {
        Some(namespace) => Api::namespaced_with(client.clone(), &namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    Ok((api, named.name_any()))
}

fn what(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{} {}", text("/kind"), text("/metadata/name"))
}

/// A service account of the add-on, a role of the whole cluster, and what binds them.
fn identity(name: &str, rules: &Value) -> [Value; 3] {
    use serde_json::json;
    [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}}),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": format!("eks:{name}")}, "rules": rules,
        }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("eks:{name}")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": format!("eks:{name}")},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
        }),
    ]
}
