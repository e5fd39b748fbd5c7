//! The calls for node groups. Decides nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_eks::types::{
    AmiTypes, CapacityTypes, LaunchTemplateSpecification, NodeRepairConfig, Nodegroup, NodegroupScalingConfig,
    NodegroupUpdateConfig, NodegroupUpdateStrategies, Taint as SdkTaint, TaintEffect, UpdateLabelsPayload,
    UpdateTaintsPayload,
};
use tokio::time::Instant;

use crate::cloud::error::CloudError;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag, PROPAGATION};
use crate::cluster::leftovers::LINGER;
use crate::cluster::observed::{Issue, Seen};
use crate::cluster::remote::{LOOKS, Leaving, Remote, Subject, VISIBLE, exists_already, unless_absent};
use crate::cluster::status::Status;

use super::health::{self, Verdict};
use super::live::{Disruption, LiveNodeGroup, Size, Taint, Template, Unavailable};
use super::{GroupChange, NewGroup, NewVersion};

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
            let name = name?;
            names.push((name.clone(), name));
        }
        self.look_at_each(names, |name| async move { self.node_group(&name).await }).await
    }

    pub(in crate::cluster) async fn node_group(&self, name: &str) -> Result<Option<LiveNodeGroup>, CloudError> {
        let call = self.aws.eks.describe_nodegroup().cluster_name(&self.place.name).nodegroup_name(name);
        Ok(unless_absent(call.send().await.map_err(CloudError::from))?.and_then(|found| found.nodegroup).map(live))
    }

    pub(in crate::cluster) async fn create_node_group(&self, new: &NewGroup) -> Result<Seen, CloudError> {
        let NewGroup { name, group, size, .. } = new;
        let fixed = &group.fixed;
        let template = fixed.template_id.clone().zip(group.template_version);
        let call = self
            .aws
            .eks
            .create_nodegroup()
            .cluster_name(&self.place.name)
            .nodegroup_name(name)
            .node_role(&new.role_arn)
            .set_subnets(Some(new.subnet_ids.clone()))
            .set_instance_types(fixed.instance_types.clone())
            .set_ami_type(fixed.image.as_deref().map(AmiTypes::from))
            .capacity_type(CapacityTypes::from(fixed.capacity.as_str()))
            .set_disk_size(fixed.disk_gib.map(number))
            .set_labels(some(group.labels.clone()))
            .set_taints(some(group.taints.iter().map(taint)))
            .scaling_config(scaling(*size))
            .update_config(update_config(&group.disruption))
            .node_repair_config(NodeRepairConfig::builder().enabled(group.auto_repair).build())
            .set_release_version(group.release.named())
            .set_launch_template(template.map(|(id, version)| launch_template(Template { id, version })))
            .set_tags(Some(new.tags.clone().into_iter().collect()));
        let made =
            retry::while_lagging(&self.limit, PROPAGATION, &LAGS, || async { Ok(call.clone().send().await?) }).await;
        let found = match made {
            Ok(made) => made.nodegroup.map(live),
            // Names are unique in a cluster, and the cluster is ours.
            Err(error) if exists_already(&error) => self.look_for(LOOKS, || self.node_group(name)).await?,
            Err(error) => return Err(error),
        };
        Ok(Seen::NodeGroup(name.clone(), found.map(Box::new)))
    }

    pub(in crate::cluster) async fn await_node_group(&self, name: String) -> Result<Seen, CloudError> {
        let troubled = Mutex::new(None);
        let judge = |live: &LiveNodeGroup| {
            let mut since = troubled.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *since = if live.issues.is_empty() { None } else { Some(since.unwrap_or_else(Instant::now)) };
            health::of_new(live, since.map_or(Duration::ZERO, |since| since.elapsed()))
        };
        self.until_settled(name, "to become active", judge).await
    }

    async fn until_settled(
        &self,
        name: String,
        what: &str,
        judge: impl Fn(&LiveNodeGroup) -> Verdict + Sync,
    ) -> Result<Seen, CloudError> {
        let (start, judge) = (Instant::now(), &judge);
        let live = poll::until(&self.limit, &format!("node group {name} {what}"), || async {
            match self.node_group(&name).await? {
                Some(live) => match judge(&live) {
                    Verdict::Ready => Ok(Look::Done(live)),
                    Verdict::Waiting(words) => Ok(Look::Pending(words)),
                    Verdict::Failed(error) => Err(error),
                },
                None if start.elapsed() < VISIBLE => Ok(Look::Pending("not visible yet".to_owned())),
                None => {
                    Err(CloudError::told("it disappeared while it was waited for", "Somebody may have deleted it."))
                }
            }
        })
        .await?;
        Ok(Seen::NodeGroup(name, Some(Box::new(live))))
    }

    pub(in crate::cluster) async fn change_node_group(&self, change: GroupChange) -> Result<Seen, CloudError> {
        let name = &change.name;
        let labels = (!change.labels.is_empty() || !change.dropped_labels.is_empty()).then(|| {
            UpdateLabelsPayload::builder()
                .set_add_or_update_labels(some(change.labels.clone()))
                .set_remove_labels(some(change.dropped_labels.clone()))
                .build()
        });
        let taints = (!change.taints.is_empty() || !change.dropped_taints.is_empty()).then(|| {
            UpdateTaintsPayload::builder()
                .set_add_or_update_taints(some(change.taints.iter().map(taint)))
                .set_remove_taints(some(change.dropped_taints.iter().map(taint)))
                .build()
        });
        let repair = change.auto_repair.map(|on| NodeRepairConfig::builder().enabled(on).build());
        let call = self
            .aws
            .eks
            .update_nodegroup_config()
            .cluster_name(&self.place.name)
            .nodegroup_name(name)
            .set_labels(labels)
            .set_taints(taints)
            .set_scaling_config(change.size.map(scaling))
            .set_update_config(change.disruption.as_ref().map(update_config))
            .set_node_repair_config(repair);
        let ask = || async { Ok(call.clone().send().await?.update) };
        self.change(&format!("node group {name}"), Subject::NodeGroup(name), ask).await?;
        self.until_settled(change.name, "to be as it was", health::of_changed).await
    }

    pub(in crate::cluster) async fn upgrade_node_group(&self, to: NewVersion) -> Result<Seen, CloudError> {
        let name = &to.name;
        let call = self
            .aws
            .eks
            .update_nodegroup_version()
            .cluster_name(&self.place.name)
            .nodegroup_name(name)
            .set_version(to.version.clone())
            .set_release_version(to.release.clone())
            .set_launch_template(to.template.clone().map(launch_template));
        let ask = || async { Ok(call.clone().send().await?.update) };
        self.change(&format!("node group {name}"), Subject::NodeGroup(name), ask).await?;
        self.until_settled(to.name, "to have its new nodes", health::of_changed).await
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

/// Numbers are within a few thousands by the rules of the attributes.
fn number(one: i64) -> i32 {
    i32::try_from(one).unwrap_or(i32::MAX)
}

/// None where there is nothing.
fn some<E, C: FromIterator<E>>(all: impl IntoIterator<Item = E>) -> Option<C> {
    let mut all = all.into_iter().peekable();
    all.peek()?;
    Some(all.collect())
}

fn scaling(size: Size) -> NodegroupScalingConfig {
    NodegroupScalingConfig::builder()
        .min_size(number(size.min))
        .max_size(number(size.max))
        .desired_size(number(size.desired))
        .build()
}

fn update_config(disruption: &Disruption) -> NodegroupUpdateConfig {
    let config =
        NodegroupUpdateConfig::builder().update_strategy(NodegroupUpdateStrategies::from(disruption.strategy.as_str()));
    match disruption.unavailable {
        Unavailable::Nodes(nodes) => config.max_unavailable(number(nodes)),
        Unavailable::Percent(percent) => config.max_unavailable_percentage(number(percent)),
    }
    .build()
}

fn taint(taint: &Taint) -> SdkTaint {
    let value = Some(taint.value.clone()).filter(|value| !value.is_empty());
    SdkTaint::builder().key(&taint.key).set_value(value).effect(TaintEffect::from(taint.effect.as_str())).build()
}

fn launch_template(template: Template) -> LaunchTemplateSpecification {
    LaunchTemplateSpecification::builder().id(template.id).version(template.version.to_string()).build()
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
        created: group.created_at().and_then(|at| at.to_millis().ok()).unwrap_or_default(),
        size: Size {
            min: number(size.and_then(|size| size.min_size())),
            max: number(size.and_then(|size| size.max_size())),
            desired: number(size.and_then(|size| size.desired_size())),
        },
        image: group.ami_type().map_or("", |image| image.as_str()).to_owned(),
        capacity: group.capacity_type().map_or("", |capacity| capacity.as_str()).to_owned(),
        disk_gib: group.disk_size().map(i64::from),
        taints: group.taints().iter().map(live_taint).collect(),
        disruption: live_disruption(&group),
        auto_repair: group.node_repair_config().and_then(|repair| repair.enabled()).unwrap_or(false),
        template: group.launch_template().and_then(live_template),
        autoscaling_groups: scaling_groups.iter().filter_map(|one| one.name().map(str::to_owned)).collect(),
        issues: group.health().map(|health| health.issues().iter().map(issue).collect()).unwrap_or_default(),
        arn: group.nodegroup_arn.unwrap_or_default(),
        version: group.version.unwrap_or_default(),
        release_version: group.release_version,
        instance_types: group.instance_types.unwrap_or_default(),
        labels: group.labels.unwrap_or_default().into_iter().collect(),
        subnet_ids: group.subnets.unwrap_or_default(),
        role_arn: group.node_role,
        tags: group.tags.unwrap_or_default().into_iter().collect(),
    }
}

