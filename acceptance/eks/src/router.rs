//! From a method, a path and a body to an operation and its input. Knows REST-JSON; nothing of what an operation does.

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::error::ApiError;

/// Declares the operations once: name, method, path. Labels carry the names of the input's members.
macro_rules! operations {
    ($($name:ident $method:ident $path:literal,)*) => {
        /// The operations that the sandbox answers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Operation { $(#[doc = concat!("`", stringify!($method), " ", $path, "`")] $name,)* }

        impl Operation {
            /// Every operation, in the order of the API reference's chapters.
            pub(crate) const ALL: &'static [(Self, Method, &'static str)] = &[$((Self::$name, Method::$method, $path),)*];

            /// The name in the API reference.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

operations! {
    CreateCluster POST "/clusters",
    ListClusters GET "/clusters",
    DescribeCluster GET "/clusters/{name}",
    DeleteCluster DELETE "/clusters/{name}",
    UpdateClusterConfig POST "/clusters/{name}/update-config",
    UpdateClusterVersion POST "/clusters/{name}/updates",
    AssociateEncryptionConfig POST "/clusters/{clusterName}/encryption-config/associate",
    ListInsights POST "/clusters/{clusterName}/insights",
    DescribeInsight GET "/clusters/{clusterName}/insights/{id}",
    DescribeUpdate GET "/clusters/{name}/updates/{updateId}",
    ListUpdates GET "/clusters/{name}/updates",
    DescribeClusterVersions GET "/cluster-versions",
    TagResource POST "/tags/{resourceArn}",
    UntagResource DELETE "/tags/{resourceArn}",
    ListTagsForResource GET "/tags/{resourceArn}",
    CreateNodegroup POST "/clusters/{clusterName}/node-groups",
    ListNodegroups GET "/clusters/{clusterName}/node-groups",
    DescribeNodegroup GET "/clusters/{clusterName}/node-groups/{nodegroupName}",
    DeleteNodegroup DELETE "/clusters/{clusterName}/node-groups/{nodegroupName}",
    UpdateNodegroupConfig POST "/clusters/{clusterName}/node-groups/{nodegroupName}/update-config",
    UpdateNodegroupVersion POST "/clusters/{clusterName}/node-groups/{nodegroupName}/update-version",
    DescribeAddonVersions GET "/addons/supported-versions",
    DescribeAddonConfiguration GET "/addons/configuration-schemas",
    CreateAddon POST "/clusters/{clusterName}/addons",
    ListAddons GET "/clusters/{clusterName}/addons",
    DescribeAddon GET "/clusters/{clusterName}/addons/{addonName}",
    UpdateAddon POST "/clusters/{clusterName}/addons/{addonName}/update",
    DeleteAddon DELETE "/clusters/{clusterName}/addons/{addonName}",
    ListAccessPolicies GET "/access-policies",
    CreateAccessEntry POST "/clusters/{clusterName}/access-entries",
    ListAccessEntries GET "/clusters/{clusterName}/access-entries",
    DescribeAccessEntry GET "/clusters/{clusterName}/access-entries/{principalArn}",
    UpdateAccessEntry POST "/clusters/{clusterName}/access-entries/{principalArn}",
    DeleteAccessEntry DELETE "/clusters/{clusterName}/access-entries/{principalArn}",
    AssociateAccessPolicy POST "/clusters/{clusterName}/access-entries/{principalArn}/access-policies",
    ListAssociatedAccessPolicies GET "/clusters/{clusterName}/access-entries/{principalArn}/access-policies",
    DisassociateAccessPolicy DELETE "/clusters/{clusterName}/access-entries/{principalArn}/access-policies/{policyArn}",
    CreatePodIdentityAssociation POST "/clusters/{clusterName}/pod-identity-associations",
    ListPodIdentityAssociations GET "/clusters/{clusterName}/pod-identity-associations",
    DescribePodIdentityAssociation GET "/clusters/{clusterName}/pod-identity-associations/{associationId}",
    UpdatePodIdentityAssociation POST "/clusters/{clusterName}/pod-identity-associations/{associationId}",
    DeletePodIdentityAssociation DELETE "/clusters/{clusterName}/pod-identity-associations/{associationId}",
}

/// The operation of a method and a raw (still percent-encoded) path, and the labels of the path, decoded.
pub(crate) fn route(method: &Method, path: &str) -> Option<(Operation, Map<String, Value>)> {
    Operation::ALL.iter().find_map(|(operation, known, template)| {
        if known != method {
            return None;
        }
        labels(template, path).map(|labels| (*operation, labels))
    })
}

fn labels(template: &str, path: &str) -> Option<Map<String, Value>> {
    let parts: Vec<&str> = path.split('/').collect();
    let words: Vec<&str> = template.split('/').collect();
    if parts.len() != words.len() {
        return None;
    }
    let mut labels = Map::new();
    for (word, part) in words.iter().zip(parts) {
        match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
            Some(_) if part.is_empty() => return None,
            Some(name) => {
                labels.insert(name.to_owned(), Value::from(percent_decode_str(part).decode_utf8().ok()?.into_owned()));
            }
            None if *word == part => {}
            None => return None,
        }
    }
    Some(labels)
}

