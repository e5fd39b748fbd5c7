//! Which attribute to change where AWS refuses what a user wrote: it names the object and never the attribute. Pure.

use tfplugin_framework::diagnostic::Diagnostics;

use crate::cloud::error::CloudError;

use super::super::control_plane::settings::Setting;
use super::super::iam;
use super::super::parts::Place;
use super::super::pod_identities::{self, AssociationSpec, PodStep};
use super::super::step::Step;

#[cfg(test)]
mod tests;

/// What is told of a step that failed.
pub(super) fn told(object: &str, step: &Step, error: &CloudError, place: &Place) -> Diagnostics {
    let plain = error.diagnostics(&format!("{object}: {}", step.undone()));
    let Some(advice) = advice(step, error, place) else { return plain };
    let mut all = Diagnostics::none();
    for mut one in plain.iter().cloned() {
        one.detail = format!("{advice}\n\n{}", one.detail);
        all.add(one);
    }
    all
}

/// A sentence or two, if the message is of something that an attribute says.
fn advice(step: &Step, error: &CloudError, place: &Place) -> Option<String> {
    let CloudError::Fault(fault) = error else { return None };
    let says = |text: &str| fault.message.contains(text);
    let is_absent =
        says("does not exist") || says("not found") || says("cannot be found") || says("could not be found");
    let is_of_text = ["MalformedPolicyDocument", "LimitExceeded"].contains(&fault.code.as_str());
    let service = |name: &str| place.partition.service_principal(name);
    let for_pods = || {
        format!("the role must exist and trust `{}` with `sts:AssumeRole` and `sts:TagSession`", service("pods.eks"))
    };
    match step {
        Step::CreateCluster(_) | Step::Set(Setting::Subnets(_) | Setting::SecurityGroups(_)) if says("subnet") => {
            Some("Check `subnet_ids`: they must be of the cluster's account and region, and all of one VPC.".to_owned())
        }
        Step::CreateCluster(_) | Step::Set(Setting::SecurityGroups(_)) if says("security group") || says("InvalidGroup") => {
            Some("Check `security_group_ids`: they must be of the VPC of `subnet_ids`.".to_owned())
        }
        Step::CreateCluster(spec) if says("ole") && says(&spec.role_arn) && !place.is_own_role(&spec.role_arn) => Some(format!(
            "Check `iam.cluster_role_arn`: the role must exist and trust `{}` with `sts:AssumeRole` and `sts:TagSession`. Without \
             the attribute a role is made.",
            service("eks")
        )),
        Step::CreateNodeGroup(new) => {
            let key = &new.group.key;
            let of = |attribute: &str| format!("Check `node_groups[{key:?}].{attribute}`");
            if says("subnet") {
                Some(format!("{}: they must be of the cluster's VPC.", of("subnet_ids")))
            } else if says("aunch template") {
                Some(format!("{}: its id and version must exist in the cluster's region.", of("launch_template")))
            } else if says("nstance type") {
                Some(format!("{}: `aws ec2 describe-instance-type-offerings` lists those of the region.", of("instance_types")))
            } else if says("elease version") || says("releaseVersion") {
                Some(format!("{}, or leave it out for the newest.", of("release_version")))
            } else if says("ole") && !place.is_own_role(&new.role_arn) {
                Some(format!(
                    "Check `iam.node_role_arn`: the role must exist and trust `{}`. Without the attribute a role is made.",
                    service("ec2")
                ))
            } else {
                None
            }
        }
        Step::CreateEntry(_) if says("principal") => Some(
            "EKS gives access only to roles and users that exist. Check the ARN in `access`: it has the role's path, and \
             IAM names are case-sensitive."
                .to_owned(),
        ),
        Step::AssociatePolicy { principal, .. } if says("policyArn") => Some(format!(
            "Check the `name` of the policies of {principal} in `access.entries`: `aws eks list-access-policies` lists them."
        )),
        Step::AttachPolicy { role, .. } if is_absent && *role == place.role_name(iam::NODE) => {
            Some("Check `iam.node_policies`: a policy of AWS has the account `aws` in its ARN, and some a path.".to_owned())
        }
        Step::AttachPolicy { role, policy } if is_absent => Some(format!(
            "If {policy} is in `pod_identities`, check it there: a policy of AWS has the account `aws` in its ARN, and some a \
             path. Role {role} is that of the pods."
        )),
        Step::PutPolicy { role, .. } if is_of_text && pod_identities::is_role(role, place) => Some(format!(
            "Check the `inline_policy` in `pod_identities` whose pods have role {role}: IAM takes statements with `Effect`, `Action` \
             and `Resource`, and 10,240 characters in all."
        )),
        Step::CreateRole(_) | Step::SetBoundary { .. } if says("oundary") || says("Scope ARN") => {
            Some("Check `iam.permissions_boundary`: the policy must exist in the cluster's account.".to_owned())
        }
        Step::CreateAddon(spec)
            if says("ole") && spec.roles.values().chain(&spec.service_account_role).any(|arn| !place.is_own_role(arn)) => Some(format!(
            "Check `addons[{:?}].role_arn`: {}. Without the attribute a role is made.",
            spec.name,
            for_pods()
        )),
        Step::Pod(PodStep::Associate(AssociationSpec { key, role_arn, .. }) | PodStep::Reassociate { key, role_arn, .. })
            if says("ole") && !place.is_own_role(role_arn) =>
        {
            Some(format!(
                "Check `pod_identities[{key:?}].role_arn`: {}. With `policies` in its place a role is made.",
                for_pods()
            ))
        }
        _ => None,
    }
}
