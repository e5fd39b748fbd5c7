//! What a provider block says without calling anybody.

use std::path::PathBuf;

use expect_test::expect;
use tfplugin_framework::attr::Attr;

use super::super::Cloud;
use super::super::error::CloudError;
use super::super::settings::{Kubeconfig, Settings};
use super::network::{Answer, Network};

async fn cloud(settings: Settings) -> Cloud {
    Network::new(|_, _| Answer::Refused).cloud(settings).await
}

#[tokio::test]
async fn a_region_is_the_resources_then_the_providers_then_the_environments() {
    let none = Attr::Null;
    assert_eq!(cloud(Settings::default()).await.region(&none).as_deref(), Ok("eu-west-1"));
    let block = cloud(Settings { region: "us-east-2".into(), ..Settings::default() }).await;
    assert_eq!(block.region(&none).as_deref(), Ok("us-east-2"));
    assert_eq!(block.region(&"ap-south-1".into()).as_deref(), Ok("ap-south-1"));
}

#[tokio::test]
async fn an_unknown_region_is_no_error_for_a_plan() {
    let unknown = cloud(Settings { region: Attr::Unknown, ..Settings::default() }).await;
    assert_eq!(unknown.region(&Attr::Null), Err(CloudError::Unknown { attribute: "region" }));
    assert_eq!(unknown.region(&"eu-west-1".into()).as_deref(), Ok("eu-west-1"));
    assert!(cloud(Settings::default()).await.region(&Attr::Unknown).is_err_and(|error| error.is_unknown()));
}

#[tokio::test]
async fn a_region_that_does_not_exist_is_told_without_a_call() {
    let error = cloud(Settings::default()).await.region(&"eu-west-9".into()).expect_err("no region");
    expect![[r#"
        error: cluster prod: region is "eu-west-9", where this release knows no EKS; did you mean "eu-west-1"? If it is a new region, set endpoints = { eks = "https://eks.eu-west-9.amazonaws.com" }
    "#]]
    .assert_eq(&error.diagnostics("cluster prod").to_string());
}

#[tokio::test]
async fn unknown_parts_are_named_when_they_are_needed() {
    let ids = Attr::Known(vec![Attr::Unknown]);
    for (settings, attribute) in [
        (Settings { profile: Attr::Unknown, ..Settings::default() }, "profile"),
        (Settings { endpoints: Attr::Unknown, ..Settings::default() }, "endpoints"),
        (Settings { max_retries: Attr::Unknown, ..Settings::default() }, "max_retries"),
        (Settings { assume_role: Attr::Unknown, ..Settings::default() }, "assume_role"),
        (Settings { allowed_account_ids: ids, ..Settings::default() }, "allowed_account_ids"),
    ] {
        let refused = cloud(settings).await.aws("eu-west-1").await.expect_err("an unknown attribute");
        assert_eq!(refused, CloudError::Unknown { attribute });
    }
    let owner = cloud(Settings { owner: Attr::Unknown, ..Settings::default() }).await.owner();
    assert_eq!(owner, Err(CloudError::Unknown { attribute: "owner" }));
}

#[tokio::test]
async fn before_it_is_configured_it_answers_all_the_same() {
    let cloud = Cloud::new();
    assert_eq!(cloud.owner().as_deref(), Ok(""));
    assert_eq!(cloud.default_tags(), Attr::Null);
    assert_eq!(cloud.kubeconfig("lab"), None);
}

#[tokio::test]
async fn a_kubeconfig_is_found_by_its_key() {
    let entry = |path: Attr<String>| Attr::Known(Kubeconfig { path, context: "lab-admin".into() });
    let all = [("lab".to_owned(), entry("/etc/k".into())), ("later".to_owned(), entry(Attr::Unknown))];
    let cloud = cloud(Settings { kubeconfigs: Attr::Known(all.into()), ..Settings::default() }).await;
    let lab = cloud.kubeconfig("lab").expect("an entry");
    assert_eq!((lab.path, lab.context.as_deref()), (PathBuf::from("/etc/k"), Some("lab-admin")));
    assert_eq!(cloud.kubeconfig("later"), None);
    assert_eq!(cloud.kubeconfig("prod"), None);
}
