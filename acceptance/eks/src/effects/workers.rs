//! Effects on what runs in a cluster: nodes of its groups, and its add-ons.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use super::FailureKind;
use crate::clusters::Issue;
use crate::eks::Inner;
use crate::node_groups::nodes::Node;
use crate::node_groups::{self, NodeGroup, nodes};
use crate::pace::{Pace, Phase};
use crate::state::{ClusterKey, ClusterState};
use crate::updates;

impl Inner {
    pub(super) async fn create_node_group(self: &Arc<Self>, key: &ClusterKey, name: &str) {
        self.change(key, |cluster, context| {
            cluster.node_groups.get_mut(name).map(|group| node_groups::launch(group, context))
        });
        self.pause(Phase::NodeGroupCreate).await;
        let obstacle = match self.armed(key, FailureKind::NodeGroup, name) {
            Some(issue) => Some(issue),
            None => self.await_nodes(key, name).await,
        };
        if obstacle.is_none() {
            self.scale(key, name).await;
        }
        self.change(key, |cluster, context| {
            let group = cluster.node_groups.get_mut(name)?;
            node_groups::created(group, context.now, obstacle);
            Some(())
        });
        self.ail(key, name);
        self.settle_add_ons(key).await;
    }

    /// What keeps the nodes from becoming ready once EKS has lost its patience; none as soon as nothing does.
    async fn await_nodes(&self, key: &ClusterKey, name: &str) -> Option<Issue> {
        // AWS gives nodes some 20 minutes. In a hurry, long enough for a call that is on its way.
        let (step, steps) = match self.pace {
            Pace::Fast => (Duration::from_millis(25), 80),
            Pace::Aws { .. } => (self.pace.of(Phase::NodeGroupCreate) / 10, 80),
        };
        let mut obstacle = None;
        for _ in 0..steps {
            self.refresh_role(key, name).await;
            obstacle = self
                .change(key, |cluster, _| {
                    cluster.node_groups.get(name).and_then(|group| node_groups::obstacle(cluster, group))
                })
                .flatten();
            if obstacle.is_none() {
                break;
            }
            tokio::time::sleep(step).await;
        }
        obstacle
    }

    async fn refresh_role(&self, key: &ClusterKey, name: &str) {
        let Some(arn) =
            self.change(key, |cluster, _| cluster.node_groups.get(name).map(|group| group.node_role.clone())).flatten()
        else {
            return;
        };
        let role = self.role(&key.place, &arn).await;
        self.change(key, |cluster, _| {
            if let Some(group) = cluster.node_groups.get_mut(name) {
                group.role_lacks =
                    node_groups::node_role(&arn, role.as_ref()).unwrap_or_else(|_| vec!["AmazonEKSWorkerNodePolicy"]);
                group.role_id = role.map(|role| role.id);
            }
        });
    }

    /// Makes the nodes of a group as many as desired.
    async fn scale(&self, key: &ClusterKey, name: &str) {
        let Some((joining, leaving)) =
            self.change(key, |cluster, _| difference(cluster, &key.place.region, name)).flatten()
        else {
            return;
        };
        self.move_nodes(key, &joining, &leaving).await;
    }

    /// New nodes first, then the old ones go: pods always have a place.
    pub(super) async fn move_nodes(&self, key: &ClusterKey, joining: &[Node], leaving: &[String]) {
        let Some(running) = self.running(key) else { return };
        let running = &running;
        let joins = joining.iter().map(|node| async move {
            if let Err(error) = running.plane.join(node).await {
                self.report(&key.place.account, "nodes", format!("{} did not join {}: {error:#}", node.name, key.name));
            }
        });
        join_all(joins).await;
        let drains = leaving.iter().map(|node| async move {
            if let Err(error) = running.plane.remove(node).await {
                self.report(&key.place.account, "nodes", format!("{node} did not leave {}: {error:#}", key.name));
            }
        });
        join_all(drains).await;
    }

    pub(super) async fn update_node_group(self: &Arc<Self>, key: &ClusterKey, name: &str, id: &str, phase: Phase) {
        self.pause(phase).await;
        let failure = self.armed(key, FailureKind::Update, name);
        if failure.is_none() {
            let change = self.change(key, |cluster, _| {
                let replace = updates::running(cluster, id).is_some_and(|update| update.change["replaceNodes"] == true);
                if replace {
                    replacement(cluster, &key.place.region, name)
                } else {
                    difference(cluster, &key.place.region, name)
                }
            });
            if let Some((joining, leaving)) = change.flatten() {
                self.move_nodes(key, &joining, &leaving).await;
            }
            let stay = self.change(key, |cluster, _| {
                cluster.node_groups.get_mut(name).map(|group| nodes::present(group, &key.place.region))
            });
            self.move_nodes(key, &stay.flatten().unwrap_or_default(), &[]).await;
        }
        self.change(key, |cluster, context| {
            updates::end(cluster, id, failure);
            if let Some(group) = cluster.node_groups.get_mut(name) {
                node_groups::created(group, context.now, None);
            }
        });
        self.ail(key, name);
        self.settle_add_ons(key).await;
    }

    /// What was armed to be wrong with the group is.
    fn ail(&self, key: &ClusterKey, name: &str) {
        if let Some(issue) = self.armed(key, FailureKind::NodeGroupHealth, name) {
            self.change(key, |cluster, _| {
                cluster.node_groups.get_mut(name).map(|group| node_groups::ails(group, issue))
            });
        }
    }

    pub(super) async fn delete_node_group(self: &Arc<Self>, key: &ClusterKey, name: &str) {
        let leaving = self
            .change(key, |cluster, _| {
                cluster
                    .node_groups
                    .get(name)
                    .map(|group| group.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>())
            })
            .flatten()
            .unwrap_or_default();
        tokio::join!(self.pause(Phase::NodeGroupDelete), self.move_nodes(key, &[], &leaving));
        self.change(key, |cluster, _| cluster.node_groups.remove(name));
        self.settle_add_ons(key).await;
    }
}

/// The nodes that must join and leave for a group to have as many as desired. Recorded in the group as if it had happened.
fn difference(cluster: &mut ClusterState, region: &str, name: &str) -> Option<(Vec<Node>, Vec<String>)> {
    let taken = names(cluster);
    let group = cluster.node_groups.get_mut(name)?;
    let desired = group.scaling_config.desired_size as usize;
    let joining = nodes::next(group, region, desired.saturating_sub(group.nodes.len()), &taken);
    group.nodes.extend(joining.iter().cloned());
    let leaving = group.nodes.split_off(desired.min(group.nodes.len()));
    Some((joining, leaving.into_iter().map(|node| node.name).collect()))
}

/// As [`difference`], with every node replaced.
fn replacement(cluster: &mut ClusterState, region: &str, name: &str) -> Option<(Vec<Node>, Vec<String>)> {
    let taken = names(cluster);
    let group = cluster.node_groups.get_mut(name)?;
    let joining = nodes::next(group, region, group.scaling_config.desired_size as usize, &taken);
    let leaving = std::mem::replace(&mut group.nodes, joining.clone());
    Some((joining, leaving.into_iter().map(|node| node.name).collect()))
}

fn names(cluster: &ClusterState) -> Vec<String> {
    cluster
        .node_groups
        .values()
        .flat_map(|group: &NodeGroup| group.nodes.iter().map(|node| node.name.clone()))
        .collect()
}
