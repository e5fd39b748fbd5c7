//! What an error is, and its words, to be read as prose.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::sdk::operation_of;
use super::*;

fn fault(operation: &str, code: &str, message: &str) -> CloudError {
    let (service, name) = operation.split_once(':').unwrap_or_default();
    CloudError::Fault(Box::new(Fault {
        operation: Operation { service: service.into(), name: name.into() },
        status: 400,
        code: code.into(),
        message: message.into(),
        request_id: "0f3c".into(),
    }))
}

fn reads(error: &CloudError, expected: Expect) {
    expected.assert_eq(&error.diagnostics("cluster prod was not created").to_string());
}

fn describe() -> Operation {
    Operation { service: "eks".into(), name: "DescribeCluster".into() }
}

#[test]
fn operations_are_called_as_in_policies() {
    let type_name = std::any::type_name::<aws_sdk_eks::operation::create_cluster::CreateClusterError>();
    assert_eq!(operation_of(type_name).to_string(), "eks:CreateCluster");
    let type_name = std::any::type_name::<aws_sdk_iam::operation::get_role::GetRoleError>();
    assert_eq!(operation_of(type_name).to_string(), "iam:GetRole");
}

#[test]
fn kinds_are_told_by_code_and_text() {
    assert!(fault("eks:X", "ResourceNotFoundException", "").is_not_found());
    assert!(fault("iam:X", "NoSuchEntity", "").is_not_found());
    assert!(fault("eks:X", "ClientException", "No cluster found for name: prod.").is_not_found());
    assert!(!fault("eks:X", "ClientException", "something else").is_not_found());
    assert!(fault("eks:X", "InvalidRequestException", "Request limit exceeded").is_throttle());
    assert!(!fault("eks:X", "InvalidRequestException", "no").is_throttle());
    assert!(fault("iam:X", "EntityAlreadyExists", "").is_conflict());
    assert!(CloudError::Unknown { attribute: "region" }.is_unknown());
    assert_eq!(CloudError::NoRegion.code(), None);
}

