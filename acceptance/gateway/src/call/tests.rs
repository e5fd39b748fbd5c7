use bytes::Bytes;
use http::{HeaderMap, Request};

use super::rest::{Found, RestModel};
use super::signature::{Scope, scope};
use super::{aws, kubernetes};

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIA111122223333SAND/20260921/eu-west-1/eks/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";

fn signed_for(service: &str) -> String {
    AUTHORIZATION.replace("/eks/", &format!("/{service}/"))
}

#[test]
fn the_scope_of_a_header() {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", AUTHORIZATION.parse().unwrap());
    let expected =
        Scope { access_key: "AKIA111122223333SAND".into(), region: "eu-west-1".into(), service: "eks".into() };
    assert_eq!(scope(&headers, None), Some(expected));
}

#[test]
fn the_scope_of_a_presigned_query() {
    let query =
        "Action=GetCallerIdentity&X-Amz-Credential=AKIA111122223333SAND%2F20260921%2Fus-east-1%2Fsts%2Faws4_request";
    assert_eq!(scope(&HeaderMap::new(), Some(query)).unwrap().service, "sts");
}

#[test]
fn a_broken_or_foreign_signature_has_no_scope() {
    for header in [
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=a/b/c",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request/e",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", header.parse().unwrap());
        assert_eq!(scope(&headers, None), None, "{header}");
    }
}

fn model() -> RestModel {
    let model = r#"{
        "metadata": {"protocol": "rest-json"},
        "operations": {
            "CreateCluster": {"http": {"method": "POST", "requestUri": "/clusters"}},
            "DescribeCluster": {"http": {"method": "GET", "requestUri": "/clusters/{name}"}},
            "DescribeAddon": {"http": {"method": "GET", "requestUri": "/clusters/{clusterName}/addons/{addonName}"}},
            "DescribeAddonVersions": {"http": {"method": "GET", "requestUri": "/addons/supported-versions"}},
            "TagResource": {"http": {"method": "POST", "requestUri": "/tags/{resourceArn}"}},
            "GetObject": {"http": {"method": "GET", "requestUri": "/bucket/{Key+}"}},
            "GetObjectTagging": {"http": {"method": "GET", "requestUri": "/bucket/{Key+}?tagging"}}
        }
    }"#;
    RestModel::parse(model.as_bytes()).unwrap().unwrap()
}

