use std::collections::BTreeMap;

use super::*;

fn text(rule: fn(&Value) -> Result<(), String>, value: &str) -> Result<(), String> {
    rule(&Value::from(value))
}

fn map(all: &[(&str, &str)]) -> Value {
    Value::Map(all.iter().map(|(key, one)| ((*key).to_owned(), Value::from(*one))).collect::<BTreeMap<_, _>>())
}

/// What must never reach a URL, a label or an object.
const ODD: [&str; 14] =
    ["../x", "..", "%2e%2e", "a/b", "a?x=1", "a#b", "A", "a\n", "a\0", "a b", "\u{202e}a", "\"}]}", "${a}", "-a"];

#[test]
fn names_are_labels_of_rfc_1123() {
    for rule in [name, namespace] {
        assert_eq!(text(rule, "web-2"), Ok(()));
        for odd in ODD {
            assert!(text(rule, odd).is_err(), "{odd:?}");
        }
        assert!(text(rule, "").is_err());
    }
    assert_eq!(
        text(name, "Web"),
        Err("is \"Web\"; use lower-case letters, digits and '-', beginning and ending with a letter or digit".into())
    );
    assert!(text(name, &"a".repeat(53)).is_ok());
    assert!(text(name, &"a".repeat(54)).unwrap_err().ends_with("it may have at most 53 characters"));
    assert_eq!(text(namespace, "kube-system"), Err("is \"kube-system\"; kube-… belongs to Kubernetes".into()));
}

#[test]
fn a_huge_text_is_quoted_in_part() {
    let told = text(image, &"a".repeat(1 << 20)).unwrap_err();
    assert_eq!(told, format!("is \"{}\"… (1048576 bytes), which is too long for an image", "a".repeat(80)));
}

#[test]
fn quantities_have_units_that_make_sense() {
    assert_eq!(text(cpu, "250m"), Ok(()));
    assert_eq!(text(cpu, "0.0001"), Err("is \"0.0001\"; Kubernetes counts CPU in thousandths (\"1m\")".into()));
    assert_eq!(text(cpu, "0"), Err("is \"0\"; it must be more than nothing".into()));
    assert_eq!(text(memory, "512Mi"), Ok(()));
    assert_eq!(text(memory, "512"), Err("is \"512\", less than 1Mi; did you mean \"512Mi\"?".into()));
    assert_eq!(
        text(memory, "512m"),
        Err("is \"512m\", which is no whole number of bytes (\"m\" is a thousandth; did you mean \"512Mi\"?)".into())
    );
}

#[test]
fn env_names_and_values_are_what_a_process_can_have() {
    assert_eq!(env(&map(&[("A_b.c-1", "two\nlines é \u{202e}")])), Ok(()));
    assert_eq!(env(&map(&[("A B", "1")])), Err("has the name \"A B\"; use letters, digits, '_', '-' and '.'".into()));
    assert!(env(&map(&[("", "1")])).is_err());
    assert!(env(&map(&[("A=B", "1")])).is_err());
    assert_eq!(
        env(&map(&[("A", &"x".repeat(1 << 20))])),
        Err("[\"A\"] has 1048576 bytes; Linux passes at most 131071 in one string".into())
    );
    let unknown = Value::Map(BTreeMap::from([("A".to_owned(), Value::Unknown)]));
    assert_eq!(env(&unknown), Ok(()));
}

#[test]
fn time_zones_have_the_shape_of_the_database() {
    for good in ["Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "UTC"] {
        assert_eq!(text(time_zone, good), Ok(()), "{good}");
    }
    for bad in ["", "Local", "Europe/", "/etc/passwd", "../x", "Europe Berlin", "+01:00"] {
        assert!(text(time_zone, bad).is_err(), "{bad}");
    }
}
