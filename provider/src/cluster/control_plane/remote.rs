//! The calls for the control plane. Decides nothing.

mod log_group;
mod settings;
mod subnets;
#[cfg(test)]
mod tests;

use aws_sdk_eks::types::{AuthenticationMode, Cluster, CreateAccessConfigRequest};
use tokio::time::Instant;

use crate::cloud::error::CloudError;
use crate::cloud::ownership::Mark;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::observed::{Issue, Seen};
use crate::cluster::parts::INVENTORY;
use crate::cluster::remote::{LOOKS, Leaving, Remote, VISIBLE, exists_already, unless_absent};
use crate::cluster::status::Status;
use crate::cluster::step::Upgrade;
use crate::cluster::{insights, issues};

use super::{ClusterSpec, LiveCluster};

const fn parameter(text: &'static str) -> Lag {
    Lag { code: "InvalidParameterException", text }
}

/// What CreateCluster says while it has not yet heard of a role or of its policies.
const LAGS: [Lag; 5] = [
    parameter("does not exist"),
    parameter("Error in role params"),
    parameter("Role could not be assumed because the trusted entity is not correct"),
    parameter("The provided role doesn't have the Amazon EKS Managed Policies associated with it"),
    parameter("IAM role's policy must include"),
];

/// What DeleteCluster says while it has not yet heard that the last node group is gone.
const ATTACHED: [Lag; 1] = [Lag { code: "ResourceInUseException", text: "attached" }];

impl Remote {
    /// The control plane, if there is one.
    pub(in crate::cluster) async fn cluster(&self) -> Result<Option<LiveCluster>, CloudError> {
        let answer = self.aws.eks.describe_cluster().name(&self.place.name).send().await.map_err(CloudError::from);
        Ok(unless_absent(answer)?.and_then(|found| found.cluster).map(live))
    }

