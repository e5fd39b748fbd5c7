use std::time::Duration;

use expect_test::expect;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use sandbox_images::Refusal;
use serde_json::{Value, json};

use super::behaviour::{Behaviour, named};
use super::pod::{is_scenario, step, stopping};
use super::{SCENARIOS, STAGES, logs, probe};

fn pod(spec: Value, owner: Option<&str>) -> Pod {
    let owners: Vec<Value> =
        owner.iter().map(|kind| json!({"apiVersion": "batch/v1", "kind": kind, "name": "o", "uid": "2"})).collect();
    let mut pod = json!({
        "metadata": {"name": "p", "namespace": "n", "uid": "1", "ownerReferences": owners},
        "spec": spec, "status": {"phase": "Pending"},
    });
    pod["spec"]["nodeName"] = json!("node");
    serde_json::from_value(pod).unwrap()
}

fn app(image: &str) -> Pod {
    pod(json!({"containers": [{"name": "c", "image": image}]}), None)
}

/// An app that is asked at its port, as paas_app asks.
fn asked(image: &str) -> Pod {
    asked_by(image, json!({"tcpSocket": {"port": "http"}, "periodSeconds": 5}))
}

fn asked_by(image: &str, probe: Value) -> Pod {
    let ports = json!([{"name": "http", "containerPort": 8080}]);
    pod(json!({"containers": [{"name": "c", "image": image, "ports": ports, "readinessProbe": probe}]}), None)
}

/// What probes say of a pod that has started, and how often.
fn said(mut pod: Pod) -> Vec<String> {
    play(&mut pod, 1);
    let said = probe::failing(&pod);
    said.into_iter().map(|probe| format!("{:?}, {:?}: {}", probe.first, probe.period, probe.event.message)).collect()
}

fn job(image: &str, restart_policy: &str) -> Pod {
    pod(json!({"restartPolicy": restart_policy, "containers": [{"name": "c", "image": image}]}), Some("Job"))
}

/// One line for each of the first `count` steps: when, phase, each container's state, the conditions that are true, the events' reasons.
fn play(pod: &mut Pod, count: usize) -> String {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut text = String::new();
    for _ in 0..count {
        let Some(step) = step(pod, now) else {
            text.push_str("stays\n");
            break;
        };
        let state = |status: &Value| {
            let name = status["name"].as_str().unwrap();
            let restarts = status["restartCount"].as_i64().unwrap();
            let (state, detail) = status["state"].as_object().unwrap().iter().next().unwrap();
            let code = detail.get("exitCode").map(|code| format!(" {code}")).unwrap_or_default();
            format!("{name}: {state} {}{code} x{restarts}", detail["reason"].as_str().unwrap_or("-"))
        };
        let rows = ["initContainerStatuses", "containerStatuses"]
            .map(|row| step.status[row].as_array().unwrap().iter().map(state).collect::<Vec<_>>());
        let conditions = step.status["conditions"].as_array().unwrap().iter();
        let truths: Vec<&str> = conditions
            .filter(|condition| condition["status"] == "True")
            .map(|condition| condition["type"].as_str().unwrap())
            .collect();
        let events: Vec<&str> = step.events.iter().map(|event| event.reason).collect();
        text.push_str(&format!(
            "{:?} {} [{}] {} {}\n",
            step.after,
            step.status["phase"].as_str().unwrap(),
            rows.concat().join(", "),
            if truths.contains(&"Ready") { "Ready" } else { "-" },
            events.join(" ")
        ));
        let mut status = step.status;
        // As the API server stores it.
        for row in status["containerStatuses"].as_array_mut().unwrap() {
            if row.get("lastState").is_none() {
                row["lastState"] = json!({});
            }
        }
        pod.status = Some(serde_json::from_value(status).unwrap());
    }
    text
}

#[test]
fn images_name_behaviours() {
    for (image, expected) in [
        ("nginx", Behaviour::Works),
        ("sandbox.invalid/web:1", Behaviour::Works),
        ("sandbox.invalid/crash:3", Behaviour::Ends { exit_code: 3, reason: "Error" }),
        ("sandbox.invalid/fail", Behaviour::Ends { exit_code: 1, reason: "Error" }),
        ("sandbox.invalid/fail:300", Behaviour::Ends { exit_code: 255, reason: "Error" }),
        ("sandbox.invalid/oom:1", Behaviour::Ends { exit_code: 137, reason: "OOMKilled" }),
        ("sandbox.invalid/missing:1", Behaviour::Refused(Refusal::Unknown)),
        ("shop.example/migrate/missing", Behaviour::Refused(Refusal::Unknown)),
        ("sandbox.invalid/private:2", Behaviour::Refused(Refusal::Unauthorized)),
        ("limited/app", Behaviour::Refused(Refusal::Limited)),
        ("sandbox.invalid/slow:30", Behaviour::Slow(Duration::from_secs(30))),
        ("sandbox.invalid/never-ready:1", Behaviour::NeverReady),
        ("sandbox.invalid/hang:1", Behaviour::Hangs),
        ("sandbox.invalid/crashes:1", Behaviour::Works),
        ("example.org/sandbox.invalid/crash:3", Behaviour::Works),
    ] {
        assert_eq!(named(image), expected, "{image}");
    }
}

