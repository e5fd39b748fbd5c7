use super::*;
use crate::call::Protocol;

fn call(account: &str, operation: &str, key: Option<&str>) -> Call {
    Call {
        account: account.into(),
        region: "eu-west-1".into(),
        service: "iam".into(),
        operation: operation.into(),
        key: key.map(str::to_owned),
        cluster: None,
        mutating: true,
        protocol: Protocol::Query,
    }
}

fn log(folder: &tempfile::TempDir) -> Arc<RequestLog> {
    Arc::new(RequestLog::open(&folder.path().join("requests.jsonl")).unwrap())
}

#[test]
fn calls_are_counted_by_key_and_by_operation() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder);
    let mut counted = Vec::new();
    for (account, key) in [("1", Some("a")), ("1", Some("b")), ("1", Some("a")), ("2", Some("a")), ("1", None)] {
        let entry = log.begin(&call(account, "GetRole", key), Head::default());
        counted.push((entry.record.nth, entry.record.nth_operation));
    }
    assert_eq!(counted, [(1, 1), (1, 2), (2, 3), (1, 1), (1, 4)]);
}

#[test]
fn a_request_without_an_answer_is_in_the_log_too() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder);
    log.begin(&call("1", "CreateRole", None), Head::default()).end(http::StatusCode::OK);
    drop(log.begin(&call("2", "DeleteRole", None), Head::default()));
    let statuses: Vec<_> = log.since(0, None).iter().map(|record| (record.n, record.status)).collect();
    assert_eq!(statuses, [(1, Some(200)), (2, None)]);
    assert_eq!(log.since(1, None).len(), 1);
    assert_eq!(log.since(0, Some("1")).len(), 1);
}

#[test]
fn the_file_holds_one_record_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(&folder);
    log.begin(
        &call("1", "CreateRole", Some("prod")),
        Head { method: "POST".into(), path: "/".into(), attempt: Some(2) },
    )
    .end(http::StatusCode::OK);
    let text = std::fs::read_to_string(folder.path().join("requests.jsonl")).unwrap();
    let record: Record = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(
        (record.call.operation.as_str(), record.call.key.as_deref(), record.attempt),
        ("CreateRole", Some("prod"), Some(2))
    );
}
