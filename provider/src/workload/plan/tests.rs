use std::collections::BTreeSet;

use super::*;

const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";

fn naming() -> Naming {
    Naming { region: Some("eu-west-1".into()), kubeconfigs: BTreeSet::new() }
}

fn stored() -> Shared {
    Shared {
        cluster: ARN.into(),
        namespace: "shop".into(),
        name: "web".into(),
        id: format!("{ARN}/shop/web").into(),
        ready: true.into(),
        cluster_arn: ARN.into(),
        account_id: "111122223333".into(),
        region: "eu-west-1".into(),
        ..Shared::default()
    }
}

#[test]
fn nothing_to_do_is_an_empty_plan() {
    let mut planned = stored();
    assert_eq!(refine(&naming(), Some(&stored()), &mut planned, b""), Outcome::default());
    assert_eq!(planned, stored());
}

#[test]
fn another_spelling_of_the_cluster_is_no_change() {
    let mut planned = Shared { cluster: "prod".into(), ..stored() };
    assert_eq!(refine(&naming(), Some(&stored()), &mut planned, b""), Outcome::default());
    assert_eq!(planned, stored());
}

#[test]
fn another_cluster_or_one_that_is_being_made_is_a_replacement() {
    for cluster in [Attr::from("stage"), Attr::Unknown] {
        let mut planned = Shared { cluster, ..stored() };
        let outcome = refine(&naming(), Some(&stored()), &mut planned, b"");
        assert_eq!(outcome.replaces, [Path::attribute("cluster")]);
    }
}

#[test]
fn what_is_not_finished_is_gone_on_with() {
    let prior = Shared { ready: false.into(), ..stored() };
    let mut planned = prior.clone();
    refine(&naming(), Some(&prior), &mut planned, b"");
    assert_eq!(planned, stored());
}

#[test]
fn drift_is_set_back() {
    let prior = Shared { drift: Attr::Known(vec!["Service shop/web is gone".into()]), ..stored() };
    let mut planned = prior.clone();
    refine(&naming(), Some(&prior), &mut planned, b"");
    assert_eq!(planned, stored());
}

#[test]
fn a_create_says_in_its_private_bytes_what_it_makes() {
    let mut planned = stored();
    let claimed = Private::claimed("c1").encode();
    let outcome = refine(&naming(), None, &mut planned, &claimed);
    let private = Private::decode(&outcome.private.unwrap());
    assert_eq!(private.claim.as_deref(), Some("c1"), "what the first plan of a replacement handed over");
    assert_eq!(private.create.unwrap().keys().collect::<Vec<_>>(), ["cluster", "name", "namespace"]);
    assert_eq!(planned.ready, Attr::Unknown);
    assert_eq!(planned.region, "eu-west-1".into());
}

#[test]
fn a_limit_below_what_is_reserved_is_refused() {
    let resources =
        Resources { memory: "1Gi".into(), memory_limit: "512Mi".into(), cpu_limit: "1".into(), ..Resources::default() };
    let config = Shared { resources: Attr::Known(resources), ..stored() };
    assert_eq!(
        validate(&config).to_string(),
        "error at resources.memory_limit: resources.memory_limit is \"512Mi\", less than resources.memory reserves (\"1Gi\")\n  \
         Raise memory_limit, or set memory to at most \"512Mi\".\n"
    );
}