/// Labels, query parameters and body members in one object, as the model's input shape has them.
///
/// # Errors
/// `SerializationException` for a body that is not a JSON object.
pub(crate) fn input(mut labels: Map<String, Value>, query: Option<&str>, body: &[u8]) -> Result<Value, ApiError> {
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match typed(&name, &value) {
            Parameter::Item(item) => {
                match labels.entry(name.into_owned()).or_insert_with(|| Value::Array(Vec::new())) {
                    Value::Array(items) => items.push(item),
                    other => *other = item,
                }
            }
            Parameter::Single(value) => {
                labels.insert(name.into_owned(), value);
            }
        }
    }
    if !body.iter().all(u8::is_ascii_whitespace) {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => labels.extend(members),
            Ok(_) => return Err(ApiError::new("SerializationException", "the body is not a JSON object")),
            Err(error) => {
                return Err(ApiError::new("SerializationException", format!("the body is not JSON: {error}")));
            }
        }
    }
    Ok(Value::Object(labels))
}

enum Parameter {
    Single(Value),
    Item(Value),
}

/// Query parameters are text; these are the ones of EKS that are lists, numbers or booleans in the model.
fn typed(name: &str, value: &str) -> Parameter {
    match name {
        "types" | "publishers" | "owners" | "tagKeys" | "clusterVersions" | "include" => {
            Parameter::Item(Value::from(value))
        }
        "maxResults" => Parameter::Single(value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from)),
        "preserve" | "defaultOnly" | "includeAll" => {
            Parameter::Single(value.parse::<bool>().map_or_else(|_| Value::from(value), Value::from))
        }
        _ => Parameter::Single(Value::from(value)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_encoded_arn_in_the_path_is_one_label() {
        let (operation, labels) = route(
            &Method::POST,
            "/clusters/prod/access-entries/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx/access-policies",
        )
        .expect("a route");
        assert_eq!(operation, Operation::AssociateAccessPolicy);
        assert_eq!(
            Value::Object(labels),
            json!({"clusterName": "prod", "principalArn": "arn:aws:iam::123456789012:role/x"})
        );
    }

    #[test]
    fn unknown_paths_and_methods_have_no_route() {
        for (method, path) in [
            (Method::PUT, "/clusters"),
            (Method::GET, "/clusters/"),
            (Method::GET, "/clusters/a/fargate-profiles"),
            (Method::GET, "/"),
        ] {
            assert!(route(&method, path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn labels_query_and_body_become_one_input() {
        let labels = Map::from_iter([("clusterName".to_owned(), json!("a b"))]);
        let input =
            input(labels, Some("maxResults=5&types=x&types=y&preserve=true&nextToken=a%2Bb"), br#"{"tags":{"k":"v"}}"#)
                .expect("an input");
        assert_eq!(
            input,
            json!({"clusterName": "a b", "maxResults": 5, "types": ["x", "y"], "preserve": true, "nextToken": "a+b", "tags": {"k": "v"}})
        );
    }

    #[test]
    fn a_body_that_is_no_object_is_a_serialization_error() {
        for body in [&b"[]"[..], b"{", b"null"] {
            assert_eq!(input(Map::new(), None, body).map_err(|error| error.code), Err("SerializationException"));
        }
    }

    #[test]
    fn no_two_operations_share_a_route() {
        for (operation, method, path) in Operation::ALL {
            let (found, _) = route(method, path).expect("its own route");
            assert_eq!(found, *operation);
        }
    }
}
