//! How the process ends, and what does not end it.

use libtest_mimic::Trial;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::core::{COOKIE, Identity, Link, Running, is_gone, request, role};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("shutdown_ends_it_and_leaves_nothing", shutdown_ends_it_and_leaves_nothing),
        trial("shutdown_stops_what_still_runs", shutdown_stops_what_still_runs),
        trial("interrupt_is_the_business_of_the_core", interrupt_is_the_business_of_the_core),
        trial("terminate_stops_calls_but_not_the_process", terminate_stops_calls_but_not_the_process),
        trial("a_broken_connection_does_not_end_a_call", a_broken_connection_does_not_end_a_call),
        trial("the_death_of_the_core_ends_it", the_death_of_the_core_ends_it),
    ]
}

async fn shutdown_ends_it_and_leaves_nothing() {
    let provider = Running::start().await;
    let socket = provider.link.socket.clone();
    provider.shutdown().await.expect("an answer");
    let (status, _, stderr) = provider.ended().await;
    assert!(status.success(), "{status}");
    assert_eq!(stderr, "");
    assert!(is_gone(&socket));
}

async fn shutdown_stops_what_still_runs() {
    let mut provider = Running::start().await;
    let mut client = provider.client().await;
    let running = tokio::spawn(async move { client.read_resource(request("until_stopped", b"x")).await });
    provider.wait_for_line("the call runs").await;
    provider.shutdown().await.expect("an answer");
    running.await.expect("no panic").expect("the call is answered before the process ends");
    let (status, ..) = provider.ended().await;
    assert!(status.success(), "{status}");
}

async fn interrupt_is_the_business_of_the_core() {
    let provider = Running::start().await;
    provider.signal(Signal::INT);
    let answer = provider.client().await.read_resource(request("is_stopped", b"x")).await.expect("an answer");
    assert_eq!(answer.into_inner().private, b"");
    provider.shutdown().await.expect("an answer");
    let (status, ..) = provider.ended().await;
    assert!(status.success(), "{status}");
}

async fn terminate_stops_calls_but_not_the_process() {
    let mut provider = Running::start().await;
    let mut client = provider.client().await;
    let mut other = client.clone();
    let running = tokio::spawn(async move { other.read_resource(request("until_stopped", b"x")).await });
    provider.wait_for_line("the call runs").await;
    provider.signal(Signal::TERM);
    running.await.expect("no panic").expect("the call is answered");
    let late = client.read_resource(request("is_stopped", b"x")).await.expect("an answer");
    assert_eq!(late.into_inner().private, b"stopped");
    provider.shutdown().await.expect("an answer");
    let (status, ..) = provider.ended().await;
    assert!(status.success(), "{status}");
}

async fn a_broken_connection_does_not_end_a_call() {
    let mut provider = Running::start().await;
    let mut client = provider.client().await;
    let running = tokio::spawn(async move { client.read_resource(request("until_stopped", b"x")).await });
    provider.wait_for_line("the call runs").await;
    running.abort();
    running.await.expect_err("aborted, and its connection with it");
    provider.shutdown().await.expect("an answer");
    provider.wait_for_line("the call was stopped").await;
}

async fn the_death_of_the_core_ends_it() {
    let identity = Identity::new();
    let mut command = role("core");
    command.env(COOKIE.0, COOKIE.1).env("PLUGIN_CLIENT_CERT", identity.pem());
    let mut core = command.spawn().expect("a process");
    // The provider's lines come through its core's pipes: they end when both are gone.
    let mut stdout = BufReader::new(core.stdout.take().expect("a pipe")).lines();
    let mut stderr = BufReader::new(core.stderr.take().expect("a pipe")).lines();
    let line = stdout.next_line().await.expect("readable").expect("a handshake");
    let link = Link::parse(&format!("{line}\n"));
    let channel = link.channel(Some(&identity)).await.expect("a connection");
    let mut client = tfplugin_proto::tfplugin6::provider_client::ProviderClient::new(channel);
    let running = tokio::spawn(async move { client.read_resource(request("until_stopped", b"x")).await });
    assert_eq!(stderr.next_line().await.expect("readable").as_deref(), Some("the call runs"));

    core.kill().await.expect("killed");

    assert_eq!(stderr.next_line().await.expect("readable").as_deref(), Some("the call was stopped"));
    assert_eq!(stderr.next_line().await.expect("readable"), None, "the provider is over");
    let _ = running.await.expect("no panic");
    assert!(is_gone(&link.socket));
}
