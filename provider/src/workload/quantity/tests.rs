use super::*;
use proptest::prelude::*;

#[test]
fn spellings_of_one_amount_are_the_same() {
    for (a, b) in [
        ("0.5", "500m"),
        ("1Gi", "1024Mi"),
        ("1.5Gi", "1536Mi"),
        ("1.1Gi", "1181116006400m"),
        ("1e3", "1k"),
        ("1000m", "1"),
        (".5", "0.50"),
        ("+2", "2"),
        ("1E", "1e18"),
        ("1500e-3", "1.5"),
    ] {
        assert!(same(a, b), "{a} and {b}");
    }
}

#[test]
fn other_amounts_differ() {
    for (a, b) in [("1", "1m"), ("1M", "1Mi"), ("512Mi", "512M"), ("1", "x"), ("x", "y")] {
        assert!(!same(a, b), "{a} and {b}");
    }
}

#[test]
fn what_is_no_quantity_is_told() {
    let told = |text| Quantity::parse(text).unwrap_err().to_string();
    assert_eq!(told("-1"), "is \"-1\", which is negative");
    assert_eq!(told(""), "is \"\", which is no quantity; write one as \"500m\", \"2\" or \"1.5Gi\"");
    assert_eq!(
        told("512MB"),
        "is \"512MB\", whose suffix Kubernetes does not know; use one of m k M G T P E Ki Mi Gi Ti Pi Ei"
    );
    assert_eq!(told("9999999Ei"), "is \"9999999Ei\", which is more than Kubernetes can count");
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,60}") {
        let _ = Quantity::parse(&text);
    }

    #[test]
    fn a_thousandth_is_what_milli_says(amount in 0u64..1_000_000_000) {
        let decimal = format!("{}.{:03}", amount / 1000, amount % 1000);
        let milli = format!("{amount}m");
        prop_assert!(same(&milli, &decimal), "{} and {}", milli, decimal);
    }

    #[test]
    fn binary_suffixes_are_steps_of_1024(amount in 0u64..1_000_000) {
        let small = format!("{}Mi", amount * 1024);
        let large = format!("{amount}Gi");
        prop_assert!(same(&small, &large));
    }
}
