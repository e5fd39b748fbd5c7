//! ARNs of IAM principals. Knows their form, not whether they exist.

/// An IAM user or role, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Principal<'a> {
    pub kind: &'a str,
    pub account: &'a str,
    /// The name without its path.
    pub name: &'a str,
}

impl<'a> Principal<'a> {
    /// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` or `…:user/…`.
    pub(crate) fn parse(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, "iam", "", account, resource] = parts.as_slice() else { return None };
        let (kind, path) = resource.split_once('/')?;
        let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
        matches!(kind, "role" | "user").then_some(Self { kind, account, name })
    }
}
