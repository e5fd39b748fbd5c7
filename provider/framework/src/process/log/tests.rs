use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use expect_test::expect;
use serde_json::Value;
use time::macros::datetime;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

use super::layer::Layer;
use super::level;
use super::line::{LONGEST, Line};

/// The lines that `work` logs at `level`, parsed, without their times.
fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    let layer = Layer::new(level, move |line: &str| kept.lock().expect("no panic").push(line.to_owned()));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    let lines = lines.lock().expect("no panic");
    lines
        .iter()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            let timestamp = line.as_object_mut().expect("an object").remove("@timestamp").expect("a time");
            assert_six_digits(timestamp.as_str().expect("a string"));
            line
        })
        .collect()
}

fn assert_six_digits(timestamp: &str) {
    let fraction = timestamp.strip_suffix('Z').and_then(|rest| rest.split_once('.')).expect("a fraction, UTC").1;
    assert!(fraction.len() == 6 && fraction.bytes().all(|b| b.is_ascii_digit()), "{timestamp}");
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_line_has_the_form_that_core_parses() {
    let line = Line::new("info", "provider.x", "hello").render(datetime!(2026-01-02 03:04:05 UTC));
    expect![[r#"
        {"@level":"info","@message":"hello","@module":"provider.x","@timestamp":"2026-01-02T03:04:05.000000Z"}
    "#]]
    .assert_eq(&line);
    let line = Line::new("info", "provider.x", "hello").render(datetime!(2026-01-02 03:04:05.123456789 UTC));
    assert!(line.contains("05.123456Z"), "{line}");
}

#[test]
fn an_event_carries_its_fields_and_those_of_the_spans_around_it() {
    let lines = logged(LevelFilter::DEBUG, || {
        let call = tracing::info_span!(
            "call",
            tf_req_id = "r-1",
            tf_rpc = "ApplyResourceChange",
            tf_resource_type = tracing::field::Empty
        );
        call.record("tf_resource_type", "x_thing");
        let _inside = call.enter();
        tracing::debug!(attempt = 2, done = false, wait = 0.5, "created {}", "it");
    });
    expect![[r#"
        {"@level":"debug","@message":"created it","@module":"tfplugin_framework.process.log.tests","attempt":2,"done":false,"tf_req_id":"r-1","tf_resource_type":"x_thing","tf_rpc":"ApplyResourceChange","wait":0.5}
    "#]]
    .assert_eq(&text(&lines));
}

#[test]
fn the_message_is_a_string_whatever_is_logged() {
    let lines = logged(LevelFilter::INFO, || {
        tracing::info!(message = 7);
        tracing::info!(message = true);
        tracing::info!(only_a_field = 1);
        tracing::info!(message = ?Some(1));
    });
    let messages: Vec<_> = lines.iter().map(|line| line["@message"].as_str().expect("a string")).collect();
    assert_eq!(messages, ["7", "true", "", "Some(1)"]);
}

#[test]
fn a_field_cannot_take_the_place_of_the_form() {
    let lines = logged(LevelFilter::INFO, || tracing::info!("@level" = 1, "@message" = 2, "hello"));
    assert_eq!(lines[0]["@level"], "info");
    assert_eq!(lines[0]["@message"], "hello");
}

#[test]
fn other_crates_are_held_to_info() {
    let lines = logged(LevelFilter::TRACE, || {
        let _foreign = tracing::info_span!(target: "kube_client::client", "http", authorization = "Bearer x").entered();
        tracing::debug!(target: "rustls::conn", "keys");
        tracing::trace!(target: "hyper::proto", "bytes");
        tracing::info!(target: "kube_client::client", "connected");
        tracing::trace!(target: "terraform_provider_paas::cloud", "ours");
    });
    expect![[r#"
        {"@level":"info","@message":"connected","@module":"kube_client.client"}
        {"@level":"trace","@message":"ours","@module":"terraform_provider_paas.cloud"}
    "#]]
    .assert_eq(&text(&lines));
}

#[test]
fn below_the_level_nothing_is_even_formatted() {
    struct Unspeakable;
    impl std::fmt::Debug for Unspeakable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("formatted");
        }
    }
    assert!(logged(LevelFilter::INFO, || tracing::debug!(value = ?Unspeakable)).is_empty());
}

#[test]
fn a_line_is_never_longer_than_core_reads() {
    for size in [10, LONGEST, 1 << 20] {
        for filler in ["x", "\u{1}", "ä"] {
            let long = filler.repeat(size);
            let fields = (0..8).map(|n| (format!("field_{n}"), Value::from(long.clone()))).collect();
            let line =
                Line::new("warn", "provider.x", &long).with_fields(fields).render(datetime!(2026-01-01 0:00 UTC));
            assert!(line.len() <= LONGEST && line.ends_with('\n') && line.matches('\n').count() == 1, "{}", line.len());
            serde_json::from_str::<Value>(&line).expect("JSON");
        }
    }
}

#[test]
fn the_nearest_variable_decides_and_the_default_is_off() {
    let level = |variables: &[(&str, &str)]| {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        level("my-cloud", &|name| variables.get(name).map(ToString::to_string))
    };
    assert_eq!(level(&[]), LevelFilter::OFF);
    assert_eq!(level(&[("TF_LOG", "")]), LevelFilter::OFF);
    assert_eq!(level(&[("TF_LOG", "info")]), LevelFilter::INFO);
    assert_eq!(level(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
    assert_eq!(level(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")]), LevelFilter::WARN);
    assert_eq!(level(&[("TF_LOG_PROVIDER", "WARN"), ("TF_LOG_PROVIDER_MY_CLOUD", "DEBUG")]), LevelFilter::DEBUG);
    assert_eq!(level(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_MY_CLOUD", "off")]), LevelFilter::OFF);
}