/// The rule stands in two languages: here and in kwok's stages.
#[test]
fn the_stages_leave_out_every_scenario() {
    assert_eq!(STAGES.matches("\"SCENARIOS\"").count(), 2);
    let left_out = regex::Regex::new(SCENARIOS).unwrap();
    let digest = format!("sandbox.invalid/slow@sha256:{}", "0".repeat(64));
    let names = ["crash", "fail:3", "oom:1", "slow:30", "never-ready", "hang:1", "web", "crashes:1", "crash/web"];
    let scenarios = names.map(|name| format!("sandbox.invalid/{name}"));
    let others = [
        "nginx",
        "missing",
        "shop.example/missing:1",
        "shop.example/missing/app:1",
        "missing.example/app",
        "private/app:1",
        "shop.example/private/app",
        "shop.example:5000/private",
        "shop.example/team/private/app",
        "private:5000/app",
        "private.example/app",
        "limited/app@sha256:00",
        "shop.example/limited",
        "example.org/sandbox.invalid/crash:3",
    ];
    for image in scenarios.iter().map(String::as_str).chain(others).chain([digest.as_str()]) {
        // What no registry can be asked for is nobody's.
        if image.parse::<sandbox_images::Name>().is_ok() {
            assert_eq!(left_out.is_match(image), is_scenario(&app(image)), "{image}");
        }
    }
}

