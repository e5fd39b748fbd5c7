//! EKS behind a socket, an account with a few roles and subnets, and the clients: what the gateway and moto are in the whole sandbox.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Segment, Request, State};
use axum::response::Response;
use axum::routing::post;
use sandbox_eks::account::Credentials;
use sandbox_eks::{
    Caller, Eks, EksSpec, EndpointAccess, FrontSpec, Fronts, IamView, LaunchTemplate, Pace, Planes, Role, Session,
    Subnet,
};
use sandbox_kube::{Tools, Wanted};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The server that all trials share, each in an account of its own.
pub(crate) struct Server {
    pub(crate) eks: Eks,
    runtime: Runtime,
    address: String,
    aws: PathBuf,
    kubectl: PathBuf,
    folder: TempDir,
    /// By access key.
    tokens: Mutex<BTreeMap<String, String>>,
}

struct Account;

#[async_trait]
impl IamView for Account {
    async fn role(&self, account: &str, name: &str) -> Option<Role> {
        let nodes = &["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"][..];
        let (service, policies) = match name {
            "cluster" => ("eks.amazonaws.com", &["AmazonEKSClusterPolicy"][..]),
            "node" => ("ec2.amazonaws.com", nodes),
            "pod" => ("pods.eks.amazonaws.com", &[][..]),
            _ => return None,
        };
        let actions = ["sts:AssumeRole", "sts:TagSession"];
        Some(Role {
            id: format!("AROA{name}"),
            arn: format!("arn:aws:iam::{account}:role/{name}"),
            trust: json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}]}),
            attached_policies: policies.iter().map(|policy| format!("arn:aws:iam::aws:policy/{policy}")).collect(),
            created_at: 0.0,
        })
    }

    async fn user(&self, account: &str, name: &str) -> Option<String> {
        Some(format!("arn:aws:iam::{account}:user/{name}"))
    }

    async fn subnets(&self, _: &str, region: &str, ids: &[String]) -> Vec<Subnet> {
        let subnet = |id: &String| {
            let zone = id.strip_prefix("subnet-").filter(|zone| ["a", "b", "c"].contains(zone))?;
            let number = u32::from(zone.as_bytes()[0] - b'a');
            let (zone, zone_id) = (format!("{region}{zone}"), format!("euw1-az{}", number + 1));
            Some(Subnet {
                id: id.clone(),
                vpc: "vpc-1".to_owned(),
                zone,
                zone_id,
                cidr: format!("10.0.{}.0/20", number * 16),
            })
        };
        ids.iter().filter_map(subnet).collect()
    }

    async fn security_groups(&self, _: &str, _: &str, ids: &[String]) -> Vec<String> {
        ids.to_vec()
    }

    async fn launch_template(&self, _: &str, _: &str, _: &str) -> Option<LaunchTemplate> {
        None
    }

    async fn create_cluster_security_group(&self, _: &str, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }

    async fn delete_cluster_security_group(&self, _: &str, _: &str, _: &str) {}

    async fn session(&self, _: &str) -> Option<Session> {
        None
    }
}

/// Clients reach API servers as they are.
struct Direct;

#[async_trait]
impl Fronts for Direct {
    async fn open(&self, front: FrontSpec) -> anyhow::Result<String> {
        Ok(format!("https://{}", front.upstream))
    }

    async fn update(&self, _: &str, _: EndpointAccess, _: Value) {}

    async fn close(&self, _: &str) {}
}

async fn call(State(eks): State<Eks>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    // Credential=KEY/DATE/REGION/SERVICE/aws4_request
    let signed = head.headers["authorization"].to_str().unwrap().to_owned();
    let scope: Vec<&str> = signed.split("Credential=").nth(1).unwrap().split(',').next().unwrap().split('/').collect();
    let signer = Credentials::find(scope[0]).unwrap();
    let caller =
        Caller { account: signer.account, region: scope[2].to_owned(), arn: signer.arn, access_key: signer.access_key };
    eks.call(&caller, http::Request::from_parts(head, body)).await.map(axum::body::Body::from)
}

async fn review(State(eks): State<Eks>, Segment(plane): Segment<String>, body: Bytes) -> String {
    eks.review_token(&plane, serde_json::from_slice(&body).unwrap()).await.to_string()
}

