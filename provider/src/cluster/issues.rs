//! What EKS says is wrong with an object, in words for the user, and what to check. Pure.

use crate::cloud::error::CloudError;

use super::observed::Issue;
use super::status::Status;

const RETRIED: &str = "The next apply deletes what failed and makes it again.";

/// A control plane, node group or add-on that EKS could not make.
pub(crate) fn failed(issues: &[Issue]) -> CloudError {
    told("EKS could not make it", issues, RETRIED)
}

/// A node group that EKS has been trying to get running for a while. It goes on trying.
pub(crate) fn stuck(issues: &[Issue]) -> CloudError {
    let goes_on =
        "EKS goes on trying for a while. The next apply waits for it again, or, if EKS has given up, makes it again.";
    told("EKS does not get it running", issues, goes_on)
}

/// A node group that was made and is not well.
pub(crate) fn degraded(issues: &[Issue]) -> CloudError {
    told("EKS made it, and it is not well", issues, "It exists, and the next apply goes on with it as it is.")
}

/// Something that exists and is not well: what it is, and what to check. One that is of no use is made again.
pub(crate) fn unwell(issues: &[Issue], is_usable: bool) -> (String, String) {
    let what = issues.first().map_or("EKS does not say why", |first| first.code.as_str());
    let then = match is_usable {
        true => "No apply changes that. The warning goes when EKS says that it is well.",
        false => RETRIED,
    };
    match told("", issues, then) {
        CloudError::Told { detail, .. } => (what.to_owned(), detail),
        other => (what.to_owned(), other.to_string()),
    }
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

/// What is waited for, in words for the log.
pub(crate) fn waiting(status: &Status, issues: &[Issue]) -> String {
    match issues.is_empty() {
        true => format!("status {status}"),
        false => format!("status {status}, {}", lines(issues)),
    }
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
             enableDnsHostnames and enableDnsSupport. Does the nodes' role have its policies \
             (AmazonEKSWorkerNodePolicy, AmazonEC2ContainerRegistryPullOnly), and does the add-on vpc-cni run? What a launch \
             template says (image, user data, security groups) can keep them away too."
        }
        "AsgInstanceLaunchFailures" | "VcpuLimitExceeded" | "InstanceLimitExceeded" | "LimitExceeded" => {
            "The instances did not start. Is there quota for these instance types (Service Quotas, EC2), and does EC2 have \
             them in these availability zones? More entries in instance_types, or subnets in other zones, give it more to \
             choose from."
        }
        "InsufficientFreeAddresses" | "Ec2SubnetInvalidConfiguration" | "Ec2SubnetMissingIpv6Assignment" => {
            "Do the subnets have free addresses, and do they give their instances what the cluster needs? Other subnets go \
             into subnet_ids."
        }
        "PodEvictionFailure" => {
            "Pods could not leave the old nodes. Is there a PodDisruptionBudget that allows none to go, or no room for them \
             elsewhere? `kubectl get pdb -A` shows budgets with ALLOWED DISRUPTIONS 0."
        }
        "KubernetesLabelInvalid" => "Kubernetes does not take one of the labels: change labels.",
        "AmiIdNotFound"
        | "Ec2LaunchTemplateNotFound"
        | "SourceEc2LaunchTemplateNotFound"
        | "Ec2LaunchTemplateVersionMismatch"
        | "Ec2LaunchTemplateInvalidConfiguration" => {
            "Was the launch template, one of its versions or its image changed or deleted? Change launch_template."
        }
        "AutoScalingGroupNotFound" | "AutoScalingGroupInvalidConfiguration" => {
            "Was the group's Auto Scaling group changed by hand? EKS does not repair that: another group takes its place when \
             something changes that EKS cannot change in place, such as disk_gib."
        }
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
