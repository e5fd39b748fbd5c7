//! Requests of AWS clients: service, operation and the name of the object. Knows the protocols, not what a service does.

use bytes::Bytes;
use http::request::Parts;

use super::rest::RestModels;
use super::signature::Scope;
use super::{Call, Protocol};

/// Members that name the object of a call, the most telling first.
const QUERY_KEYS: &[&str] = &[
    "RoleName",
    "InstanceProfileName",
    "PolicyName",
    "PolicyArn",
    "OpenIDConnectProviderArn",
    "Url",
    "UserName",
    "RoleArn",
    "GroupName",
    "GroupId",
    "LaunchTemplateName",
    "LaunchTemplateId",
    "AWSServiceName",
    "DBInstanceIdentifier",
    "DBSubnetGroupName",
    "SubnetId.1",
    "VpcId.1",
    "ResourceId.1",
    "Name",
];
const JSON_KEYS: &[&str] = &["logGroupName", "AliasName", "KeyId", "TargetKeyId", "SecretId", "Name", "resourceArn"];
const REST_KEYS: &[&str] = &["addonName", "nodegroupName", "principalArn", "fargateProfileName", "name", "Name"];

/// Names a call. `account` is empty for an unsigned request.
pub fn name(parts: &Parts, body: &Bytes, scope: Option<&Scope>, account: &str, models: &RestModels) -> Option<Call> {
    let form = form(parts, body);
    let action = member(&form, &["Action"]);
    let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let (service, region) = match scope {
        Some(scope) => (scope.service.clone(), scope.region.clone()),
        None => (unsigned_service(parts, action.as_deref())?.to_owned(), String::new()),
    };
    let (operation, key, protocol) = if let Some(target) = target {
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        (operation, json_member(body, JSON_KEYS), Protocol::Json)
    } else if let Some(action) = action {
        let protocol = if service == "ec2" { Protocol::Ec2 } else { Protocol::Query };
        (action, member(&form, QUERY_KEYS), protocol)
    } else {
        rest(parts, body, &service, models)
    };
    let mutating = mutating(&service, &operation, parts);
    Some(Call { account: account.to_owned(), region, service, operation, key, cluster: None, mutating, protocol })
}

/// Operation, key and protocol of a service that is told apart by method and path.
fn rest(parts: &Parts, body: &Bytes, service: &str, models: &RestModels) -> (String, Option<String>, Protocol) {
    let unknown = || (format!("{} {}", parts.method, parts.uri.path()), None, Protocol::RestJson);
    let Some(model) = models.of(service) else { return unknown() };
    let Some(found) = model.find(parts.method.as_str(), parts.uri.path(), parts.uri.query()) else {
        let (operation, key, _) = unknown();
        return (operation, key, model.protocol);
    };
    // What is created is named in the body, what exists by the last variable of the path.
    let named = if parts.method == http::Method::POST { created(service, body) } else { None };
    (found.operation, named.or_else(|| found.variables.last().cloned()), model.protocol)
}

fn created(service: &str, body: &Bytes) -> Option<String> {
    if service == "eks" {
        // A pod identity association has no name of its own.
        if let (Some(namespace), Some(account)) =
            (json_member(body, &["namespace"]), json_member(body, &["serviceAccount"]))
        {
            return Some(format!("{namespace}/{account}"));
        }
    }
    json_member(body, REST_KEYS)
}

/// The service of a call that carries no signature, by its action or path.
fn unsigned_service(parts: &Parts, action: Option<&str>) -> Option<&'static str> {
    match action {
        Some("AssumeRoleWithWebIdentity" | "AssumeRoleWithSAML") => return Some("sts"),
        Some(_) => return None,
        None => {}
    }
    match parts.uri.path() {
        "/federation/credentials" | "/assignment/accounts" | "/assignment/roles" | "/logout" => Some("sso"),
        "/token" | "/client/register" | "/device_authorization" => Some("sso-oidc"),
        _ => None,
    }
}

fn mutating(service: &str, operation: &str, parts: &Parts) -> bool {
    const READS: &[&str] = &[
        "Describe",
        "List",
        "Get",
        "Search",
        "Lookup",
        "Simulate",
        "Check",
        "Test",
        "Head",
        "BatchGet",
        "Query",
        "Select",
        "AssumeRole",
        "Decode",
        "Filter",
    ];
    if matches!(service, "sso" | "sso-oidc" | "sts") {
        return false;
    }
    match operation.split_once(' ') {
        Some(_) => !matches!(parts.method, http::Method::GET | http::Method::HEAD),
        None => !READS.iter().any(|read| operation.starts_with(read)),
    }
}

/// The form of the body and, for GET requests, that of the query.
fn form(parts: &Parts, body: &Bytes) -> Vec<(String, String)> {
    let content_type =
        parts.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let body: &[u8] = if content_type.starts_with("application/x-www-form-urlencoded") { body } else { b"" };
    let pairs = form_urlencoded::parse(query).chain(form_urlencoded::parse(body));
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn member(form: &[(String, String)], names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| form.iter().find(|(member, _)| member == name)).map(|(_, value)| value.clone())
}

fn json_member(body: &Bytes, names: &[&str]) -> Option<String> {
    let object: serde_json::Value = serde_json::from_slice(body).ok()?;
    names.iter().find_map(|name| Some(object.get(name)?.as_str()?.to_owned()))
}
