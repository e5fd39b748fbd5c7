//! Who is served, and what a bad peer cannot do.

use libtest_mimic::Trial;
use serde_json::Value;
use tfplugin_proto::health::HealthCheckRequest;
use tfplugin_proto::health::health_check_response::ServingStatus;
use tfplugin_proto::health::health_client::HealthClient;
use tfplugin_proto::plugin::grpc_broker_client::GrpcBrokerClient;
use tfplugin_proto::plugin::grpc_stdio_client::GrpcStdioClient;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tfplugin_proto::tfplugin6::{configure_provider, get_functions, get_provider_schema};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;

use crate::core::{COOKIE, Identity, Link, Running, provider, request};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("without_the_cookie_a_text_and_exit_1", without_the_cookie_a_text_and_exit_1),
        trial("a_core_is_served", a_core_is_served),
        trial("another_certificate_is_refused", another_certificate_is_refused),
        trial("no_certificate_is_refused", no_certificate_is_refused),
        trial("plaintext_is_refused", plaintext_is_refused),
        trial("tls_can_be_switched_off", tls_can_be_switched_off),
        trial("silent_peers_hold_nobody_up", silent_peers_hold_nobody_up),
        trial("more_connections_than_any_core_opens_are_refused", more_connections_than_any_core_opens_are_refused),
        trial("malformed_http2_ends_only_its_connection", malformed_http2_ends_only_its_connection),
        trial("a_malformed_message_ends_only_its_call", a_malformed_message_ends_only_its_call),
        trial("megabytes_pass_in_both_directions", megabytes_pass_in_both_directions),
        trial("a_panic_ends_only_its_call", a_panic_ends_only_its_call),
        trial("standard_output_holds_the_handshake_alone", standard_output_holds_the_handshake_alone),
        trial("the_log_is_off_until_it_is_wanted", the_log_is_off_until_it_is_wanted),
    ]
}

async fn without_the_cookie_a_text_and_exit_1() {
    let output = provider(&[]).output().await.expect("a process");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(text.starts_with("This binary is a plugin."), "{text}");
}

/// Asserts that the provider serves its own core.
async fn assert_serves(provider: &Running) {
    let schema = provider.client().await.get_provider_schema(get_provider_schema::Request {}).await;
    assert!(schema.expect("an answer").into_inner().provider.is_some());
}

/// Asserts that a peer gets no answer to a call, however far its connection came.
async fn assert_refuses(link: &Link, identity: Option<&Identity>) {
    if let Ok(channel) = link.channel(identity).await {
        ProviderClient::new(channel).get_provider_schema(get_provider_schema::Request {}).await.expect_err("no answer");
    }
}

async fn a_core_is_served() {
    let provider = Running::start().await;
    assert_serves(&provider).await;
    let channel = provider.channel().await.expect("a connection");

    let mut health = HealthClient::new(channel.clone());
    let status = health.check(HealthCheckRequest { service: "plugin".to_owned() }).await.expect("an answer");
    assert_eq!(status.into_inner().status(), ServingStatus::Serving);

    // Core opens these at once and keeps them; a call beside them is answered.
    let stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.expect("a stream");
    let broker = GrpcBrokerClient::new(channel.clone()).start_stream(tokio_stream::pending()).await.expect("a stream");
    let unknown = ProviderClient::new(channel).get_functions(get_functions::Request {}).await;
    assert_eq!(unknown.expect_err("not offered").code(), Code::Unimplemented);
    drop((stdio, broker));
}

async fn another_certificate_is_refused() {
    let provider = Running::start().await;
    assert_refuses(&provider.link, Some(&Identity::new())).await;
    assert_serves(&provider).await;
}

async fn no_certificate_is_refused() {
    let provider = Running::start().await;
    assert_refuses(&provider.link, None).await;
    assert_serves(&provider).await;
}

async fn plaintext_is_refused() {
    let provider = Running::start().await;
    let plain = Link { certificate: None, ..provider.link.clone() };
    assert_refuses(&plain, None).await;
    assert_serves(&provider).await;
}

async fn tls_can_be_switched_off() {
    let command = provider(&[COOKIE, ("TF_DISABLE_PLUGIN_TLS", "1")]);
    let provider = Running::spawn(command, Identity::new()).await;
    assert!(provider.link.certificate.is_none());
    assert_serves(&provider).await;
}

async fn silent_peers_hold_nobody_up() {
    let provider = Running::start().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(provider.link.plain().await);
    }
    assert_serves(&provider).await;
    drop(silent);
}

async fn more_connections_than_any_core_opens_are_refused() {
    let provider = Running::start().await;
    let mut clients = Vec::new();
    for _ in 0..16 {
        let mut client = provider.client().await;
        client.get_provider_schema(get_provider_schema::Request {}).await.expect("an answer");
        clients.push(client);
    }
    assert_refuses(&provider.link, Some(&provider.identity)).await;
    for client in &mut clients {
        client.get_provider_schema(get_provider_schema::Request {}).await.expect("an answer");
    }
}

