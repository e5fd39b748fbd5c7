use std::convert::Infallible;
use std::time::Duration;

use http_body_util::{Empty, StreamBody};
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::fault::{Action, Fault, Faults, Garbage, Match, When};
use crate::log::RequestLog;

/// An API server that answers each request by `answer`.
async fn api_server<F>(authority: &CertificateAuthority, answer: fn(Request<Incoming>) -> F) -> SocketAddr
where
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let tls = TlsAcceptor::from(Arc::new(server_config(authority).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let stream = TokioIo::new(tls.accept(stream).await.unwrap());
                let service = service_fn(|request| async move { Ok::<_, Infallible>(answer(request).await) });
                hyper::server::conn::http1::Builder::new().serve_connection(stream, service).with_upgrades().await
            });
        }
    });
    address
}

struct Stage {
    front: Front,
    client: Upstream,
    exchange: Arc<Exchange>,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn new<F>(answer: fn(Request<Incoming>) -> F) -> Self
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let folder = tempfile::tempdir().unwrap();
        let authority = Arc::new(CertificateAuthority::new("test").unwrap());
        let upstream = api_server(&authority, answer).await;
        let log = Arc::new(RequestLog::open(&folder.path().join("log")).unwrap());
        let exchange = Arc::new(Exchange { log, faults: Faults::default(), closing: CancellationToken::new() });
        let name = ClusterName { account: "111122223333".into(), region: "eu-west-1".into(), cluster: "prod".into() };
        let server = ApiServer {
            name,
            address: upstream,
            authority: Arc::clone(&authority),
            version: serde_json::json!({ "minor": "33" }),
        };
        let front = Front::open(server, true, true, Arc::clone(&exchange)).await.unwrap();
        let client = Upstream::new(front.address, &authority.pem()).unwrap();
        Self { front, client, exchange, _folder: folder }
    }

    fn arm(&self, when: When, action: Action) {
        self.exchange.faults.arm(Fault::new("111122223333", Match::default(), when, action)).unwrap();
    }

    async fn get(&self, path: &str) -> anyhow::Result<Response<Body>> {
        self.client.forward(Request::get(path).header("authorization", "Bearer secret").body(empty()).unwrap()).await
    }
}

fn empty() -> Body {
    Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync()
}

fn text(text: impl Into<Bytes>) -> Response<Body> {
    whole(Response::new(text.into()))
}