#[test]
fn rest_operations_are_told_by_method_and_path() {
    let model = model();
    let find = |method, path, query| {
        model.find(method, path, query).map(|Found { operation, variables }| format!("{operation} {variables:?}"))
    };
    assert_eq!(find("POST", "/clusters", None).unwrap(), "CreateCluster []");
    assert_eq!(find("GET", "/clusters/prod", None).unwrap(), r#"DescribeCluster ["prod"]"#);
    assert_eq!(find("GET", "/clusters/prod/addons/vpc-cni", None).unwrap(), r#"DescribeAddon ["prod", "vpc-cni"]"#);
    assert_eq!(find("POST", "/tags/arn%3Aaws%3Aeks", None).unwrap(), r#"TagResource ["arn:aws:eks"]"#);
    assert_eq!(find("GET", "/bucket/a/b", None).unwrap(), r#"GetObject ["a/b"]"#);
    assert_eq!(find("GET", "/bucket/a/b", Some("tagging")).unwrap(), r#"GetObjectTagging ["a/b"]"#);
    assert_eq!(find("DELETE", "/clusters/prod", None), None);
}

/// One line per call: service, operation, key, whether it changes something.
fn aws_call(request: Request<&'static str>) -> String {
    let (parts, body) = request.into_parts();
    let folder = tempfile::tempdir().unwrap();
    let models = super::rest::RestModels::new(folder.path().to_owned());
    let scope = scope(&parts.headers, parts.uri.query());
    match aws::name(&parts, &Bytes::from(body), scope.as_ref(), "111122223333", &models) {
        Some(call) => format!(
            "{} {} {} {}",
            call.service,
            call.operation,
            call.key.unwrap_or("-".into()),
            if call.mutating { "changes" } else { "reads" }
        ),
        None => "unknown".into(),
    }
}

fn query(service: &str, body: &'static str) -> Request<&'static str> {
    let request = Request::post("/").header("authorization", signed_for(service));
    request.header("content-type", "application/x-www-form-urlencoded; charset=utf-8").body(body).unwrap()
}

#[test]
fn query_calls_are_told_by_their_action() {
    assert_eq!(
        aws_call(query("iam", "Action=CreateRole&Version=2010-05-08&RoleName=prod-node&Path=%2F")),
        "iam CreateRole prod-node changes"
    );
    assert_eq!(
        aws_call(query("iam", "Action=AttachRolePolicy&RoleName=r&PolicyArn=arn%3Aaws")),
        "iam AttachRolePolicy r changes"
    );
    assert_eq!(
        aws_call(query("ec2", "Action=DescribeSubnets&SubnetId.1=subnet-1")),
        "ec2 DescribeSubnets subnet-1 reads"
    );
    assert_eq!(aws_call(query("sts", "Action=GetCallerIdentity")), "sts GetCallerIdentity - reads");
}

#[test]
fn json_calls_are_told_by_their_target() {
    let request = Request::post("/")
        .header("authorization", signed_for("logs"))
        .header("x-amz-target", "Logs_20140328.CreateLogGroup");
    assert_eq!(
        aws_call(request.body(r#"{"logGroupName": "/aws/eks/prod/cluster"}"#).unwrap()),
        "logs CreateLogGroup /aws/eks/prod/cluster changes"
    );
}

#[test]
fn unsigned_calls_are_told_by_action_or_path() {
    let form = "application/x-www-form-urlencoded";
    let web_identity = Request::post("/")
        .header("content-type", form)
        .body("Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam")
        .unwrap();
    assert_eq!(aws_call(web_identity), "sts AssumeRoleWithWebIdentity arn:aws:iam reads");
    assert_eq!(
        aws_call(Request::get("/federation/credentials?role_name=x").body("").unwrap()),
        "sso GET /federation/credentials - reads"
    );
    assert_eq!(aws_call(Request::post("/").header("content-type", form).body("Action=CreateRole").unwrap()), "unknown");
    assert_eq!(aws_call(Request::get("/").body("").unwrap()), "unknown");
}

#[test]
fn a_rest_call_without_a_model_keeps_its_request_line() {
    let request = Request::get("/clusters/prod").header("authorization", signed_for("../eks")).body("").unwrap();
    assert_eq!(aws_call(request), "unknown");
    let request = Request::post("/clusters").header("authorization", signed_for("eks")).body("").unwrap();
    assert_eq!(aws_call(request), "eks POST /clusters - changes");
}

fn kubernetes_call(method: &str, path: &str, content_type: &str) -> String {
    let request = Request::builder().method(method).uri(path).header("content-type", content_type).body(()).unwrap();
    let call = kubernetes::name(&request.into_parts().0, "111122223333", "eu-west-1", "prod");
    format!(
        "{} | {} | {}",
        call.operation,
        call.key.unwrap_or("-".into()),
        if call.mutating { "changes" } else { "reads" }
    )
}

#[test]
fn kubernetes_calls_are_told_by_method_path_and_query() {
    let table = [
        ("GET", "/version", "", "get /version | - | reads"),
        ("GET", "/api/v1/namespaces/shop", "", "get namespaces | shop | reads"),
        ("GET", "/api/v1/namespaces/shop/pods", "", "list pods | - | reads"),
        ("GET", "/api/v1/namespaces/shop/pods?watch=true", "", "watch pods | - | reads"),
        ("GET", "/api/v1/namespaces/shop/pods/api-1/log?follow=true", "", "get pods/log | shop/api-1 | reads"),
        ("POST", "/api/v1/namespaces/shop/pods/api-1/exec?command=sh", "", "connect pods/exec | shop/api-1 | reads"),
        ("PUT", "/api/v1/namespaces/shop/finalize", "", "update namespaces/finalize | shop | changes"),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/api?fieldManager=x",
            "application/apply-patch+yaml",
            "apply apps/deployments | shop/api | changes",
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/api?dryRun=All",
            "application/apply-patch+yaml",
            "apply apps/deployments | shop/api | reads",
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/shop/deployments/api/scale",
            "application/merge-patch+json",
            "patch apps/deployments/scale | shop/api | changes",
        ),
        ("DELETE", "/apis/batch/v1/namespaces/shop/jobs", "", "deletecollection batch/jobs | - | changes"),
        (
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            "",
            "create authorization.k8s.io/selfsubjectaccessreviews | - | reads",
        ),
        (
            "GET",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/view",
            "",
            "get rbac.authorization.k8s.io/clusterroles | view | reads",
        ),
    ];
    for (method, path, content_type, expected) in table {
        assert_eq!(kubernetes_call(method, path, content_type), expected, "{method} {path}");
    }
}

#[test]
fn a_created_object_is_named_by_its_body() {
    let uri = "/apis/batch/v1/namespaces/shop/jobs".parse().unwrap();
    assert_eq!(kubernetes::created_name(&uri, br#"{"metadata": {"name": "migrate"}}"#).unwrap(), "shop/migrate");
    assert_eq!(kubernetes::created_name(&uri, br#"{"metadata": {"generateName": "migrate-"}}"#), None);
}
