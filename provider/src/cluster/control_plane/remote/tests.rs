use std::collections::BTreeSet;
use std::time::Duration;

use tfplugin_framework::resource::Context;

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::settings::Settings;
use crate::cloud::tests::network::{Answer, Network};
use crate::cluster::observed::Seen;
use crate::cluster::remote::Remote;
use crate::cluster::samples::place;
use crate::cluster::step::Upgrade;

/// EKS refuses an upgrade to 1.35, and shows a cluster of this version.
async fn refused(version: &'static str) -> Result<Seen, CloudError> {
    let network = Network::new(move |sent, _| match sent.what.as_str() {
        "GetCallerIdentity" => Answer::caller("arn:aws:iam::111122223333:user/ada"),
        what if what.ends_with("/insights") => Answer::Body(200, r#"{"insights":[]}"#.to_owned()),
        what if what.ends_with("/updates") => Answer::fault(
            400,
            "InvalidParameterException",
            &format!("Unsupported Kubernetes minor version update from {version} to 1.35"),
        ),
        _ => Answer::Body(200, format!(r#"{{"cluster":{{"name":"prod","status":"ACTIVE","version":"{version}"}}}}"#)),
    });
    let cloud = network.cloud(Settings::default()).await;
    let aws = cloud.aws("eu-west-1").await?;
    let limit = Limit::new(&Context::default(), Duration::from_secs(60));
    let remote = Remote { aws, place: place(), limit, issuer: None, bearers: BTreeSet::new() };
    remote.upgrade_cluster(&Upgrade { version: "1.35".to_owned(), ..Upgrade::default() }).await
}

#[tokio::test]
async fn an_upgrade_that_an_interrupted_apply_began_is_not_asked_for_twice() {
    let Ok(Seen::Cluster(Some(live))) = refused("1.35").await else { panic!("it is there already") };
    assert_eq!(live.version, "1.35");
}

#[tokio::test]
async fn an_upgrade_that_eks_refuses_is_an_error() {
    let error = refused("1.33").await.expect_err("1.33 is too old");
    assert!(error.message().contains("from 1.33 to 1.35"), "{}", error.message());
}
