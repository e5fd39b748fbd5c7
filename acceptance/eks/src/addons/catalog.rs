//! The add-ons that EKS offers: versions, permissions, where they run. Facts only; examples of AWS's own answers, shortened.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::page::{self, Page};
use crate::versions;

/// An add-on that EKS offers.
#[derive(Debug)]
pub(crate) struct Offer {
    pub name: &'static str,
    /// The namespace that it is installed in.
    pub namespace: &'static str,
    pub runs: Runs,
    kind: &'static str,
    publisher: &'static str,
    owner: &'static str,
    /// Versions for one Kubernetes minor, newest first; `{minor}` stands for it. The second is the default.
    versions: [&'static str; 3],
    /// Service accounts that need a role, and the managed policies for it.
    pub identities: &'static [(&'static str, &'static [&'static str])],
    /// Members that `configurationValues` may have.
    values: &'static [&'static str],
}

/// Where an add-on's pods run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// One per node: complete with no node at all.
    OnEveryNode,
    /// A Deployment: degraded until its replicas find a node.
    AsReplicas,
}

const AWS: (&str, &str) = ("eks", "aws");
const COMMUNITY: (&str, &str) = ("community", "community");

const fn offer(
    name: &'static str,
    namespace: &'static str,
    runs: Runs,
    kind: &'static str,
    by: (&'static str, &'static str),
    versions: [&'static str; 3],
    identities: &'static [(&'static str, &'static [&'static str])],
    values: &'static [&'static str],
) -> Offer {
    Offer { name, namespace, runs, kind, publisher: by.0, owner: by.1, versions, identities, values }
}

const SCHEDULING: &[&str] = &["affinity", "nodeSelector", "podAnnotations", "podLabels", "resources", "tolerations"];

