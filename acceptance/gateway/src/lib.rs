//! One address for every AWS service and every API server of the sandbox: routing, request log, faults. Knows what calls ask for, and of EKS
//! only that it answers.

pub mod answer;
mod aws;
pub mod call;
mod cloud;
mod control;
pub mod exchange;
pub mod fault;
mod front;
mod fronts;
pub mod log;
mod moto;
mod principal;
mod serve;
pub mod sweep;
pub mod wire;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use sandbox_eks::{Eks, EksSpec, Failure, Pace, Planes, Standing, Wanted};
use sandbox_kube::{RealNodes, Tools};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use aws::{Aws, TOKEN_REVIEW};
use call::rest::RestModels;
use cloud::Cloud;
use exchange::Exchange;
use fault::{Armed, Fault, Faults};
pub use fronts::FrontStatus;
use fronts::Fronts;
use log::{Record, RequestLog, Violation};
use moto::Moto;
use principal::Principals;
use sweep::Resource;

/// What a gateway is to be.
#[derive(Debug, Clone)]
pub struct GatewaySpec {
    /// The programs.
    pub tools: Arc<Tools>,
    /// An existing folder for logs and control planes; the gateway leaves `requests.jsonl` and `moto.log` there.
    pub dir: PathBuf,
    /// What is behind clusters.
    pub planes: Planes,
    /// What real nodes are made of; none: they are simulated.
    pub nodes: Option<RealNodes>,
    /// How fast EKS moves.
    pub pace: Pace,
    /// Whether API servers without a public endpoint are unreachable, as they are on AWS from outside of the VPC.
    pub private_unreachable: bool,
    /// Where ids come from.
    pub seed: u64,
}

/// A running sandbox, without its command line.
pub struct Gateway {
    address: SocketAddr,
    exchange: Arc<Exchange>,
    moto: Arc<Moto>,
    eks: Eks,
    aws: Arc<Aws>,
    cloud: Arc<Cloud>,
    fronts: Arc<Fronts>,
    planes: Planes,
}

/// Where everything is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// `AWS_ENDPOINT_URL`, without its scheme.
    pub address: SocketAddr,
    /// moto's own address.
    pub moto: SocketAddr,
    /// moto's process id.
    pub moto_pid: u32,
    /// The addresses of all API servers.
    pub fronts: Vec<FrontStatus>,
    /// Requests so far.
    pub requests: u64,
}

impl Gateway {
    /// Starts moto and EKS and listens on a loopback port of the system's choice (1 s).
    ///
    /// # Errors
    /// When moto does not start or a port cannot be had.
    pub async fn start(spec: GatewaySpec) -> anyhow::Result<Arc<Self>> {
        let GatewaySpec { tools, dir, planes, nodes, pace, private_unreachable, seed } = spec;
        let log = Arc::new(RequestLog::open(&dir.join("requests.jsonl")).context("the request log cannot be written")?);
        let exchange = Arc::new(Exchange { log, faults: Faults::default(), closing: CancellationToken::new() });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no loopback port can be had")?;
        let address = listener.local_addr()?;
        let moto = Arc::new(Moto::start(&tools.python, &dir).await?);
        let principals = Arc::new(Principals::default());
        let cloud = Arc::new(Cloud::new(Arc::clone(&moto), Arc::clone(&principals)));
        let fronts = Arc::new(Fronts::new(Arc::clone(&exchange), private_unreachable));
        // …/data/eks/2017-11-01/service-2.json.gz
        let models =
            tools.botocore_model.ancestors().nth(3).context("botocore's models are not where they should be")?;
        let models = RestModels::new(models.to_owned());
        let spec = EksSpec {
            tools,
            dir: dir.join("clusters"),
            planes,
            nodes,
            pace,
            seed,
            fronts: fronts.clone(),
            iam: cloud.clone(),
            token_review: format!("http://{address}{TOKEN_REVIEW}"),
            sts: format!("http://{address}"),
        };
        let eks = Eks::new(spec).await?;
        let aws = Arc::new(Aws {
            exchange: Arc::clone(&exchange),
            moto: Arc::clone(&moto),
            eks: eks.clone(),
            cloud: Arc::clone(&cloud),
            principals,
            models,
            places: Mutex::default(),
        });
        tokio::spawn(Arc::clone(&aws).serve(listener, exchange.closing.child_token()));
        Ok(Arc::new(Self { address, exchange, moto, eks, aws, cloud, fronts, planes }))
    }

    /// Where AWS is: `AWS_ENDPOINT_URL=http://ADDRESS`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The gateway's own HTTP interface; see [`control`](crate).
    pub fn control(self: &Arc<Self>) -> axum::Router {
        control::router(Arc::clone(self))
    }

