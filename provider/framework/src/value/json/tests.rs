//! State as core stores it, as older versions stored it, and as nobody should have stored it.

use proptest::prelude::*;

use super::{decode, encode};
use crate::value::{Number, Type, Value};

fn object(members: &[(&str, Type)]) -> Type {
    Type::Object(members.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect())
}

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).expect("a number"))
}

fn wrong(text: &str, kind: &Type) -> String {
    decode(text.as_bytes(), kind).expect_err("malformed").to_string()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(texts in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..5), whole in any::<i64>(), flag in any::<bool>()) {
        let kind = object(&[("texts", Type::Map(Box::new(Type::String))), ("all", Type::List(Box::new(Type::Number))), ("flag", Type::Bool), ("none", Type::String)]);
        let value = Value::Object([
            ("texts".to_owned(), Value::Map(texts.into_iter().map(|(key, text)| (key, Value::String(text))).collect())),
            ("all".to_owned(), Value::List(vec![Value::from(whole), Value::Null])),
            ("flag".to_owned(), Value::Bool(flag)),
            ("none".to_owned(), Value::Null),
        ].into());
        prop_assert_eq!(decode(encode(&value).as_bytes(), &kind), Ok(value));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let kind = object(&[("a", Type::List(Box::new(Type::Number)))]);
        let _ = decode(text.as_bytes(), &kind);
        let _ = decode(format!("{{\"a\":{text}}}").as_bytes(), &kind);
    }
}

#[test]
fn numbers_keep_every_digit() {
    for text in ["12345678901234567890123", "0.1", "-1e-30", "1E+3", "3.0", "1e400"] {
        assert_eq!(decode(text.as_bytes(), &Type::Number), Ok(number(text)));
    }
}

#[test]
fn absent_attributes_are_null_and_unknown_keys_are_dropped() {
    let kind = object(&[("kept", Type::String), ("new", Type::Bool)]);
    let deep = "[".repeat(100) + &"]".repeat(100);
    let text = format!(r#"{{"kept":"x","removed":{{"a":1}},"deep":{deep}}}"#);
    let expected = [("kept".to_owned(), Value::from("x")), ("new".to_owned(), Value::Null)];
    assert_eq!(decode(text.as_bytes(), &kind), Ok(Value::Object(expected.into())));
}

#[test]
fn unknown_is_stored_as_null() {
    assert_eq!(encode(&Value::List(vec![Value::Unknown])), "[null]");
}

#[test]
fn malformed_state_is_an_error_that_names_the_place() {
    let kind = object(&[("ports", Type::List(Box::new(Type::Number))), ("names", Type::Map(Box::new(Type::String)))]);
    assert_eq!(wrong(r#"{"ports":[1,"2"]}"#, &kind), "ports[1]: expected a number, found a string");
    assert_eq!(wrong(r#"{"ports":{}}"#, &kind), "ports: expected a list, found an object");
    assert_eq!(wrong(r#"{"names":{"a":true}}"#, &kind), "names[\"a\"]: expected a string, found a bool");
    assert_eq!(wrong("[]", &kind), "expected an object, found a list");
    assert_eq!(wrong(r#"{"ports":[1e999999999]}"#, &kind), "ports[0]: expected a number of sane length");
    for broken in ["", "{", r#"{"ports":[1}"#, "{}{}", "\u{0}", &"[".repeat(100_000)] {
        assert!(decode(broken.as_bytes(), &kind).is_err(), "{broken:.20}");
    }
    assert!(decode(b"{\"names\":{\"a\":\"\xff\"}}", &kind).is_err());
}
