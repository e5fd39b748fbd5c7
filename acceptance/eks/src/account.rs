//! The throw-away credentials of a sandbox account. Knows how they are spelled; nothing of who asks for them.

/// One principal of a sandbox account and the access key it signs with.
///
/// Every account is a 12-digit number chosen by a test. Its keys are computed from that number, so that the daemon, the gateway and
/// the token check agree without sharing state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The 12-digit account.
    pub account: String,
    /// The access key id, 20 characters like AWS's own.
    pub access_key: String,
    /// The secret that belongs to it. It protects nothing.
    pub secret: String,
    /// What `GetCallerIdentity` answers for it.
    pub arn: String,
    /// The principal's unique id, `AIDA…`.
    pub user_id: String,
}

const PREFIX: &str = "AKIA";
const ADMIN: (&str, &str) = ("SAND", "sandbox");
const VIEWER: (&str, &str) = ("VIEW", "viewer");

impl Credentials {
    /// The account's first principal, `user/sandbox`.
    pub fn of(account: &str) -> Self {
        Self::named(account, ADMIN)
    }

    /// A second principal of the same account, `user/viewer`, that no cluster knows unless an access entry says so.
    pub fn viewer(account: &str) -> Self {
        Self::named(account, VIEWER)
    }

    /// The principal that an access key id stands for; none if the sandbox never issued such a key.
    pub fn find(access_key: &str) -> Option<Self> {
        let rest = access_key.strip_prefix(PREFIX)?;
        let (account, suffix) = rest.split_at_checked(12)?;
        if !account.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        [ADMIN, VIEWER].into_iter().find(|(known, _)| *known == suffix).map(|principal| Self::named(account, principal))
    }

    fn named(account: &str, (suffix, user): (&str, &str)) -> Self {
        Self {
            account: account.to_owned(),
            access_key: format!("{PREFIX}{account}{suffix}"),
            secret: format!("sandbox-{account}"),
            arn: format!("arn:aws:iam::{account}:user/{user}"),
            user_id: format!("AIDA{account}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_leads_back_to_its_principal() {
        for credentials in [Credentials::of("123456789012"), Credentials::viewer("123456789012")] {
            assert_eq!(credentials.access_key.len(), 20);
            assert_eq!(Credentials::find(&credentials.access_key), Some(credentials));
        }
    }

    #[test]
    fn foreign_keys_stand_for_nobody() {
        for key in ["", "AKIA", "AKIA12345678901xSAND", "AKIAIOSFODNN7EXAMPLE", "AKIA123456789012ÄÄÄÄ"] {
            assert_eq!(Credentials::find(key), None, "{key}");
        }
    }
}
