//! The calls for node groups. Decides nothing.

use std::collections::BTreeMap;

use aws_sdk_eks::types::{AmiTypes, NodeRepairConfig, Nodegroup, NodegroupScalingConfig, NodegroupUpdateConfig};
use futures::{StreamExt, TryStreamExt};
use tokio::time::Instant;

use crate::cloud::error::CloudError;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::issues;
use crate::cluster::leftovers::LINGER;
use crate::cluster::observed::{Issue, Seen};
use crate::cluster::remote::{LOOKS, Leaving, Remote, SIDE_BY_SIDE, Subject, VISIBLE, exists_already, unless_absent};
use crate::cluster::status::Status;

use super::{LiveNodeGroup, NewGroup, Size, is_arm};

/// GiB of the root volume of each node.
const DISK: i32 = 50;
/// Percent of a group's nodes that an upgrade may take away at once.
const UNAVAILABLE: i32 = 33;

/// What CreateNodegroup says while it has not yet heard of the role.
const LAGS: [Lag; 3] = [
    Lag { code: "InvalidParameterException", text: "were not found in the trust relationships of nodeRole" },
    Lag { code: "InvalidParameterException", text: "cannot be found" },
    Lag { code: "InvalidParameterException", text: "does not exist" },
];

/// What a node group says that cannot go yet, because network interfaces of its nodes linger.
const LINGERING: [Lag; 1] = [Lag { code: "Ec2SecurityGroupDeletionFailure", text: "" }];

impl Remote {
    /// Every node group, by name.
    pub(in crate::cluster) async fn node_groups(&self) -> Result<BTreeMap<String, LiveNodeGroup>, CloudError> {
        let mut pages = self.aws.eks.list_nodegroups().cluster_name(&self.place.name).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(name) = pages.next().await {
            names.push(name?);
        }
        let looks = names.into_iter().map(async |name| {
            let found = self.look_for(LOOKS, || self.node_group(&name)).await?;
            Ok(found.map(|live| (name, live)))
        });
        let found = futures::stream::iter(looks).buffer_unordered(SIDE_BY_SIDE);
        found.try_filter_map(|live: Option<_>| futures::future::ready(Ok(live))).try_collect().await
    }

    async fn node_group(&self, name: &str) -> Result<Option<LiveNodeGroup>, CloudError> {
        let call = self.aws.eks.describe_nodegroup().cluster_name(&self.place.name).nodegroup_name(name);
        Ok(unless_absent(call.send().await.map_err(CloudError::from))?.and_then(|found| found.nodegroup).map(live))
    }

