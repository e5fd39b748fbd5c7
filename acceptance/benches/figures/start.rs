//! From the start of the process to the line that core waits for, and what the process then holds in memory.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acceptance::core::Plugin;
use anyhow::{Context, ensure};
use sandbox_kube::CertificateAuthority;
use terraform_provider_paas::provider::Paas;
use tfplugin_framework::attr::Field as _;
use tfplugin_framework::model::Model as _;
use tfplugin_framework::provider::Provider;
use tfplugin_framework::schema::Schema;

use super::table;

/// The first starts read the file from the disk.
const WARM_UP: usize = 3;
const STARTS: usize = 40;

/// Prints the time to the handshake line, with mutual TLS as core asks for it.
pub(crate) fn print(provider: &Path) -> anyhow::Result<()> {
    let certificate = CertificateAuthority::new("core")?.pem();
    let dir = tempfile::tempdir()?;
    let mut times = Vec::new();
    let mut nothing = Vec::new();
    for _ in 0..WARM_UP + STARTS {
        let begun = Instant::now();
        let mut child = started(provider, &certificate, dir.path())?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("the provider has no standard output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        times.push(begun.elapsed());
        let is_handshake = line.starts_with("1|6|unix|");
        child.kill()?;
        child.wait()?;
        ensure!(is_handshake, "the provider's first line is no handshake: {line:?}");
        let begun = Instant::now();
        Command::new("true").status().context("there is no program true")?;
        nothing.push(begun.elapsed());
    }
    let [time, nothing] = [times, nothing].map(|all| median(&all[WARM_UP..]));
    let what = format!("process start → handshake line, median of {STARTS}");
    table::row(&what, &format!("{time:.1} ms"), "≤ 3 ms", "hashicorp/aws 155 ms");
    table::row("  the program `true`, start to end", &format!("{nothing:.1} ms"), "", "");
    Ok(())
}

fn started(provider: &Path, certificate: &str, dir: &Path) -> anyhow::Result<Child> {
    Command::new(provider)
        .env_clear()
        .env("TMPDIR", dir)
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("PLUGIN_PROTOCOL_VERSIONS", "6")
        .env("PLUGIN_CLIENT_CERT", certificate)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", provider.display()))
}

fn median(times: &[Duration]) -> f64 {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Prints what a provider holds once core has asked for its schema and configured it.
pub(crate) async fn print_idle(provider: &Path) -> anyhow::Result<()> {
    use tfplugin_proto::tfplugin6 as proto;
    type Block = <Paas as Provider>::Model;
    let dir = tempfile::tempdir()?;
    let env = [("TMPDIR", dir.path().display().to_string()), ("TF_DISABLE_PLUGIN_TLS", "1".to_owned())];
    let plugin = Plugin::start(provider, &env.map(|(name, value)| (name.to_owned(), value))).await?;
    let pid = plugin.pid().context("the provider has ended")?;
    let started = memory(pid)?;
    let block = Schema { version: 0, doc: String::new(), attributes: Block::attributes() };
    let config = tfplugin_framework::value::msgpack::encode(&Block::default().to_value(), &block.value_type())
        .context("a block")?;
    let mut core = plugin.provider();
    core.get_provider_schema(proto::get_provider_schema::Request::default()).await?;
    let config = Some(proto::DynamicValue { msgpack: config, json: Vec::new() });
    core.configure_provider(proto::configure_provider::Request { config, ..Default::default() }).await?;
    let idle = memory(pid)?;
    table::row("idle RSS, connected", &started.all(), "≤ 12 MB", "hashicorp/aws 192 MB");
    table::row("  of it written by the process, not mapped from its file", &started.own(), "", "");
    table::row("idle RSS, schema sent and configured", &idle.all(), "≤ 12 MB", "");
    table::row("  of it written by the process", &idle.own(), "", "");
    plugin.shut_down().await
}

/// Resident memory in kB.
struct Memory {
    all: u64,
    own: u64,
}

impl Memory {
    fn all(&self) -> String {
        format!("{:.1} MB", self.all as f64 * 1024.0 / 1e6)
    }

    fn own(&self) -> String {
        format!("{:.1} MB", self.own as f64 * 1024.0 / 1e6)
    }
}

fn memory(pid: u32) -> anyhow::Result<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("memory is read from /proc")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
    };
    Ok(Memory { all: field("VmRSS:"), own: field("RssAnon:") })
}
