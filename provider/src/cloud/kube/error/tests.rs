use expect_test::{Expect, expect};

use super::*;

fn told(error: &KubeError, expected: Expect) {
    let text = error.diagnostics("app shop/web was not created").to_string();
    expected.assert_eq(&text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>());
}

fn refused(json: serde_json::Value) -> KubeError {
    KubeError::Refused {
        action: "change Deployment shop/web".into(),
        status: Box::new(serde_json::from_value(json).unwrap()),
    }
}

#[test]
fn a_private_endpoint_says_how_to_get_there() {
    let way = Way { endpoint: "https://0AB.gr7.eu-west-1.eks.amazonaws.com".into(), public: Some(None) };
    told(
        &KubeError::Unreachable { cluster: "prod".into(), way, reason: "connection timed out".into() },
        expect![[r#"
            error: app shop/web was not created: the API server of cluster prod does not answer
              https://0AB.gr7.eu-west-1.eks.amazonaws.com: connection timed out

              Its endpoint is private: only machines in the VPC reach it. Run terraform there (a VPN, or a runner in the VPC), or open the endpoint to this machine's address with `endpoint.public_cidrs` of the cluster.
        "#]],
    );
}

#[test]
fn a_principal_without_access_is_named() {
    told(
        &KubeError::Unauthorized {
            cluster: "prod".into(),
            principal: Some("arn:aws:iam::111122223333:role/ci".into()),
        },
        expect![[r#"
            error: app shop/web was not created: principal arn:aws:iam::111122223333:role/ci has no access entry on prod
              Add "arn:aws:iam::111122223333:role/ci" to `access.admins` of the cluster, with credentials that have access to it.
        "#]],
    );
}

#[test]
fn a_missing_cluster_says_where_it_was_looked_for() {
    told(
        &KubeError::NoCluster { name: "prod".into(), region: "eu-west-1".into(), account: "111122223333".into() },
        expect![[r#"
            error: app shop/web was not created: there is no cluster prod in eu-west-1 of account 111122223333
              Is the name right, and is it the right region and account? A name alone means a cluster in the provider's region; an ARN says where it is. For a cluster of this configuration, use its `arn`, so that the cluster is made first.
        "#]],
    );
}

#[test]
fn a_missing_right_says_what_gives_it() {
    let message = "deployments.apps \"web\" is forbidden: User \"dev\" cannot patch resource \"deployments\" in API group \"apps\" in the namespace \"shop\"";
    let error =
        refused(serde_json::json!({ "status": "Failure", "reason": "Forbidden", "code": 403, "message": message }));
    assert!(error.is_forbidden());
    told(
        &error,
        expect![[r#"
            error: app shop/web was not created: Kubernetes does not allow to change Deployment shop/web
              Kubernetes says: deployments.apps "web" is forbidden: User "dev" cannot patch resource "deployments" in API group "apps" in the namespace "shop"

              Give that user the right: on EKS, an access entry with AmazonEKSAdminPolicy for the namespace or AmazonEKSClusterAdminPolicy for the cluster.
        "#]],
    );
}

#[test]
fn a_terminating_namespace_is_no_missing_right() {
    let error = refused(serde_json::json!({
        "status": "Failure", "reason": "Forbidden", "code": 403, "message": "being terminated",
        "details": { "causes": [{ "reason": "NamespaceTerminating", "field": "metadata.namespace" }] },
    }));
    assert!(error.is_terminating() && !error.is_forbidden());
}

#[test]
fn conflicts_name_field_and_owner() {
    let error = refused(serde_json::json!({
        "status": "Failure", "reason": "Conflict", "code": 409, "message": "Apply failed with 1 conflict",
        "details": { "causes": [{
            "reason": "FieldManagerConflict",
            "message": "conflict with \"kubectl-edit\" using apps/v1 at 2026-11-21T07:00:00Z",
            "field": ".spec.replicas",
        }] },
    }));
    assert!(error.is_conflict());
    let conflicts = error.conflicts();
    assert_eq!(conflicts[0].path, ".spec.replicas");
    assert_eq!(conflicts[0].owner, "\"kubectl-edit\" using apps/v1 at 2026-11-21T07:00:00Z");
}
