//! What is called, how often and under which name.

use super::super::error::CloudError;
use super::super::settings::{Endpoints, Settings};
use super::network::{ACCOUNT, Answer, Network};
use tfplugin_framework::attr::Attr;

const USER: &str = "arn:aws:iam::111122223333:user/ada";

fn network() -> Network {
    Network::new(|sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller(USER),
        _ => Answer::cluster(),
    })
}

#[tokio::test]
async fn sts_is_asked_once_whatever_is_used() {
    let network = network();
    let cloud = network.cloud(Settings::default()).await;
    let (one, two, again) = tokio::join!(cloud.aws("eu-west-1"), cloud.aws("us-east-1"), cloud.aws("eu-west-1"));
    let (one, two, again) = (one.expect("clients"), two.expect("clients"), again.expect("clients"));
    assert_eq!(network.asked(), ["GetCallerIdentity"]);
    assert_eq!((one.account_id.as_str(), one.partition.name()), (ACCOUNT, "aws"));
    assert_eq!(one.caller.principal_arn, USER);
    assert!(std::sync::Arc::ptr_eq(&one, &again));
    assert_eq!(two.arn("eks", "cluster/prod"), format!("arn:aws:eks:us-east-1:{ACCOUNT}:cluster/prod"));
    assert_eq!(two.arn("iam", "role/x"), format!("arn:aws:iam::{ACCOUNT}:role/x"));
    two.eks.describe_cluster().name("prod").send().await.expect("a cluster");
    assert_eq!(network.sent()[1].host, "eks.us-east-1.amazonaws.com");
}

#[tokio::test]
async fn every_request_says_who_sends_it() {
    let network = network();
    let cloud = network.cloud(Settings::default()).await;
    cloud.aws("eu-west-1").await.expect("clients");
    let agent = &network.sent()[0].user_agent;
    let ours =
        format!("terraform-provider-paas/{} Terraform/1.11.4 ci/7x-evil: 1 aws-sdk-rust/", env!("CARGO_PKG_VERSION"));
    assert!(agent.starts_with(&ours), "{agent}");
}

#[tokio::test]
async fn addresses_of_the_provider_block_are_used() {
    let network = network();
    let (eks, sts) = ("http://127.0.0.1:4566".into(), "https://vpce-1.sts.example".into());
    let endpoints = Endpoints { eks, sts, ..Endpoints::default() };
    let cloud = network.cloud(Settings { endpoints: Attr::Known(endpoints), ..Settings::default() }).await;
    let aws = cloud.aws("eu-west-1").await.expect("clients");
    aws.eks.describe_cluster().name("prod").send().await.expect("a cluster");
    let hosts: Vec<String> = network.sent().into_iter().map(|one| one.host).collect();
    assert_eq!(hosts, ["vpce-1.sts.example", "127.0.0.1:4566"]);
}

#[tokio::test]
async fn the_principal_of_a_session_is_its_role_with_its_path() {
    const ROLE: &str = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_1";
    let network = Network::new(|sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => {
            Answer::caller("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_1/ada@example")
        }
        "GetRole" => Answer::Body(
            200,
            format!(
                "<GetRoleResponse><GetRoleResult><Role><Path>/</Path><RoleName>r</RoleName><RoleId>R</RoleId>\
                 <Arn>{ROLE}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>"
            ),
        ),
        other => panic!("{other}"),
    });
    let aws = network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients");
    assert_eq!(aws.caller.principal_arn, ROLE);
    assert_eq!(aws.caller.session.as_deref(), Some("ada@example"));
}

#[tokio::test]
async fn who_may_not_ask_for_the_path_goes_without() {
    let network = Network::new(|sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller("arn:aws-cn:sts::111122223333:assumed-role/deploy/ci-7"),
        _ => Answer::query_fault(403, "AccessDenied", "not authorized to perform: iam:GetRole"),
    });
    let aws = network.cloud(Settings::default()).await.aws("cn-north-1").await.expect("clients");
    assert_eq!(aws.caller.principal_arn, "arn:aws-cn:iam::111122223333:role/deploy");
    assert_eq!(aws.partition.name(), "aws-cn");
}

#[tokio::test]
async fn a_token_is_kept_and_asks_nobody() {
    let network = network();
    let aws = network.cloud(Settings::default()).await.aws("eu-west-1").await.expect("clients");
    let (one, again) = (aws.cluster_token("prod").await.expect("a token"), aws.cluster_token("prod").await);
    assert_eq!(again, Ok(one.clone()));
    assert_ne!(aws.cluster_token("stage").await.map(|token| token.text), Ok(one.text));
    assert_eq!(network.asked(), ["GetCallerIdentity"]);
}

#[tokio::test]
async fn an_account_that_is_not_allowed_sees_one_question() {
    let network = network();
    let allowed = Attr::Known(vec!["999988887777".into()]);
    let cloud = network.cloud(Settings { allowed_account_ids: allowed, ..Settings::default() }).await;
    for _ in 0..3 {
        let refused = cloud.aws("eu-west-1").await.expect_err("another account");
        assert!(matches!(refused, CloudError::WrongAccount { .. }), "{refused:?}");
    }
    assert_eq!(network.asked(), ["GetCallerIdentity"]);
}
