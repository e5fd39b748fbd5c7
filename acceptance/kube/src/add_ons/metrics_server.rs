//! metrics-server, and the API that it serves through the API server.

use serde_json::{Value, json};

use super::{NAMESPACE, identity};

pub(super) fn objects(image: &str) -> Vec<Value> {
    let labels = json!({"app.kubernetes.io/name": "metrics-server"});
    let rules = json!([
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "nodes", "namespaces", "configmaps"], "verbs": ["get", "list", "watch"]},
        // Its own callers are asked about, as any extension of the API asks.
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
    ]);
    let mut objects = Vec::from(identity("metrics-server", &rules));
    objects.push(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "system:aggregated-metrics-reader", "labels": {
            "rbac.authorization.k8s.io/aggregate-to-view": "true", "rbac.authorization.k8s.io/aggregate-to-edit": "true",
            "rbac.authorization.k8s.io/aggregate-to-admin": "true",
        }},
        "rules": [{"apiGroups": ["metrics.k8s.io"], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]}],
    }));
    objects.push(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "metrics-server", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "metrics-server", "priorityClassName": "system-cluster-critical",
                    "containers": [{
                        "name": "metrics-server", "image": image,
                        "args": [
                            "--secure-port=10251", "--cert-dir=/tmp", "--metric-resolution=10s", "--kubelet-request-timeout=5s",
                            "--kubelet-preferred-address-types=InternalIP", "--kubelet-use-node-status-port",
                            "--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
                        ],
                        "ports": [{"name": "https", "containerPort": 10251}],
                        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}, "limits": {"memory": "400Mi"}},
                        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "https", "scheme": "HTTPS"}, "periodSeconds": 2},
                        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true},
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                    }],
                    "volumes": [{"name": "tmp", "emptyDir": {}}],
                },
            },
        },
    }));
    objects.push(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "metrics-server", "namespace": NAMESPACE, "labels": labels},
        "spec": {"selector": labels, "ports": [{"name": "https", "port": 443, "targetPort": "https"}]},
    }));
    objects.push(json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"name": "metrics-server", "namespace": NAMESPACE},
        },
    }));
    objects
}
