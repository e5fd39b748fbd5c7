//! The one gateway that all these tests share, each with an account of its own, and the AWS CLI beside it.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use sandbox_eks::account::Credentials;
use sandbox_eks::{Pace, Planes};
use sandbox_gateway::{Gateway, GatewaySpec};
use sandbox_kube::{Tools, Wanted};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub(crate) struct Sandbox {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) runtime: Runtime,
    pub(crate) kubectl: PathBuf,
    aws: PathBuf,
    folder: TempDir,
}

/// Trials named after their functions.
macro_rules! trials {
    ($sandbox:expr, $($name:ident),* $(,)?) => {
        vec![$(libtest_mimic::Trial::test(stringify!($name), move || {
            $name($sandbox);
            Ok(())
        })),*]
    };
}
pub(crate) use trials;

impl Sandbox {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let tools = Arc::new(Tools::prepare(&|line| eprintln!("{line}"), Wanted::Services)?);
        let (aws, kubectl) = (tools.aws.clone(), tools.kubectl.clone());
        let folder = tempfile::Builder::new().prefix("gateway-").tempdir()?;
        let runtime = Runtime::new()?;
        let dir = folder.path().to_owned();
        let spec = GatewaySpec {
            tools,
            dir,
            planes: Planes::Real,
            nodes: None,
            pace: Pace::Fast,
            private_unreachable: false,
            seed: 1,
        };
        let gateway = runtime.block_on(Gateway::start(spec))?;
        Ok(Self { gateway, runtime, kubectl, aws, folder })
    }

    /// Ends all that was started and removes the folder.
    pub(crate) fn stop(&self) -> anyhow::Result<()> {
        self.runtime.block_on(self.gateway.shutdown());
        Ok(std::fs::remove_dir_all(self.folder.path())?)
    }

    /// A path in the sandbox's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The environment in which the AWS CLI finds the gateway, with these keys.
    pub(crate) fn environment(&self, command: &mut Command, keys: Option<(&str, &str, Option<&str>)>) {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.gateway.address()));
        command.env("AWS_DEFAULT_REGION", "eu-west-1").env("AWS_PAGER", "").env("AWS_EC2_METADATA_DISABLED", "true");
        if let Some((key, secret, token)) = keys {
            command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret);
            command.envs(token.map(|token| ("AWS_SESSION_TOKEN", token)));
        }
    }

    /// Runs the CLI with these keys; the output as it is.
    pub(crate) fn run(&self, keys: Option<(&str, &str, Option<&str>)>, arguments: &[&str]) -> Output {
        let mut command = Command::new(&self.aws);
        self.environment(&mut command, keys);
        command.args(arguments).args(["--output", "json"]).output().unwrap()
    }

    /// The answer of a call that succeeds.
    pub(crate) fn aws(&self, account: &str, arguments: &[&str]) -> Value {
        let Credentials { access_key, secret, .. } = Credentials::of(account);
        answer(self.run(Some((&access_key, &secret, None)), arguments))
    }

    /// The error of a call that fails.
    pub(crate) fn fails(&self, account: &str, arguments: &[&str]) -> String {
        let Credentials { access_key, secret, .. } = Credentials::of(account);
        let output = self.run(Some((&access_key, &secret, None)), arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    /// What exists in an account, one line each.
    pub(crate) fn sweep(&self, account: &str) -> Vec<String> {
        let found = self.runtime.block_on(self.gateway.sweep(Some(account))).unwrap();
        found.iter().map(|resource| format!("{} {} {}", resource.service, resource.kind, resource.id)).collect()
    }
}

/// What a successful command printed.
pub(crate) fn answer(output: Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}
