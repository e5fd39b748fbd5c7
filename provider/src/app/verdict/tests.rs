//! Golden texts: one file per cause in `tests/`, to be read as prose. The statuses and events are those of a real kubelet.

use expect_test::expect_file;
use serde_json::{Value as Json, json};

use super::*;
use crate::workload::attributes::Shared;
use crate::workload::failure::{Subject, output_lines};

const LATER: Duration = Duration::from_secs(30);

/// The second revision of an app of three replicas; the first still runs them all.
fn rollout(pod: Json, events: &[(&str, &str, &str)]) -> Rollout {
    let set = |name: &str, revision: &str, size: i32| {
        serde_json::from_value(json!({
            "metadata": {
                "name": name, "uid": name,
                "annotations": { REVISION: revision },
                "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web" }],
            },
            "spec": { "replicas": size, "selector": {} },
            "status": { "replicas": size, "readyReplicas": if revision == "1" { size } else { 0 } },
        }))
        .unwrap()
    };
    let mut new = json!({
        "metadata": {
            "name": "web-6c9f-x2x", "uid": "pod",
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-2", "uid": "web-2" }],
        },
        "spec": { "containers": [{ "name": "web" }] },
        "status": { "phase": "Pending" },
    });
    for (key, value) in pod.as_object().unwrap() {
        new["status"][key] = value.clone();
    }
    let event = |(about, reason, message): &(&str, &str, &str)| {
        serde_json::from_value(json!({
            "metadata": {}, "involvedObject": { "uid": about }, "type": "Warning", "reason": reason, "message": message,
            "count": 2, "lastTimestamp": "2026-11-21T10:41:07Z",
        }))
        .unwrap()
    };
    Rollout {
        deployment: serde_json::from_value(json!({
            "metadata": { "name": "web", "uid": "web", "annotations": { REVISION: "2" } },
            "spec": { "replicas": 3, "selector": {}, "template": {} },
            "status": { "observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3 },
        }))
        .unwrap(),
        replica_sets: vec![set("web-1", "1", 3), set("web-2", "2", 1)],
        pods: vec![serde_json::from_value(new).unwrap()],
        events: events.iter().map(event).collect(),
        generation: 2,
        serves: true,
    }
}

fn container(state: Json, last: Json, restarts: i32) -> Json {
    json!({ "phase": "Running", "containerStatuses": [{
        "name": "web", "image": "", "imageID": "", "ready": false, "restartCount": restarts, "state": state, "lastState": last,
    }] })
}

fn waiting(reason: &str, message: &str) -> Json {
    container(json!({ "waiting": { "reason": reason, "message": message } }), json!({}), 0)
}

fn ended(code: i32, reason: &str) -> Json {
    json!({ "terminated": {
        "exitCode": code, "reason": reason, "startedAt": "2026-11-21T10:41:05Z", "finishedAt": "2026-11-21T10:41:07Z",
    } })
}

fn app() -> Shared {
    Shared {
        namespace: "shop".into(),
        name: "web".into(),
        image: "registry.example/shop/web:2".into(),
        ..Shared::default()
    }
}

fn failure(rollout: &Rollout, elapsed: Duration, over: bool) -> Failure {
    match judge(rollout, elapsed, over) {
        Verdict::Failed(failure) => *failure,
        other => panic!("{other:?}"),
    }
}

fn told(rollout: &Rollout, over: bool, output: &str) -> String {
    let failure = failure(rollout, LATER, over);
    let shared = app();
    let subject = Subject { shared: &shared, what: rollout.what(), kind: "app" };
    let pod = failure.output.as_ref().map_or("", |output| &output.pod);
    let detail = failure.detail(subject, &output_lines(pod, output));
    format!("{}: {}\n\n{}\n", shared.title("app"), failure.headline(subject), detail)
}

fn back_off() -> (&'static str, &'static str, &'static str) {
    (
        "pod",
        "BackOff",
        "Back-off restarting failed container web in pod web-6c9f-x2x_shop(78409bd5-ef69-483c-9e57-3d071ff5e74e)",
    )
}

