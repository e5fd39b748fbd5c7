use super::*;

fn job() -> Job {
    Job {
        cluster: "edge".into(),
        namespace: "shop".into(),
        name: "migrate".into(),
        image: "shop/web:1".into(),
        command: Attr::Known(vec!["bin/migrate".into()]),
        run_triggers: Attr::Known(triggers()),
        ..Job::default()
    }
}

fn triggers() -> Map<String> {
    Map::from([("image".to_owned(), "shop/web:1".into()), ("odd".to_owned(), Attr::Null)])
}

fn mark() -> Mark {
    Mark::unfinished("", "c1", "h1")
}

#[test]
fn the_objects_of_a_job() {
    let text = |object: &Json| serde_json::to_string_pretty(object).unwrap();
    let cron_job = cron_job(&job(), "", &mark(), &History::default());
    expect_test::expect_file!["tests/cron_job.json"].assert_eq(&text(&cron_job));
    expect_test::expect_file!["tests/run.json"].assert_eq(&text(&run(&job(), "", &triggers(), 1, "u1")));
}

#[test]
fn its_pods_are_no_endpoints_of_an_app_of_that_name() {
    let shared = job().shared();
    assert_ne!(selector(&shared, Component::Job), selector(&shared, Component::App));
}

#[test]
fn a_schedule_is_not_suspended() {
    let daily = Job { schedule: "@daily".into(), time_zone: "Europe/Berlin".into(), ..job() };
    let spec = &cron_job(&daily, "", &mark(), &History::default())["spec"];
    assert_eq!((&spec["schedule"], &spec["suspend"]), (&json!("@daily"), &json!(false)));
    assert_eq!(spec["timeZone"], "Europe/Berlin");
}

#[test]
fn the_same_triggers_give_the_same_name() {
    let name = run_name("migrate", &triggers(), 1);
    assert_eq!(run_name("migrate", &triggers(), 1), name);
    assert_eq!(run_name("migrate", &triggers(), 2), format!("{name}-2"));
    let other = Map::from([("image".to_owned(), "shop/web:2".into())]);
    assert_ne!(run_name("migrate", &other, 1), name);
    assert!(run_name(&"a".repeat(52), &triggers(), 99).len() <= 63, "a Job's name becomes a label");
}

#[test]
fn history_reads_as_it_was_written() {
    let history = History {
        ran: Some(triggers()),
        last: Some(LastRun {
            name: "migrate-1".into(),
            status: "Failed".into(),
            started_at: "2026-11-21T07:00:00Z".into(),
            completed_at: Attr::Null,
            exit_code: 3.into(),
        }),
    };
    let object = cron_job(&job(), "", &mark(), &history);
    let annotations = &object["metadata"]["annotations"];
    assert_eq!(History::read(|key| annotations[key].as_str()), history);
    assert_eq!(History::read(|_| Some("{not json")), History::default());
}
