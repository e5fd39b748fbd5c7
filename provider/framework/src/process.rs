//! How a provider lives as a process: core starts it, talks to it over one socket, and ends it (go-plugin's rules).
//! Knows the operating system and go-plugin; must not know schemas, values or resources.
//!
//! ```no_run
//! # struct Service;
//! # impl tfplugin_proto::tfplugin6::provider_server::Provider for Service {}
//! use tfplugin_framework::process::{Plugin, run};
//!
//! fn main() -> std::process::ExitCode {
//!     run(&Plugin { address: "example/cloud" }, |stop| Service /* { stop } */)
//! }
//! ```

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use tfplugin_proto::tfplugin6::provider_server::{Provider, ProviderServer};
use tokio::sync::mpsc::UnboundedReceiver;

mod calls;
mod connections;
mod environment;
mod handshake;
mod lifetime;
mod log;
mod panics;
mod reattach;
mod services;
mod socket;
mod stop;
mod tls;

pub use environment::StartError;
pub use stop::Stop;

use environment::{Environment, Start};
use lifetime::End;
use socket::Socket;

/// The largest message that is read or written, in bytes. Providers in Go have the same limit; tonic's own is 4 MiB,
/// which a large state or schema exceeds.
pub const MESSAGE_LIMIT: usize = 256 << 20;

/// How long calls that still run may take to end after the core asked the process to end. It kills after two seconds.
const GRACE_AFTER_SHUTDOWN: Duration = Duration::from_millis(1500);
/// The same when there is no core any more.
const GRACE_AFTER_DEATH: Duration = Duration::from_secs(3);
/// How long the answer to Shutdown may take to reach the core, which then closes its connection.
const FAREWELL: Duration = Duration::from_millis(200);

/// What the process around a provider has to know of it.
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// `NAMESPACE/NAME` as in the `source` of `required_providers`, without a host.
    pub address: &'static str,
}

impl Plugin {
    fn name(&self) -> &'static str {
        self.address.rsplit('/').next().unwrap_or(self.address)
    }
}

/// The whole life of a provider: reads the environment, opens the socket, announces it, serves until the core ends it.
/// `main` returns what this returns. `service` makes the gRPC service; its StopProvider calls [`Stop::stop`], and each
/// call that may run long watches [`Stop::token`].
pub fn run<S: Provider>(plugin: &Plugin, service: impl FnOnce(Stop) -> S) -> ExitCode {
    lifetime::forbid_core_dumps();
    panics::install();
    let debug = std::env::args_os().skip(1).any(|argument| argument == "--debug" || argument == "-debug");
    let environment = Environment::read(&|name| std::env::var_os(name));
    log::install(plugin.name(), &|name| std::env::var(name).ok());
    match environment.start(debug).and_then(|start| start_up(plugin, &environment, start, service)) {
        Ok(code) => code,
        Err(error) => {
            // Core shows the lines of a provider that fails to start; a person without a core sees them on the terminal.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// The gRPC server of a provider's service, with the limits of this process.
pub fn provider_server<S: Provider>(service: S) -> ProviderServer<S> {
    ProviderServer::new(service).max_decoding_message_size(MESSAGE_LIMIT).max_encoding_message_size(MESSAGE_LIMIT)
}

fn start_up<S: Provider>(
    plugin: &Plugin,
    environment: &Environment,
    start: Start,
    service: impl FnOnce(Stop) -> S,
) -> Result<ExitCode, StartError> {
    // A panic of one call must not take the worker of the others; more workers than this only cost memory.
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 4));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        // As the main thread has: a debug build of calls within calls needs more than the default. What is not touched costs nothing.
        .thread_stack_size(8 << 20)
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    let code = runtime.block_on(async {
        let socket = Socket::open(environment.socket_dir.as_deref())?;
        let stop = Stop::new(start == Start::Reattach);
        let (ends, end) = tokio::sync::mpsc::unbounded_channel();
        lifetime::watch_signals(&start, &stop, &ends).map_err(StartError::Runtime)?;
        let acceptor = match start {
            Start::Reattach => {
                reattach::announce(plugin.address, socket.path()).map_err(StartError::Announcement)?;
                None
            }
            Start::Core(client) => {
                lifetime::watch_parent(stop.clone(), ends.clone(), socket.folder()).map_err(StartError::Runtime)?;
                let identity = client.map(tls::Identity::for_client).transpose()?;
                let certificate = identity.as_ref().map(|identity| &identity.certificate);
                let line = handshake::line(socket.path(), certificate, environment.multiplex);
                handshake::announce(&line).map_err(StartError::Announcement)?;
                identity.map(|identity| identity.acceptor)
            }
        };
        let calls = calls::Calls::default();
        let connections = connections::Connections::default();
        let incoming = connections.accept(socket.listen()?, acceptor);
        let served = tokio::spawn(services::serve(service(stop.clone()), calls.clone(), incoming, ends));
        let code = last_words(end, &stop, &calls, &connections).await;
        served.abort();
        Ok(code)
    });
    // A blocking task of the provider must not hold the process back.
    runtime.shutdown_background();
    code
}

/// Waits for the end, asks the running calls to come to theirs, and says with which code to exit.
async fn last_words(
    mut end: UnboundedReceiver<End>,
    stop: &Stop,
    calls: &calls::Calls,
    connections: &connections::Connections,
) -> ExitCode {
    let end = end.recv().await.unwrap_or(End::ServerFailed);
    tracing::debug!(?end, "the provider ends");
    stop.stop();
    let grace = if end == End::Shutdown { GRACE_AFTER_SHUTDOWN } else { GRACE_AFTER_DEATH };
    let _ = tokio::time::timeout(grace, calls.finished()).await;
    match end {
        End::Shutdown => {
            let _ = tokio::time::timeout(FAREWELL, connections.closed()).await;
            ExitCode::SUCCESS
        }
        End::Interrupted => ExitCode::SUCCESS,
        End::CoreGone | End::ServerFailed => ExitCode::FAILURE,
    }
}