fn live_taint(taint: &SdkTaint) -> Taint {
    Taint {
        key: taint.key().unwrap_or_default().to_owned(),
        effect: taint.effect().map_or("", |effect| effect.as_str()).to_owned(),
        value: taint.value().unwrap_or_default().to_owned(),
    }
}

/// What EKS says of updates; one node at a time, which is its default, where it says nothing.
fn live_disruption(group: &Nodegroup) -> Disruption {
    let config = group.update_config();
    let nodes = config.and_then(|config| config.max_unavailable()).map(i64::from);
    let percent = config.and_then(|config| config.max_unavailable_percentage()).map(i64::from);
    let unavailable = percent.map_or(Unavailable::Nodes(nodes.unwrap_or(1)), Unavailable::Percent);
    let strategy = config.and_then(|config| config.update_strategy()).map(|strategy| strategy.as_str().to_owned());
    Disruption { unavailable, strategy: strategy.unwrap_or_else(|| Disruption::default().strategy) }
}

/// Groups that EKS makes a template for show none. A version that is no number is one that moves, which EKS resolves.
fn live_template(template: &LaunchTemplateSpecification) -> Option<Template> {
    let version = template.version().and_then(|version| version.parse().ok()).unwrap_or_default();
    Some(Template { id: template.id()?.to_owned(), version })
}