    pub(in crate::cluster) async fn create_node_group(&self, new: &NewGroup) -> Result<Seen, CloudError> {
        let group = &new.group;
        let image = match group.instance_types.iter().any(|one| is_arm(one)) {
            true => AmiTypes::Al2023Arm64Standard,
            false => AmiTypes::Al2023X8664Standard,
        };
        let call = self
            .aws
            .eks
            .create_nodegroup()
            .cluster_name(&self.place.name)
            .nodegroup_name(&group.name)
            .node_role(&new.role_arn)
            .set_subnets(Some(new.subnet_ids.clone()))
            .set_instance_types(Some(group.instance_types.clone()))
            .ami_type(image)
            .disk_size(DISK)
            .scaling_config(scaling(group.size))
            .update_config(NodegroupUpdateConfig::builder().max_unavailable_percentage(UNAVAILABLE).build())
            .node_repair_config(NodeRepairConfig::builder().enabled(true).build())
            .set_tags(Some(new.tags.clone().into_iter().collect()));
        let made =
            retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) }).await;
        match made {
            Ok(_) => self.await_node_group(group.name.clone()).await,
            // Names are unique in a cluster, and the cluster is ours.
            Err(error) if exists_already(&error) => self.await_node_group(group.name.clone()).await,
            Err(error) => Err(error),
        }
    }

    pub(in crate::cluster) async fn await_node_group(&self, name: String) -> Result<Seen, CloudError> {
        let start = Instant::now();
        let live = poll::until(&self.limit, &format!("node group {name} to become active"), || async {
            match self.node_group(&name).await? {
                Some(live) if live.status.is_active() => Ok(Look::Done(live)),
                Some(live) if live.status.is_changing() => Ok(Look::Pending(waiting(&live))),
                Some(live) => Err(issues::failed(&live.issues)),
                None if start.elapsed() < VISIBLE => Ok(Look::Pending("not visible yet".to_owned())),
                None => {
                    Err(CloudError::told("it disappeared while it was waited for", "Somebody may have deleted it."))
                }
            }
        })
        .await?;
        Ok(Seen::NodeGroup(name, Some(Box::new(live))))
    }

    pub(in crate::cluster) async fn scale_node_group(&self, name: String, size: Size) -> Result<Seen, CloudError> {
        let ask = || async {
            let call = self.aws.eks.update_nodegroup_config().cluster_name(&self.place.name).nodegroup_name(&name);
            Ok(call.scaling_config(scaling(size)).send().await?.update)
        };
        self.change(&format!("node group {name}"), Subject::NodeGroup(&name), ask).await?;
        self.await_node_group(name).await
    }

    pub(in crate::cluster) async fn upgrade_node_group(&self, name: String, version: &str) -> Result<Seen, CloudError> {
        let ask = || async {
            let call = self.aws.eks.update_nodegroup_version().cluster_name(&self.place.name).nodegroup_name(&name);
            Ok(call.version(version).send().await?.update)
        };
        self.change(&format!("node group {name}"), Subject::NodeGroup(&name), ask).await?;
        self.await_node_group(name).await
    }

    pub(in crate::cluster) async fn delete_node_group(&self, name: String) -> Result<Seen, CloudError> {
        let call = || async {
            let call = self.aws.eks.delete_nodegroup().cluster_name(&self.place.name).nodegroup_name(&name);
            Ok(call.send().await?)
        };
        let gone = || async {
            unless_absent(self.when_free(call).await)?;
            self.until_gone(&format!("node group {name}"), 1, || self.node_group(&name)).await
        };
        retry::while_lagging(&self.limit, LINGER, &LINGERING, gone).await?;
        Ok(Seen::NodeGroup(name, None))
    }
}

fn scaling(size: Size) -> NodegroupScalingConfig {
    // Between 0 and 450 by the rules of the attributes.
    let number = |one: i64| i32::try_from(one).unwrap_or(i32::MAX);
    NodegroupScalingConfig::builder()
        .min_size(number(size.min))
        .max_size(number(size.max))
        .desired_size(number(size.desired))
        .build()
}

fn waiting(live: &LiveNodeGroup) -> String {
    match live.issues.is_empty() {
        true => format!("status {}", live.status),
        false => format!("status {}, {}", live.status, issues::lines(&live.issues)),
    }
}

impl Leaving for LiveNodeGroup {
    fn leaving(&self) -> (&Status, &[Issue]) {
        (&self.status, &self.issues)
    }
}

fn live(group: Nodegroup) -> LiveNodeGroup {
    let number = |one: Option<i32>| i64::from(one.unwrap_or_default());
    let size = group.scaling_config();
    let issue = |issue: &aws_sdk_eks::types::Issue| Issue {
        code: issue.code().map_or("", |code| code.as_str()).to_owned(),
        message: issue.message().unwrap_or_default().to_owned(),
        objects: issue.resource_ids().to_vec(),
    };
    let scaling_groups = group.resources().map(|resources| resources.auto_scaling_groups()).unwrap_or_default();
    LiveNodeGroup {
        status: Status::new(group.status().map_or("", |status| status.as_str())),
        size: Size {
            min: number(size.and_then(|size| size.min_size())),
            max: number(size.and_then(|size| size.max_size())),
            desired: number(size.and_then(|size| size.desired_size())),
        },
        autoscaling_groups: scaling_groups.iter().filter_map(|one| one.name().map(str::to_owned)).collect(),
        issues: group.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
        arn: group.nodegroup_arn.unwrap_or_default(),
        version: group.version.unwrap_or_default(),
        release_version: group.release_version,
        instance_types: group.instance_types.unwrap_or_default(),
        role_arn: group.node_role,
        tags: group.tags.unwrap_or_default().into_iter().collect(),
    }
}
