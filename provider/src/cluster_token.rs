//! `paas_cluster_token`: a token for a cluster's API server, for other providers. Knows which cluster is meant; the token
//! itself is made in [`crate::cloud::token`].

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use tfplugin_framework::ephemeral::{Ephemeral, Opened};
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::Context;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cloud::Cloud;
use crate::cloud::error::CloudError;
use crate::cloud::reference::ClusterRef;
use crate::cloud::settings::is_region_name;
use crate::cloud::token::Token;

model! {
    /// A token for the API server of an EKS cluster.
    pub struct Model {
        /// The cluster: its ARN, or its name in `region`.
        cluster: String = required().check(is_cluster),
        /// The region of a cluster that is given by name.
        region: String = optional().check(is_region_name).otherwise("the provider's region"),
        /// The bearer token.
        token: String = computed().sensitive(),
        /// When API servers stop accepting it, in RFC 3339.
        expires_at: String = computed(),
    }
}

fn is_cluster(value: &Value) -> Result<(), String> {
    ClusterRef::parse(value.as_str().unwrap_or_default()).map(|_| ())
}

/// The ephemeral resource.
#[derive(Debug)]
pub struct ClusterToken {
    cloud: Arc<Cloud>,
}

impl ClusterToken {
    /// With the provider's connections.
    pub fn new(cloud: Arc<Cloud>) -> ClusterToken {
        ClusterToken { cloud }
    }

    async fn token(&self, config: &Model) -> Result<(String, Token), CloudError> {
        let cluster = config.cluster.known().ok_or(CloudError::Unknown { attribute: "cluster" })?;
        let wrong = |attribute: &str, reason: String| CloudError::Invalid { attribute: attribute.to_owned(), reason };
        let reference = ClusterRef::parse(cluster).map_err(|reason| wrong("cluster", reason))?;
        let region = match &reference {
            ClusterRef::Arn(arn) => self.cloud.region(&Attr::Known(arn.region.clone()))?,
            ClusterRef::Name(_) => self.cloud.region(&config.region)?,
        };
        if config.region.known().is_some_and(|set| *set != region) {
            return Err(wrong("region", format!("is not the region of {cluster}; leave it out")));
        }
        if self.cloud.kubeconfig(cluster).is_some() {
            return Err(wrong(
                "cluster",
                format!("is {cluster:?}, a key of kubeconfigs: only EKS clusters have such tokens"),
            ));
        }
        let aws = self.cloud.aws(&region).await?;
        if let ClusterRef::Arn(arn) = &reference
            && arn.account != aws.account_id
        {
            return Err(wrong(
                "cluster",
                format!("is in account {}, and the credentials are those of {}", arn.account, aws.caller.arn),
            ));
        }
        let name = reference.name().to_owned();
        Ok((name.clone(), aws.cluster_token(&name).await?))
    }
}

#[async_trait]
impl Ephemeral for ClusterToken {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "paas_cluster_token"
    }

    fn doc(&self) -> &'static str {
        "A token for the API server of an EKS cluster, for providers that cannot run `aws eks get-token` themselves. It is \
         computed on this machine, is never stored in plan or state, and API servers accept it for 14 minutes. The apps \
         and jobs of this provider need none."
    }

    async fn open(&self, _context: &Context, config: Model) -> (Option<Opened<Model>>, Diagnostics) {
        let (name, token) = match self.token(&config).await {
            Ok(made) => made,
            Err(error) => {
                let cluster = config.cluster.or(String::new());
                return (None, error.diagnostics(&format!("no token for cluster {cluster}")));
            }
        };
        let result = Model {
            token: token.text.into(),
            expires_at: OffsetDateTime::from(token.expires_at).format(&Rfc3339).unwrap_or_default().into(),
            ..config
        };
        // Just before its end: a renewal cannot replace the token in other providers, only say what is about to happen.
        let renew_at = token.expires_at.checked_sub(Duration::from_secs(60)).filter(|at| *at > SystemTime::now());
        (Some(Opened { result, private: name.into_bytes(), renew_at }), Diagnostics::none())
    }

    async fn renew(&self, _context: &Context, private: Vec<u8>) -> (Vec<u8>, Option<SystemTime>, Diagnostics) {
        let name = String::from_utf8_lossy(&private).into_owned();
        let mut all = Diagnostics::none();
        all.warning(
            format!("the token for cluster {name} expires in a minute"),
            "Providers that were configured with it cannot be given another one in this run. If they have more to do, let \
             them run `aws eks get-token` instead (`exec` in the kubernetes and helm providers).",
        );
        (private, None, all)
    }
}
