use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use http::Method;
use serde_json::{Value, json};

use crate::account::Credentials;
use crate::testing::{ACCOUNT, Harness, cluster, node_group, with};
use crate::token::presign;
use crate::violations::Side;

const ENTRIES: &str = "/clusters/prod/access-entries";

async fn review(harness: &Harness, access_key: &str, secret: &str, cluster: &str) -> Value {
    let token = format!(
        "k8s-aws-v1.{}",
        URL_SAFE_NO_PAD.encode(presign(access_key, secret, cluster, "eu-west-1", super::now() as i64))
    );
    let review =
        json!({"apiVersion": "authentication.k8s.io/v1beta1", "kind": "TokenReview", "spec": {"token": token}});
    let answer = harness.eks.review_token("plane", review).await;
    assert_eq!(answer["apiVersion"], "authentication.k8s.io/v1beta1", "the version that was asked in");
    answer["status"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_its_signers_access_entry() {
    let harness = Harness::with_cluster().await;
    let sandbox = Credentials::of(ACCOUNT);
    let refused = review(&harness, &sandbox.access_key, &sandbox.secret, "prod").await;
    assert_eq!(
        refused,
        json!({"authenticated": false, "error": format!("{} has no access entry on cluster prod", sandbox.arn)})
    );
    harness.post(ENTRIES, json!({"principalArn": sandbox.arn, "kubernetesGroups": ["ops"]})).await;
    let accepted = review(&harness, &sandbox.access_key, &sandbox.secret, "prod").await;
    assert_eq!(accepted["authenticated"], true);
    assert_eq!(accepted["user"]["username"], sandbox.arn);
    assert_eq!(
        accepted["user"]["groups"],
        json!(["ops", format!("eks-access-entry:{}", sandbox.arn), "system:authenticated"])
    );
    for (access_key, secret, cluster) in [
        (sandbox.access_key.as_str(), "another", "prod"),
        (&sandbox.access_key, &sandbox.secret, "other"),
        ("AKIAUNKNOWN", &sandbox.secret, "prod"),
    ] {
        assert_eq!(review(&harness, access_key, secret, cluster).await["authenticated"], false);
    }
    let viewer = Credentials::viewer(ACCOUNT);
    assert_eq!(
        review(&harness, &viewer.access_key, &viewer.secret, "prod").await["authenticated"],
        false,
        "another principal"
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_is_its_role_with_the_sessions_name() {
    let harness = Harness::with_cluster().await;
    harness.post(ENTRIES, json!({"principalArn": format!("arn:aws:iam::{ACCOUNT}:role/deployer")})).await;
    let accepted = review(&harness, "ASIASESSION", "session-secret", "prod").await;
    assert_eq!(accepted["user"]["username"], format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci-example"));
    assert_eq!(accepted["user"]["extra"]["canonicalArn"], json!([format!("arn:aws:iam::{ACCOUNT}:role/deployer")]));
    assert_eq!(accepted["user"]["extra"]["principalId"], json!(["AROADEPLOYER"]));
}

#[tokio::test(start_paused = true)]
async fn in_config_map_mode_the_creator_is_a_master() {
    let harness = Harness::new();
    harness.post("/clusters", with(cluster("prod"), json!({"accessConfig": null}))).await;
    harness.until("/clusters/prod", "/cluster/status", "ACTIVE").await;
    let sandbox = Credentials::of(ACCOUNT);
    let accepted = review(&harness, &sandbox.access_key, &sandbox.secret, "prod").await;
    assert_eq!(accepted["user"]["groups"], json!(["system:masters", "system:authenticated"]));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_known_is_an_error_that_names_it() {
    let harness = Harness::new();
    let (status, answer) = harness.call(Method::POST, "/clusters/prod/fargate-profiles", json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(answer["code"], "UnknownOperationException");
    assert_eq!(answer["message"], "the sandbox does not know the EKS request POST /clusters/prod/fargate-profiles");
    let violations = harness.eks.violations();
    assert_eq!((violations.len(), violations[0].side, violations[0].account.as_str()), (1, Side::Unknown, ACCOUNT));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_gets_what_it_asked_for() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters/prod/addons", json!({"addonName": "vpc-cni"})).await;
    let asked = harness.call(Method::POST, "/clusters/prod/node-groups", node_group("default")).now_or_never();
    assert!(asked.is_none(), "the client is gone before the answer");
    harness.until("/clusters/prod/node-groups/default", "/nodegroup/status", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn the_sweep_sees_everything_that_exists() {
    let harness = Harness::with_nodes().await;
    harness.post(ENTRIES, json!({"principalArn": Credentials::of(ACCOUNT).arn, "tags": {"a": "b"}})).await;
    let kinds: Vec<(&str, String)> =
        harness.eks.resources().into_iter().map(|resource| (resource.kind, resource.name)).collect();
    let expected = [
        ("cluster", "prod"),
        ("nodegroup", "default"),
        ("addon", "vpc-cni"),
        ("access-entry", "arn:aws:iam::123456789012:role/node"),
        ("access-entry", "arn:aws:iam::123456789012:user/sandbox"),
    ];
    assert_eq!(kinds, expected.map(|(kind, name)| (kind, name.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn shutdown_stops_every_control_plane() {
    let harness = Harness::with_cluster().await;
    harness.post("/clusters", cluster("second")).await;
    harness.until("/clusters/second", "/cluster/status", "ACTIVE").await;
    harness.eks.shutdown().await;
    assert_eq!(harness.fake.seen.lock().expect("seen").stopped, 2);
}

#[tokio::test(start_paused = true)]
async fn what_takes_a_while_stands_as_it_is_described() {
    let harness = Harness::with_nodes().await;
    harness.post("/clusters/prod/addons", json!({"addonName": "kube-proxy"})).await;
    let shown = || {
        let all = harness.eks.standings(ACCOUNT);
        all.iter().map(|one| format!("{} {} {} {}", one.kind, one.name, one.status, one.version)).collect::<Vec<_>>()
    };
    let group = harness.get("/clusters/prod/node-groups/default").await["nodegroup"].take();
    let minor = group["version"].as_str().expect("a version").to_owned();
    let mut expected = vec![format!("cluster prod ACTIVE {minor}"), format!("nodegroup default ACTIVE {minor}")];
    for (name, status) in [("kube-proxy", "CREATING"), ("vpc-cni", "ACTIVE")] {
        let addon = harness.get(&format!("/clusters/prod/addons/{name}")).await["addon"].take();
        expected.push(format!("addon {name} {status} {}", addon["addonVersion"].as_str().expect("a version")));
    }
    assert_eq!(shown(), expected);
    harness.until("/clusters/prod/addons/kube-proxy", "/addon/status", "ACTIVE").await;
    assert_eq!(shown()[2], expected[2].replace("CREATING", "ACTIVE"));
    assert_eq!(harness.eks.standings("999999999999"), []);
}