#[test]
fn nothing_wrong_is_healthy() {
    let mut done = rollout(json!({}), &[]);
    let status = done.deployment.status.as_mut().unwrap();
    (status.replicas, status.updated_replicas, status.available_replicas) = (Some(3), Some(3), Some(3));
    assert_eq!(judge(&done, LATER, false), Verdict::Healthy);
    done.generation = 3;
    let stale = Verdict::Progressing("the Deployment controller has not seen it yet".into());
    assert_eq!(judge(&done, LATER, false), stale, "the status of the generation before");
}

#[test]
fn none_wanted_is_healthy_when_none_is_left() {
    let mut stopped = rollout(json!({}), &[]);
    stopped.deployment.spec.as_mut().unwrap().replicas = Some(0);
    assert!(matches!(judge(&stopped, LATER, false), Verdict::Progressing(_)));
    stopped.deployment.status =
        Some(k8s_openapi::api::apps::v1::DeploymentStatus { observed_generation: Some(2), ..Default::default() });
    assert_eq!(judge(&stopped, LATER, false), Verdict::Healthy);
}

#[test]
fn crash() {
    let crash = container(ended(1, "Error"), ended(1, "Error"), 2);
    let text = told(
        &rollout(crash, &[back_off()]),
        false,
        "2026-11-21T10:41:07.123456789Z Error: connect ETIMEDOUT 10.0.3.4:5432\n2026-11-21T10:41:07.223456789Z     at /app/db.js:14\n",
    );
    expect_file!["tests/crash.txt"].assert_eq(&text);
}

#[test]
fn a_first_crash_may_be_a_race() {
    let once = container(json!({ "running": {} }), ended(1, "Error"), 1);
    assert!(matches!(judge(&rollout(once, &[]), LATER, false), Verdict::Progressing(_)));
}

#[test]
fn a_crash_between_restarts_counts_although_it_is_running() {
    let running = container(json!({ "running": {} }), ended(1, "Error"), 3);
    let failure = failure(&rollout(running, &[]), LATER, false);
    assert_eq!(failure.cause, Cause::Crash(1));
    assert!(failure.output.unwrap().previous);
}

#[test]
fn ends() {
    let text = told(&rollout(container(ended(0, "Completed"), ended(0, "Completed"), 3), &[back_off()]), false, "");
    expect_file!["tests/ends.txt"].assert_eq(&text);
}

#[test]
fn out_of_memory() {
    let text = told(&rollout(container(ended(137, "OOMKilled"), ended(137, "OOMKilled"), 2), &[]), false, "");
    expect_file!["tests/out_of_memory.txt"].assert_eq(&text);
}

const NOT_FOUND: &str = "rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example/shop/web:2\": failed to resolve image: registry.example/shop/web:2: not found";

#[test]
fn image_not_found() {
    let pod = waiting(
        "ImagePullBackOff",
        &format!("Back-off pulling image \"registry.example/shop/web:2\": ErrImagePull: {NOT_FOUND}"),
    );
    let event = format!("Failed to pull image \"registry.example/shop/web:2\": {NOT_FOUND}");
    expect_file!["tests/image_not_found.txt"].assert_eq(&told(&rollout(pod, &[("pod", "Failed", &event)]), false, ""));
}

#[test]
fn image_denied() {
    let said = "failed to resolve image: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials";
    let text = told(&rollout(waiting("ErrImagePull", said), &[("pod", "Failed", said)]), false, "");
    expect_file!["tests/image_denied.txt"].assert_eq(&text);
}

#[test]
fn an_image_that_may_come_is_waited_for() {
    let busy = rollout(waiting("ImagePullBackOff", "429 Too Many Requests"), &[]);
    assert!(matches!(judge(&busy, LATER, false), Verdict::Progressing(_)));
    expect_file!["tests/image_pull.txt"].assert_eq(&told(&busy, true, ""));
}

#[test]
fn image_name() {
    let said = "Failed to apply default image tag \"Web:1\": couldn't parse image name \"Web:1\": invalid reference format: repository name (Web) must be lowercase";
    let text = told(&rollout(waiting("InvalidImageName", said), &[("pod", "InspectFailed", said)]), false, "");
    expect_file!["tests/image_name.txt"].assert_eq(&text);
}

