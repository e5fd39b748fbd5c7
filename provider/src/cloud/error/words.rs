//! The words of [`CloudError`]: a headline that stands alone in a log, and a detail with evidence and what to do.

use super::{CloudError, Fault};
use crate::cloud::limit::spoken;

impl CloudError {
    /// What happened, in words that follow an object's name.
    pub(super) fn headline(&self) -> String {
        match self {
            CloudError::Unknown { attribute } => format!("`{attribute}` is known only after apply"),
            CloudError::Invalid { attribute, reason } => format!("{attribute} {reason}"),
            CloudError::NoRegion => "no AWS region is set".to_owned(),
            CloudError::NoCredentials { tried, .. } if tried.is_empty() => {
                "the AWS credentials could not be renewed".to_owned()
            }
            CloudError::NoCredentials { .. } => "no AWS credentials were found".to_owned(),
            CloudError::WrongAccount { account, .. } => {
                format!("AWS account {account} is not one of allowed_account_ids")
            }
            CloudError::Fault(fault) if self.is_expired() => {
                format!("the AWS credentials expired at {}", fault.operation)
            }
            CloudError::Fault(fault) if self.is_denied() => {
                format!("AWS does not allow {}", denied(fault).0)
            }
            CloudError::Fault(fault) if self.is_throttle() => {
                format!("AWS still limits the rate of {} after every retry", fault.operation)
            }
            CloudError::Fault(fault) => format!("{} failed with {}: {}", fault.operation, fault.code, fault.message),
            CloudError::Unreachable { operation, .. } => format!("{operation} could not be called"),
            CloudError::Timeout { operation } => format!("{operation} was not answered in time"),
            CloudError::Garbage { operation, .. } => format!("the answer to {operation} is not AWS's"),
            CloudError::Deadline { object, elapsed, .. } => {
                format!("waited {} for {object}", spoken(*elapsed))
            }
            CloudError::Stopped => "the apply was stopped".to_owned(),
            CloudError::Told { headline, .. } => headline.clone(),
        }
    }

    /// Evidence and what to do.
    pub(super) fn detail(&self) -> String {
        match self {
            CloudError::Unknown { attribute } => format!(
                "It depends on something that does not exist yet. Give `{attribute}` a value that is known, or apply what it \
                 depends on first with -target."
            ),
            CloudError::Invalid { .. } => String::new(),
            CloudError::NoRegion => {
                "Set `region` in the provider block or the resource, AWS_REGION, or a region in the profile.".to_owned()
            }
            CloudError::NoCredentials { tried, reason } if tried.is_empty() => {
                format!("{reason}.\n\n{LOGIN}")
            }
            CloudError::NoCredentials { tried, reason } => format!(
                "Looked in, in this order:\n{}\n\n{reason}\n\nSet AWS_PROFILE or `profile` (and run `aws sso login` for an \
                 SSO profile), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
                tried.iter().map(|source| format!("  - {source}")).collect::<Vec<_>>().join("\n")
            ),
            CloudError::WrongAccount { principal, allowed, .. } => format!(
                "The credentials are those of {principal}; `allowed_account_ids` of the provider block has {}. Nothing was \
                 changed. Use other credentials (AWS_PROFILE, `profile`, `assume_role`), or add the account to the list.",
                allowed.join(", ")
            ),
            CloudError::Fault(fault) => self.fault_detail(fault),
            CloudError::Unreachable { operation, reason } => format!(
                "{reason}\n\nIs the machine online, and does it need a proxy (HTTPS_PROXY, NO_PROXY)? If the provider block \
                 sets `endpoints.{}`, or AWS_ENDPOINT_URL is set, does that address answer from here?",
                operation.service
            ),
            CloudError::Timeout { .. } => {
                "AWS may have done what was asked: the next apply looks first. Try again.".to_owned()
            }
            CloudError::Garbage { reason, .. } => format!(
                "{reason}\n\nA proxy or a captive portal between here and AWS may have answered instead. What AWS did is not \
                 known; the next apply looks first."
            ),
            CloudError::Deadline { awaited, .. } if awaited.is_empty() => DEADLINE.to_owned(),
            CloudError::Deadline { awaited, .. } => format!("Last seen: {awaited}.\n\n{DEADLINE}"),
            CloudError::Stopped => "The next apply continues.".to_owned(),
            CloudError::Told { detail, .. } => detail.clone(),
        }
    }

    fn fault_detail(&self, fault: &Fault) -> String {
        let said = if fault.request_id.is_empty() {
            format!("AWS says: {} ({})", fault.message, fault.code)
        } else {
            format!("AWS says: {} ({}, request {})", fault.message, fault.code, fault.request_id)
        };
        if self.is_expired() {
            format!("{said}\n\n{LOGIN}")
        } else if self.is_denied() {
            let (action, resource) = denied(fault);
            format!("{said}\n\nAllow the principal {action} on {resource}, or use other credentials.")
        } else if self.is_throttle() {
            format!(
                "{said}\n\nSomething else in this account calls AWS very often. Apply again later, with a lower \
                 -parallelism, or with more `max_retries`."
            )
        } else if fault.request_id.is_empty() {
            String::new()
        } else {
            format!("AWS request id {}.", fault.request_id)
        }
    }
}

const LOGIN: &str = "Nothing is lost: log in again (`aws sso login`, a new session) and apply again.";
const DEADLINE: &str =
    "It may still get there by itself: apply again to go on waiting, or raise the value in `timeouts`.";

/// The action and resource of a denial, from AWS's sentence "User: … is not authorized to perform: ACTION on resource: R".
fn denied(fault: &Fault) -> (String, String) {
    let after = |label: &str| {
        let (_, rest) = fault.message.split_once(label)?;
        rest.split_whitespace().next().map(|word| word.trim_end_matches([',', '.']).to_owned())
    };
    (
        after("not authorized to perform: ").unwrap_or_else(|| fault.operation.to_string()),
        after("on resource: ").unwrap_or_else(|| "the resource".to_owned()),
    )
}
