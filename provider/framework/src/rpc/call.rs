//! What every call has in common: a span for the log, and a panic that becomes a diagnostic while other calls go on.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt;
use tfplugin_proto::tfplugin6 as proto;
use tonic::{Response, Status};
use tracing::Instrument;

use super::convert;
use crate::diagnostic::Diagnostics;

/// An answer that can carry nothing but diagnostics.
pub(super) trait Refuse {
    fn refuse(diagnostics: &Diagnostics) -> Self;
}

macro_rules! refuse_by_diagnostics {
    ($($module:ident),* $(,)?) => {
        $(impl Refuse for proto::$module::Response {
            fn refuse(diagnostics: &Diagnostics) -> Self {
                let mut answer = Self::default();
                answer.diagnostics = convert::diagnostics(diagnostics);
                answer
            }
        })*
    };
}

refuse_by_diagnostics!(
    apply_resource_change,
    close_ephemeral_resource,
    configure_provider,
    get_functions,
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    import_resource_state,
    open_ephemeral_resource,
    plan_resource_change,
    read_data_source,
    read_resource,
    renew_ephemeral_resource,
    upgrade_resource_identity,
    upgrade_resource_state,
    validate_data_resource_config,
    validate_ephemeral_resource_config,
    validate_provider_config,
    validate_resource_config,
);

impl Refuse for proto::stop_provider::Response {
    fn refuse(diagnostics: &Diagnostics) -> Self {
        Self { error: one_text(diagnostics) }
    }
}

impl Refuse for proto::call_function::Response {
    fn refuse(diagnostics: &Diagnostics) -> Self {
        let error = proto::FunctionError { text: one_text(diagnostics), function_argument: None };
        Self { error: Some(error), ..Self::default() }
    }
}

fn one_text(diagnostics: &Diagnostics) -> String {
    let texts: Vec<String> = diagnostics.iter().map(|one| format!("{}\n\n{}", one.summary, one.detail)).collect();
    texts.join("\n\n").trim_end().to_owned()
}

/// Does the work of one call and answers it, whatever happens.
pub(super) async fn answer<M: Refuse>(
    rpc: &'static str,
    kind: &str,
    work: impl Future<Output = Result<M, Diagnostics>>,
) -> Result<Response<M>, Status> {
    // At the level of errors, so that a line of any level can tell which call it belongs to.
    let span = tracing::error_span!(
        "rpc",
        tf_rpc = rpc,
        tf_resource_type = kind,
        tf_req_id = %uuid::Uuid::new_v4(),
    );
    let timed = async {
        let start = Instant::now();
        let done = AssertUnwindSafe(work).catch_unwind().await;
        tracing::debug!(ms = start.elapsed().as_millis(), "answered");
        done
    };
    Ok(Response::new(match timed.instrument(span).await {
        Ok(Ok(message)) => message,
        Ok(Err(diagnostics)) => M::refuse(&diagnostics),
        Err(payload) => M::refuse(&panicked(rpc, &*payload)),
    }))
}

/// What the user reads after a panic.
pub(super) fn panicked(rpc: &str, payload: &(dyn Any + Send)) -> Diagnostics {
    Diagnostics::of_error(
        "the provider made a mistake and gave up this operation",
        format!(
            "{rpc}: {}\n\nOther operations go on. Please report this with the message above.",
            crate::resource::panic_text(payload)
        ),
    )
}
