//! What went wrong between clients and this server: requests that it does not know, exchanges that botocore's model does not allow.

use serde::Serialize;

/// One exchange that must fail the test that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Whose.
    pub account: String,
    /// The operation, or the method and path when there is none.
    pub operation: String,
    /// Request or response, or unknown.
    pub side: Side,
    /// A sentence.
    pub what: String,
}

/// Who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The client sent what the model does not allow.
    Request,
    /// This server answered what the model does not allow.
    Response,
    /// The client asked for what the sandbox does not have.
    Unknown,
    /// Something of the sandbox itself failed.
    Sandbox,
}