async fn malformed_http2_ends_only_its_connection() {
    let provider = Running::start().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let frame_of_16_mib = b"\xff\xff\xff\x00\x00\x00\x00\x00\x01";
    let half_a_frame = b"\x00\x00\x10\x01\x04\x00\x00\x00\x01abc";
    let cases: [Vec<u8>; 5] = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0; 4096],
        vec![0xff; 4096],
        [preface.as_slice(), frame_of_16_mib].concat(),
        [preface.as_slice(), half_a_frame].concat(),
    ];
    for bytes in cases {
        let mut stream = provider.link.raw(&provider.identity).await;
        // The provider may close before it has read everything.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
        assert_serves(&provider).await;
    }
}

async fn a_malformed_message_ends_only_its_call() {
    use tonic::codec::{Codec, EncodeBuf, Encoder};

    /// Sends its bytes as the message.
    struct Raw;
    impl Encoder for Raw {
        type Item = Vec<u8>;
        type Error = tonic::Status;
        fn encode(&mut self, bytes: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
            bytes::BufMut::put_slice(buffer, &bytes);
            Ok(())
        }
    }
    #[derive(Default)]
    struct RawCodec;
    impl Codec for RawCodec {
        type Encode = Vec<u8>;
        type Decode = get_provider_schema::Response;
        type Encoder = Raw;
        type Decoder = <tonic_prost::ProstCodec<(), get_provider_schema::Response> as Codec>::Decoder;
        fn encoder(&mut self) -> Raw {
            Raw
        }
        fn decoder(&mut self) -> Self::Decoder {
            tonic_prost::ProstCodec::<(), get_provider_schema::Response>::default().decoder()
        }
    }

    let provider = Running::start().await;
    let mut client = tonic::client::Grpc::new(provider.channel().await.expect("a connection"));
    // A length beyond the end, a field number of zero, groups that nest for ever.
    for bytes in [vec![0x0a, 0x7f, 1], vec![0x00, 0x01], vec![0x7b; 20_000]] {
        client.ready().await.expect("ready");
        let path = "/tfplugin6.Provider/ReadResource".try_into().expect("a path");
        let answer = client.unary(tonic::Request::new(bytes), path, RawCodec).await;
        let code = answer.expect_err("refused").code();
        assert!(matches!(code, Code::Internal | Code::InvalidArgument), "{code:?}");
        assert_serves(&provider).await;
    }
}

async fn megabytes_pass_in_both_directions() {
    let provider = Running::start().await;
    let state = vec![7; 9 << 20];
    let answer = provider.client().await.read_resource(request("echo", &state)).await.expect("an answer");
    assert!(answer.into_inner().new_state.expect("a state").msgpack == state);
}

async fn a_panic_ends_only_its_call() {
    let mut provider = Running::start().await;
    let mut client = provider.client().await;
    let mut other = client.clone();
    let running = tokio::spawn(async move { other.read_resource(request("until_stopped", b"x")).await });
    provider.wait_for_line("the call runs").await;

    let status = client.read_resource(request("panic", b"")).await.expect_err("no answer");
    assert_eq!(status.code(), Code::Internal);
    let line = provider.stderr.next_line().await.expect("readable").expect("a line");
    let line: Value = serde_json::from_str(&line).expect("a line of the log");
    let message = line["@message"].as_str().expect("a string");
    assert_eq!(line["@level"], "error");
    assert!(message.starts_with("panicked at ") && message.contains("fake.rs:"), "{message}");
    assert!(!line.to_string().contains(crate::fake::SECRET), "{line}");

    client.stop_provider(tfplugin_proto::tfplugin6::stop_provider::Request {}).await.expect("an answer");
    running.await.expect("no panic").expect("the other call is answered");
}

async fn standard_output_holds_the_handshake_alone() {
    let provider = Running::start().await;
    provider.client().await.read_resource(request("print", b"")).await.expect("an answer");
    provider.shutdown().await.expect("an answer");
    let (_, stdout, stderr) = provider.ended().await;
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", "printed by accident\n"));
}

async fn the_log_is_off_until_it_is_wanted() {
    for (variables, lines) in [(vec![], 0), (vec![("TF_LOG", "ERROR")], 0), (vec![("TF_LOG_PROVIDER_PAAS", "INFO")], 1)]
    {
        let provider = Running::start_with(&variables).await;
        provider.client().await.configure_provider(configure_provider::Request::default()).await.expect("an answer");
        provider.shutdown().await.expect("an answer");
        let (_, _, stderr) = provider.ended().await;
        assert_eq!(stderr.lines().count(), lines, "{variables:?}: {stderr}");
        for line in stderr.lines() {
            let line: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!((&line["@level"], &line["@message"]), (&"info".into(), &"configured".into()));
            assert_eq!((&line["@module"], &line["attempt"]), (&"terraform_provider_fake".into(), &1.into()));
            assert_eq!(line["@timestamp"].as_str().expect("a string").len(), "2026-01-02T03:04:05.000000Z".len());
        }
    }
}
