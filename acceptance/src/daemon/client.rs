//! Asking a running sandbox over its control socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use sandbox_eks::Wanted;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::place;

/// The sandbox in one folder.
#[derive(Debug, Clone)]
pub struct Control {
    dir: PathBuf,
}

impl Control {
    /// Of the sandbox in `dir`, which may or may not run.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf() }
    }

    /// Asks, and reads the answer's text.
    ///
    /// # Errors
    /// When no sandbox runs there, or it refuses; the text is its own.
    pub async fn text(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<String> {
        let socket = place::control_socket(&self.dir);
        let Ok(stream) = tokio::net::UnixStream::connect(&socket).await else {
            anyhow::bail!("no sandbox runs in {}: start one with cargo sandbox up", self.dir.display());
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.context("the sandbox does not answer")?;
        tokio::spawn(connection);
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "sandbox")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .context("the question cannot be written")?;
        let answer = sender.send_request(request).await.context("the sandbox does not answer")?;
        let status = answer.status();
        let body = answer.into_body().collect().await.context("the sandbox's answer ends early")?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() {
            return Ok(text);
        }
        let error =
            serde_json::from_str::<Value>(&text).ok().and_then(|value| Some(value.get("error")?.as_str()?.to_owned()));
        anyhow::bail!(error.unwrap_or(if text.is_empty() { status.to_string() } else { text }))
    }

    /// A loopback address at which an app answers.
    ///
    /// # Errors
    /// When there is none such, several, or nothing runs.
    pub async fn open(&self, wanted: &Wanted) -> anyhow::Result<SocketAddr> {
        let wanted = serde_json::to_value(wanted).context("the question cannot be written")?;
        let text = self.text("POST", "/open", Some(&wanted)).await?;
        serde_json::from_str(&text).context("the sandbox's answer is no address")
    }

    /// Asks, and reads the answer as JSON.
    ///
    /// # Errors
    /// As [`Control::text`], and when the answer is something else.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let text = self.text("GET", path, None).await?;
        serde_json::from_str(&text).with_context(|| format!("the sandbox's answer to {path} is not what was asked"))
    }
}
