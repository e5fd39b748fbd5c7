//! The daemon: one sandbox, its control socket, and its end.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use sandbox_eks::Wanted;
use sandbox_images::Store;
use sandbox_kube::Tools;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use super::register::Owner;
use super::{ACCOUNT, Built, REGION, Sandbox, SandboxSpec, mirror, place};

/// What a running daemon says of itself; the gateway's status stands beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct About {
    /// Its process.
    pub pid: u32,
    /// Its folder.
    pub dir: PathBuf,
    /// How fast AWS moves, as `--pace` takes it.
    pub pace: String,
    /// As `--private-unreachable`.
    pub private_unreachable: bool,
    /// Whether nodes are real.
    pub real_nodes: bool,
}

struct Daemon {
    sandbox: Sandbox,
    about: About,
    closing: Notify,
}

/// Which account's environment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    account: Option<String>,
    region: Option<String>,
}

/// A provider that was built anew.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewProvider {
    /// Where it is.
    pub provider: PathBuf,
}

/// An archive of images.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewImage {
    /// Where it is.
    pub archive: PathBuf,
    /// The name that its image is to have, if not its own.
    pub name: Option<String>,
}

/// Runs a sandbox until it is told to end: by its socket, SIGTERM or SIGINT. Its folder goes with it.
///
/// # Errors
/// When it does not start.
pub async fn run(spec: SandboxSpec, pace: String, tools: Arc<Tools>, built: Built) -> anyhow::Result<()> {
    let about = About {
        pid: std::process::id(),
        dir: spec.dir.clone(),
        pace,
        private_unreachable: spec.private_unreachable,
        real_nodes: spec.real_nodes,
    };
    let sandbox = Sandbox::start_for(Owner::User, spec, tools, &built).await?;
    let socket = place::control_socket(sandbox.dir());
    let listener = UnixListener::bind(&socket).with_context(|| format!("{} cannot be bound", socket.display()))?;
    let control = sandbox.gateway().control();
    let daemon = Arc::new(Daemon { sandbox, about, closing: Notify::new() });
    let router = Router::new()
        .route("/about", get(about_daemon))
        .route("/environment", get(environment))
        .route("/provider", post(provider_built))
        .route("/open", post(open))
        .route("/images", get(images).post(load_image))
        .route("/shutdown", post(shutdown))
        .with_state(Arc::clone(&daemon))
        .merge(control);
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be received")?;
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::select! {
        () = daemon.closing.notified() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    daemon.sandbox.gateway().shutdown().await;
    serving.abort();
    place::remove(daemon.sandbox.dir())
}

async fn about_daemon(State(daemon): State<Arc<Daemon>>) -> Json<About> {
    Json(daemon.about.clone())
}

async fn environment(State(daemon): State<Arc<Daemon>>, Query(place): Query<Place>) -> Response {
    let (account, region) = (place.account.as_deref().unwrap_or(ACCOUNT), place.region.as_deref().unwrap_or(REGION));
    answer(daemon.sandbox.environment(account, region).await)
}

async fn provider_built(State(daemon): State<Arc<Daemon>>, Json(new): Json<NewProvider>) -> Response {
    answer(mirror::write(daemon.sandbox.dir(), daemon.sandbox.tools(), &new.provider).map(|()| json!({})))
}

async fn open(State(daemon): State<Arc<Daemon>>, Json(wanted): Json<Wanted>) -> Response {
    answer(daemon.sandbox.gateway().open(&wanted).await)
}

/// The names of the images that were loaded.
async fn images(State(daemon): State<Arc<Daemon>>) -> Response {
    answer(loading(&daemon).map(|store| store.loaded()))
}

async fn load_image(State(daemon): State<Arc<Daemon>>, Json(new): Json<NewImage>) -> Response {
    let loaded = async {
        let store = Arc::clone(loading(&daemon)?);
        let load = move || match &new.name {
            Some(name) => store.load_as(&new.archive, name),
            None => store.load(&new.archive),
        };
        anyhow::Ok(tokio::task::spawn_blocking(load).await.context("the load was interrupted")??)
    };
    answer(loaded.await)
}

fn loading(daemon: &Daemon) -> anyhow::Result<&Arc<Store>> {
    daemon.sandbox.images().context("simulated nodes pull no images: cargo sandbox up --nodes real")
}

async fn shutdown(State(daemon): State<Arc<Daemon>>) -> StatusCode {
    daemon.closing.notify_one();
    StatusCode::ACCEPTED
}

fn answer<T: Serialize>(result: anyhow::Result<T>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": format!("{error:#}")}))).into_response(),
    }
}
