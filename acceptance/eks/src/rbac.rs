//! Access policies as RBAC: a ClusterRole per policy, bindings per entry. Real EKS has an authorizer of its own beside RBAC; these
//! objects are how the sandbox reaches the same answers, and the only trace of it inside a cluster.

mod rules;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, RoleBinding};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::planes::Grant;

const OURS: (&str, &str) = ("app.kubernetes.io/managed-by", "eks-access-entries");

/// One binding that should exist: in a namespace, or everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Binding {
    namespace: Option<String>,
    group: String,
    policy: String,
}

impl Binding {
    fn name(&self) -> String {
        let hash: String = Sha256::digest(&self.group).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        format!("eks:access-policy:{}:{hash}", self.policy)
    }

    fn object(&self) -> Value {
        let kind = if self.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": self.name(), "labels": {OURS.0: OURS.1}},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role(&self.policy)},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": self.group}],
        })
    }
}

fn role(policy: &str) -> String {
    format!("eks:access-policy:{policy}")
}

/// The bindings for grants, given the namespaces that exist.
fn bindings(grants: &[Grant], namespaces: &[String]) -> BTreeSet<Binding> {
    let mut bindings = BTreeSet::new();
    for grant in grants.iter().filter(|grant| rules::of(&grant.policy).is_some()) {
        let binding = |namespace| Binding { namespace, group: grant.group.clone(), policy: grant.policy.clone() };
        match &grant.namespaces {
            None => {
                bindings.insert(binding(None));
            }
            Some(patterns) => {
                let named = namespaces.iter().filter(|name| patterns.iter().any(|pattern| fits(pattern, name)));
                bindings.extend(named.map(|name| binding(Some(name.clone()))));
            }
        }
    }
    bindings
}

/// Whether a name fits a pattern in which `*` stands for any characters.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name
            .strip_prefix(start)
            .is_some_and(|tail| (0..=tail.len()).any(|cut| tail.is_char_boundary(cut) && fits(rest, &tail[cut..]))),
    }
}

/// Makes exactly the grants hold, and waits until the API server's own cache knows those that are new.
pub(crate) async fn apply(client: &Client, grants: &[Grant]) -> anyhow::Result<()> {
    let scoped = grants.iter().any(|grant| grant.namespaces.is_some());
    let namespaces = if scoped {
        let all = Api::<Namespace>::all(client.clone())
            .list(&ListParams::default())
            .await
            .context("the namespaces cannot be listed")?;
        let living = all.items.into_iter().filter(|namespace| namespace.metadata.deletion_timestamp.is_none());
        living.map(|namespace| namespace.name_any()).collect()
    } else {
        Vec::new()
    };
    let wanted = bindings(grants, &namespaces);
    let manager = PatchParams::apply("eks").force();
    for policy in wanted.iter().map(|binding| &binding.policy).collect::<BTreeSet<_>>() {
        let object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": role(policy), "labels": {OURS.0: OURS.1}}, "rules": rules::of(policy),
        });
        let roles: Api<ClusterRole> = Api::all(client.clone());
        roles
            .patch(&role(policy), &manager, &Patch::Apply(object))
            .await
            .with_context(|| format!("the role of {policy} cannot be written"))?;
    }
    let present = present(client).await?;
    for binding in wanted.difference(&present) {
        let (name, object) = (binding.name(), Patch::Apply(binding.object()));
        match &binding.namespace {
            None => Api::<ClusterRoleBinding>::all(client.clone()).patch(&name, &manager, &object).await.map(drop),
            Some(namespace) => Api::<RoleBinding>::namespaced(client.clone(), namespace)
                .patch(&name, &manager, &object)
                .await
                .map(drop),
        }
        .with_context(|| format!("the binding {name} cannot be written"))?;
    }
    for binding in present.difference(&wanted) {
        let name = binding.name();
        let gone = match &binding.namespace {
            None => {
                Api::<ClusterRoleBinding>::all(client.clone()).delete(&name, &DeleteParams::default()).await.map(drop)
            }
            Some(namespace) => Api::<RoleBinding>::namespaced(client.clone(), namespace)
                .delete(&name, &DeleteParams::default())
                .await
                .map(drop),
        };
        match gone {
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            other => other.with_context(|| format!("the binding {name} cannot be removed"))?,
        }
    }
    for binding in wanted.difference(&present) {
        await_effect(client, binding).await;
    }
    Ok(())
}

