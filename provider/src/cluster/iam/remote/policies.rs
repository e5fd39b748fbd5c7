//! The calls for the policy that a role has of its own. Decides nothing.

use crate::cloud::error::CloudError;
use crate::cloud::retry::{self, PROPAGATION};
use crate::cluster::observed::Seen;
use crate::cluster::remote::{Remote, unless_absent};

use super::UNKNOWN_ROLE;

/// Its name.
const INLINE: &str = "paas";

impl Remote {
    /// Its text, if a role has one.
    pub(in crate::cluster) async fn inline_policy(&self, role: &str) -> Result<Option<String>, CloudError> {
        let call = self.aws.iam.get_role_policy().role_name(role).policy_name(INLINE);
        let found = unless_absent(call.send().await.map_err(CloudError::from))?;
        // IAM answers documents in the encoding of URLs.
        Ok(found
            .map(|found| percent_encoding::percent_decode_str(&found.policy_document).decode_utf8_lossy().into_owned()))
    }

    pub(in crate::cluster) async fn put_policy(&self, role: &str, document: &str) -> Result<Seen, CloudError> {
        let call = self.aws.iam.put_role_policy().role_name(role).policy_name(INLINE).policy_document(document);
        retry::while_lagging(&self.limit, PROPAGATION, &UNKNOWN_ROLE, || async { Ok(call.clone().send().await?) })
            .await?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn drop_policy(&self, role: &str) -> Result<Seen, CloudError> {
        let call = self.aws.iam.delete_role_policy().role_name(role).policy_name(INLINE);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Done)
    }
}
