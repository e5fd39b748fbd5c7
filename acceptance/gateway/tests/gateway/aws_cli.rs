//! The AWS CLI, a client we did not write, against moto behind the gateway.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use libtest_mimic::Trial;
use sandbox_eks::account::Credentials;
use sandbox_gateway::fault::{Action, Fault, Match, When};
use serde_json::json;

use crate::sandbox::{Sandbox, answer, trials};

pub(crate) fn all(sandbox: &'static Sandbox) -> Vec<Trial> {
    trials!(
        sandbox,
        accounts_see_their_own_roles_alone,
        the_caller_is_the_account_s_principal,
        a_key_that_nobody_gave_out_is_refused,
        an_assumed_role_acts_in_the_account_of_the_role,
        what_the_sandbox_does_not_know_is_an_error_that_names_it,
        a_signed_in_profile_gets_the_account_s_keys,
        a_throttled_call_is_tried_again,
        an_effect_whose_answer_is_lost_is_done,
        a_provider_is_killed_before_or_after_its_effect,
        a_sweep_finds_what_was_created_and_nothing_else
    )
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn accounts_see_their_own_roles_alone(sandbox: &Sandbox) {
    let (a, b) = ("100000000001", "100000000002");
    sandbox.aws(a, &["iam", "create-role", "--role-name", "node", "--assume-role-policy-document", TRUST]);
    assert_eq!(sandbox.aws(a, &["iam", "list-roles"])["Roles"][0]["Arn"], "arn:aws:iam::100000000001:role/node");
    assert_eq!(sandbox.aws(b, &["iam", "list-roles"])["Roles"], json!([]));
    let policy = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
    sandbox.aws(a, &["iam", "attach-role-policy", "--role-name", "node", "--policy-arn", policy]);
    let log = sandbox.gateway.log(0, Some(a));
    let calls: Vec<_> = log
        .iter()
        .map(|record| (record.call.operation.as_str(), record.call.key.as_deref(), record.call.mutating))
        .collect();
    assert_eq!(
        calls,
        [("CreateRole", Some("node"), true), ("ListRoles", None, false), ("AttachRolePolicy", Some("node"), true)]
    );
    assert!(log[0].source.as_ref().unwrap().program.starts_with("python"));
    assert_eq!(log[0].attempt, Some(1));
}

fn the_caller_is_the_account_s_principal(sandbox: &Sandbox) {
    let identity = sandbox.aws("100000000003", &["sts", "get-caller-identity"]);
    assert_eq!(identity["Arn"], "arn:aws:iam::100000000003:user/sandbox");
    let Credentials { access_key, secret, .. } = Credentials::viewer("100000000003");
    let viewer = answer(sandbox.run(Some((&access_key, &secret, None)), &["sts", "get-caller-identity"]));
    assert_eq!(
        (viewer["Account"].as_str(), viewer["Arn"].as_str()),
        (Some("100000000003"), Some("arn:aws:iam::100000000003:user/viewer"))
    );
}

fn a_key_that_nobody_gave_out_is_refused(sandbox: &Sandbox) {
    let output = sandbox.run(Some(("AKIAIOSFODNN7EXAMPLE", "x", None)), &["sts", "get-caller-identity"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("InvalidClientTokenId"), "{output:?}");
}

fn an_assumed_role_acts_in_the_account_of_the_role(sandbox: &Sandbox) {
    let (a, b) = ("100000000004", "100000000005");
    let arn = "arn:aws:iam::100000000005:role/deploy";
    let assume = ["sts", "assume-role", "--role-arn", arn, "--role-session-name", "ci"];
    assert!(sandbox.fails(a, &assume).contains("AccessDenied"));
    sandbox.aws(b, &["iam", "create-role", "--role-name", "deploy", "--assume-role-policy-document", TRUST]);
    let web_identity = [
        "sts",
        "assume-role-with-web-identity",
        "--role-arn",
        arn,
        "--role-session-name",
        "ci",
        "--web-identity-token",
        "token",
        "--no-sign-request",
    ];
    for session in [sandbox.aws(a, &assume), answer(sandbox.run(None, &web_identity))] {
        let text = |name: &str| session["Credentials"][name].as_str().unwrap();
        let keys = Some((text("AccessKeyId"), text("SecretAccessKey"), Some(text("SessionToken"))));
        let identity = answer(sandbox.run(keys, &["sts", "get-caller-identity"]));
        assert_eq!(identity["Arn"], "arn:aws:sts::100000000005:assumed-role/deploy/ci");
        assert_eq!(answer(sandbox.run(keys, &["iam", "list-roles"]))["Roles"][0]["RoleName"], "deploy");
    }
}

fn what_the_sandbox_does_not_know_is_an_error_that_names_it(sandbox: &Sandbox) {
    let account = "100000000006";
    assert!(
        sandbox
            .fails(account, &["athena", "list-work-groups"])
            .contains("the sandbox does not serve athena (ListWorkGroups)")
    );
    let unknown = sandbox.fails(account, &["iam", "list-service-specific-credentials"]);
    assert!(unknown.contains("the sandbox does not serve iam ListServiceSpecificCredentials"), "{unknown}");
    assert!(
        sandbox
            .fails(account, &["sts", "get-session-token"])
            .contains("the sandbox does not serve sts GetSessionToken")
    );
    let violations: Vec<_> = sandbox
        .gateway
        .violations(Some(account))
        .into_iter()
        .map(|v| format!("{} {}", v.service, v.operation))
        .collect();
    assert_eq!(violations, ["athena ListWorkGroups", "iam ListServiceSpecificCredentials", "sts GetSessionToken"]);
}

fn a_signed_in_profile_gets_the_account_s_keys(sandbox: &Sandbox) {
    let account = "100000000011";
    let ask = [
        "sso",
        "get-role-credentials",
        "--role-name",
        "r",
        "--account-id",
        account,
        "--access-token",
        "t",
        "--no-sign-request",
    ];
    let answer = answer(sandbox.run(None, &ask));
    assert_eq!(answer["roleCredentials"]["accessKeyId"], Credentials::of(account).access_key);
}

fn a_throttled_call_is_tried_again(sandbox: &Sandbox) {
    let account = "100000000007";
    let matching = Match { service: Some("iam".into()), operation: Some("ListRoles".into()), ..Match::default() };
    let id = sandbox.gateway.arm(Fault::new(account, matching, When::Before, Action::Throttle)).unwrap();
    assert_eq!(sandbox.aws(account, &["iam", "list-roles"])["Roles"], json!([]));
    let log = sandbox.gateway.log(0, Some(account));
    let attempts: Vec<_> =
        log.iter().map(|record| (record.status, record.attempt, record.nth_operation, record.fault.clone())).collect();
    assert_eq!(
        attempts,
        [(Some(400), Some(1), 1, Some(format!("#{id} throttle before"))), (Some(200), Some(2), 2, None)]
    );
}

fn an_effect_whose_answer_is_lost_is_done(sandbox: &Sandbox) {
    let account = "100000000008";
    let matching = Match { operation: Some("CreateRole".into()), ..Match::default() };
    sandbox.gateway.arm(Fault::new(account, matching, When::After, Action::Reset)).unwrap();
    let create = ["iam", "create-role", "--role-name", "r", "--assume-role-policy-document", TRUST];
    // The CLI tries again, and finds its own role there.
    assert!(sandbox.fails(account, &create).contains("EntityAlreadyExists"));
}

/// A provider that sends one request and waits for the answer.
const PROVIDER: &str = r#"exec 3<>/dev/tcp/127.0.0.1/$PORT
printf 'POST / HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: %s\r\n\r\n%s' "$KEY" "${#FORM}" "$FORM" >&3
read -r -u 3 line"#;

fn a_provider_is_killed_before_or_after_its_effect(sandbox: &Sandbox) {
    let account = "100000000010";
    let program = sandbox.path("terraform-provider-paas_v0.1.0");
    // Not by this process: a copy that is open for writing while another test starts a program cannot be started (ETXTBSY).
    assert!(Command::new("cp").arg("/bin/bash").arg(&program).status().unwrap().success());
    for (when, role) in [(When::Before, "before"), (When::After, "after")] {
        let matching = Match { operation: Some("CreateRole".into()), key: Some(role.into()), ..Match::default() };
        sandbox.gateway.arm(Fault::new(account, matching, when, Action::Kill)).unwrap();
        let mut provider = Command::new(&program);
        provider.args(["-c", PROVIDER]).env("PORT", sandbox.gateway.address().port().to_string());
        provider.env("KEY", Credentials::of(account).access_key);
        provider
            .env("FORM", format!("Action=CreateRole&Version=2010-05-08&RoleName={role}&AssumeRolePolicyDocument={{}}"));
        assert_eq!(provider.status().unwrap().signal(), Some(9));
    }
    let roles = sandbox.aws(account, &["iam", "list-roles"]);
    let names: Vec<_> = roles["Roles"].as_array().unwrap().iter().map(|role| role["RoleName"].clone()).collect();
    assert_eq!(names, ["after"]);
    let log = sandbox.gateway.log(0, Some(account));
    assert_eq!((log[0].status, log[1].status), (None, None));
    assert_eq!(log[1].source.as_ref().unwrap().program, "terraform-provider-paas_v0.1.0");
}

fn a_sweep_finds_what_was_created_and_nothing_else(sandbox: &Sandbox) {
    let account = "100000000009";
    assert_eq!(sandbox.aws(account, &["ec2", "describe-subnets"])["Subnets"].as_array().unwrap().len(), 3);
    assert!(sandbox.runtime.block_on(sandbox.gateway.sweep(Some(account))).unwrap().is_empty());
    sandbox.aws(
        account,
        &[
            "iam",
            "create-role",
            "--role-name",
            "r",
            "--assume-role-policy-document",
            TRUST,
            "--tags",
            "Key=owner,Value=me",
        ],
    );
    sandbox.aws(account, &["iam", "create-service-linked-role", "--aws-service-name", "eks.amazonaws.com"]);
    sandbox.aws(account, &["iam", "create-instance-profile", "--instance-profile-name", "p"]);
    sandbox.aws(
        account,
        &[
            "iam",
            "create-open-id-connect-provider",
            "--url",
            "https://oidc.example.com/id/1",
            "--client-id-list",
            "sts.amazonaws.com",
        ],
    );
    // The logs of a cluster outlive it on purpose.
    for name in ["/aws/eks/prod/cluster", "/shop/web"] {
        sandbox.aws(account, &["logs", "create-log-group", "--log-group-name", name, "--tags", "owner=me"]);
    }
    let kept = sandbox.aws(account, &["kms", "create-key", "--tags", "TagKey=owner,TagValue=me"]);
    let deleted = sandbox.aws(account, &["kms", "create-key"]);
    sandbox
        .aws(account, &["kms", "schedule-key-deletion", "--key-id", deleted["KeyMetadata"]["KeyId"].as_str().unwrap()]);
    let found = sandbox.runtime.block_on(sandbox.gateway.sweep(Some(account))).unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|resource| format!("{} {} {} {:?}", resource.service, resource.kind, resource.id, resource.tags))
        .collect();
    let key = format!("kms key {} {{\"owner\": \"me\"}}", kept["KeyMetadata"]["Arn"].as_str().unwrap());
    let expected = [
        "iam instance-profile p {}",
        "iam oidc-provider arn:aws:iam::100000000009:oidc-provider/oidc.example.com/id/1 {}",
        "iam role r {\"owner\": \"me\"}",
        &key,
        "logs log-group /shop/web {\"owner\": \"me\"}",
    ];
    assert_eq!(found, expected);
}