async fn present(client: &Client) -> anyhow::Result<BTreeSet<Binding>> {
    let ours = ListParams::default().labels(&format!("{}={}", OURS.0, OURS.1));
    let mut present = BTreeSet::new();
    let read = |namespace: Option<String>, role: String, group: Option<String>| {
        let policy = role.rsplit(':').next().unwrap_or_default().to_owned();
        Binding { namespace, group: group.unwrap_or_default(), policy }
    };
    let first = |subjects: Option<Vec<k8s_openapi::api::rbac::v1::Subject>>| {
        subjects.and_then(|subjects| subjects.into_iter().next()).map(|subject| subject.name)
    };
    let everywhere = Api::<ClusterRoleBinding>::all(client.clone())
        .list(&ours)
        .await
        .context("the cluster role bindings cannot be listed")?;
    present
        .extend(everywhere.items.into_iter().map(|binding| read(None, binding.role_ref.name, first(binding.subjects))));
    let scoped =
        Api::<RoleBinding>::all(client.clone()).list(&ours).await.context("the role bindings cannot be listed")?;
    present.extend(
        scoped
            .items
            .into_iter()
            .map(|binding| read(binding.metadata.namespace, binding.role_ref.name, first(binding.subjects))),
    );
    Ok(present)
}

/// The authorizer reads bindings from a cache that is milliseconds behind. Every policy lets its holder list pods.
async fn await_effect(client: &Client, binding: &Binding) {
    let review: SubjectAccessReview = match serde_json::from_value(json!({
        "metadata": {},
        "spec": {
            "user": "eks-access-probe", "groups": [binding.group],
            "resourceAttributes": {"verb": "list", "resource": "pods", "namespace": binding.namespace},
        },
    })) {
        Ok(review) => review,
        Err(error) => return tracing::error!(%error, "the access review cannot be written"),
    };
    let reviews: Api<SubjectAccessReview> = Api::all(client.clone());
    for _ in 0..100 {
        let answer = reviews.create(&PostParams::default(), &review).await;
        if answer.is_ok_and(|answer| answer.status.is_some_and(|status| status.allowed)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tracing::warn!(binding = binding.name(), "a new binding has no effect yet");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(policy: &str, namespaces: Option<&[&str]>) -> Grant {
        let namespaces = namespaces.map(|names| names.iter().map(|&name| name.to_owned()).collect());
        Grant { group: "eks-access-entry:arn:aws:iam::1:role/x".to_owned(), policy: policy.to_owned(), namespaces }
    }

    #[test]
    fn a_namespaced_grant_holds_where_its_patterns_fit() {
        let namespaces = ["default", "dev-a", "dev-b", "prod"].map(str::to_owned);
        let places = |patterns: &[&str]| {
            let bound = bindings(&[grant("AmazonEKSViewPolicy", Some(patterns))], &namespaces);
            bound.into_iter().filter_map(|binding| binding.namespace).collect::<Vec<_>>()
        };
        assert_eq!(places(&["dev-*"]), ["dev-a", "dev-b"]);
        assert_eq!(places(&["prod", "absent"]), ["prod"]);
        assert_eq!(places(&["*"]), namespaces);
        assert_eq!(places(&["d*-b"]), ["dev-b"]);
    }

    #[test]
    fn policies_for_nodes_bind_nothing() {
        assert!(bindings(&[grant("AmazonEKSAutoNodePolicy", None)], &[]).is_empty());
        assert_eq!(bindings(&[grant("AmazonEKSClusterAdminPolicy", None)], &[]).len(), 1);
    }

    #[test]
    fn entries_of_two_principals_have_bindings_of_their_own() {
        let other =
            Grant { group: "eks-access-entry:arn:aws:iam::1:role/y".to_owned(), ..grant("AmazonEKSViewPolicy", None) };
        let names: BTreeSet<String> =
            bindings(&[grant("AmazonEKSViewPolicy", None), other], &[]).iter().map(Binding::name).collect();
        assert_eq!(names.len(), 2);
    }
}
