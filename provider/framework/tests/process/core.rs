//! The core's side, played by the tests: starts a provider, reads its handshake, connects as go-plugin does.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::KeyPair;
use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tfplugin_framework::process::MESSAGE_LIMIT;
use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_client::GrpcControllerClient;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tfplugin_proto::tfplugin6::{DynamicValue, read_resource};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

pub(crate) const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// Where the providers of the tests put their sockets.
pub(crate) static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// A certificate as go-plugin makes it: P-521, marked as an authority and used as a leaf.
pub(crate) struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    pub(crate) fn new() -> Identity {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).expect("a key");
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Identity { certificate: params.self_signed(&key).expect("a certificate"), key }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }
}

/// This binary as a provider, with an environment of nothing but `variables`.
pub(crate) fn provider(variables: &[(&str, &str)]) -> Command {
    let mut command = role("provider");
    command.envs(variables.iter().copied());
    command
}

/// This binary in another role, with its output in pipes.
pub(crate) fn role(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.env_clear().env("FRAMEWORK_TEST_ROLE", name).env("TMPDIR", FOLDER.get().expect("a folder"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// The role of a core that dies before its provider: starts one on its own standard output and error, and waits.
pub(crate) fn main() -> ExitCode {
    let mut provider = std::process::Command::new(std::env::current_exe().expect("this binary"));
    let mut provider = provider.env("FRAMEWORK_TEST_ROLE", "provider").spawn().expect("a provider");
    provider.wait().expect("an end");
    ExitCode::SUCCESS
}

/// A provider that runs.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) stdout: BufReader<ChildStdout>,
    pub(crate) stderr: Lines<BufReader<ChildStderr>>,
    pub(crate) link: Link,
    pub(crate) identity: Identity,
}

/// How to reach a provider.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) socket: PathBuf,
    pub(crate) certificate: Option<CertificateDer<'static>>,
}

impl Running {
    /// A provider started as a core starts it.
    pub(crate) async fn start() -> Running {
        Running::start_with(&[]).await
    }

    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Running {
        let identity = Identity::new();
        let pem = identity.pem();
        let mut all = vec![COOKIE, ("PLUGIN_PROTOCOL_VERSIONS", "5,6"), ("PLUGIN_CLIENT_CERT", &pem)];
        all.extend(variables);
        Running::spawn(provider(&all), identity).await
    }

    pub(crate) async fn spawn(mut command: Command, identity: Identity) -> Running {
        let mut child = command.spawn().expect("a process");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let stderr = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut line = String::new();
        stdout.read_line(&mut line).await.expect("a line");
        Running { child, stdout, stderr, link: Link::parse(&line), identity }
    }

    /// A client with the certificate that the provider was given.
    pub(crate) async fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel().await.expect("a connection"))
            .max_decoding_message_size(MESSAGE_LIMIT)
            .max_encoding_message_size(MESSAGE_LIMIT)
    }

    pub(crate) async fn channel(&self) -> Result<Channel, tonic::transport::Error> {
        self.link.channel(Some(&self.identity)).await
    }

    pub(crate) async fn shutdown(&self) -> Result<Response<Empty>, Status> {
        let channel = self.channel().await.map_err(|error| Status::unavailable(error.to_string()))?;
        GrpcControllerClient::new(channel).shutdown(Empty {}).await
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().expect("it runs")).expect("a process id");
        kill_process(Pid::from_raw(pid).expect("a process id"), signal).expect("a signal");
    }

    /// Waits until the provider has written `wanted` to standard error.
    pub(crate) async fn wait_for_line(&mut self, wanted: &str) {
        while let Some(line) = self.stderr.next_line().await.expect("readable") {
            if line == wanted {
                return;
            }
        }
        panic!("the provider ended without writing {wanted:?}");
    }

    /// How it ended, and all that was left on standard output and standard error.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String, String) {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).await.expect("readable");
        let mut stderr = String::new();
        while let Some(line) = self.stderr.next_line().await.expect("readable") {
            stderr.push_str(&line);
            stderr.push('\n');
        }
        (self.child.wait().await.expect("an end"), stdout, stderr)
    }
}

impl Link {
    /// Reads a handshake line as go-plugin does.
    pub(crate) fn parse(line: &str) -> Link {
        let fields: Vec<_> = line.strip_suffix('\n').expect("a whole line").split('|').collect();
        assert_eq!((fields[0], fields[1], fields[2], fields[4]), ("1", "6", "unix", "grpc"), "{line}");
        let certificate = STANDARD_NO_PAD.decode(fields[5]).expect("base64 without padding");
        let certificate = (!certificate.is_empty()).then(|| CertificateDer::from(certificate));
        Link { socket: PathBuf::from(fields[3]), certificate }
    }

    /// An HTTP/2 connection: with TLS if the provider announced a certificate, showing `identity` if there is one.
    pub(crate) async fn channel(&self, identity: Option<&Identity>) -> Result<Channel, tonic::transport::Error> {
        let tls = self.certificate.is_some().then(|| self.connector(identity));
        let socket = self.socket.clone();
        let connect = move |_| {
            let (socket, tls) = (socket.clone(), tls.clone());
            async move {
                let stream = UnixStream::connect(socket).await?;
                let stream: Box<dyn Duplex> = match tls {
                    Some(tls) => Box::new(tls.connect(localhost(), stream).await?),
                    None => Box::new(stream),
                };
                std::io::Result::Ok(TokioIo::new(stream))
            }
        };
        let endpoint = Endpoint::from_static("http://localhost");
        endpoint.connect_with_connector(tower::service_fn(connect)).await
    }

    /// A TLS connection for bytes of the test's own.
    pub(crate) async fn raw(&self, identity: &Identity) -> TlsStream<UnixStream> {
        let stream = self.plain().await;
        self.connector(Some(identity)).connect(localhost(), stream).await.expect("a connection")
    }

    pub(crate) async fn plain(&self) -> UnixStream {
        UnixStream::connect(&self.socket).await.expect("a connection")
    }

    fn connector(&self, identity: Option<&Identity>) -> TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone().expect("an announced certificate")).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(Identity { certificate, key }) => {
                let key = PrivatePkcs8KeyDer::from(key.serialize_der());
                config.with_client_auth_cert(vec![certificate.der().clone()], key.into()).expect("a certificate")
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Arc::new(config).into()
    }
}

trait Duplex: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Duplex for T {}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

/// The fake does what `what` says, with a state of these bytes.
pub(crate) fn request(what: &str, state: &[u8]) -> read_resource::Request {
    let current_state = Some(DynamicValue { msgpack: state.to_vec(), json: Vec::new() });
    read_resource::Request { type_name: what.to_owned(), current_state, ..Default::default() }
}

/// Whether the folder of a socket is gone.
pub(crate) fn is_gone(socket: &Path) -> bool {
    !socket.parent().expect("a folder").exists()
}