async fn read(answer: Response<Body>) -> String {
    String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// Answers with what arrived.
async fn echo(request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let token = parts.headers.get("authorization").map_or("-", |value| value.to_str().unwrap()).to_owned();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    text(format!("{} {} {token} {body}", parts.method, parts.uri))
}

#[tokio::test]
async fn a_request_passes_with_its_token_and_is_logged_without_it() {
    let stage = Stage::new(echo).await;
    assert_eq!(read(stage.get("/api/v1/pods?limit=1").await.unwrap()).await, "GET /api/v1/pods?limit=1 Bearer secret ");
    let log = stage.exchange.log.since(0, None);
    assert_eq!((log[0].call.operation.as_str(), log[0].status), ("list pods", Some(200)));
    assert_eq!(log[0].source.as_ref().unwrap().pid, std::process::id() as i32);
    assert!(!serde_json::to_string(&*log[0]).unwrap().contains("secret"));
}

#[tokio::test]
async fn a_created_object_is_logged_by_its_name() {
    let stage = Stage::new(echo).await;
    let body = whole(Response::new(Bytes::from_static(br#"{"metadata":{"name":"migrate"}}"#))).into_body();
    let request = Request::post("/apis/batch/v1/namespaces/shop/jobs").body(body).unwrap();
    assert!(read(stage.client.forward(request).await.unwrap()).await.contains("migrate"));
    assert_eq!(stage.exchange.log.since(0, None)[0].call.key.as_deref(), Some("shop/migrate"));
}

#[tokio::test]
async fn the_version_is_the_one_that_the_cluster_presents() {
    let stage = Stage::new(echo).await;
    assert_eq!(read(stage.get("/version").await.unwrap()).await, r#"{"minor":"33"}"#);
    stage.front.set_version(serde_json::json!({ "minor": "34" }));
    assert_eq!(read(stage.get("/version?timeout=32s").await.unwrap()).await, r#"{"minor":"34"}"#);
}

#[tokio::test]
async fn a_watch_is_passed_on_event_by_event() {
    /// Sends one event and never ends.
    async fn watch(_: Request<Incoming>) -> Response<Body> {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
        sender.send(Bytes::from_static(b"event")).await.unwrap();
        let events = futures::stream::poll_fn(move |context| {
            let _open = &sender;
            receiver.poll_recv(context).map(|event| event.map(|event| Ok(Frame::data(event))))
        });
        Response::new(StreamBody::new(events).boxed_unsync())
    }
    let stage = Stage::new(watch).await;
    let mut body = stage.get("/api/v1/pods?watch=true").await.unwrap().into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "event");
}

#[tokio::test]
async fn an_upgraded_connection_passes_both_ways() {
    /// Switches to a protocol that repeats what it hears.
    async fn repeat(mut request: Request<Incoming>) -> Response<Body> {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
            tokio::io::copy(&mut reader, &mut writer).await
        });
        let answer = Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
        answer.body(empty()).unwrap()
    }
    let stage = Stage::new(repeat).await;
    let mut stream = raw(&stage).await;
    let request = "POST /api/v1/namespaces/shop/pods/api/exec HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(String::from_utf8(head).unwrap().starts_with("HTTP/1.1 101"));
    stream.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    assert_eq!(stage.exchange.log.since(0, None)[0].call.operation, "connect pods/exec");
}

/// A TLS connection to the front, without HTTP.
async fn raw(stage: &Stage) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(stage.front.server.authority.pem().as_bytes()).unwrap()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(stage.front.address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap()
}

#[tokio::test]
async fn faults_before_the_effect_keep_the_request_from_the_api_server() {
    let stage = Stage::new(|_| async { unreachable!("the API server is not asked") }).await;
    stage.arm(When::Before, Action::Throttle);
    stage.arm(When::Before, Action::ExpiredToken);
    stage.arm(When::Before, Action::Hide(1));
    stage.arm(When::Before, Action::Reset);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(stage.get("/apis/apps/v1/namespaces/shop/deployments/api").await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [429, 401, 404]);
    assert!(stage.get("/version").await.is_err());
    let log = stage.exchange.log.since(0, None);
    assert_eq!((log[3].status, log[3].fault.as_deref()), (None, Some("#4 reset before")));
}

#[tokio::test]
async fn faults_after_the_effect_change_the_answer_alone() {
    let stage = Stage::new(echo).await;
    stage.arm(When::After, Action::Garbage(Garbage::Truncated));
    stage.arm(When::After, Action::Garbage(Garbage::Html));
    stage.arm(When::After, Action::Delay(1));
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(read(stage.get("/a").await.unwrap()).await);
    }
    assert_eq!(answers[0], "GET /a Bea");
    assert!(answers[1].starts_with("<!DOCTYPE html>"));
    assert_eq!(answers[2], "GET /a Bearer secret ");
}

#[tokio::test]
async fn a_client_that_gives_up_on_a_hanging_call_is_in_the_log() {
    let stage = Stage::new(echo).await;
    stage.arm(When::Before, Action::Hang);
    let mut stream = raw(&stage).await;
    stream.write_all(b"GET /version HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let struck = async {
        while stage.exchange.faults.list()[0].applied == 0 {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(Duration::from_secs(30), struck).await.expect("the call arrives");
    assert!(stage.exchange.log.since(0, None).is_empty());
    drop(stream);
    let logged = async {
        while stage.exchange.log.since(0, None).is_empty() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(Duration::from_secs(30), logged).await.expect("the call ends with its client");
    assert_eq!(stage.exchange.log.since(0, None)[0].status, None);
}

#[tokio::test]
async fn a_kill_of_a_foreign_process_is_refused_and_recorded() {
    let stage = Stage::new(echo).await;
    stage.arm(When::Before, Action::Kill);
    assert_eq!(stage.get("/livez").await.unwrap().status(), 200);
    assert!(stage.exchange.faults.list()[0].refusals[0].contains("is not a Terraform provider"));
    assert_eq!(stage.exchange.log.violations(Some("111122223333")).len(), 1);
}

/// Whether the handshake of a new connection is done at once, as it always is on loopback when the port can be reached.
fn connects(address: SocketAddr) -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_nonblocking(true).unwrap();
    let _ = socket.connect(&address.into());
    socket.peer_addr().is_ok()
}

/// Waits until connections succeed or fail; a bound, so that a broken door is a failure and not a hang.
async fn until(address: SocketAddr, wanted: bool) {
    let changed = async {
        while connects(address) != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), changed).await.expect("the door moves");
}

#[tokio::test]
async fn an_unreachable_front_drops_connections_and_keeps_its_port() {
    let stage = Stage::new(echo).await;
    assert_eq!(stage.get("/livez").await.unwrap().status(), 200);
    stage.front.set_reachable(false);
    until(stage.front.address, false).await;
    stage.front.set_reachable(true);
    until(stage.front.address, true).await;
    assert_eq!(stage.get("/livez").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_closed_front_refuses_connections() {
    let stage = Stage::new(echo).await;
    stage.front.close();
    let refused = async { while TcpStream::connect(stage.front.address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), refused).await.expect("the port is given back");
}
