use expect_test::expect;

use super::*;

fn call(service: &str, protocol: Protocol, operation: &str, key: &str) -> Call {
    Call {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        service: service.into(),
        operation: operation.into(),
        key: Some(key.into()),
        cluster: None,
        mutating: false,
        protocol,
    }
}

/// Status and body, request id removed.
fn text(answer: Response<Bytes>) -> String {
    let id = answer.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
    let body = String::from_utf8(answer.body().to_vec()).unwrap();
    format!("{} {}", answer.status().as_u16(), body.replace(&id, "ID"))
}

#[test]
fn each_protocol_has_its_own_error() {
    let table = [
        ("iam", Protocol::Query),
        ("ec2", Protocol::Ec2),
        ("logs", Protocol::Json),
        ("eks", Protocol::RestJson),
        ("kubernetes", Protocol::Kubernetes),
    ]
    .map(|(service, protocol)| text(error(&call(service, protocol, "X", "k"), 400, "Code", "a < b")));
    expect![[r#"
        400 <ErrorResponse><Error><Type>Sender</Type><Code>Code</Code><Message>a &lt; b</Message></Error><RequestId>ID</RequestId></ErrorResponse>
        400 <Response><Errors><Error><Code>Code</Code><Message>a &lt; b</Message></Error></Errors><RequestID>ID</RequestID></Response>
        400 {"__type":"Code","message":"a < b"}
        400 {"message":"a < b"}
        400 {"apiVersion":"v1","code":400,"kind":"Status","message":"a < b","metadata":{},"reason":"Code","status":"Failure"}"#]]
    .assert_eq(&table.join("\n"));
}

#[test]
fn a_rest_error_is_named_in_its_header() {
    let answer = throttled(&call("eks", Protocol::RestJson, "DescribeCluster", "prod"));
    assert_eq!(answer.headers()["x-amzn-errortype"], "ThrottlingException");
    assert_eq!(answer.status(), 429);
}

#[test]
fn a_hidden_kubernetes_object_is_named_with_its_group() {
    let answer = text(not_found(&call("kubernetes", Protocol::Kubernetes, "get apps/deployments", "shop/api")));
    assert!(answer.contains(r#"deployments.apps \"api\" not found"#), "{answer}");
}
