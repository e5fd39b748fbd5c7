//! Each rule of core's `AssertObjectCompatible`; those of `AssertPlanValid` are tried through the service.

use super::{Fault, forget_unknown, result_faults};
use crate::diagnostic::Path;
use crate::value::Value;

fn texts(all: &[&str]) -> Vec<Value> {
    all.iter().map(|one| Value::from(*one)).collect()
}

fn reasons(planned: &Value, actual: &Value) -> Vec<String> {
    result_faults(planned, actual).iter().map(|fault| format!("{} {}", fault.path, fault.reason)).collect()
}

fn object(name: &str, value: Value) -> Value {
    Value::Object([(name.to_owned(), value)].into())
}

#[test]
fn what_was_unknown_may_become_anything() {
    for actual in [Value::Null, Value::from("x"), Value::List(texts(&["x"]))] {
        assert_eq!(result_faults(&Value::Unknown, &actual), Vec::<Fault>::new());
    }
}

#[test]
fn null_stays_null_and_a_value_stays_what_it_is() {
    let x = object("a", Value::from("x"));
    assert_eq!(reasons(&x, &x), Vec::<String>::new());
    assert_eq!(reasons(&object("a", Value::Null), &x), ["a was planned as null and has a value now"]);
    assert_eq!(reasons(&x, &object("a", Value::Null)), ["a was planned with a value and is null now"]);
    assert_eq!(reasons(&x, &object("a", Value::Unknown)), ["a was planned with a value and is unknown now"]);
    assert_eq!(reasons(&x, &object("a", Value::from("y"))), ["a has another value than was planned"]);
}

#[test]
fn lists_and_maps_keep_their_elements() {
    let (one, two) = (Value::List(texts(&["x"])), Value::List(texts(&["x", "y"])));
    assert_eq!(
        reasons(&object("a", one.clone()), &object("a", two.clone())),
        ["a has other elements than were planned"]
    );
    let changed = Value::List(texts(&["x", "z"]));
    assert_eq!(reasons(&object("a", two), &object("a", changed)), ["a[1] has another value than was planned"]);
    let map = |key: &str| object("a", Value::Map([(key.to_owned(), one.clone())].into()));
    assert_eq!(reasons(&map("k"), &map("l")), ["a has other elements than were planned"]);
}

#[test]
fn the_elements_of_sets_correlate_both_ways_and_never_grow() {
    let set = |all: &[&str]| Value::Set(texts(all));
    assert_eq!(reasons(&set(&["x", "y"]), &set(&["y", "x"])), Vec::<String>::new());
    let half_known = Value::Set(vec![Value::from("x"), Value::Unknown]);
    assert_eq!(reasons(&half_known, &set(&["x"])), Vec::<String>::new(), "what was unknown may turn out equal");
    assert_eq!(reasons(&half_known, &set(&["x", "y"])), Vec::<String>::new());
    assert_eq!(reasons(&half_known, &set(&["x", "y", "z"])).len(), 1);
    assert_eq!(reasons(&set(&["x"]), &set(&["y"])).len(), 1);
}

#[test]
fn what_is_still_unknown_is_found_at_any_depth() {
    let mut value = object("a", Value::List(vec![Value::from("x"), object("b", Value::Unknown)]));
    assert_eq!(forget_unknown(&mut value), [Path::attribute("a").index(1).child("b")]);
    assert!(value.is_wholly_known());
    assert_eq!(forget_unknown(&mut value), Vec::new());
}
