//! The EKS API: one value that answers requests, keeps the state and runs what follows from it. Knows no socket.

mod identity;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use sandbox_kube::{RealNodes, Tools};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cloud::IamView;
use crate::effects::{Failure, RunningCluster};
use crate::error::ApiError;
use crate::fronts::Fronts;
use crate::hollow::HollowPlanes;
use crate::ids::Ids;
use crate::kubernetes::LocalPlanes;
use crate::model::{Fault, Model};
use crate::pace::Pace;
use crate::planes::{ControlPlanes, Planes};
use crate::resources::{self, Resource, Standing};
use crate::review;
use crate::router::{self, Operation};
use crate::state::{ClusterKey, Context, Place, State};
use crate::violations::{Side, Violation};

/// What the EKS server is made from.
pub struct EksSpec {
    /// The programs of control planes, and botocore's model.
    pub tools: Arc<Tools>,
    /// A folder for control planes, its own.
    pub dir: PathBuf,
    /// What is behind clusters.
    pub planes: Planes,
    /// What real nodes are made of; none: they are simulated.
    pub nodes: Option<RealNodes>,
    /// How fast states move.
    pub pace: Pace,
    /// Where ids come from.
    pub seed: u64,
    /// Who listens for API servers.
    pub fronts: Arc<dyn Fronts>,
    /// The rest of the account.
    pub iam: Arc<dyn IamView>,
    /// Where API servers ask for token reviews; `/PLANE` is appended, to be given to [`Eks::review_token`].
    pub token_review: String,
    /// The address that stands for STS: `http://127.0.0.1:PORT`, without a path.
    pub sts: String,
}

/// Who sends a request, as found from its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// 12 digits.
    pub account: String,
    /// The region of the signature's scope.
    pub region: String,
    /// As GetCallerIdentity answers.
    pub arn: String,
    /// The access key id.
    pub access_key: String,
}

