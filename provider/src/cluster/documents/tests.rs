//! What texts mean.

use super::*;

#[test]
fn spelling_means_nothing() {
    assert!(same("{\"a\": 1, \"b\": [true]}", "{\n  \"b\": [true], \"a\": 1\n}"));
    assert!(same("{\"a\":\"\\u003c\"}", "{\"a\":\"<\"}"));
    assert!(!same("{\"a\":[1,2]}", "{\"a\":[2,1]}"));
    assert!(!same("a: 1", "a:  1"));
    assert!(same("a: 1", "a: 1"));
}

#[test]
fn nothing_is_said_by_an_empty_object() {
    assert!(["", " ", "{}", "{ }\n"].into_iter().all(is_empty));
    assert!(!["{\"a\":null}", "[]", "no"].into_iter().any(is_empty));
}

#[test]
fn what_is_no_object_is_told_what_to_write() {
    assert_eq!(object(&Value::from("{\"a\":1}")), Ok(()));
    assert_eq!(object(&Value::from("[1]")), Err("must be a JSON object: write jsonencode({ … })".to_owned()));
    assert_eq!(
        object(&Value::from("a: 1")),
        Err("must be a JSON object, and is no JSON (expected value at line 1 column 1): write jsonencode({ … }), or jsonencode(yamldecode(…)) around YAML".to_owned())
    );
}

#[test]
fn a_policy_has_statements() {
    let judged = |text: &str| policy(&Value::from(text));
    let one = "{\"Effect\":\"Allow\",\"NotAction\":\"s3:*\",\"Resource\":\"*\"}";
    assert_eq!(judged(&format!("{{\"Statement\":[{one}]}}")), Ok(()));
    // IAM takes a single one without a list, too.
    assert_eq!(judged(&format!("{{\"Statement\":{one}}}")), Ok(()));
    let none = "must be a policy with a Statement: write jsonencode({ Version = \"2012-10-17\", Statement = [ … ] })";
    assert_eq!(judged("{}"), Err(none.to_owned()));
    assert_eq!(judged("{\"Statement\":[]}"), Err(none.to_owned()));
    assert_eq!(
        judged(&format!("{{\"Statement\":[{one},{{\"Effect\":\"Allow\",\"Action\":\"s3:*\"}}]}}")),
        Err("must be a policy, and its statement number 2 has no Resource".to_owned())
    );
}
