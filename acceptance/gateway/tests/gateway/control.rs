//! The gateway's own interface, as the sandbox's command line speaks it.

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use libtest_mimic::Trial;
use sandbox_gateway::fault::Armed;
use sandbox_gateway::log::{Record, Violation};
use sandbox_gateway::sweep::Resource;
use sandbox_gateway::{Status, fault::Action};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::sandbox::{Sandbox, trials};

pub(crate) fn all(sandbox: &'static Sandbox) -> Vec<Trial> {
    trials!(
        sandbox,
        faults_are_armed_listed_and_disarmed,
        the_log_the_errors_and_the_sweep_are_told_by_account,
        the_status_tells_where_everything_is
    )
}

/// Status code and body.
fn ask(sandbox: &Sandbox, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap();
    sandbox.runtime.block_on(async {
        let answer = sandbox.gateway.control().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    })
}

fn faults_are_armed_listed_and_disarmed(sandbox: &Sandbox) {
    let fault = json!({ "account": "300000000001", "match": { "service": "eks" }, "do": { "hide": 2 } });
    let (status, answer) = ask(sandbox, "POST", "/faults", Some(&fault));
    assert_eq!(status, 200, "{answer}");
    let id = serde_json::from_str::<Value>(&answer).unwrap()["id"].as_u64().unwrap();
    let armed: Vec<Armed> = serde_json::from_str(&ask(sandbox, "GET", "/faults", None).1).unwrap();
    assert_eq!(armed.iter().find(|armed| armed.id == id).unwrap().fault.action, Action::Hide(2));
    assert_eq!(ask(sandbox, "DELETE", &format!("/faults?id={id}"), None).1, r#"{"disarmed":1}"#);
    let (status, answer) = ask(sandbox, "POST", "/faults", Some(&json!({ "do": "unreachable" })));
    assert!(status == 400 && answer.contains("only API servers"), "{status} {answer}");
}

fn the_log_the_errors_and_the_sweep_are_told_by_account(sandbox: &Sandbox) {
    let account = "300000000002";
    sandbox.aws(account, &["logs", "create-log-group", "--log-group-name", "g"]);
    sandbox.fails(account, &["athena", "list-work-groups"]);
    let (_, lines) = ask(sandbox, "GET", &format!("/log?account={account}"), None);
    let records: Vec<Record> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = records
        .iter()
        .map(|record| (record.call.service.as_str(), record.call.key.as_deref(), record.status))
        .collect();
    assert_eq!(told, [("logs", Some("g"), Some(200)), ("athena", None, Some(501))]);
    let (_, rest) = ask(sandbox, "GET", &format!("/log?account={account}&since={}", records[0].n), None);
    assert_eq!(rest.lines().count(), 1);
    let errors: Vec<Violation> =
        serde_json::from_str(&ask(sandbox, "GET", &format!("/errors?account={account}"), None).1).unwrap();
    assert_eq!(errors[0].service, "athena");
    let swept: Vec<Resource> =
        serde_json::from_str(&ask(sandbox, "GET", &format!("/sweep?account={account}"), None).1).unwrap();
    assert_eq!((swept[0].kind.as_str(), swept[0].id.as_str()), ("log-group", "g"));
}

fn the_status_tells_where_everything_is(sandbox: &Sandbox) {
    let status: Status = serde_json::from_str(&ask(sandbox, "GET", "/status", None).1).unwrap();
    assert_eq!(status.address, sandbox.gateway.address());
    assert_ne!(status.moto_pid, std::process::id());
}
