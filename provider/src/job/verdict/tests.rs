use expect_test::expect_file;
use serde_json::{Value as Json, json};
use tfplugin_framework::prelude::*;

use super::*;
use crate::workload::attributes::Shared;
use crate::workload::failure::{Subject, output_lines};

const LATER: Duration = Duration::from_secs(30);

fn observed(conditions: Json, container: Json) -> Observed {
    let pod = json!({
        "metadata": { "name": "migrate-0a1b2c3-x2x", "uid": "pod" },
        "spec": { "containers": [{ "name": "migrate" }] },
        "status": { "phase": "Pending", "containerStatuses": [{
            "name": "migrate", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": container,
        }] },
    });
    Observed {
        job: serde_json::from_value(json!({
            "metadata": { "name": "migrate-0a1b2c3", "uid": "job" },
            "status": { "active": 1, "startTime": "2026-11-21T10:41:00Z", "conditions": conditions, "failed": 1 },
        }))
        .unwrap(),
        pods: vec![serde_json::from_value(pod).unwrap()],
        events: Vec::new(),
    }
}

fn ended(code: i32) -> Json {
    json!({ "terminated": { "exitCode": code, "reason": "Error", "finishedAt": "2026-11-21T10:41:07Z" } })
}

fn failed(reason: &str) -> Json {
    json!([{ "type": "FailureTarget", "status": "True", "reason": reason, "lastTransitionTime": "2026-11-21T10:41:08Z" }])
}

fn told(observed: &Observed, over: bool) -> String {
    let Verdict::Failed { failure, .. } = judge(observed, LATER, over) else { panic!("it did not fail") };
    let shared =
        Shared { namespace: "shop".into(), name: "migrate".into(), image: "shop/web:2".into(), ..Shared::default() };
    let subject = Subject { shared: &shared, what: "the run migrate-0a1b2c3", kind: "job" };
    let lines = output_lines("migrate-0a1b2c3-x2x", "2026-11-21T10:41:07Z relation \"users\" does not exist\n");
    format!("{}: {}\n\n{}\n", shared.title("job"), failure.headline(subject), failure.detail(subject, &lines))
}

#[test]
fn a_run_that_goes_on_or_succeeded() {
    assert!(matches!(judge(&observed(json!([]), json!({ "running": {} })), LATER, false), Verdict::Running(_)));
    let done = observed(json!([{ "type": "SuccessCriteriaMet", "status": "True" }]), ended(0));
    assert_eq!(judge(&done, LATER, true), Verdict::Succeeded);
    let run = last_run(&done);
    assert_eq!((run.status, run.exit_code), ("Succeeded".into(), Attr::Known(0)));
}

#[test]
fn a_failed_run_says_its_exit_code_and_output() {
    let run = observed(failed("BackoffLimitExceeded"), ended(3));
    expect_file!["tests/exit_code.txt"].assert_eq(&told(&run, false));
    let last = last_run(&run);
    assert_eq!((last.status, last.exit_code), ("Failed".into(), Attr::Known(3)));
    assert_eq!(last.completed_at, "2026-11-21T10:41:08Z".into());
}

#[test]
fn a_run_that_takes_too_long() {
    let run = observed(failed("DeadlineExceeded"), json!({ "running": {} }));
    expect_file!["tests/deadline.txt"].assert_eq(&told(&run, false));
    let run = observed(json!([]), json!({ "running": {} }));
    assert!(
        told(&run, true).starts_with("job shop/migrate: the run migrate-0a1b2c3 took longer than timeouts allows\n")
    );
}

#[test]
fn a_run_that_cannot_begin_fails_at_once() {
    let state = json!({ "waiting": { "reason": "ImagePullBackOff", "message": "shop/web:2: not found" } });
    let run = observed(json!([]), state);
    assert!(matches!(judge(&run, LATER, false), Verdict::Failed { ended: false, .. }));
    expect_file!["tests/image_not_found.txt"].assert_eq(&told(&run, false));
}
