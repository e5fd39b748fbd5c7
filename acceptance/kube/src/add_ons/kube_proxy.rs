//! kube-proxy, in the network of every node.

use serde_json::{Value, json};

use super::{NAMESPACE, identity};

pub(super) fn objects(image: &str) -> Vec<Value> {
    let labels = json!({"k8s-app": "kube-proxy"});
    let rules = json!([
        {"apiGroups": [""], "resources": ["services", "endpoints", "nodes"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["servicecidrs"], "verbs": ["list", "watch"]},
        {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
    ]);
    let mut objects = Vec::from(identity("kube-proxy", &rules));
    let configuration = json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables",
        "clientConnection": {"kubeconfig": "/etc/kube-proxy/kubeconfig"},
        // Limits of connection tracking are the whole machine's: left as they are.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "detectLocalMode": "ClusterCIDR", "clusterCIDR": "10.244.0.0/16",
        "nftables": {"minSyncPeriod": "0s"},
    });
    let token = "/var/run/secrets/kubernetes.io/serviceaccount";
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config",
        // The address of a Service would need what this program is about to set up.
        "clusters": [{"name": "sandbox", "cluster": {"server": format!("https://{}", sandbox_node::GATEWAY), "certificate-authority": format!("{token}/ca.crt")}}],
        "users": [{"name": "kube-proxy", "user": {"tokenFile": format!("{token}/token")}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "kube-proxy"}}],
        "current-context": "sandbox",
    });
    objects.push(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-proxy", "namespace": NAMESPACE},
        "data": {"config": configuration.to_string(), "kubeconfig": kubeconfig.to_string()},
    }));
    objects.push(json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "kube-proxy", "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "serviceAccountName": "kube-proxy", "priorityClassName": "system-node-critical", "hostNetwork": true,
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{
                        "name": "kube-proxy", "image": image,
                        "command": ["kube-proxy", "--config=/etc/kube-proxy/config", "--hostname-override=$(NODE_NAME)", "--v=2"],
                        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
                        "resources": {"requests": {"cpu": "100m"}},
                        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 10256}, "periodSeconds": 1},
                        "securityContext": {"privileged": true},
                        "volumeMounts": [{"name": "config", "mountPath": "/etc/kube-proxy", "readOnly": true}],
                    }],
                    "volumes": [{"name": "config", "configMap": {"name": "kube-proxy"}}],
                },
            },
        },
    }));
    objects
}
