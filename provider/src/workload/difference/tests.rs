use serde_json::json;

use super::*;

fn wanted() -> Json {
    json!({
        "apiVersion": "apps/v1",
        "metadata": { "labels": { "a": "1" }, "annotations": { CLAIM: "x" } },
        "spec": {
            "replicas": 2,
            "template": { "spec": { "containers": [{
                "name": "web",
                "image": "a:1",
                "args": ["x", "y"],
                "env": [{ "name": "A", "value": "1" }],
                "ports": [{ "name": "app", "containerPort": 80, "protocol": "TCP" }],
                "resources": { "requests": { "cpu": "0.5" } },
            }] } },
        },
    })
}

/// As the server stores it: defaults filled in, others' sidecar and variable added.
fn live() -> Json {
    let mut live = wanted();
    live["metadata"]["uid"] = "u".into();
    live["metadata"]["annotations"][CLAIM] = "another".into();
    let containers = &mut live["spec"]["template"]["spec"]["containers"];
    containers[0]["resources"]["requests"]["cpu"] = "500m".into();
    containers[0]["imagePullPolicy"] = "Always".into();
    containers[0]["env"] = json!([{ "name": "INJECTED", "value": "x" }, { "name": "A", "value": "1" }]);
    let web = containers[0].clone();
    *containers = json!([{ "name": "sidecar" }, web]);
    live
}

fn told(live: &Json) -> Vec<String> {
    differences(&wanted(), live).iter().map(ToString::to_string).collect()
}

#[test]
fn what_others_add_is_no_difference() {
    assert_eq!(told(&live()), Vec::<String>::new());
}

#[test]
fn a_changed_field_of_ours_is_one() {
    let mut live = live();
    live["spec"]["replicas"] = 5.into();
    let web = &mut live["spec"]["template"]["spec"]["containers"][1];
    web["args"] = json!(["x"]);
    web["env"] = json!([]);
    web["ports"][0]["name"] = "http".into();
    assert_eq!(
        told(&live),
        [
            ".spec.replicas is 5 instead of 2",
            ".spec.template.spec.containers[name=\"web\"].args is [\"x\"] instead of [\"x\",\"y\"]",
            ".spec.template.spec.containers[name=\"web\"].env[name=\"A\"] is gone; it was {\"name\":\"A\",\"value\":\"1\"}",
            ".spec.template.spec.containers[name=\"web\"].ports[containerPort=80,protocol=\"TCP\"].name is \"http\" instead of \"app\"",
        ]
    );
}

fn conflict(path: &str) -> Conflict {
    Conflict { path: path.to_owned(), owner: "\"kubectl-edit\"".to_owned() }
}

const IMAGE: &str = ".spec.template.spec.containers[name=\"web\"].image";

#[test]
fn drift_that_the_plan_showed_may_be_overruled() {
    let mut prior = wanted();
    prior["spec"]["template"]["spec"]["containers"][0]["image"] = "edited:1".into();
    let mut now = live();
    now["spec"]["template"]["spec"]["containers"][1]["image"] = "edited:1".into();
    assert_eq!(not_shown(&[conflict(IMAGE)], Some(&prior), &now, &[]), Vec::<&Conflict>::new());
}

#[test]
fn a_field_taken_over_after_the_plan_may_not() {
    let mut now = live();
    now["spec"]["template"]["spec"]["containers"][1]["image"] = "edited:2".into();
    let conflicts = [conflict(IMAGE)];
    assert_eq!(not_shown(&conflicts, Some(&wanted()), &now, &[]), [&conflicts[0]]);
    assert_eq!(not_shown(&conflicts, None, &now, &[]), [&conflicts[0]], "a create has shown nothing");
}

#[test]
fn a_field_that_we_did_not_have_may_not() {
    let path = ".spec.template.spec.containers[name=\"web\"].env[name=\"INJECTED\"].value";
    let conflicts = [conflict(path)];
    assert_eq!(not_shown(&conflicts, Some(&wanted()), &live(), &[]), [&conflicts[0]]);
}

#[test]
fn drift_without_an_attribute_may_be_overruled_as_it_was_shown() {
    let mut now = live();
    now["metadata"]["labels"]["a"] = "2".into();
    let conflicts = [conflict(".metadata.labels.a")];
    let shown = "Deployment web: .metadata.labels.a is \"2\" instead of \"1\"".to_owned();
    assert_eq!(not_shown(&conflicts, Some(&wanted()), &now, std::slice::from_ref(&shown)), Vec::<&Conflict>::new());
    now["metadata"]["labels"]["a"] = "3".into();
    assert_eq!(not_shown(&conflicts, Some(&wanted()), &now, &[shown]), [&conflicts[0]]);
}