    pub(in crate::cluster) async fn create_cluster(&self, spec: &ClusterSpec) -> Result<Seen, CloudError> {
        let access = CreateAccessConfigRequest::builder()
            .authentication_mode(
                spec.authentication_mode.as_deref().map_or(AuthenticationMode::Api, AuthenticationMode::from),
            )
            .bootstrap_cluster_creator_admin_permissions(false);
        let call = self
            .aws
            .eks
            .create_cluster()
            .name(&self.place.name)
            .role_arn(&spec.role_arn)
            .set_version(spec.version.clone())
            .access_config(access.build())
            .bootstrap_self_managed_addons(false)
            .set_tags(Some(spec.tags.clone().into_iter().collect()));
        let call = settings::created(call, spec);
        let ask = || async {
            match call.clone().send().await.map_err(CloudError::from) {
                // A subnet that does not exist will not come to be.
                Err(error) if error.message().contains("subnet") => Ok(Err(error)),
                answer => answer.map(Ok),
            }
        };
        match retry::while_lagging(&self.limit, PROPAGATION, &LAGS, ask).await.and_then(|made| made) {
            Ok(_) => self.await_cluster().await,
            // The claim tells a lost answer from another apply that was faster.
            Err(error) if exists_already(&error) => match self.look_for(LOOKS, || self.cluster()).await? {
                Some(live) if claim(&live).as_ref() == Some(&spec.claim) => self.await_cluster().await,
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    pub(in crate::cluster) async fn await_cluster(&self) -> Result<Seen, CloudError> {
        let start = Instant::now();
        let live = poll::until(&self.limit, &format!("{} to become active", self.place.object()), || async {
            match self.cluster().await? {
                Some(live) if live.status.is_active() => Ok(Look::Done(live)),
                Some(live) if live.status.is_failed() => Err(issues::failed(&live.issues)),
                Some(live) => Ok(Look::Pending(format!("status {}", live.status))),
                None if start.elapsed() < VISIBLE => Ok(Look::Pending("not visible yet".to_owned())),
                None => {
                    Err(CloudError::told("it disappeared while it was waited for", "Somebody may have deleted it."))
                }
            }
        })
        .await?;
        Ok(Seen::Cluster(Some(Box::new(live))))
    }

    /// Looks first at what EKS knows of the new version: its own refusal does not say what is wrong.
    pub(in crate::cluster) async fn upgrade_cluster(&self, upgrade: &Upgrade) -> Result<Seen, CloudError> {
        let insights = self.insights(&upgrade.version).await?;
        let is_forced = insights::is_forced(&insights, &upgrade.version, upgrade.force, &upgrade.ignored)?;
        let ask = || async {
            let call = self.aws.eks.update_cluster_version().name(&self.place.name).version(&upgrade.version);
            let call = call.set_force(is_forced.then_some(true));
            Ok(call.send().await?.update)
        };
        match self.change_cluster(ask).await {
            // The upgrade that an interrupted apply began was still under way when everything was looked at; EKS refuses it a
            // second time.
            Err(error) if error.code() == Some("InvalidParameterException") => match self.await_cluster().await? {
                Seen::Cluster(Some(live)) if live.version == upgrade.version => Ok(Seen::Cluster(Some(live))),
                _ => Err(error),
            },
            ended => ended,
        }
    }

    pub(in crate::cluster) async fn delete_cluster(&self) -> Result<Seen, CloudError> {
        let call = || async { Ok(self.aws.eks.delete_cluster().name(&self.place.name).send().await?) };
        let free = || self.when_free(call);
        unless_absent(retry::while_lagging(&self.limit, PROPAGATION, &ATTACHED, free).await)?;
        self.await_cluster_gone().await
    }

    pub(in crate::cluster) async fn await_cluster_gone(&self) -> Result<Seen, CloudError> {
        self.until_gone(&self.place.object(), 3, || self.cluster()).await?;
        Ok(Seen::Cluster(None))
    }

    /// Reads are not always of one mind: only a claim that none of several shows is another's.
    pub(in crate::cluster) async fn confirm_claim(
        &self,
        ours: &str,
        inventory: Option<&str>,
    ) -> Result<Seen, CloudError> {
        let lists =
            |live: &LiveCluster| inventory.is_none_or(|hash| live.tags.get(INVENTORY).is_some_and(|one| one == hash));
        let is_ours = |live: &LiveCluster| claim(live).as_deref() == Some(ours) && lists(live);
        match self.look_for(LOOKS, || async { Ok(self.cluster().await?.filter(is_ours)) }).await? {
            Some(_) => Ok(Seen::Done),
            None => Err(CloudError::told(
                "another apply has taken it over while this one ran",
                "Both made the same cluster, so it exists once, and the other apply has it now. Let one configuration manage \
                 it, with a state that is locked: if the other one is to keep it, run `terraform state rm ADDRESS` here; \
                 otherwise remove it there in the same way and apply again.",
            )),
        }
    }

    /// The version that EKS gives to a cluster that names none.
    pub(crate) async fn default_version(&self) -> Result<String, CloudError> {
        let answer = self.aws.eks.describe_cluster_versions().default_only(true).send().await?;
        let default =
            answer.cluster_versions().iter().find_map(|one| one.cluster_version().filter(|_| one.default_version()));
        default
            .map(str::to_owned)
            .ok_or_else(|| CloudError::told("EKS names no default version of Kubernetes", "Set `kubernetes_version`."))
    }
}

fn claim(live: &LiveCluster) -> Option<String> {
    Mark::read(|key| live.tags.get(key).map(String::as_str)).claim
}

impl Leaving for LiveCluster {
    fn leaving(&self) -> (&Status, &[Issue]) {
        (&self.status, &self.issues)
    }
}

fn live(cluster: Cluster) -> LiveCluster {
    let vpc = cluster.resources_vpc_config.as_ref();
    let issue = |issue: &aws_sdk_eks::types::ClusterIssue| Issue {
        code: issue.code().map_or("", |code| code.as_str()).to_owned(),
        message: issue.message().unwrap_or_default().to_owned(),
        objects: issue.resource_ids().to_vec(),
    };
    LiveCluster {
        settings: settings::live(&cluster),
        status: Status::new(cluster.status().map_or("", |status| status.as_str())),
        auto_role: cluster
            .compute_config()
            .filter(|compute| compute.enabled() == Some(true))
            .and_then(|compute| compute.node_role_arn().map(str::to_owned)),
        vpc_id: vpc.and_then(|vpc| vpc.vpc_id().map(str::to_owned)),
        security_group_id: vpc.and_then(|vpc| vpc.cluster_security_group_id().map(str::to_owned)),
        certificate_authority: cluster.certificate_authority().and_then(|one| one.data().map(str::to_owned)),
        oidc_issuer: cluster.identity().and_then(|one| one.oidc()?.issuer().map(str::to_owned)),
        service_cidr: cluster
            .kubernetes_network_config()
            .and_then(|one| one.service_ipv4_cidr().or_else(|| one.service_ipv6_cidr()).map(str::to_owned)),
        authentication_mode: cluster
            .access_config()
            .and_then(|one| Some(one.authentication_mode()?.as_str().to_owned())),
        issues: cluster.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
        deletion_protection: cluster.deletion_protection.unwrap_or(false),
        arn: cluster.arn.unwrap_or_default(),
        version: cluster.version.unwrap_or_default(),
        platform_version: cluster.platform_version,
        role_arn: cluster.role_arn.unwrap_or_default(),
        endpoint: cluster.endpoint,
        tags: cluster.tags.unwrap_or_default().into_iter().collect(),
    }
}
