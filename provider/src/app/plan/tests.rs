use super::*;

fn stored() -> App {
    App {
        cluster: "edge".into(),
        namespace: "shop".into(),
        name: "web".into(),
        image: "shop/web:1".into(),
        port: 8080.into(),
        replicas: 2.into(),
        wait_for_rollout: true.into(),
        id: "edge/shop/web".into(),
        ready: true.into(),
        internal_url: "http://web.shop.svc.cluster.local:8080".into(),
        revision: 3.into(),
        ..App::default()
    }
}

fn updated(prior: App, planned: App) -> App {
    let change = Change::Update { prior, planned: planned.clone(), config: planned.clone() };
    let mut refined = Planned { state: planned, private: b"kept".to_vec(), replaces: Vec::new() };
    refine(&Naming::default(), &change, b"kept", &mut refined);
    assert_eq!(refined.private, b"kept");
    refined.state
}

#[test]
fn nothing_to_do_is_an_empty_plan() {
    assert_eq!(updated(stored(), stored()), stored());
}

#[test]
fn a_new_image_makes_a_new_revision() {
    let new = App { image: "shop/web:2".into(), ..stored() };
    assert_eq!(updated(stored(), new.clone()), App { revision: Attr::Unknown, ..new });
}

#[test]
fn more_replicas_keep_the_revision() {
    let more = App { replicas: 5.into(), ..stored() };
    assert_eq!(updated(stored(), more.clone()), more);
}

#[test]
fn the_url_is_known_at_plan() {
    let moved = updated(stored(), App { port: 9090.into(), ..stored() });
    assert_eq!(moved.internal_url, "http://web.shop.svc.cluster.local:9090".into());
    let worker = updated(stored(), App { port: Attr::Null, ..stored() });
    assert_eq!(worker.internal_url, Attr::Null);
}

#[test]
fn a_service_cannot_begin_with_a_digit() {
    let config = App { name: "2web".into(), ..stored() };
    assert_eq!(
        validate(&config).to_string(),
        "error at name: name is \"2web\", and the Service of an app with a port must begin with a letter\n  \
         Begin the name with a letter, or leave out port.\n"
    );
    assert!(validate(&App { port: Attr::Null, ..config }).is_empty());
}

#[test]
fn the_steps_of_a_web_app_and_of_a_worker() {
    use Step::*;
    let stage = |all: &[Step]| all.to_vec();
    assert_eq!(
        steps(&stored(), true),
        [stage(&[ClaimNamespace]), stage(&[ApplyService, ApplyDeployment]), stage(&[AwaitRollout]), stage(&[Finish])]
    );
    let worker = App { port: Attr::Null, wait_for_rollout: false.into(), ..stored() };
    assert_eq!(
        steps(&worker, true),
        [
            stage(&[ClaimNamespace]),
            stage(&[ApplyDeployment]),
            stage(&[ReadRevision]),
            stage(&[DeleteService]),
            stage(&[Finish])
        ]
    );
}