/// Everything on offer.
pub(crate) const OFFERS: &[Offer] = &[
    offer(
        "vpc-cni",
        "kube-system",
        Runs::OnEveryNode,
        "networking",
        AWS,
        ["v1.22.1-eksbuild.1", "v1.21.2-eksbuild.2", "v1.20.5-eksbuild.1"],
        &[("aws-node", &["AmazonEKS_CNI_Policy"])],
        &[
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
    ),
    offer(
        "kube-proxy",
        "kube-system",
        Runs::OnEveryNode,
        "networking",
        AWS,
        ["v{minor}.3-eksbuild.5", "v{minor}.1-eksbuild.2", "v{minor}.0-eksbuild.2"],
        &[],
        &["ipvs", "mode", "podAnnotations", "podLabels", "resources"],
    ),
    offer(
        "eks-pod-identity-agent",
        "kube-system",
        Runs::OnEveryNode,
        "security",
        AWS,
        ["v1.3.11-eksbuild.1", "v1.3.10-eksbuild.2", "v1.3.9-eksbuild.3"],
        &[],
        &[
            "affinity",
            "agent",
            "podAnnotations",
            "podLabels",
            "priorityClassName",
            "resources",
            "tolerations",
            "updateStrategy",
        ],
    ),
    offer(
        "eks-node-monitoring-agent",
        "kube-system",
        Runs::OnEveryNode,
        "observability",
        AWS,
        ["v1.6.1-eksbuild.1", "v1.5.2-eksbuild.1", "v1.4.2-eksbuild.1"],
        &[],
        &["monitoringAgent", "dcgmAgent", "podAnnotations", "podLabels"],
    ),
    offer(
        "amazon-cloudwatch-observability",
        "amazon-cloudwatch",
        Runs::AsReplicas,
        "observability",
        AWS,
        ["v5.2.1-eksbuild.1", "v5.1.0-eksbuild.1", "v4.10.1-eksbuild.1"],
        &[("cloudwatch-agent", &["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"])],
        &["agent", "agents", "containerLogs", "dcgmExporter", "manager", "neuronMonitor", "tolerations"],
    ),
    offer(
        "coredns",
        "kube-system",
        Runs::AsReplicas,
        "networking",
        AWS,
        ["v1.14.2-eksbuild.4", "v1.13.2-eksbuild.1", "v1.12.4-eksbuild.6"],
        &[],
        &[
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
    ),
    offer(
        "aws-ebs-csi-driver",
        "kube-system",
        Runs::AsReplicas,
        "storage",
        AWS,
        ["v1.58.0-eksbuild.1", "v1.56.0-eksbuild.1", "v1.54.0-eksbuild.1"],
        &[("ebs-csi-controller-sa", &["service-role/AmazonEBSCSIDriverPolicy"])],
        &["controller", "defaultStorageClass", "fips", "node", "nodeComponentOnly", "sidecars"],
    ),
    offer(
        "aws-efs-csi-driver",
        "kube-system",
        Runs::AsReplicas,
        "storage",
        AWS,
        ["v2.3.0-eksbuild.2", "v2.2.0-eksbuild.1", "v2.1.15-eksbuild.1"],
        &[("efs-csi-controller-sa", &["service-role/AmazonEFSCSIDriverPolicy"])],
        &["controller", "node", "sidecars"],
    ),
    offer(
        "aws-mountpoint-s3-csi-driver",
        "kube-system",
        Runs::AsReplicas,
        "storage",
        AWS,
        ["v2.4.1-eksbuild.1", "v2.3.0-eksbuild.1", "v1.15.0-eksbuild.1"],
        &[("s3-csi-driver-sa", &["AmazonS3FullAccess"])],
        &["node"],
    ),
    offer(
        "snapshot-controller",
        "kube-system",
        Runs::AsReplicas,
        "storage",
        AWS,
        ["v8.5.0-eksbuild.1", "v8.4.0-eksbuild.2", "v8.3.0-eksbuild.1"],
        &[],
        SCHEDULING,
    ),
    offer(
        "adot",
        "opentelemetry-operator-system",
        Runs::AsReplicas,
        "observability",
        AWS,
        ["v0.141.0-eksbuild.1", "v0.131.0-eksbuild.1", "v0.117.0-eksbuild.1"],
        &[
            ("adot-col-prom-metrics", &["AmazonPrometheusRemoteWriteAccess"]),
            ("adot-col-otlp-ingest", &["AWSXrayWriteOnlyAccess"]),
            ("adot-col-container-logs", &["CloudWatchAgentServerPolicy"]),
        ],
        &["affinity", "collector", "manager", "nodeSelector", "replicaCount", "tolerations"],
    ),
    offer(
        "metrics-server",
        "kube-system",
        Runs::AsReplicas,
        "observability",
        COMMUNITY,
        ["v0.8.1-eksbuild.6", "v0.8.0-eksbuild.6", "v0.7.2-eksbuild.4"],
        &[],
        &[
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
    ),
    offer(
        "kube-state-metrics",
        "kube-state-metrics",
        Runs::AsReplicas,
        "observability",
        COMMUNITY,
        ["v2.18.0-eksbuild.1", "v2.17.0-eksbuild.5", "v2.16.0-eksbuild.1"],
        &[],
        SCHEDULING,
    ),
    offer(
        "prometheus-node-exporter",
        "prometheus-node-exporter",
        Runs::OnEveryNode,
        "observability",
        COMMUNITY,
        ["v1.11.1-eksbuild.1", "v1.10.2-eksbuild.8", "v1.9.1-eksbuild.4"],
        &[],
        SCHEDULING,
    ),
    offer(
        "cert-manager",
        "cert-manager",
        Runs::AsReplicas,
        "security",
        COMMUNITY,
        ["v1.20.1-eksbuild.1", "v1.19.3-eksbuild.2", "v1.18.4-eksbuild.1"],
        &[],
        SCHEDULING,
    ),
    offer(
        "external-dns",
        "external-dns",
        Runs::AsReplicas,
        "networking",
        COMMUNITY,
        ["v0.21.0-eksbuild.1", "v0.20.0-eksbuild.3", "v0.19.0-eksbuild.2"],
        &[("external-dns", &["AmazonRoute53FullAccess"])],
        &[
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
    ),
    offer(
        "fluent-bit",
        "fluent-bit",
        Runs::OnEveryNode,
        "observability",
        COMMUNITY,
        ["v4.2.3-eksbuild.1", "v4.2.2-eksbuild.1", "v4.1.1-eksbuild.2"],
        &[],
        SCHEDULING,
    ),
    offer(
        "kubecost_kubecost",
        "kubecost",
        Runs::AsReplicas,
        "cost-management",
        ("kubecost", "aws-marketplace"),
        ["v2.8.2-eksbuild.1", "v2.8.0-eksbuild.1", "v2.7.1-eksbuild.1"],
        &[],
        &[],
    ),
];

impl Offer {
    /// The add-on of this name.
    ///
    /// # Errors
    /// `InvalidParameterException` in AWS's words when there is none.
    pub(crate) fn find(name: &str) -> Result<&'static Self, ApiError> {
        OFFERS
            .iter()
            .find(|offer| offer.name == name)
            .ok_or_else(|| ApiError::parameter("Addon specified is not supported").add_on(name))
    }

    /// Versions for a Kubernetes minor, newest first.
    pub(crate) fn versions(&self, minor: &str) -> Vec<String> {
        self.versions.iter().map(|version| version.replace("{minor}", minor)).collect()
    }

    /// The version that EKS picks for a Kubernetes minor.
    pub(crate) fn default_version(&self, minor: &str) -> String {
        self.versions[1].replace("{minor}", minor)
    }

    /// Marketplace details, for add-ons that are sold there.
    pub(crate) fn marketplace(&self) -> Option<Value> {
        let product = self.owner.strip_prefix("aws-").filter(|owner| *owner == "marketplace")?;
        Some(
            json!({"productId": format!("prod-{}", self.name), "productUrl": format!("https://aws.amazon.com/{product}/pp/{}", self.name)}),
        )
    }

    /// Who publishes and who owns it.
    pub(crate) fn provenance(&self) -> (&'static str, &'static str) {
        (self.publisher, self.owner)
    }

    /// Refuses configuration values that are no JSON object or have members that the schema does not know.
    pub(crate) fn check_values(&self, text: &str) -> Result<(), ApiError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let refuse = |why: String| {
            ApiError::parameter(format!("ConfigurationValue provided in request is not supported: {why}"))
                .add_on(self.name)
        };
        let values: Value =
            serde_json::from_str(text).map_err(|error| refuse(format!("Invalid JSON or YAML: {error}")))?;
        let values = values
            .as_object()
            .ok_or_else(|| refuse("Json schema validation failed with error: [$: object expected]".to_owned()))?;
        match values.keys().find(|key| !self.values.contains(&key.as_str())) {
            Some(key) => Err(refuse(format!(
                "Json schema validation failed with error: [$.{key}: is not defined in the schema and the schema does not allow additional properties]"
            ))),
            None => Ok(()),
        }
    }

    fn schema(&self) -> String {
        let properties: serde_json::Map<String, Value> =
            self.values.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false, "properties": properties}).to_string()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeAddonVersions {
    addon_name: Option<String>,
    kubernetes_version: Option<String>,
    #[serde(default)]
    types: Vec<String>,
    #[serde(default)]
    publishers: Vec<String>,
    #[serde(default)]
    owners: Vec<String>,
    #[serde(flatten)]
    page: Page,
}

pub(crate) fn describe_versions(request: &DescribeAddonVersions) -> Result<Value, ApiError> {
    let minors: Vec<&str> = match &request.kubernetes_version {
        Some(version) => vec![versions::supported(version)?.minor],
        None => versions::minors().collect(),
    };
    let asked = |filter: &[String], value: &str| filter.is_empty() || filter.iter().any(|name| name == value);
    let found = OFFERS.iter().filter(|offer| {
        request.addon_name.as_ref().is_none_or(|name| name == offer.name)
            && asked(&request.types, offer.kind)
            && asked(&request.publishers, offer.publisher)
            && asked(&request.owners, offer.owner)
    });
    page::answer("addons", found.map(|offer| describe_offer(offer, &minors)).collect(), &request.page)
}

fn describe_offer(offer: &Offer, minors: &[&str]) -> Value {
    // A version is shown once, with every minor that it goes with.
    let mut shown: Vec<(String, Vec<Value>)> = Vec::new();
    for minor in minors {
        for version in offer.versions(minor) {
            let compatibility = json!({"clusterVersion": minor, "platformVersions": ["*"], "defaultVersion": version == offer.default_version(minor)});
            match shown.iter_mut().find(|(known, _)| *known == version) {
                Some((_, compatibilities)) => compatibilities.push(compatibility),
                None => shown.push((version, vec![compatibility])),
            }
        }
    }
    let versions = shown.into_iter().map(|(version, compatibilities)| {
        json!({
            "addonVersion": version,
            "architecture": ["amd64", "arm64"],
            "computeTypes": ["ec2", "hybrid", "auto"],
            "compatibilities": compatibilities,
            "requiresConfiguration": false,
            "requiresIamPermissions": !offer.identities.is_empty(),
        })
    });
    let mut description = json!({
        "addonName": offer.name,
        "type": offer.kind,
        "addonVersions": versions.collect::<Vec<_>>(),
        "publisher": offer.publisher,
        "owner": offer.owner,
        "defaultNamespace": offer.namespace,
    });
    if let Some(marketplace) = offer.marketplace() {
        description["marketplaceInformation"] = marketplace;
    }
    description
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeAddonConfiguration {
    addon_name: String,
    addon_version: String,
}

pub(crate) fn describe_configuration(partition: &str, request: &DescribeAddonConfiguration) -> Result<Value, ApiError> {
    let offer = Offer::find(&request.addon_name)
        .map_err(|error| ApiError::not_found(error.message).add_on(&request.addon_name))?;
    if !versions::minors().any(|minor| offer.versions(minor).contains(&request.addon_version)) {
        return Err(ApiError::not_found("Addon version specified is not supported").add_on(offer.name));
    }
    let identities = offer.identities.iter().map(|(account, policies)| {
        let arns: Vec<String> =
            policies.iter().map(|policy| format!("arn:{partition}:iam::aws:policy/{policy}")).collect();
        json!({"serviceAccount": account, "recommendedManagedPolicies": arns})
    });
    Ok(json!({
        "addonName": offer.name,
        "addonVersion": request.addon_version,
        "configurationSchema": offer.schema(),
        "podIdentityConfiguration": identities.collect::<Vec<_>>(),
    }))
}
