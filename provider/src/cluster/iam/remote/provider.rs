//! The calls for the OpenID Connect provider. Decides nothing.

use aws_sdk_iam::types::Tag;

use crate::cloud::error::CloudError;
use crate::cluster::iam::provider::{self, LiveProvider};
use crate::cluster::observed::Seen;
use crate::cluster::parts::Tags;
use crate::cluster::remote::{LOOKS, Remote, unless_absent};

use super::iam_tags;

impl Remote {
    /// The provider for an issuer of this account.
    pub(in crate::cluster) async fn provider(&self, issuer: &str) -> Result<Option<LiveProvider>, CloudError> {
        let Some(arn) = provider::arn(&self.place.arn(), issuer) else { return Ok(None) };
        let call = self.aws.iam.get_open_id_connect_provider().open_id_connect_provider_arn(&arn);
        let found = unless_absent(call.send().await.map_err(CloudError::from))?;
        let tags = |all: &[Tag]| all.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        Ok(found.map(|found| LiveProvider {
            arn,
            audiences: found.client_id_list().iter().cloned().collect(),
            tags: tags(found.tags()),
        }))
    }

    /// Trusts the issuer of the cluster. IAM finds its certificate's thumbprint itself.
    pub(in crate::cluster) async fn create_provider(&self, tags: &Tags) -> Result<Seen, CloudError> {
        let issuer = self.look_for(LOOKS, || async { Ok(self.cluster().await?.and_then(|live| live.oidc_issuer)) });
        let Some(issuer) = issuer.await? else {
            return Err(CloudError::told("EKS shows no issuer of the cluster", "Apply again."));
        };
        let call = self
            .aws
            .iam
            .create_open_id_connect_provider()
            .url(&issuer)
            .client_id_list(provider::audience(&self.place))
            .set_tags(Some(iam_tags(tags)?));
        match call.send().await.map_err(CloudError::from) {
            // The answer to an earlier try was lost, or somebody was faster: there is one per issuer.
            Err(error) if !error.is_conflict() => return Err(error),
            _ => {}
        }
        Ok(Seen::Provider(self.look_for(LOOKS, || self.provider(&issuer)).await?))
    }

    pub(in crate::cluster) async fn add_audience(&self, arn: &str, audience: &str) -> Result<Seen, CloudError> {
        let call = self.aws.iam.add_client_id_to_open_id_connect_provider();
        call.open_id_connect_provider_arn(arn).client_id(audience).send().await?;
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn tag_provider(
        &self,
        arn: &str,
        set: Tags,
        remove: Vec<String>,
    ) -> Result<Seen, CloudError> {
        let iam = &self.aws.iam;
        if !set.is_empty() {
            let call = iam.tag_open_id_connect_provider().open_id_connect_provider_arn(arn);
            call.set_tags(Some(iam_tags(&set)?)).send().await?;
        }
        if !remove.is_empty() {
            let call = iam.untag_open_id_connect_provider().open_id_connect_provider_arn(arn);
            call.set_tag_keys(Some(remove)).send().await?;
        }
        Ok(Seen::Done)
    }

    pub(in crate::cluster) async fn delete_provider(&self, arn: &str) -> Result<Seen, CloudError> {
        let call = self.aws.iam.delete_open_id_connect_provider().open_id_connect_provider_arn(arn);
        unless_absent(call.send().await.map_err(CloudError::from))?;
        Ok(Seen::Provider(None))
    }
}
