use tfplugin_framework::prelude::*;

use super::*;
use crate::job::model::LastRun;

fn job() -> Job {
    Job {
        cluster: "edge".into(),
        namespace: "shop".into(),
        name: "migrate".into(),
        image: "shop/web:1".into(),
        run_triggers: Attr::Known(Map::from([("image".to_owned(), "1".into())])),
        wait_for_completion: true.into(),
        timeout_seconds: 3600.into(),
        max_retries: 0.into(),
        cron_job_name: "migrate".into(),
        last_triggered_run: Attr::Known(LastRun { name: "migrate-1".into(), ..LastRun::default() }),
        ..Job::default()
    }
}

fn live(job: &Job) -> Json {
    let history = History { ran: job.run_triggers.known().cloned(), last: job.last_triggered_run.known().cloned() };
    let mut live = render::cron_job(job, "", &Mark::unfinished("", "c", "h").finished(), &history);
    live["spec"]["jobTemplate"]["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst".into();
    live
}

#[test]
fn nothing_changed_reads_as_what_was_written() {
    let scheduled = Job { schedule: "@daily".into(), time_zone: "Europe/Berlin".into(), ..job() };
    for job in [job(), scheduled] {
        assert_eq!(read_back(&job, &live(&job), false), job);
        assert_eq!(drift(&job, &live(&job)), Vec::<String>::new());
    }
}

#[test]
fn an_import_reads_the_same() {
    let bare = Job { cluster: "edge".into(), namespace: "shop".into(), name: "migrate".into(), ..Job::default() };
    assert_eq!(read_back(&bare, &live(&job()), true), job());
}

#[test]
fn a_schedule_that_was_changed_or_suspended_is_seen() {
    let daily = Job { schedule: "@daily".into(), ..job() };
    let mut changed = live(&daily);
    changed["spec"]["schedule"] = "@hourly".into();
    assert_eq!(read_back(&daily, &changed, false).schedule, "@hourly".into());
    let mut suspended = live(&daily);
    suspended["spec"]["suspend"] = true.into();
    let read = read_back(&daily, &suspended, false);
    assert_eq!(read, daily);
    assert_eq!(drift(&read, &suspended), ["CronJob shop/migrate: .spec.suspend is true instead of false"]);
}
