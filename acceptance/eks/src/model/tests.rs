use serde_json::json;

use super::*;

/// A model in botocore's form with one shape of each kind.
fn model() -> Model {
    let document = json!({
        "operations": {
            "CreateCluster": {
                "http": {"method": "POST", "requestUri": "/clusters"},
                "input": {"shape": "Request"}, "output": {"shape": "Response"}, "errors": [{"shape": "ResourceInUseException"}],
            },
            "DescribeUpdate": {"http": {"method": "GET", "requestUri": "/clusters/{name}/updates/{updateId}"}, "input": {"shape": "Request"}},
        },
        "shapes": {
            "Request": {"type": "structure", "required": ["name"], "members": {
                "name": {"shape": "Name"}, "size": {"shape": "Size"}, "mode": {"shape": "Mode"}, "zones": {"shape": "Names"}, "tags": {"shape": "Tags"}, "public": {"shape": "Flag"}}},
            "Response": {"type": "structure", "members": {"createdAt": {"shape": "Time"}}},
            "ResourceInUseException": {"type": "structure", "members": {"message": {"shape": "Text"}}},
            "Name": {"type": "string", "min": 1, "max": 10, "pattern": "^[a-z]*"},
            "Text": {"type": "string"},
            "Size": {"type": "integer", "min": 1, "max": 5},
            "Mode": {"type": "string", "enum": ["API", "CONFIG_MAP"]},
            "Names": {"type": "list", "member": {"shape": "Name"}},
            "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Text"}, "min": 1},
            "Flag": {"type": "boolean"},
            "Time": {"type": "timestamp"},
        },
    });
    Model::parse(document.to_string().as_bytes()).expect("a model")
}

fn problems(input: Value) -> Vec<String> {
    model().check_request("CreateCluster", &input).iter().map(ToString::to_string).collect()
}

#[test]
fn a_request_of_the_right_shape_has_no_problems() {
    assert_eq!(
        problems(
            json!({"name": "prod", "size": 3, "mode": "API", "zones": ["a"], "tags": {"team": "x"}, "public": true})
        ),
        [""; 0]
    );
    assert_eq!(problems(json!({"name": "prod", "size": null, "tags": {}})), [""; 0], "null is absent");
}

#[test]
fn each_problem_is_told_as_aws_tells_it() {
    for (input, text) in [
        (json!({}), "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        (
            json!({"name": "UP"}),
            "Value 'UP' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]*",
        ),
        (
            json!({"name": "aaaaaaaaaaaa"}),
            "Value 'aaaaaaaaaaaa' at 'name' failed to satisfy constraint: Member must have length less than or equal to 10",
        ),
        (
            json!({"name": "a", "size": 9}),
            "Value '9' at 'size' failed to satisfy constraint: Member must have value less than or equal to 5",
        ),
        (json!({"name": "a", "size": "9"}), "STRING_VALUE can not be converted to Integer at 'size'"),
        (
            json!({"name": "a", "mode": "BOTH"}),
            "Value 'BOTH' at 'mode' failed to satisfy constraint: Member must satisfy enum value set: [API, CONFIG_MAP]",
        ),
        (json!({"name": "a", "colour": 1}), "'colour' is not a member of Request"),
        (json!({"name": "a", "zones": [1]}), "NUMBER_VALUE can not be converted to String at 'zones.0'"),
        (json!({"name": "a", "public": "yes"}), "STRING_VALUE can not be converted to Boolean at 'public'"),
        (
            json!({"name": "a", "tags": {"K": "v"}}),
            "Value 'K' at 'tags.K' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]*",
        ),
    ] {
        assert_eq!(problems(input), [text]);
    }
}

#[test]
fn responses_and_errors_are_checked_too() {
    let model = model();
    assert!(model.check_response("CreateCluster", &json!({"createdAt": 1.5})).is_empty());
    assert_eq!(model.check_response("CreateCluster", &json!({"createdAt": "now"})).len(), 1);
    assert!(model.check_error("CreateCluster", "ResourceInUseException", &json!({"message": "x"})).is_empty());
    assert_eq!(model.check_error("CreateCluster", "ResourceInUseException", &json!({"reason": "x"})).len(), 1);
    assert_eq!(model.check_error("CreateCluster", "NotFoundException", &json!({})).len(), 1);
    assert!(model.check_error("CreateCluster", "ValidationException", &json!({})).is_empty());
}

#[test]
fn an_operation_is_found_by_method_and_path() {
    let model = model();
    assert_eq!(model.operation(&Method::GET, "/clusters/a/updates/b"), Some("DescribeUpdate"));
    assert_eq!(model.operation(&Method::POST, "/clusters"), Some("CreateCluster"));
    for (method, path) in [
        (Method::GET, "/clusters"),
        (Method::GET, "/clusters//updates/b"),
        (Method::GET, "/clusters/a/updates/b/c"),
        (Method::POST, "/"),
    ] {
        assert_eq!(model.operation(&method, path), None, "{path}");
    }
}
