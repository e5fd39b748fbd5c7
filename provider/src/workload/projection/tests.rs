use serde_json::json;

use super::*;

fn live() -> Json {
    json!({
        "name": "web",
        "image": "shop/web:1",
        "args": ["serve"],
        "env": [
            { "name": "A", "value": "1" },
            { "name": "PORT", "value": "80" },
            { "name": "NODE", "valueFrom": { "fieldRef": { "fieldPath": "spec.nodeName" } } },
        ],
        "resources": { "requests": { "cpu": "500m", "memory": "1Gi" }, "limits": { "memory": "1Gi" } },
    })
}

fn text(text: &str) -> Attr<String> {
    text.into()
}

fn env(all: &[(&str, &str)]) -> Attr<Map<String>> {
    Attr::Known(all.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect())
}

fn state() -> Shared {
    Shared {
        image: text("shop/web:1"),
        args: Attr::Known(vec![text("serve")]),
        env: env(&[("A", "1")]),
        resources: Attr::Known(Resources { cpu: text("0.5"), memory: text("1024Mi"), ..Resources::default() }),
        ..Shared::default()
    }
}

fn read(prior: &Shared, live: &Json) -> Shared {
    let mut shared = prior.clone();
    project(Known::Before(prior), live, &mut shared);
    shared
}

#[test]
fn nothing_changed_reads_as_what_was_written() {
    assert_eq!(read(&state(), &live()), state());
    let empty = Shared { args: Attr::Known(Vec::new()), env: env(&[]), ..state() };
    let mut without = live();
    without.as_object_mut().unwrap().remove("args");
    assert_eq!(read(&empty, &without), empty);
}

#[test]
fn defaults_stay_unset() {
    let bare = Shared { resources: Attr::Null, env: Attr::Null, args: Attr::Null, ..state() };
    let mut defaults = live();
    defaults["resources"] =
        json!({ "requests": { "cpu": "250m", "memory": "512Mi" }, "limits": { "memory": "512Mi" } });
    assert_eq!(read(&bare, &defaults), bare);
}

#[test]
fn what_others_add_is_not_shown() {
    let mut more = live();
    more["command"] = json!(["wrapper"]);
    more["resources"]["limits"]["cpu"] = "4".into();
    more["env"].as_array_mut().unwrap().push(json!({ "name": "AGENT", "value": "on" }));
    assert_eq!(read(&state(), &more), state());
}

#[test]
fn a_change_of_ours_is_shown() {
    let mut changed = live();
    changed["image"] = "shop/web:2".into();
    changed["env"] = json!([]);
    changed["args"] = json!(["serve", "-v"]);
    changed["resources"]["requests"]["cpu"] = "2".into();
    let read = read(&state(), &changed);
    assert_eq!(read.image, text("shop/web:2"));
    assert_eq!(read.env, env(&[]));
    assert_eq!(read.args, Attr::Known(vec![text("serve"), text("-v")]));
    assert_eq!(read.resources.known().unwrap().cpu, text("2"));
    assert_eq!(read.resources.known().unwrap().memory, text("1024Mi"));
}

#[test]
fn an_import_takes_everything_but_what_the_provider_sets() {
    let mut shared = Shared::default();
    project(Known::Nothing { extra: &[("PORT", "80".to_owned())] }, &live(), &mut shared);
    assert_eq!(shared.env, env(&[("A", "1")]));
    assert_eq!(shared.command, Attr::Null);
    assert_eq!(shared.args, Attr::Known(vec![text("serve")]));
    let resources = shared.resources.known().unwrap();
    assert_eq!((&resources.cpu, &resources.memory), (&text("500m"), &text("1Gi")));
    assert_eq!((&resources.cpu_limit, &resources.memory_limit), (&Attr::Null, &Attr::Null));
}
