use expect_test::expect;

use super::*;
use tfplugin_framework::prelude::*;

fn app() -> App {
    App {
        cluster: "edge".into(),
        namespace: "shop".into(),
        name: "web".into(),
        image: "shop/web:1".into(),
        port: 8080.into(),
        env: Attr::Known(Map::from([("GREETING".to_owned(), "hello".into())])),
        ..App::default()
    }
}

fn mark() -> Mark {
    Mark::unfinished("team", "c1", "h1")
}

#[test]
fn the_objects_of_a_web_app() {
    let yaml = |object: &Json| serde_json::to_string_pretty(object).unwrap();
    expect_test::expect_file!["tests/deployment.json"].assert_eq(&yaml(&deployment(&app(), "team", &mark())));
    expect_test::expect_file!["tests/service.json"].assert_eq(&yaml(&service(&app(), "team").unwrap()));
}

#[test]
fn a_worker_has_no_port_probe_or_service() {
    let worker = App { port: Attr::Null, ..app() };
    assert_eq!(service(&worker, ""), None);
    let container = &deployment(&worker, "", &mark())["spec"]["template"]["spec"]["containers"][0];
    let keys: Vec<&String> = container.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["env", "image", "name", "resources", "securityContext"]);
    expect![[r#"[{"name":"GREETING","value":"hello"}]"#]].assert_eq(&container["env"].to_string());
}

#[test]
fn the_users_port_variable_wins() {
    let own = App { env: Attr::Known(Map::from([("PORT".to_owned(), "1".into())])), ..app() };
    let container = &deployment(&own, "", &mark())["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["env"], json!([{ "name": "PORT", "value": "1" }]));
}

#[test]
fn an_empty_variable_is_sent_as_the_server_keeps_it() {
    let empty = App { port: Attr::Null, env: Attr::Known(Map::from([("EMPTY".to_owned(), "".into())])), ..app() };
    let container = &deployment(&empty, "", &mark())["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["env"], json!([{ "name": "EMPTY" }]));
}
