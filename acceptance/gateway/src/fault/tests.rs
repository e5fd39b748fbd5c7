use serde_json::json;

use super::*;
use crate::call::Protocol;

fn call(service: &str, operation: &str, key: &str) -> Call {
    Call {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        service: service.into(),
        operation: operation.into(),
        key: Some(key.into()),
        cluster: (service == KUBERNETES).then(|| "prod".into()),
        mutating: true,
        protocol: Protocol::RestJson,
    }
}

fn armed(fault: serde_json::Value) -> Faults {
    let faults = Faults::default();
    faults.arm(serde_json::from_value(fault).unwrap()).unwrap();
    faults
}

/// Which of ten equal calls are struck, as a string of `x` and `.`.
fn struck(faults: &Faults, call: &Call) -> String {
    (0..10).map(|_| if faults.strike(call).is_some() { 'x' } else { '.' }).collect()
}

#[test]
fn a_fault_strikes_once_unless_it_says_otherwise() {
    let call = call("eks", "CreateCluster", "prod");
    let fault = |more: serde_json::Value| {
        let mut fault = json!({ "account": "111122223333", "match": { "service": "eks", "operation": "CreateCluster" }, "do": "reset" });
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fault
    };
    assert_eq!(struck(&armed(fault(json!({}))), &call), "x.........");
    assert_eq!(struck(&armed(fault(json!({ "times": 3 }))), &call), "xxx.......");
    assert_eq!(struck(&armed(fault(json!({ "times": "always" }))), &call), "xxxxxxxxxx");
    assert_eq!(
        struck(&armed(fault(json!({ "match": { "operation": "CreateCluster", "nth": 4 }, "times": 2 }))), &call),
        "...xx....."
    );
    assert_eq!(struck(&armed(fault(json!({ "do": { "hide": 2 } }))), &call), "xx........");
}

#[test]
fn what_does_not_match_is_not_struck() {
    for matching in [
        json!({ "service": "iam" }),
        json!({ "operation": "DeleteCluster" }),
        json!({ "key": "test" }),
        json!({ "mutating": false }),
        json!({ "cluster": "prod" }),
    ] {
        let faults = armed(json!({ "match": matching, "do": "reset", "times": "always" }));
        assert_eq!(struck(&faults, &call("eks", "CreateCluster", "prod")), "..........", "{matching}");
    }
    let other = armed(json!({ "account": "444455556666", "do": "reset" }));
    assert_eq!(struck(&other, &call("eks", "CreateCluster", "prod")), "..........");
}

#[test]
fn a_kubernetes_object_is_known_by_its_name_alone_too() {
    for key in ["api", "shop/api"] {
        let faults = armed(json!({ "match": { "key": key }, "do": "reset" }));
        assert!(faults.strike(&call(KUBERNETES, "apply apps/deployments", "shop/api")).is_some(), "{key}");
    }
    let faults = armed(json!({ "match": { "key": "api" }, "do": "reset" }));
    assert!(faults.strike(&call("logs", "CreateLogGroup", "shop/api")).is_none());
}

#[test]
fn chance_is_the_same_for_the_same_seed() {
    let call = call("eks", "CreateCluster", "prod");
    let draw = |seed: u64| {
        struck(&armed(json!({ "do": "throttle", "times": "always", "probability": 0.5, "seed": seed })), &call)
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    assert_eq!(struck(&armed(json!({ "do": "throttle", "times": "always", "probability": 0.0 })), &call), "..........");
}

#[test]
fn observing_counts_and_does_nothing() {
    let faults = armed(json!({ "do": "observe" }));
    faults.arm(serde_json::from_value(json!({ "do": "reset" })).unwrap()).unwrap();
    assert_eq!(struck(&faults, &call("eks", "CreateCluster", "prod")), "x.........");
    let counts: Vec<_> = faults.list().iter().map(|armed| (armed.seen, armed.applied)).collect();
    assert_eq!(counts, [(10, 10), (10, 1)]);
}

#[test]
fn faults_are_disarmed_by_number_by_account_or_all_at_once() {
    let arm = || {
        let faults = armed(json!({ "account": "1", "do": "reset" }));
        faults.arm(serde_json::from_value(json!({ "account": "2", "do": "reset" })).unwrap()).unwrap();
        faults
    };
    assert_eq!(arm().disarm(Some(1), None), 1);
    assert_eq!(arm().disarm(None, Some("2")), 1);
    assert_eq!(arm().disarm(None, None), 2);
    assert_eq!(arm().disarm(Some(9), None), 0);
}

#[tokio::test]
async fn a_held_call_goes_on_when_its_fault_is_disarmed() {
    let faults = armed(json!({ "do": "hold" }));
    let strike = faults.strike(&call("eks", "CreateCluster", "prod")).unwrap();
    let release = async {
        faults.holds(strike.id).await;
        assert!(faults.list()[0].holding);
        faults.disarm(Some(strike.id), None);
    };
    tokio::join!(faults.hold(strike.id), release);
    faults.holds(strike.id).await;
}

#[test]
fn an_unreachable_api_server_is_a_state_not_a_strike() {
    let faults = armed(
        json!({ "account": "111122223333", "match": { "service": "kubernetes", "cluster": "prod" }, "do": "unreachable" }),
    );
    assert!(faults.strike(&call(KUBERNETES, "get pods", "shop/api")).is_none());
    assert!(faults.unreachable("111122223333", "prod"));
    assert!(!faults.unreachable("111122223333", "test"));
    assert!(!faults.unreachable("444455556666", "prod"));
}

#[test]
fn a_fault_that_cannot_strike_is_refused() {
    let table = [
        json!({ "do": "unreachable" }),
        json!({ "do": { "garbage": "truncated" }, "when": "before" }),
        json!({ "do": { "hide": 2 }, "when": "after" }),
        json!({ "do": { "interrupt": 1 } }),
        json!({ "do": { "status": { "http": 200, "code": "x" } } }),
        json!({ "do": "reset", "probability": 1.5 }),
    ];
    for fault in table {
        assert!(serde_json::from_value::<Fault>(fault.clone()).unwrap().check().is_err(), "{fault}");
    }
    for unknown in
        [json!({ "do": "explode" }), json!({ "do": "reset", "tims": 2 }), json!({ "do": "reset", "times": "often" })]
    {
        assert!(serde_json::from_value::<Fault>(unknown.clone()).is_err(), "{unknown}");
    }
}

#[test]
fn a_strike_reads_as_one_line() {
    let strike = Strike { id: 3, when: When::After, action: Action::Delay(200) };
    assert_eq!(strike.to_string(), r#"#3 {"delay":200} after"#);
    assert_eq!(Strike { action: Action::Kill, when: When::Before, ..strike }.to_string(), "#3 kill before");
}
