//! What is refused before AWS is asked, and what a renewal says.

use expect_test::expect;
use tfplugin_framework::ephemeral::Ephemeral;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::Context;

use super::{ClusterToken, Model};
use crate::cloud::Cloud;
use crate::cloud::settings::{Kubeconfig, Settings};

async fn refusal(settings: Settings, config: Model) -> String {
    let cloud = Cloud::new();
    cloud.configure(settings, "").await;
    let (opened, diagnostics) = ClusterToken::new(cloud).open(&Context::default(), config).await;
    assert!(opened.is_none());
    diagnostics.to_string()
}

fn of(cluster: &str) -> Model {
    Model { cluster: cluster.into(), ..Model::default() }
}

#[tokio::test]
async fn a_region_beside_an_arn_must_be_the_same() {
    let config = Model { region: "eu-west-1".into(), ..of("arn:aws:eks:eu-central-1:111122223333:cluster/prod") };
    expect![[r#"
        error: no token for cluster arn:aws:eks:eu-central-1:111122223333:cluster/prod: region is not the region of arn:aws:eks:eu-central-1:111122223333:cluster/prod; leave it out
    "#]]
    .assert_eq(&refusal(Settings::default(), config).await);
}

#[tokio::test]
async fn a_cluster_of_a_kubeconfig_has_no_such_token() {
    let entry = Kubeconfig { path: "/k".into(), ..Kubeconfig::default() };
    let kubeconfigs = Attr::Known([("lab".to_owned(), Attr::Known(entry))].into());
    let settings = Settings { kubeconfigs, region: "eu-west-1".into(), ..Settings::default() };
    expect![[r#"
        error: no token for cluster lab: cluster is "lab", a key of kubeconfigs: only EKS clusters have such tokens
    "#]]
    .assert_eq(&refusal(settings, of("lab")).await);
}

#[tokio::test]
async fn a_renewal_says_that_the_token_ends() {
    let token = ClusterToken::new(Cloud::new());
    let (private, next, diagnostics) = token.renew(&Context::default(), b"prod".to_vec()).await;
    assert_eq!((private.as_slice(), next), (b"prod".as_slice(), None));
    assert!(!diagnostics.has_errors());
    assert!(diagnostics.to_string().contains("the token for cluster prod expires in a minute"), "{diagnostics}");
}
