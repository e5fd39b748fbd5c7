//! What AWS asks of the roles, subnets and groups that a request names, and the sentences in which it refuses. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Facts, VpcConfig, VpcRequest};
use crate::cloud::{Role, Subnet};
use crate::error::ApiError;

/// Zones in which EKS places no control plane (user guide, "network requirements").
const DISALLOWED_ZONES: [&str; 3] = ["use1-az3", "usw1-az2", "cac1-az3"];

/// The cluster role: it exists, EKS may assume it, and it carries the policy that control planes need.
pub(crate) fn cluster_role(arn: &str, role: Option<&Role>) -> Result<(), ApiError> {
    let Some(role) = role else {
        return Err(ApiError::parameter(format!(
            "Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct"
        )));
    };
    if !trusts(&role.trust, "eks.amazonaws.com", "sts:AssumeRole") {
        return Err(ApiError::parameter("Role could not be assumed because the trusted entity is not correct"));
    }
    if !attached(role, "AmazonEKSClusterPolicy") {
        return Err(ApiError::parameter(
            "The provided role doesn't have the Amazon EKS Managed Policies associated with it. Please ensure the following policies [arn:aws:iam::aws:policy/AmazonEKSClusterPolicy] are attached",
        ));
    }
    Ok(())
}

/// Whether the managed policy of this name is attached.
pub(crate) fn attached(role: &Role, policy: &str) -> bool {
    role.attached_policies.iter().any(|arn| arn.rsplit('/').next() == Some(policy))
}

/// Whether a trust policy lets a service do `action`, in the global and in China's spelling of the service.
pub(crate) fn trusts(policy: &Value, service: &str, action: &str) -> bool {
    let statements = one_or_many(&policy["Statement"]);
    statements.iter().any(|statement| {
        let services = one_or_many(&statement["Principal"]["Service"]);
        let actions = one_or_many(&statement["Action"]);
        statement["Effect"] == "Allow"
            && services.iter().any(|name| name.as_str().is_some_and(|name| name.trim_end_matches(".cn") == service))
            && actions
                .iter()
                .filter_map(|name| name.as_str())
                .any(|name| name == action || name == "sts:*" || name == "*")
    })
}

fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        single => std::slice::from_ref(single),
    }
}

/// The subnets exist, are enough, and are where control planes can be.
pub(crate) fn subnets(cluster: &str, ids: &[String], found: &[Subnet]) -> Result<(), ApiError> {
    for id in ids {
        if !found.iter().any(|subnet| subnet.id == *id) {
            return Err(ApiError::parameter(format!(
                "The subnet ID '{id}' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)"
            )));
        }
    }
    let vpcs: BTreeSet<&str> = found.iter().map(|subnet| subnet.vpc.as_str()).collect();
    if vpcs.len() > 1 {
        return Err(ApiError::parameter("Subnets specified must belong to the same VPC"));
    }
    let zones: BTreeSet<&str> = found.iter().map(|subnet| subnet.zone.as_str()).collect();
    if zones.len() < 2 {
        return Err(ApiError::parameter("Subnets specified must be in at least two different AZs"));
    }
    if let Some(subnet) = found.iter().find(|subnet| DISALLOWED_ZONES.contains(&subnet.zone_id.as_str())) {
        let zone = &subnet.zone;
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let valid: Vec<String> = ["a", "b", "c", "d", "f"]
            .map(|letter| format!("{region}{letter}"))
            .into_iter()
            .filter(|valid| valid != zone)
            .collect();
        let mut error = ApiError::new(
            "UnsupportedAvailabilityZoneException",
            format!(
                "Cannot create cluster '{cluster}' because {zone}, the targeted availability zone, does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: {}",
                valid.join(", ")
            ),
        );
        error.members.insert("validZones".to_owned(), Value::from(valid));
        return Err(error);
    }
    Ok(())
}

/// A cluster keeps the set of zones that it was made in (user guide, "network requirements"). The zone of a subnet that is gone is
/// not known any more.
pub(crate) fn same_zones(present: &[Subnet], wanted: &[Subnet]) -> Result<(), ApiError> {
    let zones = |all: &[Subnet]| all.iter().map(|subnet| subnet.zone.clone()).collect::<BTreeSet<_>>();
    let (made, wanted) = (zones(present), zones(wanted));
    if made.is_empty() || made == wanted {
        return Ok(());
    }
    let list = |zones: &BTreeSet<String>| zones.iter().cloned().collect::<Vec<_>>().join(",");
    Err(ApiError::parameter(format!(
        "Provided subnets belong to the AZs '{}'. But they should belong to the exact set of AZs '{}' in which subnets were provided during cluster creation.",
        list(&wanted),
        list(&made)
    )))
}

/// The security groups exist and are not too many.
pub(crate) fn security_groups(ids: &[String], found: &[String]) -> Result<(), ApiError> {
    if ids.len() > 5 {
        return Err(ApiError::parameter("security groups per cluster: at most 5 can be specified"));
    }
    match ids.iter().find(|id| !found.contains(id)) {
        Some(id) => Err(ApiError::parameter(format!(
            "The security group ID '{id}' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidGroup.NotFound)"
        ))),
        None => Ok(()),
    }
}

/// Public and private access of the API server after a request, over what was before.
pub(crate) fn endpoint(
    request: &VpcRequest,
    before: (bool, bool, &[String]),
) -> Result<(bool, bool, Vec<String>), ApiError> {
    let (public, private, cidrs) = before;
    let public = request.endpoint_public_access.unwrap_or(public);
    let private = request.endpoint_private_access.unwrap_or(private);
    if !public && !private {
        return Err(ApiError::parameter("Private and public endpoint access cannot be false"));
    }
    let cidrs = match &request.public_access_cidrs {
        Some(cidrs) if !cidrs.is_empty() => cidrs.clone(),
        _ if !public => Vec::new(),
        _ if !cidrs.is_empty() && request.public_access_cidrs.is_none() => cidrs.to_vec(),
        _ => vec!["0.0.0.0/0".to_owned()],
    };
    if let Some(cidr) = cidrs.iter().find(|cidr| !is_cidr(cidr)) {
        return Err(ApiError::parameter(format!("The following CIDRs are invalid in publicAccessCidrs: [{cidr}]")));
    }
    Ok((public, private, cidrs))
}

/// An address and a prefix length that fits it.
pub(crate) fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let longest = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= longest)
}

/// The whole network of a new cluster.
pub(crate) fn network(cluster: &str, request: &VpcRequest, facts: &Facts) -> Result<VpcConfig, ApiError> {
    let subnet_ids = request.subnet_ids.clone().unwrap_or_default();
    let security_group_ids = request.security_group_ids.clone().unwrap_or_default();
    subnets(cluster, &subnet_ids, &facts.subnets)?;
    security_groups(&security_group_ids, &facts.security_groups)?;
    let (endpoint_public_access, endpoint_private_access, public_access_cidrs) = endpoint(request, (true, false, &[]))?;
    let vpc_id = facts.subnets.first().map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    Ok(VpcConfig {
        subnet_ids,
        security_group_ids,
        cluster_security_group_id: None,
        vpc_id,
        endpoint_public_access,
        endpoint_private_access,
        public_access_cidrs,
    })
}