/// The EKS API of all accounts of a sandbox. Cheap to clone.
#[derive(Clone)]
pub struct Eks {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) pace: Pace,
    pub(crate) ids: Ids,
    pub(crate) planes: Arc<dyn ControlPlanes>,
    pub(crate) fronts: Arc<dyn Fronts>,
    pub(crate) iam: Arc<dyn IamView>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// Grants reach a cluster in the order in which they were decided.
    pub(crate) granting: tokio::sync::Mutex<()>,
    model: Option<Model>,
    sts: String,
    state: Mutex<State>,
    running: Mutex<BTreeMap<ClusterKey, RunningCluster>>,
    failures: Mutex<Vec<Failure>>,
    /// How old a role must be for EKS to see it, where it is not the pace's.
    role_age: Mutex<Option<Duration>>,
    violations: Mutex<Vec<Violation>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Eks {
    /// Starts the server, and a first control plane to have one ready.
    ///
    /// # Errors
    /// botocore's model cannot be read.
    pub async fn new(spec: EksSpec) -> anyhow::Result<Self> {
        let model = Model::load(&spec.tools.botocore_model)?;
        let planes: Arc<dyn ControlPlanes> = match spec.planes {
            Planes::Real => {
                Arc::new(LocalPlanes::new(Arc::clone(&spec.tools), spec.dir, spec.token_review, spec.nodes))
            }
            Planes::Hollow => Arc::new(HollowPlanes::default()),
        };
        let parts = Parts { pace: spec.pace, seed: spec.seed, fronts: spec.fronts, iam: spec.iam, sts: spec.sts };
        Ok(Self::over(planes, parts, Some(model)))
    }

    pub(crate) fn over(planes: Arc<dyn ControlPlanes>, parts: Parts, model: Option<Model>) -> Self {
        let inner = Inner {
            pace: parts.pace,
            ids: Ids::new(parts.seed),
            planes,
            fronts: parts.fronts,
            iam: parts.iam,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            granting: tokio::sync::Mutex::new(()),
            model,
            sts: parts.sts,
            state: Mutex::default(),
            running: Mutex::default(),
            failures: Mutex::default(),
            role_age: Mutex::default(),
            violations: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Answers a request as AWS does. The path must be as it was received, percent-encoded.
    pub async fn call(&self, caller: &Caller, request: Request<Bytes>) -> Response<Bytes> {
        // A client that goes away in the middle does not undo half of what it asked for.
        let (inner, caller) = (Arc::clone(&self.inner), caller.clone());
        match self.inner.tasks.spawn(async move { inner.respond(&caller, request).await }).await {
            Ok(response) => response,
            Err(error) => response(Err(ApiError::new("ServerException", format!("the sandbox failed: {error}")))),
        }
    }

    /// Answers the TokenReview of an API server. `plane` is what was appended to the review URL.
    pub async fn review_token(&self, plane: &str, review: Value) -> Value {
        let token = review["spec"]["token"].as_str().unwrap_or_default().to_owned();
        let user = self.inner.authenticate(plane, &token).await;
        if let Err(why) = &user {
            tracing::debug!(plane, why, "token refused");
        }
        review::answer(&review, user)
    }

    /// Everything that must fail the test that caused it.
    pub fn violations(&self) -> Vec<Violation> {
        lock(&self.inner.violations).clone()
    }

    /// Makes the next object of a kind and name fail.
    pub fn arm(&self, failure: Failure) {
        lock(&self.inner.failures).push(failure);
    }

    /// EKS sees a role only once it is this old; by default that is a matter of the pace, and at once when that is fast.
    pub fn delay_roles(&self, age: Duration) {
        *lock(&self.inner.role_age) = Some(age);
    }

    /// Everything that exists.
    pub fn resources(&self) -> Vec<Resource> {
        resources::all(&self.inner.state())
    }

    /// The OIDC issuers of an account's clusters, by the cluster's ARN.
    pub fn issuers(&self, account: &str) -> BTreeMap<String, String> {
        resources::issuers(&self.inner.state(), account)
    }

    /// How many objects of an account are on their way to another status.
    pub fn moving(&self, account: &str) -> usize {
        resources::moving(&self.inner.state(), account)
    }

    /// The clusters, node groups and add-ons of an account as they are at this moment, past log and faults.
    pub fn standings(&self, account: &str) -> Vec<Standing> {
        resources::standings(&self.inner.state(), account)
    }

    /// The kubeconfig-free way into a cluster: its running control plane's address, for those who look after the sandbox.
    pub fn endpoints(&self) -> Vec<(String, String)> {
        self.inner
            .running_clusters()
            .iter()
            .map(|(key, running)| (key.place.arn(&format!("cluster/{}", key.name)), running.endpoint.clone()))
            .collect()
    }

    pub(crate) fn running(&self) -> Vec<(ClusterKey, RunningCluster)> {
        self.inner.running_clusters().iter().map(|(key, running)| (key.clone(), running.clone())).collect()
    }

    /// Stops all control planes and everything that was under way.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        let running = std::mem::take(&mut *self.inner.running_clusters());
        let stopping = running.into_values().map(|running| async move { running.plane.stop().await });
        futures::future::join_all(stopping).await;
        self.inner.planes.shutdown().await;
    }
}

/// The parts of [`EksSpec`] that need no process.
pub(crate) struct Parts {
    pub pace: Pace,
    pub seed: u64,
    pub fronts: Arc<dyn Fronts>,
    pub iam: Arc<dyn IamView>,
    pub sts: String,
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn running_clusters(&self) -> MutexGuard<'_, BTreeMap<ClusterKey, RunningCluster>> {
        lock(&self.running)
    }

    pub(crate) fn failures(&self) -> MutexGuard<'_, Vec<Failure>> {
        lock(&self.failures)
    }

    pub(crate) fn context(&self, place: &Place, principal: &str) -> Context {
        Context { place: place.clone(), principal: principal.to_owned(), now: now(), ids: self.ids }
    }

    /// Records that something of the sandbox itself failed.
    pub(crate) fn report(&self, account: &str, operation: &str, what: String) {
        self.violation(account, operation, Side::Sandbox, what);
    }

    fn violation(&self, account: &str, operation: &str, side: Side, what: String) {
        tracing::warn!(account, operation, ?side, what, "violation");
        lock(&self.violations).push(Violation {
            account: account.to_owned(),
            operation: operation.to_owned(),
            side,
            what,
        });
    }

    async fn respond(self: &Arc<Self>, caller: &Caller, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let answer = match router::route(&head.method, head.uri.path()) {
            Some((operation, labels)) => {
                let result = match router::input(labels, head.uri.query(), &body) {
                    Ok(input) => self.answer(caller, operation, input).await,
                    Err(error) => {
                        self.violation(&caller.account, operation.name(), Side::Request, error.message.clone());
                        Err(error)
                    }
                };
                self.check_answer(caller, operation, &result);
                result
            }
            None => Err(self.unknown(caller, &head.method, head.uri.path())),
        };
        response(answer)
    }

    async fn answer(self: &Arc<Self>, caller: &Caller, operation: Operation, input: Value) -> Result<Value, ApiError> {
        let problems =
            self.model.as_ref().map(|model| model.check_request(operation.name(), &input)).unwrap_or_default();
        if let Some(first) = problems.first() {
            for problem in &problems {
                self.violation(&caller.account, operation.name(), Side::Request, problem.to_string());
            }
            let code = if matches!(first.fault, Fault::WrongType { .. }) {
                "SerializationException"
            } else {
                "ValidationException"
            };
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let count = if problems.len() == 1 {
                "1 validation error".to_owned()
            } else {
                format!("{} validation errors", problems.len())
            };
            return Err(ApiError::new(code, format!("{count} detected: {}", texts.join("; "))));
        }
        let place = Place { account: caller.account.clone(), region: caller.region.clone() };
        let token = input["clientRequestToken"].as_str().map(|token| (operation.name().to_owned(), token.to_owned()));
        if let Some(token) = &token
            && let Some((known, answer)) = self.state().region(&place).replays.get(token)
        {
            return match *known == input {
                true => Ok(answer.clone()),
                false => Err(ApiError::parameter("The client request token was used before with other parameters")),
            };
        }
        let principal = self.principal(caller).await;
        let context = self.context(&place, &principal);
        let (answer, effects) = self.dispatch(&context, operation, input.clone()).await?;
        if let Some(token) = token {
            self.state().region(&place).replays.insert(token, (input, answer.clone()));
        }
        for effect in effects {
            self.start(effect).await;
        }
        Ok(answer)
    }

    fn check_answer(&self, caller: &Caller, operation: Operation, answer: &Result<Value, ApiError>) {
        let Some(model) = &self.model else { return };
        let problems = match answer {
            Ok(body) => model.check_response(operation.name(), body),
            Err(error) => model.check_error(operation.name(), error.code, &error.body()),
        };
        for problem in problems {
            self.violation(&caller.account, operation.name(), Side::Response, problem.to_string());
        }
    }

    fn unknown(&self, caller: &Caller, method: &http::Method, path: &str) -> ApiError {
        let known = self.model.as_ref().and_then(|model| model.operation(method, path));
        let operation = known.map_or_else(|| format!("{method} {path}"), str::to_owned);
        let what = match known {
            Some(name) => format!("the sandbox does not answer eks:{name} ({method} {path})"),
            None => format!("the sandbox does not know the EKS request {method} {path}"),
        };
        self.violation(&caller.account, &operation, Side::Unknown, what.clone());
        ApiError::new("UnknownOperationException", what)
    }
}

/// Seconds since the epoch, to the millisecond as AWS has it.
fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since.as_millis() as f64) / 1000.0
}

fn response(answer: Result<Value, ApiError>) -> Response<Bytes> {
    let builder = Response::builder()
        .header("content-type", "application/json")
        .header("x-amzn-requestid", uuid::Uuid::new_v4().to_string());
    let (builder, body) = match answer {
        Ok(body) => (builder.status(http::StatusCode::OK), body),
        Err(error) => (builder.status(error.status()).header("x-amzn-errortype", error.code), error.body()),
    };
    builder.body(Bytes::from(body.to_string())).unwrap_or_default()
}

#[cfg(test)]
mod tests;
