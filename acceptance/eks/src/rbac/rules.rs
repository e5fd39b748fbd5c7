//! What each access policy lets its holder do (user guide, "review access policy permissions"). Facts only.

use serde_json::{Value, json};

/// Objects that a viewer sees: API group, resources.
const SEEN: [(&str, &[&str]); 8] = [
    (
        "",
        &[
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    (
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    ("autoscaling", &["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
    ("batch", &["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
    ("discovery.k8s.io", &["endpointslices"]),
    ("extensions", &["daemonsets", "deployments", "deployments/scale", "ingresses", "networkpolicies", "replicasets"]),
    ("networking.k8s.io", &["ingresses", "ingresses/status", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets", "poddisruptionbudgets/status"]),
];

/// Objects that an editor changes.
const CHANGED: [(&str, &[&str]); 7] = [
    (
        "",
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "pods",
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
    ),
    (
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    ("extensions", &["daemonsets", "deployments", "deployments/scale", "ingresses", "networkpolicies", "replicasets"]),
    ("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets"]),
];

const READ: [&str; 3] = ["get", "list", "watch"];
const WRITE: [&str; 5] = ["create", "delete", "deletecollection", "patch", "update"];

/// The rules of a policy; none for those that mean nodes and EKS's own components, which the sandbox does not have.
pub(super) fn of(policy: &str) -> Option<Vec<Value>> {
    match policy {
        "AmazonEKSClusterAdminPolicy" => Some(vec![
            json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
            json!({"nonResourceURLs": ["*"], "verbs": ["*"]}),
        ]),
        "AmazonEKSAdminViewPolicy" => Some(vec![json!({"apiGroups": ["*"], "resources": ["*"], "verbs": READ})]),
        "AmazonEKSViewPolicy" => Some(view()),
        "AmazonEKSEditPolicy" => Some(edit()),
        "AmazonEKSAdminPolicy" => Some(admin()),
        _ => None,
    }
}

fn rules(objects: &[(&str, &[&str])], verbs: &[&str]) -> Vec<Value> {
    objects
        .iter()
        .map(|(group, resources)| json!({"apiGroups": [group], "resources": resources, "verbs": verbs}))
        .collect()
}

fn view() -> Vec<Value> {
    rules(&SEEN, &READ)
}

fn edit() -> Vec<Value> {
    let mut all = view();
    all.extend(rules(&CHANGED, &READ));
    all.extend(rules(&CHANGED, &WRITE));
    all.extend(rules(&[("", &["pods/eviction"])], &["create"]));
    all.extend(rules(&[("", &["serviceaccounts"])], &["impersonate"]));
    all
}

fn admin() -> Vec<Value> {
    let mut all = edit();
    all.extend(rules(&[("authorization.k8s.io", &["localsubjectaccessreviews"])], &["create"]));
    let roles: [(&str, &[&str]); 1] = [("rbac.authorization.k8s.io", &["rolebindings", "roles"])];
    all.extend(rules(&roles, &READ));
    all.extend(rules(&roles, &WRITE));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(policy: &str, group: &str, resource: &str, verb: &str) -> bool {
        let has = |list: &Value, wanted: &str| {
            list.as_array().is_some_and(|items| items.iter().any(|item| item == wanted || item == "*"))
        };
        of(policy).expect("rules").iter().any(|rule| {
            has(&rule["apiGroups"], group) && has(&rule["resources"], resource) && has(&rule["verbs"], verb)
        })
    }

    #[test]
    fn a_viewer_reads_all_but_secrets_and_writes_nothing() {
        assert!(allows("AmazonEKSViewPolicy", "apps", "deployments", "list"));
        assert!(!allows("AmazonEKSViewPolicy", "", "secrets", "get"));
        assert!(!allows("AmazonEKSViewPolicy", "apps", "deployments", "patch"));
    }

    #[test]
    fn an_editor_writes_and_gives_nobody_rights() {
        assert!(allows("AmazonEKSEditPolicy", "apps", "deployments", "patch"));
        assert!(allows("AmazonEKSEditPolicy", "", "secrets", "get"));
        assert!(!allows("AmazonEKSEditPolicy", "rbac.authorization.k8s.io", "roles", "create"));
        assert!(allows("AmazonEKSAdminPolicy", "rbac.authorization.k8s.io", "roles", "create"));
        assert!(!allows("AmazonEKSAdminPolicy", "", "nodes", "list"));
        assert!(allows("AmazonEKSAdminViewPolicy", "", "nodes", "list"));
    }
}
