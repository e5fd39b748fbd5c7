//! What can go wrong between here and AWS. Typed, because code branches on it; worded in `words`, because users read it.

mod sdk;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;

pub(crate) use sdk::innermost;

/// An AWS operation; displays as in IAM policies, `eks:CreateCluster`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Operation {
    /// The service's prefix: `eks`.
    pub service: String,
    /// Its name: `CreateCluster`.
    pub name: String,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// An error that AWS answered.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fault {
    /// What was called.
    pub operation: Operation,
    /// HTTP status; 0 if unknown.
    pub status: u16,
    /// The error's code, such as `ResourceNotFoundException`; empty if the answer had none.
    pub code: String,
    /// The error's message.
    pub message: String,
    /// What AWS support asks for; empty if the answer had none.
    pub request_id: String,
}

/// What can go wrong between here and AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudError {
    /// An attribute of the provider block, or the resource's `region`, is known only after apply.
    Unknown {
        /// Its name.
        attribute: &'static str,
    },
    /// The configuration names something that cannot be used here (a profile that is in no file, say).
    Invalid {
        /// The attribute or environment variable.
        attribute: String,
        /// What is wrong with it, in words that follow its name.
        reason: String,
    },
    /// No region anywhere.
    NoRegion,
    /// No usable credentials.
    NoCredentials {
        /// Where they were looked for, in order; empty for credentials that could not be renewed.
        tried: Vec<String>,
        /// What the last source said.
        reason: String,
    },
    /// The credentials are of an account that `allowed_account_ids` does not list.
    WrongAccount {
        /// Their account.
        account: String,
        /// Their ARN.
        principal: String,
        /// The accounts allowed.
        allowed: Vec<String>,
    },
    /// AWS answered with an error.
    Fault(Box<Fault>),
    /// No answer: no connection, or it broke.
    Unreachable {
        /// What was called.
        operation: Operation,
        /// What the system said: `connection refused`, `dns error …`.
        reason: String,
    },
    /// No answer in time.
    Timeout {
        /// What was called.
        operation: Operation,
    },
    /// An answer that is not AWS's: a proxy's page, a truncated body.
    Garbage {
        /// What was called.
        operation: Operation,
        /// What is wrong with it.
        reason: String,
    },
    /// The operation's deadline (`timeouts`) passed.
    Deadline {
        /// What was waited for: `cluster prod to become active`.
        object: String,
        /// How long.
        elapsed: Duration,
        /// What was last seen, possibly empty.
        awaited: String,
    },
    /// Core asked to stop.
    Stopped,
    /// Something that a resource found and worded itself, such as a node group that EKS could not create.
    Told {
        /// A code to branch on, possibly empty.
        code: String,
        /// What happened, in words that follow `OBJECT: `.
        headline: String,
        /// Evidence and what to do.
        detail: String,
    },
}

impl CloudError {
    /// A passed deadline.
    pub fn deadline(object: &str, elapsed: Duration, awaited: &str) -> CloudError {
        CloudError::Deadline { object: object.to_owned(), elapsed, awaited: awaited.to_owned() }
    }

    /// Something that a resource found and worded itself.
    pub fn told(headline: impl Into<String>, detail: impl Into<String>) -> CloudError {
        CloudError::Told { code: String::new(), headline: headline.into(), detail: detail.into() }
    }

    /// The AWS error code.
    pub fn code(&self) -> Option<&str> {
        match self {
            CloudError::Fault(fault) => Some(&fault.code),
            CloudError::Told { code, .. } => Some(code),
            _ => None,
        }
        .filter(|code| !code.is_empty())
        .map(String::as_str)
    }

    /// What AWS said, or our own words where it said nothing.
    pub fn message(&self) -> String {
        match self {
            CloudError::Fault(fault) => fault.message.clone(),
            other => other.to_string(),
        }
    }

    /// The object does not exist. By code, never by status: a proxy's 404 is no answer.
    pub fn is_not_found(&self) -> bool {
        match self.code() {
            Some("ResourceNotFoundException" | "NoSuchEntity" | "NoSuchEntityException") => true,
            // Elastic Load Balancing, and every kind of thing in EC2.
            Some("LoadBalancerNotFound" | "TargetGroupNotFound") => true,
            Some(code) if code.ends_with(".NotFound") => true,
            Some("ClientException") => self.message().contains("No cluster found for name"),
            _ => false,
        }
    }

    /// Too many requests, also after every retry.
    pub fn is_throttle(&self) -> bool {
        match self.code() {
            Some(
                "Throttling"
                | "ThrottlingException"
                | "ThrottledException"
                | "RequestLimitExceeded"
                | "TooManyRequestsException"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "SlowDown",
            ) => true,
            Some("InvalidRequestException") => self.message().contains("Request limit exceeded"),
            _ => false,
        }
    }

    /// The principal may not do that.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.code(),
            Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "UnauthorizedException")
        )
    }

    /// The credentials are no longer, or not, valid.
    pub fn is_expired(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "ExpiredToken"
                    | "ExpiredTokenException"
                    | "RequestExpired"
                    | "TokenRefreshRequired"
                    | "InvalidIdentityToken"
            )
        )
    }

    /// An object of that name exists.
    pub fn is_conflict(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "ResourceInUseException"
                    | "EntityAlreadyExists"
                    | "EntityAlreadyExistsException"
                    | "ResourceAlreadyExistsException"
            )
        )
    }

    /// Something is known only after apply: at plan no error but a reason to leave a value unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, CloudError::Unknown { .. })
    }

    /// Core asked to stop.
    pub fn is_stopped(&self) -> bool {
        matches!(self, CloudError::Stopped)
    }

    /// The error for the user. `summary` is the object and what did not happen: `cluster prod was not created`.
    pub fn diagnostics(&self, summary: &str) -> Diagnostics {
        Diagnostics::of_error(format!("{summary}: {}", self.headline()), self.detail())
    }
}

/// The headline and, where AWS said something, its words: one line for logs.
impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())
    }
}

impl std::error::Error for CloudError {}
