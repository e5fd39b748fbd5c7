use sandbox_eks::Fronts as _;
use sandbox_kube::CertificateAuthority;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::fault::{Action, Fault, Faults, Match, When};
use crate::log::RequestLog;

fn fronts(folder: &tempfile::TempDir, private_unreachable: bool) -> Fronts {
    let log = Arc::new(RequestLog::open(&folder.path().join("log")).unwrap());
    let exchange = Exchange { log, faults: Faults::default(), closing: CancellationToken::new() };
    Fronts::new(Arc::new(exchange), private_unreachable)
}

fn spec(access: EndpointAccess) -> FrontSpec {
    FrontSpec {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        cluster: "prod".into(),
        upstream: "127.0.0.1:1".parse().unwrap(),
        authority: Arc::new(CertificateAuthority::new("test").unwrap()),
        access,
        server_version: Value::Null,
    }
}

fn access(public: bool) -> EndpointAccess {
    EndpointAccess { public, private: true, public_cidrs: Vec::new() }
}

#[tokio::test]
async fn a_private_endpoint_is_unreachable_where_it_would_be_on_aws() {
    let folder = tempfile::tempdir().unwrap();
    for (as_on_aws, reachable) in [(false, true), (true, false)] {
        let fronts = fronts(&folder, as_on_aws);
        let endpoint = fronts.open(spec(access(false))).await.unwrap();
        assert_eq!(fronts.status()[0].reachable, reachable);
        fronts.update(&endpoint, access(true), Value::Null).await;
        assert!(fronts.status()[0].reachable);
        fronts.update(&endpoint, access(false), Value::Null).await;
        assert_eq!(fronts.status()[0].reachable, reachable);
    }
}

#[tokio::test]
async fn an_armed_fault_makes_a_front_unreachable_until_it_is_disarmed() {
    let folder = tempfile::tempdir().unwrap();
    let fronts = fronts(&folder, false);
    fronts.open(spec(access(true))).await.unwrap();
    let matching = Match { service: Some("kubernetes".into()), cluster: Some("prod".into()), ..Match::default() };
    fronts.exchange.faults.arm(Fault::new("111122223333", matching, When::Before, Action::Unreachable)).unwrap();
    fronts.refresh();
    assert!(!fronts.status()[0].reachable);
    fronts.exchange.faults.disarm(None, None);
    fronts.refresh();
    assert!(fronts.status()[0].reachable);
}

#[tokio::test]
async fn a_closed_front_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let fronts = fronts(&folder, false);
    let endpoint = fronts.open(spec(access(true))).await.unwrap();
    fronts.close(&endpoint).await;
    assert!(fronts.status().is_empty());
}
