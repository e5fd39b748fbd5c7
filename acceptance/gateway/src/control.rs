//! The gateway's own HTTP interface, for the sandbox's command line and the tests. Mounted by the daemon; listens nowhere itself.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use sandbox_eks::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Gateway;
use crate::fault::Fault;

/// What a request may select.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Selection {
    account: Option<String>,
    since: u64,
    id: Option<u64>,
}

/// The routes: `/status`, `/log`, `/faults`, `/failures`, `/errors`, `/sweep`.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/log", get(log))
        .route("/faults", get(faults).post(arm).delete(disarm))
        .route("/failures", post(fail))
        .route("/errors", get(errors))
        .route("/sweep", get(sweep))
        .with_state(gateway)
}

async fn status(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    Json(json!(gateway.status()))
}

/// JSON lines, oldest first; `since` is the `n` of the last record that the caller has.
async fn log(State(gateway): State<Arc<Gateway>>, Query(selection): Query<Selection>) -> Response {
    let mut lines = String::new();
    for record in gateway.log(selection.since, selection.account.as_deref()) {
        if let Ok(line) = serde_json::to_string(&*record) {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    ([("content-type", "application/x-ndjson")], lines).into_response()
}

async fn faults(State(gateway): State<Arc<Gateway>>) -> Json<Value> {
    Json(json!(gateway.faults()))
}

async fn arm(State(gateway): State<Arc<Gateway>>, Json(fault): Json<Fault>) -> Response {
    match gateway.arm(fault) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(problem) => (StatusCode::BAD_REQUEST, Json(json!({ "error": problem }))).into_response(),
    }
}

async fn disarm(State(gateway): State<Arc<Gateway>>, Query(selection): Query<Selection>) -> Json<Value> {
    Json(json!({ "disarmed": gateway.disarm(selection.id, selection.account.as_deref()) }))
}

async fn fail(State(gateway): State<Arc<Gateway>>, Json(failure): Json<Failure>) -> Json<Value> {
    gateway.fail(failure);
    Json(json!({}))
}

async fn errors(State(gateway): State<Arc<Gateway>>, Query(selection): Query<Selection>) -> Json<Value> {
    Json(json!(gateway.violations(selection.account.as_deref())))
}

async fn sweep(State(gateway): State<Arc<Gateway>>, Query(selection): Query<Selection>) -> Response {
    match gateway.sweep(selection.account.as_deref()).await {
        Ok(found) => Json(found).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": format!("{error:#}") }))).into_response()
        }
    }
}
