//! The call of a provider function. Core makes it on a provider that is not configured.

use tfplugin_proto::tfplugin6 as proto;

use super::convert;
use super::registry::Registry;
use crate::diagnostic::Diagnostics;
use crate::function::FunctionError;
use crate::value::Value;

pub(super) fn call(registry: &Registry, request: &proto::call_function::Request) -> proto::call_function::Response {
    match result(registry, request) {
        Ok(result) => proto::call_function::Response { result: Some(result), error: None },
        Err(error) => proto::call_function::Response {
            result: None,
            error: Some(proto::FunctionError {
                text: error.text,
                function_argument: error.argument.and_then(|argument| i64::try_from(argument).ok()),
            }),
        },
    }
}

fn result(registry: &Registry, request: &proto::call_function::Request) -> Result<proto::DynamicValue, FunctionError> {
    let function = registry.functions.get(request.name.as_str()).ok_or_else(|| FunctionError {
        text: format!("the provider {} has no function {:?}", registry.provider.name(), request.name),
        argument: None,
    })?;
    let parameters = function.parameters();
    if parameters.len() != request.arguments.len() {
        return Err(FunctionError {
            text: format!("expected {} arguments, found {}", parameters.len(), request.arguments.len()),
            argument: None,
        });
    }
    let mut arguments = Vec::with_capacity(parameters.len());
    for (position, (parameter, message)) in parameters.iter().zip(&request.arguments).enumerate() {
        let argument = convert::value(Some(message), &parameter.kind).map_err(|wrong| at(position, &wrong))?;
        if argument.is_null() {
            let text = format!("{} must not be null", parameter.name);
            return Err(FunctionError { text, argument: Some(position) });
        }
        arguments.push(argument);
    }
    let result: Value = function.call(&arguments)?;
    convert::dynamic(&result, &function.result())
        .map_err(|wrong| FunctionError { text: wrong.to_string(), argument: None })
}

fn at(argument: usize, wrong: &Diagnostics) -> FunctionError {
    FunctionError { text: wrong.to_string(), argument: Some(argument) }
}
