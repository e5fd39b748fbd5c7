use http::Method;
use serde_json::json;

use crate::clusters::Issue;
use crate::effects::{Failure, FailureKind};
use crate::testing::{ACCOUNT, Harness};

fn arm(harness: &Harness, status: &str) {
    harness.eks.arm(Failure {
        account: ACCOUNT.to_owned(),
        kind: FailureKind::Insight,
        name: "prod".to_owned(),
        issue: Issue {
            code: status.to_owned(),
            message: "Deprecated APIs".to_owned(),
            resource_ids: vec!["/apis/batch/v1beta1/cronjobs".to_owned()],
        },
    });
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_listed_described_and_in_the_way_until_it_passes() {
    let harness = Harness::with_cluster().await;
    let errors = json!({"filter": {"statuses": ["ERROR"], "kubernetesVersions": ["1.36"]}});
    assert_eq!(harness.post("/clusters/prod/insights", errors.clone()).await["insights"], json!([]));
    assert_eq!(harness.post("/clusters/prod/insights", json!({})).await["insights"].as_array().map(Vec::len), Some(4));

    arm(&harness, "ERROR");
    let found = harness.post("/clusters/prod/insights", errors.clone()).await["insights"].take();
    assert_eq!(found[0]["name"], "Deprecated APIs");
    let id = found[0]["id"].as_str().expect("an id");
    let described = harness.get(&format!("/clusters/prod/insights/{id}")).await;
    assert_eq!(described["insight"]["resources"][0]["kubernetesResourceUri"], "/apis/batch/v1beta1/cronjobs");
    let (_, refused) = harness.call(Method::POST, "/clusters/prod/updates", json!({"version": "1.36"})).await;
    assert_eq!(refused["code"], "InvalidStateException");
    let forced = harness.post("/clusters/prod/updates", json!({"version": "1.36", "force": true})).await;
    assert_eq!(forced["update"]["status"], "InProgress");

    arm(&harness, "PASSING");
    assert_eq!(harness.post("/clusters/prod/insights", errors).await["insights"], json!([]));
}
