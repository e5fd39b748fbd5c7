//! What a provider function is to this framework: pure, called on a provider that is not configured.

use crate::value::{Type, Value};

/// A parameter of a function. Core refuses null and defers unknown arguments by itself.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, for messages and documentation.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// What the registry says about it.
    pub doc: &'static str,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong and what to do.
    pub text: String,
    /// The argument at fault, counted from 0.
    pub argument: Option<usize>,
}

/// A pure function, `provider::paas::NAME(…)`.
pub trait Function: Send + Sync + 'static {
    /// Its name.
    fn name(&self) -> &'static str;
    /// One line for the registry.
    fn summary(&self) -> &'static str;
    /// What the registry says about it, in Markdown.
    fn doc(&self) -> &'static str;
    /// Its parameters in order.
    fn parameters(&self) -> Vec<Parameter>;
    /// The type of its result.
    fn result(&self) -> Type;
    /// Computes the result from arguments of the parameters' types.
    ///
    /// # Errors
    /// If there is no result for these arguments.
    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError>;
}
