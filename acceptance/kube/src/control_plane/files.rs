//! Certificates and kubeconfigs on disk, as the components read them.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sandbox_node::GATEWAY;
use serde_json::json;

use crate::certificates::{CertificateAuthority, IssuedCertificate};
use crate::nodes::selector_file;

/// The first address of the service range: the `kubernetes` Service.
const KUBERNETES_SERVICE: &str = "172.20.0.1";

/// The folder of one control plane and the names in it.
#[derive(Debug, Clone)]
pub(super) struct Files {
    dir: PathBuf,
}

impl Files {
    /// Makes the folder and everything in it that does not depend on ports. An earlier content goes.
    pub(super) fn write(
        dir: &Path,
        authority: &CertificateAuthority,
        token_webhook: Option<&str>,
    ) -> anyhow::Result<Self> {
        let files = Self { dir: dir.to_path_buf() };
        if dir.exists() {
            std::fs::remove_dir_all(dir).with_context(|| format!("the folder {} cannot be emptied", dir.display()))?;
        }
        std::fs::create_dir_all(dir).with_context(|| format!("the folder {} cannot be made", dir.display()))?;
        files.private("ca.crt", &authority.pem())?;
        files.private("ca.key", &authority.key_pem())?;
        let names = [
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "127.0.0.1",
            KUBERNETES_SERVICE,
            &GATEWAY.to_string(),
        ];
        files.certificate("apiserver", &authority.issue_server(&names)?)?;
        files.certificate("admin", &authority.issue_client("kubernetes-admin", Some("system:masters"))?)?;
        files.certificate("controller-manager", &authority.issue_client("system:kube-controller-manager", None)?)?;
        files.certificate("scheduler", &authority.issue_client("system:kube-scheduler", None)?)?;
        let front_proxy = CertificateAuthority::new("front-proxy-ca")?;
        files.private("front-proxy-ca.crt", &front_proxy.pem())?;
        files.certificate("front-proxy-client", &front_proxy.issue_client("front-proxy-client", None)?)?;
        let service_accounts = rcgen::KeyPair::generate()?;
        files.private("sa.key", &service_accounts.serialize_pem())?;
        files.private("sa.pub", &service_accounts.public_key_pem())?;
        if let Some(url) = token_webhook {
            let webhook = json!({
                "apiVersion": "v1", "kind": "Config",
                "clusters": [{"name": "webhook", "cluster": {"server": url}}],
                "users": [{"name": "apiserver", "user": {}}],
                "contexts": [{"name": "webhook", "context": {"cluster": "webhook", "user": "apiserver"}}],
                "current-context": "webhook",
            });
            files.private("token-webhook.kubeconfig", &webhook.to_string())?;
        }
        Ok(files)
    }

    /// The kubeconfigs of those who talk to the API server at `address`, with the certificates inlined.
    pub(super) fn write_kubeconfigs(&self, address: SocketAddr) -> anyhow::Result<()> {
        for user in ["admin", "controller-manager", "scheduler"] {
            let kubeconfig = json!({
                "apiVersion": "v1", "kind": "Config",
                "clusters": [{"name": "sandbox", "cluster": {"server": format!("https://{address}"), "certificate-authority": self.path("ca.crt")}}],
                "users": [{"name": user, "user": {"client-certificate": self.path(&format!("{user}.crt")), "client-key": self.path(&format!("{user}.key"))}}],
                "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": user}}],
                "current-context": "sandbox",
            });
            self.private(&format!("{user}.kubeconfig"), &kubeconfig.to_string())?;
        }
        Ok(())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Written where nodes are real.
    pub(super) fn egress_selector(&self) -> PathBuf {
        selector_file(&self.dir)
    }

    pub(super) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.path(&format!("{user}.kubeconfig"))
    }

    pub(super) fn log(&self, component: &str) -> PathBuf {
        self.path(&format!("{component}.log"))
    }

    fn certificate(&self, name: &str, certificate: &IssuedCertificate) -> anyhow::Result<()> {
        self.private(&format!("{name}.crt"), &certificate.chain_pem)?;
        self.private(&format!("{name}.key"), &certificate.key_pem)
    }

    /// Writes a file that only its owner reads.
    fn private(&self, name: &str, content: &str) -> anyhow::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.path(name);
        std::fs::File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(content.as_bytes()))
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}