#[test]
fn a_denial_names_action_and_resource() {
    let message = "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: eks:CreateCluster on resource: \
                   arn:aws:eks:eu-west-1:111122223333:cluster/prod because no identity-based policy allows the \
                   eks:CreateCluster action";
    reads(
        &fault("eks:CreateCluster", "AccessDeniedException", message),
        expect![[r#"
        error: cluster prod was not created: AWS does not allow eks:CreateCluster
          AWS says: User: arn:aws:iam::111122223333:user/ada is not authorized to perform: eks:CreateCluster on resource: arn:aws:eks:eu-west-1:111122223333:cluster/prod because no identity-based policy allows the eks:CreateCluster action (AccessDeniedException, request 0f3c)

          Allow the principal eks:CreateCluster on arn:aws:eks:eu-west-1:111122223333:cluster/prod, or use other credentials.
    "#]],
    );
    reads(
        &fault("iam:CreateRole", "AccessDenied", "no"),
        expect![[r#"
        error: cluster prod was not created: AWS does not allow iam:CreateRole
          AWS says: no (AccessDenied, request 0f3c)

          Allow the principal iam:CreateRole on the resource, or use other credentials.
    "#]],
    );
}

#[test]
fn expired_credentials_say_that_nothing_is_lost() {
    reads(
        &fault("eks:DescribeCluster", "ExpiredTokenException", "The security token included in the request is expired"),
        expect![[r#"
            error: cluster prod was not created: the AWS credentials expired at eks:DescribeCluster
              AWS says: The security token included in the request is expired (ExpiredTokenException, request 0f3c)

              Nothing is lost: log in again (`aws sso login`, a new session) and apply again.
        "#]],
    );
}

#[test]
fn throttling_to_the_end_says_who_may_be_at_fault() {
    reads(
        &fault("iam:CreateRole", "Throttling", "Rate exceeded"),
        expect![[r#"
        error: cluster prod was not created: AWS still limits the rate of iam:CreateRole after every retry
          AWS says: Rate exceeded (Throttling, request 0f3c)

          Something else in this account calls AWS very often. Apply again later, with a lower -parallelism, or with more `max_retries`.
    "#]],
    );
}

#[test]
fn any_other_answer_is_quoted() {
    reads(
        &fault("eks:CreateCluster", "InvalidParameterException", "subnets in one zone"),
        expect![[r#"
        error: cluster prod was not created: eks:CreateCluster failed with InvalidParameterException: subnets in one zone
          AWS request id 0f3c.
    "#]],
    );
}

#[test]
fn missing_credentials_say_where_they_were_looked_for() {
    let tried = vec!["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into(), "the role of an EC2 instance".into()];
    reads(
        &CloudError::NoCredentials { tried, reason: "None of them has any.".into() },
        expect![[r#"
        error: cluster prod was not created: no AWS credentials were found
          Looked in, in this order:
            - AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
            - the role of an EC2 instance

          None of them has any.

          Set AWS_PROFILE or `profile` (and run `aws sso login` for an SSO profile), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    "#]],
    );
}

#[test]
fn credentials_that_end_in_the_middle_say_that_nothing_is_lost() {
    reads(
        &CloudError::NoCredentials { tried: Vec::new(), reason: "the SSO session has ended".into() },
        expect![[r#"
            error: cluster prod was not created: the AWS credentials could not be renewed
              the SSO session has ended.

              Nothing is lost: log in again (`aws sso login`, a new session) and apply again.
        "#]],
    );
}

#[test]
fn a_missing_region_names_the_attribute_and_the_variable() {
    reads(
        &CloudError::NoRegion,
        expect![[r#"
        error: cluster prod was not created: no AWS region is set
          Set `region` in the provider block or the resource, AWS_REGION, or a region in the profile.
    "#]],
    );
    reads(
        &CloudError::Unknown { attribute: "region" },
        expect![[r#"
        error: cluster prod was not created: `region` is known only after apply
          It depends on something that does not exist yet. Give `region` a value that is known, or apply what it depends on first with -target.
    "#]],
    );
}

#[test]
fn another_account_is_named_with_those_allowed() {
    let error = CloudError::WrongAccount {
        account: "111122223333".into(),
        principal: "arn:aws:iam::111122223333:user/ada".into(),
        allowed: vec!["999988887777".into()],
    };
    reads(
        &error,
        expect![[r#"
        error: cluster prod was not created: AWS account 111122223333 is not one of allowed_account_ids
          The credentials are those of arn:aws:iam::111122223333:user/ada; `allowed_account_ids` of the provider block has 999988887777. Nothing was changed. Use other credentials (AWS_PROFILE, `profile`, `assume_role`), or add the account to the list.
    "#]],
    );
}

#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    reads(
        &CloudError::Unreachable { operation: describe(), reason: "Connection refused (os error 111)".into() },
        expect![[r#"
            error: cluster prod was not created: eks:DescribeCluster could not be called
              Connection refused (os error 111)

              Is the machine online, and does it need a proxy (HTTPS_PROXY, NO_PROXY)? If the provider block sets `endpoints.eks`, or AWS_ENDPOINT_URL is set, does that address answer from here?
        "#]],
    );
    reads(
        &CloudError::Timeout { operation: describe() },
        expect![[r#"
        error: cluster prod was not created: eks:DescribeCluster was not answered in time
          AWS may have done what was asked: the next apply looks first. Try again.
    "#]],
    );
    reads(
        &CloudError::Garbage { operation: describe(), reason: "expected value at line 1".into() },
        expect![[r#"
        error: cluster prod was not created: the answer to eks:DescribeCluster is not AWS's
          expected value at line 1

          A proxy or a captive portal between here and AWS may have answered instead. What AWS did is not known; the next apply looks first.
    "#]],
    );
}

#[test]
fn a_deadline_says_what_was_seen_last() {
    let waited = Duration::from_secs(3600);
    reads(
        &CloudError::deadline("cluster prod to become active", waited, "status CREATING"),
        expect![[r#"
        error: cluster prod was not created: waited 1 h 00 min for cluster prod to become active
          Last seen: status CREATING.

          It may still get there by itself: apply again to go on waiting, or raise the value in `timeouts`.
    "#]],
    );
}

#[test]
fn what_a_resource_found_is_told_as_it_said() {
    reads(
        &CloudError::told("node group default could not be made", "No capacity."),
        expect![[r#"
        error: cluster prod was not created: node group default could not be made
          No capacity.
    "#]],
    );
}