    /// Where everything is.
    pub fn status(&self) -> Status {
        let requests = self.exchange.log.last();
        let (moto, moto_pid) = (self.moto.address(), self.moto.pid());
        Status { address: self.address, moto, moto_pid, fronts: self.fronts.status(), requests }
    }

    /// The requests after number `since`, of one account or of all.
    pub fn log(&self, since: u64, account: Option<&str>) -> Vec<Arc<Record>> {
        self.exchange.log.since(since, account)
    }

    /// Requests that the sandbox could not serve as AWS would, of one account or of all.
    pub fn violations(&self, account: Option<&str>) -> Vec<Violation> {
        let mut violations = self.exchange.log.violations(account);
        let own = self
            .eks
            .violations()
            .into_iter()
            .filter(|violation| account.is_none_or(|account| violation.account == account));
        violations.extend(own.map(Violation::from));
        violations
    }

    /// Arms a fault; answers its number.
    ///
    /// # Errors
    /// When the fault can never strike as it is written.
    pub fn arm(&self, fault: Fault) -> Result<u64, String> {
        let armed = self.exchange.faults.arm(fault);
        self.fronts.refresh();
        armed
    }

    /// Disarms one fault, those of one account, or all; answers how many.
    pub fn disarm(&self, id: Option<u64>, account: Option<&str>) -> usize {
        let disarmed = self.exchange.faults.disarm(id, account);
        self.fronts.refresh();
        disarmed
    }

    /// Waits until an armed `hold` has a call that waits for [`Gateway::disarm`].
    pub async fn holds(&self, id: u64) {
        self.exchange.faults.holds(id).await;
    }

    /// The OIDC issuers of an account's clusters, by the ARN of the cluster; of none that has not come up yet.
    pub fn issuers(&self, account: &str) -> BTreeMap<String, String> {
        self.eks.issuers(account)
    }

    /// Makes the next object of a kind and name fail as AWS would have it fail.
    pub fn fail(&self, failure: Failure) {
        self.eks.arm(failure);
    }

    /// What is armed, with its counts.
    pub fn faults(&self) -> Vec<Armed> {
        self.exchange.faults.list()
    }

    /// What was created and still exists, in one account or in all that ever made a signed call.
    ///
    /// # Errors
    /// When a service or a live cluster cannot be asked: nothing is reported as swept that was not looked at.
    pub async fn sweep(&self, account: Option<&str>) -> anyhow::Result<Vec<Resource>> {
        let places: Vec<_> = self.aws.places.lock().expect("no panic holds this lock").iter().cloned().collect();
        let places = places.into_iter().filter(|place| account.is_none_or(|account| place.0 == account));
        // Behind the fronts of hollow clusters there is nobody to ask.
        let fronts = if self.planes == Planes::Real { self.fronts.all() } else { Vec::new() };
        sweep::everything(places.collect(), &self.cloud, &self.eks, &fronts, account).await
    }

    /// A loopback address at which the pods of a Service answer, where nodes are real.
    ///
    /// # Errors
    /// When there is no such Service, several, or nothing runs.
    pub async fn open(&self, wanted: &Wanted) -> anyhow::Result<SocketAddr> {
        self.eks.open(wanted).await
    }

    /// A client with all rights in a live cluster, past log and faults.
    ///
    /// # Errors
    /// When there is no such cluster, or not yet.
    pub fn admin(&self, account: &str, cluster: &str) -> anyhow::Result<kube::Client> {
        let fronts = self.fronts.all();
        let name =
            |front: &&Arc<front::Front>| front.server.name.account == account && front.server.name.cluster == cluster;
        sweep::cluster::admin(fronts.iter().find(name).context("there is no such cluster")?)
    }

    /// How many objects of EKS in an account are on their way to another status: what a client can only wait for.
    pub fn moving(&self, account: &str) -> usize {
        self.eks.moving(account)
    }

    /// The clusters, node groups and add-ons of an account as they are at this moment.
    pub fn standings(&self, account: &str) -> Vec<Standing> {
        self.eks.standings(account)
    }

    /// Calls IAM past log and faults, as somebody else would who works in the same account. Answers its XML.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn meddle(&self, account: &str, operation: &str, members: &[(&str, &str)]) -> anyhow::Result<String> {
        self.cloud.iam(account, operation, members).await
    }

    /// Deletes a role and what is attached to it, as somebody else would.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn remove_role(&self, account: &str, name: &str) -> anyhow::Result<()> {
        self.cloud.remove_role(account, name).await
    }

    /// Ends every cluster, connection and process of this gateway.
    pub async fn shutdown(&self) {
        self.eks.shutdown().await;
        self.exchange.closing.cancel();
        if let Err(error) = self.moto.stop().await {
            tracing::warn!("{error:#}");
        }
    }
}
