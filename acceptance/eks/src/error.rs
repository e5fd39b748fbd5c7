//! Errors as EKS answers them: a code, a sentence, and the members that say which object. Knows HTTP statuses; decides nothing.

use http::StatusCode;
use serde_json::{Map, Value, json};

/// An error answer of EKS.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct ApiError {
    /// The error's name in the API, such as `ResourceInUseException`.
    pub code: &'static str,
    /// AWS's sentence.
    pub message: String,
    /// Further members of the body: `clusterName`, `nodegroupName`, `addonName`, `validZones`.
    pub members: Map<String, Value>,
}

impl ApiError {
    /// An error of this code and sentence, without further members.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), members: Map::new() }
    }

    /// A parameter is wrong: 400.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// The request does not fit the object's state: 400.
    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequestException", message)
    }

    /// The object exists, or is busy: 409.
    pub(crate) fn in_use(message: impl Into<String>) -> Self {
        Self::new("ResourceInUseException", message)
    }

    /// There is no such object: 404.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    /// Names the cluster in the body.
    pub(crate) fn cluster(self, name: &str) -> Self {
        self.with("clusterName", name)
    }

    /// Names the node group in the body.
    pub(crate) fn node_group(self, name: &str) -> Self {
        self.with("nodegroupName", name)
    }

    /// Names the add-on in the body.
    pub(crate) fn add_on(self, name: &str) -> Self {
        self.with("addonName", name)
    }

    fn with(mut self, member: &str, value: &str) -> Self {
        self.members.insert(member.to_owned(), Value::from(value));
        self
    }

    /// The HTTP status that belongs to the code, from botocore's model.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            "ResourceInUseException" => StatusCode::CONFLICT,
            "ResourceNotFoundException" | "NotFoundException" => StatusCode::NOT_FOUND,
            "AccessDeniedException" => StatusCode::FORBIDDEN,
            "ThrottlingException" => StatusCode::TOO_MANY_REQUESTS,
            "ServerException" => StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceUnavailableException" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The JSON body.
    pub(crate) fn body(&self) -> Value {
        let mut body = self.members.clone();
        body.insert("message".to_owned(), json!(self.message));
        Value::Object(body)
    }
}
