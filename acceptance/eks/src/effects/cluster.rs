//! Effects on a whole cluster: its control plane, its front, its security group.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{FailureKind, RunningCluster, access, idle};
use crate::access as access_entries;
use crate::auto_mode;
use crate::clusters::{self, Issue, Running, settings};
use crate::eks::Inner;
use crate::fronts::FrontSpec;
use crate::pace::Phase;
use crate::planes::ControlPlane;
use crate::state::ClusterKey;
use crate::updates;

impl Inner {
    pub(super) async fn start_cluster(self: &Arc<Self>, key: &ClusterKey) {
        let Some(version) = self.change(key, |cluster, _| cluster.cluster.version.clone()) else { return };
        let ((), plane) = tokio::join!(self.pause(Phase::ClusterCreate), self.planes.take(&version));
        let started = match (self.armed(key, FailureKind::Cluster, &key.name), plane) {
            (None, Ok(plane)) => self.connect(key, plane).await,
            (Some(issue), Ok(plane)) => {
                plane.stop().await;
                Err(issue)
            }
            (issue, Err(error)) => {
                self.report(
                    &key.place.account,
                    "CreateCluster",
                    format!("no control plane for {}: {error:#}", key.name),
                );
                Err(issue.unwrap_or_else(|| internal(&error)))
            }
        };
        match started {
            Ok(running) => {
                self.grant_access(key).await;
                let kept = self.change(key, |cluster, context| clusters::created(cluster, context, running));
                match kept {
                    Some(true) => self.follow_auto_mode(key).await,
                    _ => self.disconnect(key).await,
                }
            }
            Err(issue) => {
                self.change(key, |cluster, _| clusters::failed(cluster, issue));
            }
        }
    }

    /// Gives a control plane its front and its security group.
    async fn connect(self: &Arc<Self>, key: &ClusterKey, plane: Arc<dyn ControlPlane>) -> Result<Running, Issue> {
        let Some((access, vpc)) =
            self.change(key, |cluster, _| (access(cluster), cluster.cluster.resources_vpc_config.vpc_id.clone()))
        else {
            plane.stop().await;
            return Err(internal(&anyhow::anyhow!("the cluster is gone")));
        };
        let authority = plane.authority();
        let front = FrontSpec {
            account: key.place.account.clone(),
            region: key.place.region.clone(),
            cluster: key.name.clone(),
            upstream: plane.address(),
            authority: Arc::clone(&authority),
            access,
            server_version: plane.server_version().await,
        };
        let endpoint = match self.fronts.open(front).await {
            Ok(endpoint) => endpoint,
            Err(error) => {
                plane.stop().await;
                self.report(&key.place.account, "CreateCluster", format!("no front for {}: {error:#}", key.name));
                return Err(internal(&error));
            }
        };
        let made = self.iam.create_cluster_security_group(&key.place.account, &key.place.region, &vpc, &key.name).await;
        let security_group = made.unwrap_or_else(|| format!("sg-{}", self.ids.hex(17, &["security-group", &key.uid])));
        let certificate_authority = STANDARD.encode(authority.pem());
        let running = RunningCluster { plane, endpoint: endpoint.clone(), security_group: security_group.clone() };
        self.running_clusters().insert(key.clone(), running.clone());
        self.bootstrap_add_ons(key).await;
        let stop = self.stop.clone();
        let following = Arc::clone(self).follow_add_ons(key.clone(), running);
        self.tasks.spawn(async move { stop.run_until_cancelled(following).await });
        Ok(Running { endpoint, certificate_authority, security_group })
    }

    pub(super) async fn stop_cluster(self: &Arc<Self>, key: &ClusterKey) {
        tokio::join!(self.pause(Phase::ClusterDelete), self.disconnect(key));
        let mut state = self.state();
        if state.cluster(key).is_some() {
            state.region(&key.place).clusters.remove(&key.name);
        }
    }

    /// Undoes [`Self::connect`]; whoever comes second finds nothing to do.
    async fn disconnect(&self, key: &ClusterKey) {
        let Some(running) = self.running_clusters().remove(key) else { return };
        self.fronts.close(&running.endpoint).await;
        running.plane.stop().await;
        self.iam.delete_cluster_security_group(&key.place.account, &key.place.region, &running.security_group).await;
    }

    pub(super) async fn update_cluster(self: &Arc<Self>, key: &ClusterKey, id: &str, phase: Phase) {
        self.pause(phase).await;
        let mut failure = self.armed(key, FailureKind::Update, &key.name);
        let change =
            self.change(key, |cluster, _| updates::running(cluster, id).map(|update| update.change.clone())).flatten();
        let version = change.as_ref().and_then(|change| change["version"].as_str().map(str::to_owned));
        if let (None, Some(version), Some(running)) = (&failure, version, self.running(key))
            && let Err(error) = running.plane.upgrade(&version).await
        {
            self.report(&key.place.account, "UpdateClusterVersion", format!("{}: {error:#}", key.name));
            failure = Some(Issue { code: "Unknown".to_owned(), ..internal(&error) });
        }
        let endpoint = self.change(key, |cluster, context| {
            if updates::end(cluster, id, failure)
                && let Some(change) = change
            {
                let had_entries = cluster.cluster.access_config.authentication_mode != "CONFIG_MAP";
                settings::apply(cluster, &change);
                if !had_entries {
                    access_entries::begin(cluster, context);
                }
            }
            access(cluster)
        });
        self.grant_access(key).await;
        if let (Some(access), Some(running)) = (endpoint, self.running(key)) {
            self.fronts.update(&running.endpoint, access, running.plane.server_version().await).await;
        }
        self.change(key, |cluster, _| idle(cluster));
        self.follow_auto_mode(key).await;
    }

    /// Nodes come and go with Auto Mode.
    async fn follow_auto_mode(self: &Arc<Self>, key: &ClusterKey) {
        let Some(ids) = self.change(key, |cluster, _| cluster.cluster.resources_vpc_config.subnet_ids.clone()) else {
            return;
        };
        let place = &key.place;
        let subnets = self.iam.subnets(&place.account, &place.region, &ids).await;
        let role = self.change(key, |cluster, _| auto_mode::role(cluster)).flatten();
        let id = match &role {
            Some(arn) => self.role(place, arn).await.map(|role| role.id),
            None => None,
        };
        let difference = self.change(key, |cluster, context| {
            if let Some(arn) = &role {
                access_entries::admit_auto_nodes(cluster, context, arn, id.clone());
            }
            let may_join = role.as_ref().is_some_and(|arn| access_entries::admits(cluster, arn, id.as_ref()));
            auto_mode::difference(cluster, &context.ids, &place.region, if may_join { &subnets } else { &[] })
        });
        if let Some((joining, leaving)) =
            difference.filter(|(joining, leaving)| !(joining.is_empty() && leaving.is_empty()))
        {
            self.move_nodes(key, &joining, &leaving).await;
            self.settle_add_ons(key).await;
        }
    }
}

fn internal(error: &anyhow::Error) -> Issue {
    Issue { code: "InternalFailure".to_owned(), message: format!("{error:#}"), resource_ids: Vec::new() }
}
