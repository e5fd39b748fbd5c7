//! The moto process: IAM, STS, EC2, KMS, logs and the rest of AWS that is not EKS. Knows how it starts, ends and is asked; not who asks.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The header by which moto is told the account.
const ACCOUNT_HEADER: &str = "x-moto-account-id";
/// moto answers in memory; what is larger is a fault of ours.
const MAX_ANSWER: usize = 64 << 20;
const LAUNCH: &str = include_str!("moto/launch.py");

/// A running moto. Ends with this process, however that ends.
#[derive(Debug)]
pub(crate) struct Moto {
    address: SocketAddr,
    pid: u32,
    child: Mutex<Option<Child>>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Moto {
    /// Starts moto with the Python of its virtual environment and waits until it listens. `dir` takes its script and `moto.log`.
    ///
    /// # Errors
    /// When it ends before it listens; the text holds the tail of its log.
    pub(crate) async fn start(python: &Path, dir: &Path) -> anyhow::Result<Self> {
        let script = dir.join("launch_moto.py");
        let log = dir.join("moto.log");
        std::fs::write(&script, LAUNCH)?;
        let mut child = Command::new(python)
            .arg(&script)
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            // 600 machine images per account and region that nothing here starts.
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .env_remove("MOTO_ACCOUNT_ID")
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            // Ctrl-C at the sandbox's terminal is for the sandbox: it stops moto itself.
            .process_group(0)
            .spawn()
            .with_context(|| format!("moto cannot be started with {}", python.display()))?;
        let pid = child.id().context("moto ended at once")?;
        let stdout = child.stdout.take().context("moto has no standard output")?;
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(120), BufReader::new(stdout).read_line(&mut line)).await;
        let port: u16 = match read {
            Ok(Ok(_)) => line.trim().parse().with_context(|| format!("moto did not start: {}", tail(&log)))?,
            _ => anyhow::bail!("moto does not listen after 120 s: {}", tail(&log)),
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { address, pid, child: Mutex::new(Some(child)), client })
    }

    /// Where moto listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// moto's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Passes a request on in the name of `account`.
    ///
    /// # Errors
    /// When moto does not answer.
    pub(crate) async fn forward(&self, account: &str, mut request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() =
            Uri::builder().scheme("http").authority(self.address.to_string()).path_and_query(path).build()?;
        let headers = request.headers_mut();
        for hop_by_hop in
            [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::EXPECT]
        {
            headers.remove(hop_by_hop);
        }
        if account.is_empty() {
            headers.remove(ACCOUNT_HEADER);
        } else {
            headers.insert(ACCOUNT_HEADER, HeaderValue::from_str(account)?);
        }
        let answer = self.client.request(request.map(Full::new)).await.context("moto does not answer")?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!("moto's answer breaks off: {error}"))?
            .to_bytes();
        Ok(Response::from_parts(parts, body))
    }

    /// Asks a query-protocol service on the gateway's own behalf; answers the XML.
    ///
    /// # Errors
    /// When moto does not answer, or answers an error; the text is its body.
    pub(crate) async fn query(
        &self,
        account: &str,
        region: &str,
        service: &str,
        members: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let request = self
            .signed(account, region, service)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into())?;
        self.asked(account, request).await
    }

    /// Asks a JSON-protocol service (`target` as in `X-Amz-Target`) on the gateway's own behalf.
    ///
    /// # Errors
    /// When moto does not answer, or answers an error; the text is its body.
    pub(crate) async fn json(
        &self,
        account: &str,
        region: &str,
        service: &str,
        target: &str,
        body: &serde_json::Value,
    ) -> anyhow::Result<serde_json::Value> {
        let request = self
            .signed(account, region, service)
            .header("x-amz-target", target)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1");
        Ok(serde_json::from_str(&self.asked(account, request.body(body.to_string().into())?).await?)?)
    }

    fn signed(&self, account: &str, region: &str, service: &str) -> http::request::Builder {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=AKIA{account}SAND/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        Request::post("/").header(header::AUTHORIZATION, scope)
    }

    async fn asked(&self, account: &str, request: Request<Bytes>) -> anyhow::Result<String> {
        let answer = self.forward(account, request).await?;
        let status = answer.status();
        let body = String::from_utf8(answer.into_body().to_vec())?;
        ensure!(status.is_success(), "{body}");
        Ok(body)
    }

    /// Ends moto and waits until it is gone.
    ///
    /// # Errors
    /// When the process cannot be ended.
    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        let child = self.child.lock().expect("no panic holds this lock").take();
        if let Some(mut child) = child {
            child.kill().await.context("moto cannot be ended")?;
        }
        Ok(())
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("; ")
}
