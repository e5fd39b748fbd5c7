//! The add-ons that EKS offers: versions, permissions, where they run. Pure.

mod offers;
mod schema;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::page::{self, Page};
use crate::versions;
use offers::OFFERS;

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
    /// Members that `configurationValues` may have; `schema` says what they are.
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

    /// Refuses configuration values that are no JSON object or do not fit the schema.
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
        let faults = schema::faults(&schema::of(self.name, self.values), &values);
        if faults.is_empty() {
            return Ok(());
        }
        Err(refuse(format!("Json schema validation failed with error: [{}]", faults.join(", "))))
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
        "configurationSchema": schema::of(offer.name, offer.values).to_string(),
        "podIdentityConfiguration": identities.collect::<Vec<_>>(),
    }))
}