#[test]
fn start() {
    let said = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"bin/wbe\": stat bin/wbe: no such file or directory";
    let pod = container(
        json!({ "waiting": { "reason": "RunContainerError", "message": said } }),
        json!({ "terminated": { "exitCode": 128, "reason": "StartError", "message": said } }),
        2,
    );
    expect_file!["tests/start.txt"].assert_eq(&told(
        &rollout(pod, &[("pod", "Failed", &format!("Error: {said}")), back_off()]),
        false,
        "",
    ));
}

#[test]
fn config() {
    let said = "container has runAsNonRoot and image will run as root (pod: \"web-6c9f-x2x_shop(8d5cb718-279b-4dcc-a884-e30bb9b2ed10)\", container: web)";
    expect_file!["tests/config.txt"].assert_eq(&told(
        &rollout(waiting("CreateContainerConfigError", said), &[]),
        false,
        "",
    ));
}

const NO_ROOM: &str = "0/2 nodes are available: 2 Insufficient memory. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";

#[test]
fn unschedulable() {
    let pod = json!({ "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_ROOM }] });
    let waits = rollout(pod, &[("pod", "FailedScheduling", NO_ROOM)]);
    assert!(matches!(judge(&waits, LATER, false), Verdict::Progressing(_)), "a node may be on its way");
    assert!(matches!(judge(&waits, Duration::from_secs(121), false), Verdict::Failed(_)));
    let mut comes = waits.clone();
    comes.events[0].reason = Some("TriggeredScaleUp".into());
    assert!(matches!(judge(&comes, Duration::from_secs(121), false), Verdict::Progressing(_)));
    expect_file!["tests/unschedulable.txt"].assert_eq(&told(&waits, true, ""));
}

#[test]
fn not_ready() {
    let mut pod = container(json!({ "running": {} }), json!({}), 0);
    pod["conditions"] = json!([{ "type": "Ready", "status": "False", "reason": "ContainersNotReady" }]);
    let said = "Readiness probe failed: dial tcp 10.244.1.22:8080: connect: connection refused";
    let waits = rollout(pod, &[("pod", "Unhealthy", said)]);
    assert!(matches!(judge(&waits, LATER, false), Verdict::Progressing(_)));
    expect_file!["tests/not_ready.txt"].assert_eq(&told(
        &waits,
        true,
        "2026-11-21T10:41:07Z listening on 127.0.0.1:3000\n",
    ));
}

fn refused(said: &str) -> Rollout {
    let mut rollout = rollout(json!({}), &[("web-2", "FailedCreate", said)]);
    rollout.pods.clear();
    rollout
}

#[test]
fn quota() {
    let said = "Error creating: pods \"web-2-abcde\" is forbidden: exceeded quota: team, requested: requests.memory=512Mi, used: requests.memory=2Gi, limited: requests.memory=2Gi";
    expect_file!["tests/quota.txt"].assert_eq(&told(&refused(said), false, ""));
}

#[test]
fn pod_security() {
    let said = "Error creating: pods \"web-2-abcde\" is forbidden: violates PodSecurity \"restricted:latest\": unrestricted capabilities (container \"web\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"web\" must set securityContext.runAsNonRoot=true)";
    expect_file!["tests/pod_security.txt"].assert_eq(&told(&refused(said), false, ""));
}

#[test]
fn no_progress() {
    let slow = rollout(json!({ "phase": "Pending" }), &[]);
    expect_file!["tests/no_progress.txt"].assert_eq(&told(&slow, true, ""));
    let mut late = slow.clone();
    late.deployment.status.as_mut().unwrap().conditions = Some(vec![DeploymentCondition {
        type_: "Progressing".into(),
        status: "False".into(),
        reason: Some("ProgressDeadlineExceeded".into()),
        ..Default::default()
    }]);
    assert!(matches!(judge(&late, LATER, false), Verdict::Failed(_)));
}

#[test]
fn a_first_version_leaves_nothing_that_serves() {
    let mut first = rollout(container(ended(1, "Error"), ended(1, "Error"), 3), &[]);
    first.replica_sets.remove(0);
    first.deployment.metadata.annotations.as_mut().unwrap().insert(REVISION.into(), "1".into());
    first.replica_sets[0].metadata.annotations.as_mut().unwrap().insert(REVISION.into(), "1".into());
    assert!(
        told(&first, false, "")
            .starts_with("app shop/web: the first version keeps crashing (exit code 1); nothing serves\n")
    );
}
