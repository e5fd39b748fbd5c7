//! What EKS says is wrong with an object, in words for the user, and what to check. Pure.

use crate::cloud::error::CloudError;

use super::observed::Issue;

/// A control plane, node group or add-on that EKS could not make.
pub(crate) fn failed(issues: &[Issue]) -> CloudError {
    let retried = "The next apply deletes what failed and makes it again.";
    told("EKS could not make it", issues, retried)
}

/// An update that failed.
pub(crate) fn failed_update(issues: &[Issue]) -> CloudError {
    told(
        "EKS could not make the change",
        issues,
        "The state says what is true now; the next apply tries the rest again.",
    )
}

/// Something that EKS could not delete.
pub(crate) fn not_deleted(issues: &[Issue]) -> CloudError {
    told("EKS could not delete it", issues, "Remove what is in the way and destroy again.")
}

/// One line per issue.
pub(crate) fn lines(issues: &[Issue]) -> String {
    let line = |issue: &Issue| match issue.objects.is_empty() {
        true => format!("{}: {}", issue.code, issue.message),
        false => format!("{}: {} ({})", issue.code, issue.message, issue.objects.join(", ")),
    };
    issues.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn told(what: &str, issues: &[Issue], then: &str) -> CloudError {
    let Some(first) = issues.first() else {
        return CloudError::told(what, format!("EKS does not say why.\n\n{then}"));
    };
    let said = lines(issues).lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
    let remedies: Vec<&str> = issues.iter().filter_map(remedy).collect();
    let mut detail = format!("EKS says:\n{said}\n");
    let mut seen: Vec<&str> = Vec::new();
    for remedy in remedies {
        if !seen.contains(&remedy) {
            seen.push(remedy);
            detail.push_str(&format!("\n{remedy}\n"));
        }
    }
    detail.push_str(&format!("\n{then}"));
    CloudError::Told { code: first.code.clone(), headline: format!("{what}: {}", first.code), detail }
}

/// What to check, for the issues where there is something to check.
fn remedy(issue: &Issue) -> Option<&'static str> {
    Some(match issue.code.as_str() {
        "NodeCreationFailure" | "ClusterUnreachable" => {
            "The instances started and did not join. Can they reach the cluster? Subnets of nodes need a route to a NAT \
             gateway (or VPC endpoints for eks, ec2, ecr.api, ecr.dkr, sts and a gateway for s3), and the VPC needs \
             enableDnsHostnames and enableDnsSupport."
        }
        "AsgInstanceLaunchFailures"
        | "VcpuLimitExceeded"
        | "InsufficientFreeAddresses"
        | "Ec2SubnetInvalidConfiguration" => {
            "The instances did not start. Is there quota and capacity for these instance types (Service Quotas, EC2), and are \
             there free addresses in the subnets? More entries in instance_types give EC2 more to choose from."
        }
        "Ec2InstanceTypeDoesNotExist" => "These instance types are not offered in this region: change instance_types.",
        "InsufficientNumberOfReplicas" => {
            "Its pods do not run. Are there nodes with room for them? `kubectl -n kube-system get pods` shows why."
        }
        "IamNodeRoleNotFound" | "IamInstanceProfileNotFound" | "NodeTerminationFailure" | "AccessDenied" => {
            "Was the role, one of its policies or its access entry changed by hand? The next apply puts the role back."
        }
        "AddonSubscriptionNeeded" => {
            "It is sold on AWS Marketplace: subscribe to it there with this account (free ones too), at the address above, and \
             apply again. To go without it, take its entry out of addons."
        }
        "ConfigurationConflict" => {
            "Somebody else has set fields of its objects. `conflicts = \"OVERWRITE\"` in its entry of addons takes them over."
        }
        "SubnetNotFound" | "Ec2SubnetNotFound" | "VPC_NOT_FOUND" | "EC2_SUBNET_NOT_FOUND" => {
            "Were the subnets deleted? Change subnet_ids."
        }
        _ => return None,
    })
}
