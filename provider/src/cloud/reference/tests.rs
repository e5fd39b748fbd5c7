use super::*;

#[test]
fn an_arn_and_a_name_are_references() {
    let text = "arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/prod_1";
    let ClusterRef::Arn(arn) = ClusterRef::parse(text).unwrap() else { panic!("no ARN") };
    assert_eq!(
        (arn.region.as_str(), arn.account.as_str(), arn.name.as_str()),
        ("us-gov-west-1", "123456789012", "prod_1")
    );
    assert_eq!(arn.to_string(), text);
    assert_eq!(ClusterRef::parse("prod"), Ok(ClusterRef::Name("prod".into())));
}

#[test]
fn what_is_neither_is_told() {
    assert_eq!(
        ClusterRef::parse("a/b").unwrap_err(),
        "is \"a/b\"; use a cluster's ARN, its name or a key of the provider's kubeconfigs"
    );
    for odd in [
        "",
        "../x",
        "a b",
        "a\n",
        "-a",
        "arn:aws:eks:eu-west-1:1234:cluster/a",
        "arn:aws:eks:eu-west-1:123456789012:nodegroup/a",
        "arn:aws:eks:*:123456789012:cluster/a",
        "arn:aws:eks:eu-west-1:123456789012:cluster/../a",
        "arn:aws:rds:eu-west-1:123456789012:cluster/a",
        "arn:",
    ] {
        assert!(ClusterRef::parse(odd).is_err(), "{odd:?}");
    }
}
