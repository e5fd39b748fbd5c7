//! Random values there and back, and a corpus of malformed messages.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{decode, encode};
use crate::value::{Number, Type, Value};

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).expect("a number"))
}

fn object(members: &[(&str, Type)]) -> Type {
    Type::Object(members.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect())
}

fn list(element: Type) -> Type {
    Type::List(Box::new(element))
}

fn wrong(bytes: &[u8], kind: &Type) -> String {
    decode(bytes, kind).expect_err("malformed").to_string()
}

/// A type and a value of it.
fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    let kind =
        prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String)].prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|element| Type::List(Box::new(element))),
                inner.clone().prop_map(|element| Type::Set(Box::new(element))),
                inner.clone().prop_map(|element| Type::Map(Box::new(element))),
                proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(Type::Object),
            ]
        });
    kind.prop_flat_map(|kind| (Just(kind.clone()), value_of(kind)))
}

fn value_of(kind: Type) -> BoxedStrategy<Value> {
    let known = match kind {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => prop_oneof![
            any::<i64>().prop_map(|it| Value::Number(Number::from(it))),
            any::<u64>().prop_map(|it| Value::Number(Number::from(it))),
            any::<f64>().prop_filter_map("finite", |it| Number::from_f64(it).map(Value::Number)),
            "-?[0-9]{1,40}(\\.[0-9]{1,40})?".prop_map(|text| number(&text)),
        ]
        .boxed(),
        Type::String => any::<String>().prop_map(Value::String).boxed(),
        Type::List(element) => proptest::collection::vec(value_of(*element), 0..4).prop_map(Value::List).boxed(),
        Type::Set(element) => proptest::collection::vec(value_of(*element), 0..4).prop_map(Value::Set).boxed(),
        Type::Map(element) => {
            proptest::collection::btree_map(any::<String>(), value_of(*element), 0..4).prop_map(Value::Map).boxed()
        }
        Type::Object(members) => members
            .into_iter()
            .map(|(name, kind)| value_of(kind).prop_map(move |value| (name.clone(), value)))
            .collect::<Vec<_>>()
            .prop_map(|all| Value::Object(all.into_iter().collect()))
            .boxed(),
    };
    prop_oneof![1 => Just(Value::Null), 1 => Just(Value::Unknown), 8 => known].boxed()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again((kind, value) in typed_value()) {
        let bytes = encode(&value, &kind).expect("a value of its type");
        prop_assert_eq!(decode(&bytes, &kind), Ok(value));
    }

    #[test]
    fn a_message_cut_anywhere_is_an_error((kind, value) in typed_value(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&value, &kind).expect("a value of its type");
        prop_assert!(decode(&bytes[..cut.index(bytes.len())], &kind).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic((kind, _) in typed_value(), bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&bytes, &kind);
    }

    #[test]
    fn a_flipped_byte_makes_no_panic((kind, value) in typed_value(), at in any::<prop::sample::Index>(), by in 1u8..) {
        let mut bytes = encode(&value, &kind).expect("a value of its type");
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let _ = decode(&bytes, &kind);
    }
}

#[test]
fn numbers_are_written_as_core_writes_them() {
    let cases: [(&str, &[u8]); 9] = [
        ("0", &[0x00]),
        ("127", &[0x7f]),
        ("128", &[0xcc, 0x80]),
        ("65536", &[0xce, 0, 1, 0, 0]),
        ("-1", &[0xff]),
        ("-33", &[0xd0, 0xdf]),
        ("9223372036854775807", &[0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("1.5", &[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]),
        ("0.1", &[0xa3, b'0', b'.', b'1']),
    ];
    for (text, expected) in cases {
        assert_eq!(encode(&number(text), &Type::Number).as_deref(), Ok(expected), "{text}");
    }
    // Core sends what fits no 64-bit integer as text (MEASURED).
    let huge = "12345678901234567890123";
    assert_eq!(encode(&number(huge), &Type::Number).expect("a number")[0], 0xa0 + 23);
}

#[test]
fn every_spelling_of_a_number_is_read() {
    let cases: [(&[u8], &str); 12] = [
        (&[0x05], "5"),
        (&[0xcc, 0x05], "5"),
        (&[0xcd, 0x01, 0x00], "256"),
        (&[0xce, 0, 0, 0, 9], "9"),
        (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
        (&[0xd0, 0xff], "-1"),
        (&[0xd1, 0xff, 0xfe], "-2"),
        (&[0xd2, 0xff, 0xff, 0xff, 0xfd], "-3"),
        (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"),
        (&[0xca, 0x3f, 0xc0, 0, 0], "1.5"),
        (&[0xcb, 0x40, 0x14, 0, 0, 0, 0, 0, 0], "5"),
        (&[0xa3, b'1', b'e', b'3'], "1000"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(decode(bytes, &Type::Number), Ok(number(expected)));
    }
}

#[test]
fn any_extension_is_an_unknown_value() {
    // The last two are core's refinements "not null" and "length from 0" (MEASURED).
    let cases: [&[u8]; 4] = [
        &[0xd4, 0x00, 0x00],
        &[0xc7, 0x00, 0x55],
        &[0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2],
        &[0xc7, 0x07, 0x0c, 0x82, 0x01, 0xc2, 0x03, 0x92, 0x00, 0xc3],
    ];
    for bytes in cases {
        assert_eq!(decode(bytes, &Type::String), Ok(Value::Unknown));
    }
    assert_eq!(encode(&Value::Unknown, &Type::String), Ok(vec![0xd4, 0, 0]));
}

#[test]
fn an_announced_length_allocates_nothing() {
    assert_eq!(wrong(&[0xdd, 0xff, 0xff, 0xff, 0xff], &list(Type::Bool)), "[0]: the message ends too early");
    assert_eq!(wrong(&[0xdb, 0xff, 0xff, 0xff, 0xff], &Type::String), "the message ends too early");
    assert_eq!(wrong(&[0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c], &Type::String), "the message ends too early");
    let map = Type::Map(Box::new(Type::Bool));
    assert_eq!(wrong(&[0xdf, 0xff, 0xff, 0xff, 0xff], &map), "the message ends too early");
}

#[test]
fn an_error_names_the_place() {
    let kind = object(&[("ports", list(object(&[("number", Type::Number)])))]);
    let bytes = encode(
        &Value::Object(
            [("ports".to_owned(), Value::List(vec![Value::Object([("number".to_owned(), Value::from(1))].into())]))]
                .into(),
        ),
        &kind,
    )
    .expect("a value of its type");
    let broken: Vec<u8> = bytes.iter().map(|byte| if *byte == 1 { 0xc3 } else { *byte }).collect();
    assert_eq!(wrong(&broken, &kind), "ports[0].number: expected a number, found a bool");
}

#[test]
fn an_object_has_exactly_its_attributes() {
    let kind = object(&[("a", Type::Bool), ("b", Type::Bool)]);
    assert_eq!(wrong(&[0x81, 0xa1, b'a', 0xc2], &kind), "b: the attribute is absent");
    assert_eq!(wrong(&[0x81, 0xa1, b'c', 0xc2], &kind), "c: no such attribute");
    assert_eq!(wrong(&[0x82, 0xa1, b'a', 0xc2, 0xa1, b'a', 0xc2], &kind), "a: the attribute stands there twice");
    let half = Value::Object(BTreeMap::from([("a".to_owned(), Value::Bool(true))]));
    assert_eq!(encode(&half, &kind).expect_err("b is absent").to_string(), "b: the attribute is absent");
}

#[test]
fn malformed_messages_are_errors() {
    let cases: [(&[u8], Type, &str); 8] = [
        (&[], Type::Bool, "the message ends too early"),
        (&[0xc1], Type::Bool, "expected a bool, found a byte that msgpack does not use"),
        (&[0xc2, 0xc2], Type::Bool, "1 bytes follow the value"),
        (&[0xa2, 0xff, 0xfe], Type::String, "the text is not UTF-8"),
        (&[0xc4, 0x01, 0x00], Type::String, "expected a string, found bytes"),
        (&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], Type::Number, "expected a finite number of sane length"),
        (b"\xac1e1000000000", Type::Number, "expected a finite number of sane length"),
        (&[0x81, 0x01, 0xc2], Type::Map(Box::new(Type::Bool)), "expected a string, found a number"),
    ];
    for (bytes, kind, expected) in cases {
        assert_eq!(wrong(bytes, &kind), expected);
    }
}

#[test]
fn nesting_has_a_bound() {
    let mut kind = Type::Bool;
    let mut value = Value::Bool(true);
    for _ in 0..65 {
        kind = list(kind);
        value = Value::List(vec![value]);
    }
    assert!(encode(&value, &kind).is_err());
    let mut bytes = vec![0x91; 65];
    bytes.push(0xc3);
    assert!(wrong(&bytes, &kind).ends_with("the value is nested more than 64 levels deep"));
}

#[test]
fn a_value_of_another_type_is_not_written() {
    let error = encode(&Value::from("x"), &Type::Number).expect_err("another type");
    assert_eq!(error.to_string(), "expected a number, found a string");
}