#[test]
fn a_crash_loop() {
    expect![[r#"
        100ms Running [c: terminated Error 3 x0] - Pulling Pulled Created Started
        200ms Running [c: terminated Error 3 x1] - Pulled Created Started
        200ms Running [c: waiting CrashLoopBackOff x1] - BackOff
        1s Running [c: terminated Error 3 x2] - Pulled Created Started
        200ms Running [c: waiting CrashLoopBackOff x2] - BackOff
        2s Running [c: terminated Error 3 x3] - Pulled Created Started
    "#]]
    .assert_eq(&play(&mut app("sandbox.invalid/crash:3"), 6));
}

#[test]
fn an_image_that_does_not_exist() {
    let mut pod = app("sandbox.invalid/missing:1");
    expect![[r#"
        100ms Pending [c: waiting ErrImagePull x0] - Pulling Failed Failed
        300ms Pending [c: waiting ImagePullBackOff x0] - BackOff Failed
        stays
    "#]]
    .assert_eq(&play(&mut pod, 5));
    let status = &pod.status.unwrap().container_statuses.unwrap()[0];
    let message = status.state.as_ref().unwrap().waiting.as_ref().unwrap().message.clone().unwrap();
    expect![[r#"Back-off pulling image "sandbox.invalid/missing:1": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "sandbox.invalid/missing:1": failed to resolve image: sandbox.invalid/missing:1: not found"#]]
    .assert_eq(&message);
}

#[test]
fn a_slow_start_and_one_that_never_ends() {
    expect![[r#"
        0ns Running [c: running - x0] - Pulling Pulled Created Started
        7s Running [c: running - x0] Ready 
        stays
    "#]]
    .assert_eq(&play(&mut asked("sandbox.invalid/slow:7"), 5));
    for image in ["sandbox.invalid/never-ready", "sandbox.invalid/hang"] {
        expect![[r#"
            0ns Running [c: running - x0] - Pulling Pulled Created Started
            stays
        "#]]
        .assert_eq(&play(&mut asked(image), 5));
    }
    let unasked = play(&mut app("sandbox.invalid/never-ready"), 1);
    assert!(unasked.contains("x0] Ready "), "a kubelet takes for ready what no probe asks: {unasked}");
}

#[test]
fn probes_of_what_does_not_listen_fail() {
    let pod = asked("sandbox.invalid/never-ready");
    let address = super::pod::address(&pod);
    let dial = format!("dial tcp {address}:8080: connect: connection refused");
    assert_eq!(said(pod), [format!("0ns, 5s: Readiness probe failed: {dial}")]);
    assert_eq!(said(asked("sandbox.invalid/slow:7")).len(), 1);
    assert!(said(asked("sandbox.invalid/web")).is_empty());
    let http = json!({"httpGet": {"path": "/healthz", "port": 8080}, "initialDelaySeconds": 3});
    let get = format!("Get \"http://{address}:8080/healthz\": {dial}");
    assert_eq!(said(asked_by("sandbox.invalid/hang", http)), [format!("3s, 10s: Readiness probe failed: {get}")]);
    let command = json!({"exec": {"command": ["cat", "/tmp/ready"]}});
    assert!(said(asked_by("sandbox.invalid/hang", command)).is_empty());
}

#[test]
fn what_is_deleted_is_stopped() {
    let mut pod = asked("sandbox.invalid/hang");
    assert_eq!(stopping(&pod), []);
    play(&mut pod, 1);
    assert_eq!(stopping(&pod)[0].message, "Stopping container c");
}

#[test]
fn out_of_memory_is_exit_code_137() {
    expect![[r#"
        100ms Running [c: terminated OOMKilled 137 x0] - Pulling Pulled Created Started Unhealthy
    "#]]
    .assert_eq(&play(&mut asked("sandbox.invalid/oom"), 1));
}

#[test]
fn jobs_fail_hang_and_take_their_time() {
    expect![[r#"
        100ms Failed [c: terminated Error 7 x0] - Pulling Pulled Created Started
        stays
    "#]]
    .assert_eq(&play(&mut job("sandbox.invalid/fail:7", "Never"), 5));
    expect![[r#"
        0ns Running [c: running - x0] Ready Pulling Pulled Created Started
        stays
    "#]]
    .assert_eq(&play(&mut job("sandbox.invalid/hang", "Never"), 5));
    expect![[r#"
        0ns Running [c: running - x0] Ready Pulling Pulled Created Started
        2s Succeeded [c: terminated Completed 0 x0] - 
        stays
    "#]]
    .assert_eq(&play(&mut job("sandbox.invalid/slow:2", "OnFailure"), 5));
    expect![[r#"
        100ms Running [c: terminated Error 7 x0] - Pulling Pulled Created Started
        200ms Running [c: terminated Error 7 x1] - Pulled Created Started
    "#]]
    .assert_eq(&play(&mut job("sandbox.invalid/fail:7", "OnFailure"), 2));
}

#[test]
fn a_failing_init_container_holds_the_pod() {
    let spec = json!({"initContainers": [{"name": "migrate", "image": "sandbox.invalid/fail:4"}], "containers": [{"name": "c", "image": "nginx"}]});
    expect![[r#"
        100ms Pending [migrate: terminated Error 4 x0, c: waiting PodInitializing x0] - Pulling Pulled Created Started
        200ms Pending [migrate: terminated Error 4 x1, c: waiting PodInitializing x0] - Pulled Created Started
        200ms Pending [migrate: waiting CrashLoopBackOff x1, c: waiting PodInitializing x0] - BackOff
    "#]]
    .assert_eq(&play(&mut pod(spec, None), 3));
}

#[test]
fn a_slow_init_container_and_a_sidecar_come_first() {
    let spec = json!({
        "initContainers": [{"name": "proxy", "image": "proxy", "restartPolicy": "Always"}, {"name": "migrate", "image": "sandbox.invalid/slow:2"}],
        "containers": [{"name": "c", "image": "nginx"}],
    });
    expect![[r#"
        0ns Pending [proxy: running - x0, migrate: waiting PodInitializing x0, c: waiting PodInitializing x0] - Pulling Pulled Created Started
        0ns Pending [proxy: running - x0, migrate: running - x0, c: waiting PodInitializing x0] - Pulling Pulled Created Started
        2s Pending [proxy: running - x0, migrate: terminated Completed 0 x0, c: waiting PodInitializing x0] - 
        0ns Running [proxy: running - x0, migrate: terminated Completed 0 x0, c: running - x0] Ready Pulling Pulled Created Started
        stays
    "#]]
    .assert_eq(&play(&mut pod(spec, None), 6));
}

#[test]
fn a_pod_that_is_deleted_or_unscheduled_stays_as_it_is() {
    let now = Timestamp::now();
    let mut unscheduled = app("sandbox.invalid/crash");
    unscheduled.spec.as_mut().unwrap().node_name = None;
    assert!(step(&unscheduled, now).is_none());
    let mut deleted = app("sandbox.invalid/crash");
    deleted.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now));
    assert!(step(&deleted, now).is_none());
}

#[test]
fn logs_are_those_of_the_asked_run() {
    let mut pod = app("sandbox.invalid/crash:3");
    play(&mut pod, 1);
    assert_eq!(
        logs::lines(&pod, "c", true),
        Err("previous terminated container \"c\" in pod \"p\" not found".to_owned())
    );
    assert_eq!(logs::lines(&pod, "c", false).unwrap()[1].text, "Error: connect ETIMEDOUT 10.0.3.4:5432");
    play(&mut pod, 2);
    assert_eq!(logs::lines(&pod, "c", true).unwrap().len(), 4);
    let mut missing = app("sandbox.invalid/missing:1");
    play(&mut missing, 2);
    let refusal = "container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image";
    assert_eq!(logs::lines(&missing, "c", false), Err(refusal.to_owned()));
}
