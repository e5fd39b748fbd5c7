//! What happens around every try of a call: its requests learn their name, and an answer that cannot be read is asked for a
//! few times more. Knows the SDK's hooks; must not know a service.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::wire::Called;
use crate::cloud::error::{Operation, innermost};

/// Tries after which an unreadable answer counts: a cut connection heals, a captive portal does not. The SDK would repeat
/// the first twenty-five times and the second never.
const UNREADABLE_TRIES: u32 = 4;

/// Around every try.
#[derive(Debug)]
pub(super) struct AroundTries;

impl Intercept for AroundTries {
    fn name(&self) -> &'static str {
        "AroundTries"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = settings.load::<Metadata>() {
            let operation = Operation { service: call.service().to_lowercase(), name: call.name().to_owned() };
            let attempt = settings.load::<RequestAttempts>().map_or(1, |tries| tries.attempts());
            context.request_mut().add_extension(Called { operation, attempt });
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let tries = settings.load::<RequestAttempts>().map_or(1, |tries| tries.attempts());
        let answered = context.response().is_some_and(|response| response.status().is_success());
        if let Some(Err(error)) = context.output_or_error_mut()
            && (answered || error.is_response_error())
        {
            let reason = innermost(error);
            // A response error is retried, an error of no kind is not.
            *error = if tries < UNREADABLE_TRIES {
                OrchestratorError::response(reason.into())
            } else {
                OrchestratorError::other(reason)
            };
        }
        Ok(())
    }
}

/// EKS says `Request limit exceeded` with the code of a bad request, which the SDK does not take for throttling
/// (aws/aws-sdk#652).
#[derive(Debug)]
pub(super) struct RequestLimit;

impl ClassifyRetry for RequestLimit {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context.response().and_then(|response| response.body().bytes()).unwrap_or_default();
        let text = b"Request limit exceeded";
        let limited = context.is_failed() && body.windows(text.len()).any(|part| part == text);
        if limited { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "RequestLimit"
    }
}
