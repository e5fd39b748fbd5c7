//! Who an access key stands for: the sandbox's own principals, and the sessions that STS gave out. Knows no request.

use std::collections::HashMap;
use std::sync::Mutex;

use sandbox_eks::Session;
use sandbox_eks::account::Credentials;

/// The principal that signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) account: String,
    /// As `GetCallerIdentity` answers it.
    pub(crate) arn: String,
    pub(crate) user_id: String,
}

/// Every access key that means something.
#[derive(Debug, Default)]
pub(crate) struct Principals {
    sessions: Mutex<HashMap<String, (Principal, String)>>,
}

impl Principals {
    /// The principal of an access key id; `None` for a key the sandbox never gave out.
    pub(crate) fn of(&self, access_key: &str) -> Option<Principal> {
        if let Some(Credentials { account, arn, user_id, .. }) = Credentials::find(access_key) {
            return Some(Principal { account, arn, user_id });
        }
        self.sessions.lock().expect("no panic holds this lock").get(access_key).map(|(principal, _)| principal.clone())
    }

    /// The session of a temporary key.
    pub(crate) fn session(&self, access_key: &str) -> Option<Session> {
        let sessions = self.sessions.lock().expect("no panic holds this lock");
        let (principal, secret) = sessions.get(access_key)?;
        Some(Session { secret: secret.clone(), arn: principal.arn.clone(), user_id: principal.user_id.clone() })
    }

    /// Remembers the credentials of an STS answer (`AssumeRole…`, `GetSessionToken`, `GetFederationToken`).
    /// `caller` is who they stand for when the answer names no role.
    pub(crate) fn learn(&self, answer: &str, caller: Option<&Principal>) {
        let Ok(document) = roxmltree::Document::parse(answer) else { return };
        let text = |name: &str| {
            document.descendants().find(|node| node.tag_name().name() == name).and_then(|node| node.text())
        };
        let (Some(access_key), Some(secret)) = (text("AccessKeyId"), text("SecretAccessKey")) else { return };
        let principal = match (text("Arn"), text("AssumedRoleId").or_else(|| text("FederatedUserId"))) {
            (Some(arn), Some(user_id)) => {
                let Some(account) = arn.split(':').nth(4) else { return };
                Principal { account: account.to_owned(), arn: arn.to_owned(), user_id: user_id.to_owned() }
            }
            _ => match caller {
                Some(caller) => caller.clone(),
                None => return,
            },
        };
        self.sessions
            .lock()
            .expect("no panic holds this lock")
            .insert(access_key.to_owned(), (principal, secret.to_owned()));
    }
}

#[cfg(test)]
mod tests;
