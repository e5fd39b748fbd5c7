use super::presented_minor;

#[test]
fn four_minors_can_be_presented() {
    for version in ["1.33", "1.34", "1.35", "1.36"] {
        assert_eq!(format!("1.{}", presented_minor(version).unwrap()), version);
    }
    for version in ["1.32", "1.37", "2.35", "1.x", "1.35.1", ""] {
        assert!(presented_minor(version).is_err(), "{version}");
    }
}
