use super::*;
use crate::job::model::LastRun;
use crate::job::render::run_name;

fn triggers(image: &str) -> Map<String> {
    Map::from([("image".to_owned(), image.into())])
}

fn stored() -> Job {
    Job {
        cluster: "edge".into(),
        namespace: "shop".into(),
        name: "migrate".into(),
        image: "shop/web:1".into(),
        run_triggers: Attr::Known(triggers("1")),
        id: "edge/shop/migrate".into(),
        ready: true.into(),
        cron_job_name: "migrate".into(),
        last_triggered_run: Attr::Known(LastRun { status: "Succeeded".into(), ..LastRun::default() }),
        ..Job::default()
    }
}

fn updated(prior: Job, planned: Job) -> Job {
    let change = Change::Update { prior, planned: planned.clone(), config: planned.clone() };
    let mut refined = Planned { state: planned, private: Vec::new(), replaces: Vec::new() };
    refine(&Naming::default(), &change, b"", &mut refined);
    refined.state
}

#[test]
fn nothing_to_do_is_an_empty_plan() {
    assert_eq!(updated(stored(), stored()), stored());
}

#[test]
fn changed_triggers_run_it_and_a_changed_image_alone_does_not() {
    let image = Job { image: "shop/web:2".into(), ..stored() };
    assert_eq!(updated(stored(), image.clone()), image);
    let triggered = Job { run_triggers: Attr::Known(triggers("2")), ..stored() };
    assert_eq!(updated(stored(), triggered).last_triggered_run, Attr::Unknown);
    let history = History { ran: Some(triggers("1")), last: None };
    assert_eq!(wanted_run(&stored(), true, &history), None);
    assert_eq!(wanted_run(&stored(), false, &History::default()), None);
    assert_eq!(wanted_run(&stored(), true, &History::default()), Some(triggers("1")));
    assert_eq!(wanted_run(&Job { run_triggers: Attr::Null, ..stored() }, true, &history), None);
}

fn attempt(number: u32, ended: Option<bool>) -> Attempt {
    Attempt { name: run_name("migrate", &triggers("1"), number), ended, stays: true }
}

#[test]
fn a_run_is_followed_and_only_a_failed_one_is_repeated() {
    let choose = |attempts: &[Attempt]| choose("migrate", &triggers("1"), attempts);
    let first = run_name("migrate", &triggers("1"), 1);
    assert_eq!(choose(&[]), Run::Start(1));
    assert_eq!(choose(&[attempt(1, None)]), Run::Follow(first.clone()));
    assert_eq!(choose(&[attempt(1, Some(true))]), Run::Follow(first));
    assert_eq!(choose(&[attempt(1, Some(false))]), Run::Start(2));
    let second = run_name("migrate", &triggers("1"), 2);
    assert_eq!(choose(&[attempt(1, Some(false)), attempt(2, None)]), Run::Follow(second));
    let going = Attempt { stays: false, ..attempt(3, None) };
    assert_eq!(choose(&[going]), Run::Start(4));
}

#[test]
fn rules_between_attributes() {
    let long = Job { name: "a".repeat(53).into(), ..stored() };
    assert!(validate(&long).to_string().contains("a job's may have at most 52 characters"));
    let zone = Job { time_zone: "Europe/Berlin".into(), ..stored() };
    assert!(validate(&zone).to_string().starts_with("error at time_zone: time_zone is set without a schedule"));
    assert!(validate(&stored()).is_empty());
}
