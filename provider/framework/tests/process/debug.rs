//! Debug mode: a person starts the provider, any core attaches.

use std::path::PathBuf;

use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::Value;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tfplugin_proto::tfplugin6::{configure_provider, stop_provider};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::core::{Identity, Link, Running, is_gone, provider, request};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("debug_announces_how_to_attach_and_ends_with_an_interrupt", announces_and_ends_with_an_interrupt),
        trial("a_stopped_run_is_forgotten_when_the_next_is_configured", a_stopped_run_is_forgotten),
    ]
}

/// The provider in debug mode, and the address of its socket as the registry of `host` is told it.
async fn start(host: &str) -> Running {
    let mut command = provider(&[]);
    let mut child = command.arg("--debug").spawn().expect("a process");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let stderr = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let variable = loop {
        let mut line = String::new();
        assert_ne!(stdout.read_line(&mut line).await.expect("readable"), 0, "no variable was printed");
        if let Some(value) = line.strip_prefix("TF_REATTACH_PROVIDERS='") {
            break serde_json::from_str::<Value>(value.trim_end().trim_end_matches('\'')).expect("JSON");
        }
    };
    let entry = &variable[format!("{host}/terraform-paas/paas")];
    assert_eq!(entry["Pid"], child.id().expect("it runs"));
    let socket = PathBuf::from(entry["Addr"]["String"].as_str().expect("a path"));
    Running { child, stdout, stderr, link: Link { socket, certificate: None }, identity: Identity::new() }
}

async fn announces_and_ends_with_an_interrupt() {
    for host in ["registry.terraform.io", "registry.opentofu.org"] {
        let provider = start(host).await;
        // Core first looks whether somebody listens.
        drop(provider.link.plain().await);
        provider.client().await.read_resource(request("echo", b"x")).await.expect("an answer");
        provider.signal(Signal::INT);
        let socket = provider.link.socket.clone();
        let (status, _, stderr) = provider.ended().await;
        assert!(status.success(), "{status}");
        assert_eq!(stderr, "");
        assert!(is_gone(&socket));
    }
}

async fn a_stopped_run_is_forgotten() {
    let provider = start("registry.terraform.io").await;
    let mut client = ProviderClient::new(provider.channel().await.expect("a connection"));
    client.stop_provider(stop_provider::Request {}).await.expect("an answer");
    let answer = client.read_resource(request("is_stopped", b"x")).await.expect("an answer");
    assert_eq!(answer.into_inner().private, b"stopped");
    client.configure_provider(configure_provider::Request::default()).await.expect("an answer");
    let answer = client.read_resource(request("is_stopped", b"x")).await.expect("an answer");
    assert_eq!(answer.into_inner().private, b"");
    provider.signal(Signal::TERM);
    let (status, ..) = provider.ended().await;
    assert!(status.success(), "{status}");
}
