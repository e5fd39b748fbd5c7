//! The provider's process: started, spoken to and killed as go-plugin does it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper_util::rt::TokioIo;
use tfplugin_proto::plugin::Empty;
use tfplugin_proto::plugin::grpc_controller_client::GrpcControllerClient;
use tfplugin_proto::tfplugin6::provider_client::ProviderClient;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Endpoint, Uri};

/// As large as core accepts.
const LARGEST_MESSAGE: usize = 256 << 20;

/// The provider's process is gone: it was killed in the middle of a call.
#[derive(Debug, thiserror::Error)]
#[error("the provider's process ended in the middle of {call}: {status}")]
pub struct Died {
    /// The RPC that got no answer.
    pub call: &'static str,
    /// What gRPC said.
    pub status: String,
}

/// A running provider.
pub struct Plugin {
    child: Child,
    channel: Channel,
}

impl Plugin {
    /// Starts the provider with `env` on top of nothing but `PATH` and `HOME`.
    ///
    /// # Errors
    /// If it does not print a handshake line within ten seconds or does not answer on its socket.
    pub async fn start(binary: &Path, env: &[(String, String)]) -> anyhow::Result<Plugin> {
        let mut command = Command::new(binary);
        command.env_clear();
        for inherited in ["PATH", "HOME", "TMPDIR"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        command
            .envs(env.iter().map(|(name, value)| (name, value)))
            .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().context("the provider has no standard output")?;
        let mut line = String::new();
        tokio::time::timeout(Duration::from_secs(10), BufReader::new(stdout).read_line(&mut line))
            .await
            .context("the provider printed no handshake line within 10 s")??;
        let socket = match line.trim().split('|').collect::<Vec<_>>().as_slice() {
            ["1", "6", "unix", socket, "grpc", ..] => PathBuf::from(socket),
            _ => bail!("the provider's first line is no handshake: {line:?}"),
        };
        let connect = tower::service_fn(move |_: Uri| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://localhost").connect_with_connector(connect).await?;
        Ok(Plugin { child, channel })
    }

    /// The provider service.
    pub fn provider(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel.clone())
            .max_decoding_message_size(LARGEST_MESSAGE)
            .max_encoding_message_size(LARGEST_MESSAGE)
    }

    /// The process id; nothing once it was waited for.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks it to end and waits, as core does after a walk.
    ///
    /// # Errors
    /// If it is still there after two seconds, after which core would kill it.
    pub async fn shut_down(mut self) -> anyhow::Result<()> {
        // The answer may get lost: the process is on its way out.
        let _ = GrpcControllerClient::new(self.channel.clone()).shutdown(Empty {}).await;
        match tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await {
            Ok(ended) => ended.map(|_| ()).context("cannot wait for the provider"),
            Err(_) => bail!("the provider did not end within 2 s of Shutdown"),
        }
    }
}
