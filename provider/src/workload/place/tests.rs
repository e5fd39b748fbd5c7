use super::*;

const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";

fn naming() -> Naming {
    Naming { region: Some("eu-west-1".into()), kubeconfigs: BTreeSet::from(["edge".into()]) }
}

fn on(cluster: &str, arn: Option<&str>) -> Shared {
    Shared { cluster: cluster.into(), cluster_arn: arn.map(str::to_owned).into(), ..Shared::default() }
}

#[test]
fn an_arn_and_a_name_are_spellings_of_one_cluster() {
    assert!(is_same(&naming(), &on("prod", Some(ARN)), ARN));
    assert!(is_same(&naming(), &on(ARN, Some(ARN)), "prod"));
    let unknown = Naming { region: None, ..naming() };
    assert!(is_same(&unknown, &on(ARN, Some(ARN)), "prod"));
}

#[test]
fn another_region_account_or_name_is_another_cluster() {
    let prior = on("prod", Some(ARN));
    assert!(!is_same(&naming(), &prior, "arn:aws:eks:eu-west-2:111122223333:cluster/prod"));
    assert!(!is_same(&naming(), &prior, "arn:aws:eks:eu-west-1:111122223334:cluster/prod"));
    assert!(!is_same(&naming(), &prior, "stage"));
    let moved = Naming { region: Some("eu-west-2".into()), ..naming() };
    assert!(!is_same(&moved, &prior, "prod"), "the provider's region changed");
}

#[test]
fn a_key_of_kubeconfigs_is_no_eks_cluster() {
    assert!(is_same(&naming(), &on("edge", None), "edge"));
    assert!(!is_same(&naming(), &on("edge", None), ARN));
    let taken = on("edge", Some("arn:aws:eks:eu-west-1:111122223333:cluster/edge"));
    assert!(!is_same(&naming(), &taken, "edge"));
}

#[test]
fn the_place_is_known_at_plan_from_an_arn() {
    let mut planned = on(ARN, None);
    plan_record(&naming(), &mut planned);
    assert_eq!(planned.region, "eu-west-1".into());
    assert_eq!(planned.account_id, "111122223333".into());
    assert_eq!(planned.cluster_uid, Attr::Null);

    let mut planned = on("prod", None);
    plan_record(&naming(), &mut planned);
    assert_eq!((planned.cluster_arn, planned.cluster_uid), (Attr::Unknown, Attr::Null));

    let mut planned = on("edge", None);
    plan_record(&naming(), &mut planned);
    assert_eq!((planned.cluster_arn, planned.cluster_uid), (Attr::Null, Attr::Unknown));

    let mut planned = Shared { cluster: Attr::Unknown, ..Shared::default() };
    plan_record(&naming(), &mut planned);
    assert_eq!((planned.cluster_arn, planned.cluster_uid), (Attr::Unknown, Attr::Unknown));
}
