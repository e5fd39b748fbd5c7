//! The way of every request, to AWS and to API servers alike: count, strike with a fault, pass on, log. Knows no service.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use tokio_util::sync::CancellationToken;

use crate::answer;
use crate::call::Call;
use crate::fault::{Action, Faults, Garbage, Strike, When};
use crate::log::{Head, RequestLog};
use crate::wire::{Wire, interrupt_group};

/// The body of an answer: whole or streaming.
pub type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The connection is to end without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection ends without an answer")]
pub struct Dropped;

/// What all listeners of a gateway share.
#[derive(Debug)]
pub struct Exchange {
    /// Counts, and keeps what became of requests.
    pub log: Arc<RequestLog>,
    /// What a test armed.
    pub faults: Faults,
    /// Ends calls that a fault keeps hanging.
    pub closing: CancellationToken,
}

/// What a fault does to a call, apart from the forwarding.
enum Effect {
    Pass,
    Answer(Response<Bytes>),
    Drop,
}

impl Exchange {
    /// Lets one request pass. `forward` performs the call's effect; it is dropped unused when a fault strikes before.
    ///
    /// # Errors
    /// When the connection is to end without an answer.
    pub async fn run<F>(&self, wire: &Wire, call: &Call, head: Head, forward: F) -> Result<Response<Body>, Dropped>
    where
        F: Future<Output = Result<Response<Body>, Dropped>>,
    {
        let mut entry = self.log.begin(call, head);
        let strike = self.faults.strike(call);
        entry.record.source = wire.source().await.cloned();
        entry.record.fault = strike.as_ref().map(Strike::to_string);
        let answer = match strike {
            None => forward.await?,
            Some(strike) if strike.when == When::Before => match self.effect(wire, call, &strike).await {
                Effect::Pass => forward.await?,
                Effect::Answer(answer) => whole(answer),
                Effect::Drop => return Err(Dropped),
            },
            Some(strike) => {
                let answer = forward.await?;
                if strike.action == Action::Garbage(Garbage::Truncated) {
                    truncated(answer).await?
                } else {
                    match self.effect(wire, call, &strike).await {
                        Effect::Pass => answer,
                        Effect::Answer(answer) => whole(answer),
                        Effect::Drop => return Err(Dropped),
                    }
                }
            }
        };
        entry.end(answer.status());
        Ok(answer)
    }

    async fn effect(&self, wire: &Wire, call: &Call, strike: &Strike) -> Effect {
        match &strike.action {
            Action::Kill => match wire.kill_provider().await {
                Ok(()) => Effect::Drop,
                Err(refusal) => self.refused(call, strike, &refusal.to_string()),
            },
            Action::Interrupt(pid) => match interrupt_group(*pid) {
                Ok(()) => Effect::Pass,
                Err(refusal) => self.refused(call, strike, &refusal.to_string()),
            },
            Action::Reset => {
                wire.reset_at_end();
                Effect::Drop
            }
            Action::Hang => {
                self.closing.cancelled().await;
                Effect::Drop
            }
            Action::Delay(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                Effect::Pass
            }
            Action::Hold => {
                tokio::select! {
                    () = self.faults.hold(strike.id) => Effect::Pass,
                    () = self.closing.cancelled() => Effect::Drop,
                }
            }
            Action::Throttle => Effect::Answer(answer::throttled(call)),
            Action::Status { http, code, message } => Effect::Answer(answer::error(call, *http, code, message)),
            Action::ExpiredToken => Effect::Answer(answer::expired(call)),
            Action::Hide(_) => Effect::Answer(answer::not_found(call)),
            Action::Garbage(Garbage::Html) => Effect::Answer(answer::html()),
            Action::Garbage(Garbage::Empty) => Effect::Answer(answer::empty()),
            // Truncation needs the true answer and an unreachable server has no connection: neither comes here.
            Action::Garbage(Garbage::Truncated) | Action::Unreachable | Action::Observe => Effect::Pass,
        }
    }

    /// A fault that hits the wrong process is an error of the test, and the call goes on.
    fn refused(&self, call: &Call, strike: &Strike, why: &str) -> Effect {
        self.faults.refuse(strike.id, why);
        self.log.violate(call, format!("fault {strike} did not strike: {why}"));
        Effect::Pass
    }
}

/// An answer whose body is there.
pub fn whole(answer: Response<Bytes>) -> Response<Body> {
    answer.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

/// The first half of an answer, as a proxy that lost its upstream would pass it on.
async fn truncated(answer: Response<Body>) -> Result<Response<Body>, Dropped> {
    let (mut parts, body) = answer.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.status = StatusCode::OK;
    Ok(whole(Response::from_parts(parts, body.slice(..body.len() / 2))))
}
