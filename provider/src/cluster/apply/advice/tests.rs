//! What stands above the request id when AWS refuses what the user wrote.

use expect_test::expect;
use tfplugin_framework::prelude::*;

use super::super::super::iam::Iam;
use super::super::super::model::Cluster;
use super::super::super::observed::Observed;
use super::super::super::samples::{config, place, planned, releases, wanted};
use super::super::super::steps::stages;
use super::*;
use crate::cloud::error::Fault;

const MINE: &str = "arn:aws:iam::111122223333:role/mine";

fn fault(message: &str) -> CloudError {
    CloudError::Fault(Box::new(Fault {
        code: "InvalidParameterException".to_owned(),
        message: message.to_owned(),
        ..Fault::default()
    }))
}

/// The steps of a create with roles of the user's.
fn steps() -> Vec<Step> {
    let iam = Iam { cluster_role_arn: MINE.into(), node_role_arn: MINE.into(), ..Iam::default() };
    let config = Cluster { iam: Attr::Known(iam), ..config() };
    stages(&Observed::default(), &wanted(&planned(&config), None), &releases(&["1.35"]), "1.35").concat()
}

fn advised(is: impl Fn(&Step) -> bool, messages: &[&str]) -> String {
    let step = steps().into_iter().find(is).expect("the step");
    let all = messages.iter().map(|message| advice(&step, &fault(message), &place()).unwrap_or("-".to_owned()) + "\n");
    all.collect()
}

#[test]
fn of_the_control_plane() {
    let role = format!(
        "Role with arn: {MINE}, could not be assumed because it does not exist or the trusted entity is not correct"
    );
    expect![[r#"
        Check `subnet_ids`: they must be of the cluster's account and region, and all of one VPC.
        Check `security_group_ids`: they must be of the VPC of `subnet_ids`.
        Check `iam.cluster_role_arn`: the role must exist and trust `eks.amazonaws.com` with `sts:AssumeRole` and `sts:TagSession`. Without the attribute a role is made.
        -
    "#]]
    .assert_eq(&advised(
        |step| matches!(step, Step::CreateCluster(_)),
        &[
            "The subnet ID 'subnet-0a' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)",
            "The security group ID 'sg-0a' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidGroup.NotFound)",
            &role,
            "something else",
        ],
    ));
}

#[test]
fn of_node_groups() {
    expect![[r#"
        Check `node_groups["default"].subnet_ids`: they must be of the cluster's VPC.
        Check `node_groups["default"].launch_template`: its id and version must exist in the cluster's region.
        Check `node_groups["default"].instance_types`: `aws ec2 describe-instance-type-offerings` lists those of the region.
        Check `iam.node_role_arn`: the role must exist and trust `ec2.amazonaws.com`. Without the attribute a role is made.
        -
    "#]]
    .assert_eq(&advised(
        |step| matches!(step, Step::CreateNodeGroup(_)),
        &[
            "The subnet ID 'subnet-0a' does not exist (Service: AmazonEC2; Status Code: 400; Error Code: InvalidSubnetID.NotFound)",
            "Launch template lt-0a was not found",
            "The following supplied instance types do not exist: [q9.huge]; instance type unknown",
            "The role with name mine cannot be found.",
            "something else",
        ],
    ));
}

#[test]
fn of_access_and_policies() {
    let principal = MINE.to_owned();
    let associate =
        Step::AssociatePolicy { principal, policy: "EKSEditPolicy".to_owned(), namespaces: Default::default() };
    let attach = |role: String| Step::AttachPolicy { role, policy: "arn:aws:iam::aws:policy/Nope".to_owned() };
    let cases = [
        (associate, "The specified policyArn is invalid"),
        (
            attach(place().role_name(iam::NODE)),
            "Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.",
        ),
        (
            attach("paas-prod-pod.apps.x-1".to_owned()),
            "Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.",
        ),
    ];
    let all = cases.map(|(step, message)| advice(&step, &fault(message), &place()).unwrap_or_default() + "\n");
    expect![[r#"
        Check the `name` of the policies of arn:aws:iam::111122223333:role/mine in `access.entries`: `aws eks list-access-policies` lists them.
        Check `iam.node_policies`: a policy of AWS has the account `aws` in its ARN, and some a path.
        If arn:aws:iam::aws:policy/Nope is in `pod_identities`, check it there: a policy of AWS has the account `aws` in its ARN, and some a path. Role paas-prod-pod.apps.x-1 is that of the pods.
    "#]]
    .assert_eq(&all.concat());
    expect![[r#"
        EKS gives access only to roles and users that exist. Check the ARN in `access`: it has the role's path, and IAM names are case-sensitive.
    "#]]
    .assert_eq(&advised(
        |step| matches!(step, Step::CreateEntry(_)),
        &["The specified principalArn is invalid: invalid principal."],
    ));
}

#[test]
fn of_a_policy_of_the_roles_own() {
    let step = |role: &str| Step::PutPolicy { role: role.to_owned(), document: "{}".to_owned() };
    let coded = |code: &str| {
        CloudError::Fault(Box::new(Fault {
            code: code.to_owned(),
            message: "Syntax errors in policy.".to_owned(),
            ..Fault::default()
        }))
    };
    let syntax = coded("MalformedPolicyDocument");
    assert_eq!(advice(&step("paas-prod-pod.apps.uploader-1"), &coded("AccessDenied"), &place()), None);
    expect!["Check the `inline_policy` in `pod_identities` whose pods have role paas-prod-pod.apps.uploader-1: IAM takes statements with `Effect`, `Action` and `Resource`, and 10,240 characters in all."].assert_eq(&advice(&step("paas-prod-pod.apps.uploader-1"), &syntax, &place()).expect("an advice"));
    // That of the control plane's role is ours.
    assert_eq!(advice(&step(&place().role_name(iam::CLUSTER)), &syntax, &place()), None);
}

#[test]
fn it_stands_above_what_aws_says() {
    let step = steps().into_iter().find(|step| matches!(step, Step::CreateEntry(_))).expect("an entry");
    let told =
        told("cluster prod", &step, &fault("The specified principalArn is invalid: invalid principal."), &place());
    let one = told.iter().next().expect("an error");
    assert!(
        one.summary.starts_with("cluster prod: access of arn:aws:iam::111122223333:role/ci was not created"),
        "{one:?}"
    );
    assert!(one.detail.starts_with("EKS gives access only to"), "{one:?}");
}