impl Server {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let tools = Arc::new(Tools::prepare(&|line| eprintln!("{line}"), Wanted::Services)?);
        let (aws, kubectl) = (tools.aws.clone(), tools.kubectl.clone());
        let folder = tempfile::Builder::new().prefix("eks-").tempdir()?;
        let runtime = Runtime::new()?;
        let (eks, address) = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let address = format!("http://{}", listener.local_addr()?);
            let spec = EksSpec {
                tools,
                dir: folder.path().join("planes"),
                planes: Planes::Real,
                nodes: None,
                pace: Pace::Fast,
                seed: 1,
                fronts: Arc::new(Direct),
                iam: Arc::new(Account),
                token_review: format!("{address}/token-review"),
                sts: address.clone(),
            };
            let eks = Eks::new(spec).await?;
            let router =
                Router::new().route("/token-review/{plane}", post(review)).fallback(call).with_state(eks.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
            anyhow::Ok((eks, address))
        })?;
        Ok(Self { eks, runtime, address, aws, kubectl, folder, tokens: Mutex::default() })
    }

    pub(crate) fn stop(&self) -> anyhow::Result<()> {
        self.runtime.block_on(self.eks.shutdown());
        Ok(std::fs::remove_dir_all(self.folder.path())?)
    }

    fn command(&self, program: &Path, signer: &Credentials) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.folder.path()).env("AWS_ENDPOINT_URL", &self.address);
        command.env("AWS_DEFAULT_REGION", "eu-west-1").env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PAGER", "");
        command.env("AWS_ACCESS_KEY_ID", &signer.access_key).env("AWS_SECRET_ACCESS_KEY", &signer.secret);
        command
    }

    fn run(&self, account: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(&self.aws, &Credentials::of(account));
        command.arg("eks").args(arguments).args(["--output", "json"]).output().unwrap()
    }

    /// `aws eks …` that succeeds.
    pub(crate) fn aws(&self, account: &str, arguments: &[&str]) -> Value {
        let output = self.run(account, arguments);
        assert!(output.status.success(), "aws eks {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// `aws eks …` that fails: what it prints.
    pub(crate) fn fails(&self, account: &str, arguments: &[&str]) -> String {
        let output = self.run(account, arguments);
        assert!(!output.status.success(), "aws eks {arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    /// An ACTIVE cluster `prod` and its kubeconfig; `more` are further arguments of create-cluster.
    pub(crate) fn cluster(&self, account: &str, more: &[&str]) -> PathBuf {
        let role = format!("arn:aws:iam::{account}:role/cluster");
        let create = [
            "create-cluster",
            "--name",
            "prod",
            "--role-arn",
            &role,
            "--resources-vpc-config",
            "subnetIds=subnet-a,subnet-b",
        ];
        self.aws(account, &[&create, more].concat());
        self.aws(account, &["wait", "cluster-active", "--name", "prod"]);
        let kubeconfig = self.folder.path().join(account);
        self.aws(account, &["update-kubeconfig", "--name", "prod", "--kubeconfig", kubeconfig.to_str().unwrap()]);
        kubeconfig
    }

    /// `kubectl …` as the kubeconfig has it: with a token that it gets from the AWS CLI for every call.
    pub(crate) fn kubectl_by_exec(
        &self,
        kubeconfig: &Path,
        signer: &Credentials,
        arguments: &[&str],
    ) -> Result<String, String> {
        printed(self.command(&self.kubectl, signer).env("KUBECONFIG", kubeconfig).args(arguments).output().unwrap())
    }

    /// `kubectl …` with one token of `signer` for all calls.
    pub(crate) fn kubectl(
        &self,
        kubeconfig: &Path,
        signer: &Credentials,
        arguments: &[&str],
    ) -> Result<String, String> {
        let mut tokens = self.tokens.lock().unwrap();
        let token = tokens.entry(signer.access_key.clone()).or_insert_with(|| {
            let mut command = self.command(&self.aws, signer);
            let answer =
                printed(command.args(["eks", "get-token", "--cluster-name", "prod"]).output().unwrap()).unwrap();
            let credential: Value = serde_json::from_str(&answer).unwrap();
            credential["status"]["token"].as_str().unwrap().to_owned()
        });
        let token = format!("--token={token}");
        self.kubectl_by_exec(kubeconfig, signer, &[&[token.as_str()], arguments].concat())
    }

    /// Polls `aws eks …` until `pointer` of its answer is `wanted`.
    pub(crate) fn until(&self, account: &str, arguments: &[&str], pointer: &str, wanted: &str) -> Value {
        for _ in 0..60 {
            let answer = self.aws(account, arguments);
            if answer.pointer(pointer) == Some(&json!(wanted)) {
                return answer;
            }
        }
        panic!("{arguments:?} never had {wanted} at {pointer}: {}", self.aws(account, arguments))
    }

    /// What went wrong in an account, as text.
    pub(crate) fn violations(&self, account: &str) -> Vec<String> {
        let violations = self.eks.violations().into_iter().filter(|violation| violation.account == account);
        violations
            .map(|violation| format!("{} {:?}: {}", violation.operation, violation.side, violation.what))
            .collect()
    }
}

/// What a command printed, to the one or the other end.
fn printed(output: Output) -> Result<String, String> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
