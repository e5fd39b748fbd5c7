//! From the SDK's errors to ours, so that `?` is all that a call needs.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{CloudError, Fault, Operation};

impl<E> From<SdkError<E, HttpResponse>> for CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        CloudError::of_call(error, operation_of(std::any::type_name::<E>()))
    }
}

impl CloudError {
    /// What went wrong in a call of `operation`.
    pub(crate) fn of_call<E>(error: SdkError<E, HttpResponse>, operation: Operation) -> CloudError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        if let Some(cause) = find::<CredentialsError>(&error) {
            return CloudError::NoCredentials { tried: Vec::new(), reason: innermost(cause) };
        }
        match &error {
            SdkError::ServiceError(answered) if answered.err().meta().code().is_some() => {
                let meta = answered.err().meta();
                CloudError::Fault(Box::new(Fault {
                    operation,
                    status: answered.raw().status().as_u16(),
                    code: meta.code().unwrap_or_default().to_owned(),
                    message: meta.message().unwrap_or_default().to_owned(),
                    request_id: meta.extra("aws_request_id").unwrap_or_default().to_owned(),
                }))
            }
            SdkError::ServiceError(answered) => CloudError::Garbage {
                operation,
                reason: format!("HTTP status {} without an AWS error code", answered.raw().status().as_u16()),
            },
            SdkError::TimeoutError(_) => CloudError::Timeout { operation },
            SdkError::ResponseError(_) => CloudError::Garbage { operation, reason: innermost(&error) },
            SdkError::ConstructionFailure(_) => {
                CloudError::told(format!("{operation} could not be called"), innermost(&error))
            }
            _ => CloudError::Unreachable { operation, reason: innermost(&error) },
        }
    }
}

/// Every error type of an SDK operation is called `aws_sdk_eks::operation::create_cluster::CreateClusterError`.
pub(super) fn operation_of(error_type: &str) -> Operation {
    let mut parts = error_type.split("::");
    let service = parts.next().and_then(|name| name.strip_prefix("aws_sdk_")).unwrap_or_default();
    let name = parts.last().and_then(|name| name.strip_suffix("Error")).unwrap_or_default();
    Operation { service: service.to_owned(), name: name.to_owned() }
}

/// The first cause of type `C`.
fn find<'a, C: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a C> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// The words of the innermost cause: the outer ones say only that something failed.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
