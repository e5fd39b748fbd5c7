//! The add-ons on offer, in the form in which EKS lists them. Names, service accounts and policies are AWS's; the versions only look like its own.

use super::{Offer, Runs};

const AWS: Offer = Offer {
    name: "",
    namespace: "kube-system",
    runs: Runs::AsReplicas,
    kind: "",
    publisher: "eks",
    owner: "aws",
    versions: [""; 3],
    identities: &[],
    values: &["affinity", "nodeSelector", "podAnnotations", "podLabels", "resources", "tolerations"],
};
const COMMUNITY: Offer = Offer { publisher: "community", owner: "community", ..AWS };

/// Everything on offer.
pub(super) const OFFERS: &[Offer] = &[
    Offer {
        name: "vpc-cni",
        runs: Runs::OnEveryNode,
        kind: "networking",
        versions: ["v1.22.1-eksbuild.1", "v1.21.2-eksbuild.2", "v1.20.5-eksbuild.1"],
        identities: &[("aws-node", &["AmazonEKS_CNI_Policy"])],
        values: &[
            "affinity",
            "env",
            "eniConfig",
            "init",
            "nodeAgent",
            "enableNetworkPolicy",
            "enableWindowsIpam",
            "livenessProbeTimeoutSeconds",
            "podAnnotations",
            "podLabels",
            "priorityClassName",
            "readinessProbeTimeoutSeconds",
            "resources",
            "tolerations",
        ],
        ..AWS
    },
    Offer {
        name: "kube-proxy",
        runs: Runs::OnEveryNode,
        kind: "networking",
        versions: ["v{minor}.3-eksbuild.5", "v{minor}.1-eksbuild.2", "v{minor}.0-eksbuild.2"],
        values: &["ipvs", "mode", "podAnnotations", "podLabels", "resources"],
        ..AWS
    },
    Offer {
        name: "eks-pod-identity-agent",
        runs: Runs::OnEveryNode,
        kind: "security",
        versions: ["v1.3.11-eksbuild.1", "v1.3.10-eksbuild.2", "v1.3.9-eksbuild.3"],
        values: &[
            "affinity",
            "agent",
            "podAnnotations",
            "podLabels",
            "priorityClassName",
            "resources",
            "tolerations",
            "updateStrategy",
        ],
        ..AWS
    },
    Offer {
        name: "eks-node-monitoring-agent",
        runs: Runs::OnEveryNode,
        kind: "observability",
        versions: ["v1.6.1-eksbuild.1", "v1.5.2-eksbuild.1", "v1.4.2-eksbuild.1"],
        values: &["monitoringAgent", "dcgmAgent", "podAnnotations", "podLabels"],
        ..AWS
    },
    Offer {
        name: "amazon-cloudwatch-observability",
        namespace: "amazon-cloudwatch",
        kind: "observability",
        versions: ["v5.2.1-eksbuild.1", "v5.1.0-eksbuild.1", "v4.10.1-eksbuild.1"],
        identities: &[("cloudwatch-agent", &["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"])],
        values: &["agent", "agents", "containerLogs", "dcgmExporter", "manager", "neuronMonitor", "tolerations"],
        ..AWS
    },
    Offer {
        name: "coredns",
        kind: "networking",
        versions: ["v1.14.2-eksbuild.4", "v1.13.2-eksbuild.1", "v1.12.4-eksbuild.6"],
        values: &[
            "affinity",
            "autoScaling",
            "computeType",
            "corefile",
            "nodeSelector",
            "podAnnotations",
            "podDisruptionBudget",
            "podLabels",
            "replicaCount",
            "resources",
            "tolerations",
            "topologySpreadConstraints",
        ],
        ..AWS
    },
    Offer {
        name: "aws-ebs-csi-driver",
        kind: "storage",
        versions: ["v1.58.0-eksbuild.1", "v1.56.0-eksbuild.1", "v1.54.0-eksbuild.1"],
        identities: &[("ebs-csi-controller-sa", &["service-role/AmazonEBSCSIDriverPolicy"])],
        values: &["controller", "defaultStorageClass", "fips", "node", "nodeComponentOnly", "sidecars"],
        ..AWS
    },
    Offer {
        name: "aws-efs-csi-driver",
        kind: "storage",
        versions: ["v2.3.0-eksbuild.2", "v2.2.0-eksbuild.1", "v2.1.15-eksbuild.1"],
        identities: &[("efs-csi-controller-sa", &["service-role/AmazonEFSCSIDriverPolicy"])],
        values: &["controller", "node", "sidecars"],
        ..AWS
    },
    Offer {
        name: "aws-mountpoint-s3-csi-driver",
        kind: "storage",
        versions: ["v2.4.1-eksbuild.1", "v2.3.0-eksbuild.1", "v1.15.0-eksbuild.1"],
        identities: &[("s3-csi-driver-sa", &["AmazonS3FullAccess"])],
        values: &["node"],
        ..AWS
    },
    Offer {
        name: "snapshot-controller",
        kind: "storage",
        versions: ["v8.5.0-eksbuild.1", "v8.4.0-eksbuild.2", "v8.3.0-eksbuild.1"],
        ..AWS
    },
    Offer {
        name: "adot",
        namespace: "opentelemetry-operator-system",
        kind: "observability",
        versions: ["v0.141.0-eksbuild.1", "v0.131.0-eksbuild.1", "v0.117.0-eksbuild.1"],
        identities: &[
            ("adot-col-prom-metrics", &["AmazonPrometheusRemoteWriteAccess"]),
            ("adot-col-otlp-ingest", &["AWSXrayWriteOnlyAccess"]),
            ("adot-col-container-logs", &["CloudWatchAgentServerPolicy"]),
        ],
        values: &["affinity", "collector", "manager", "nodeSelector", "replicaCount", "tolerations"],
        ..AWS
    },
    Offer {
        name: "metrics-server",
        kind: "observability",
        versions: ["v0.8.1-eksbuild.6", "v0.8.0-eksbuild.6", "v0.7.2-eksbuild.4"],
        values: &[
            "affinity",
            "nodeSelector",
            "podAnnotations",
            "podDisruptionBudget",
            "podLabels",
            "replicas",
            "resources",
            "tolerations",
            "updateStrategy",
        ],
        ..COMMUNITY
    },
    Offer {
        name: "kube-state-metrics",
        namespace: "kube-state-metrics",
        kind: "observability",
        versions: ["v2.18.0-eksbuild.1", "v2.17.0-eksbuild.5", "v2.16.0-eksbuild.1"],
        ..COMMUNITY
    },
    Offer {
        name: "prometheus-node-exporter",
        namespace: "prometheus-node-exporter",
        runs: Runs::OnEveryNode,
        kind: "observability",
        versions: ["v1.11.1-eksbuild.1", "v1.10.2-eksbuild.8", "v1.9.1-eksbuild.4"],
        ..COMMUNITY
    },
    Offer {
        name: "cert-manager",
        namespace: "cert-manager",
        kind: "security",
        versions: ["v1.20.1-eksbuild.1", "v1.19.3-eksbuild.2", "v1.18.4-eksbuild.1"],
        values: &[
            "affinity",
            "cainjector",
            "nodeSelector",
            "podAnnotations",
            "podLabels",
            "replicaCount",
            "resources",
            "tolerations",
            "webhook",
        ],
        ..COMMUNITY
    },
    Offer {
        name: "external-dns",
        namespace: "external-dns",
        kind: "networking",
        versions: ["v0.21.0-eksbuild.1", "v0.20.0-eksbuild.3", "v0.19.0-eksbuild.2"],
        identities: &[("external-dns", &["AmazonRoute53FullAccess"])],
        values: &[
            "affinity",
            "domainFilters",
            "extraArgs",
            "nodeSelector",
            "podLabels",
            "policy",
            "resources",
            "sources",
            "tolerations",
            "txtOwnerId",
            "txtPrefix",
        ],
        ..COMMUNITY
    },
    Offer {
        name: "fluent-bit",
        namespace: "fluent-bit",
        runs: Runs::OnEveryNode,
        kind: "observability",
        versions: ["v4.2.3-eksbuild.1", "v4.2.2-eksbuild.1", "v4.1.1-eksbuild.2"],
        ..COMMUNITY
    },
    Offer {
        name: "sriov-network-metrics-exporter",
        namespace: "monitoring",
        runs: Runs::OnEveryNode,
        kind: "observability",
        versions: ["v1.2.1-eksbuild.1", "v1.2.0-eksbuild.2", "v1.1.0-eksbuild.1"],
        ..COMMUNITY
    },
    Offer {
        name: "kubecost_kubecost",
        namespace: "kubecost",
        kind: "cost-management",
        publisher: "kubecost",
        owner: "aws-marketplace",
        versions: ["v2.8.2-eksbuild.1", "v2.8.0-eksbuild.1", "v2.7.1-eksbuild.1"],
        values: &["global", "kubecostProductConfigs", "networkCosts", "persistentVolume", "prometheus"],
        ..AWS
    },
    Offer {
        name: "kasten_k10",
        namespace: "kasten-io",
        kind: "storage",
        publisher: "kasten",
        owner: "aws-marketplace",
        versions: ["v8.0.5-eksbuild.1", "v7.5.10-eksbuild.1", "v7.0.14-eksbuild.1"],
        identities: &[("k10-k10", &["AmazonEC2FullAccess", "AmazonS3FullAccess"])],
        values: &["clusterName", "global"],
        ..AWS
    },
];
