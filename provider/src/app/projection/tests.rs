use serde_json::json;

use super::*;

fn app() -> App {
    App {
        cluster: "edge".into(),
        namespace: "shop".into(),
        name: "web".into(),
        image: "shop/web:1".into(),
        port: 8080.into(),
        replicas: 2.into(),
        wait_for_rollout: true.into(),
        internal_url: "http://web.shop.svc.cluster.local:8080".into(),
        revision: 3.into(),
        ..App::default()
    }
}

/// As the server stores it.
fn live(app: &App) -> Json {
    let mut live = render::deployment(app, "", &Mark::unfinished("", "c", "h").finished());
    live["metadata"]["annotations"][verdict::REVISION] = "3".into();
    live["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst".into();
    live
}

fn service(app: &App) -> Json {
    let mut live = render::service(app, "").unwrap();
    live["spec"]["clusterIP"] = "10.0.0.7".into();
    live
}

#[test]
fn nothing_changed_reads_as_what_was_written() {
    let read = read_back(&app(), &live(&app()), false);
    assert_eq!(read, app());
    assert_eq!(drift(&read, &live(&app()), Some(&service(&app()))), Vec::<String>::new());
}

#[test]
fn an_import_reads_the_same() {
    let bare = App { cluster: "edge".into(), namespace: "shop".into(), name: "web".into(), ..App::default() };
    assert_eq!(read_back(&bare, &live(&app()), true), app());
}

#[test]
fn a_service_that_is_gone_or_changed_is_drift() {
    assert_eq!(drift(&app(), &live(&app()), None), ["Service shop/web is gone"]);
    let mut other = service(&app());
    other["spec"]["selector"]["app.kubernetes.io/component"] = "other".into();
    assert_eq!(
        drift(&app(), &live(&app()), Some(&other)),
        ["Service shop/web: .spec.selector.app.kubernetes.io/component is \"other\" instead of \"app\""]
    );
}

#[test]
fn a_field_without_an_attribute_is_drift() {
    let mut changed = live(&app());
    changed["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = json!("50%");
    changed["spec"]["replicas"] = 5.into();
    let read = read_back(&app(), &changed, false);
    assert_eq!(read.replicas, 5.into(), "what an attribute shows is shown there");
    assert_eq!(
        drift(&read, &changed, Some(&service(&app()))),
        ["Deployment shop/web: .spec.strategy.rollingUpdate.maxUnavailable is \"50%\" instead of 0"]
    );
}
