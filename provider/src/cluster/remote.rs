//! The effects of a cluster: one look at everything, one call (or one call and its wait) per step. Decides nothing; whatever
//! needs a choice was chosen in `steps`. The calls of each concern stand beside its rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_eks::types::{Update, UpdateStatus};
use tokio::time::Instant;

use crate::cloud::aws::Aws;
use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag};

use super::issues;
use super::observed::{Issue, Observed, Seen};
use super::parts::Place;
use super::status::Status;
use super::step::Step;

/// Objects of one kind that are looked at side by side.
pub(super) const SIDE_BY_SIDE: usize = 3;
/// How often something that is known to exist is looked for before it is taken for gone.
pub(super) const LOOKS: u32 = 5;
/// How long a thing that was just made may still be invisible to reads.
pub(super) const VISIBLE: Duration = Duration::from_secs(60);
/// Somebody else's change of the same cluster, which is waited for.
const BUSY: [Lag; 3] = [
    Lag { code: "ResourceInUseException", text: "in progress" },
    Lag { code: "ResourceInUseException", text: "currently not in Active State" },
    Lag { code: "ResourceInUseException", text: "Only one type of update can be allowed" },
];
/// EKS answers a change that changes nothing with an error.
const UNCHANGED: [&str; 3] = ["already at the desired configuration", "No changes needed", "No changes detected"];

/// One cluster and the bounds of one operation on it.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub aws: Arc<Aws>,
    pub place: Place,
    pub limit: Limit,
    /// The issuer that the state remembers of a cluster that may be gone.
    pub issuer: Option<String>,
}

impl Remote {
    /// Looks at everything that exists of the cluster. Parts of a control plane that cannot have any are not asked for. One
    /// that a state knows is looked for more than once before it is taken for gone: reads are not always of one mind.
    pub(crate) async fn observe(&self, is_known: bool) -> Result<Observed, CloudError> {
        let looks = if is_known { LOOKS } else { 1 };
        let (cluster, roles, log_group) =
            futures::try_join!(self.look_for(looks, || self.cluster()), self.roles(), self.log_group())?;
        let has_parts = |status: &Status| {
            !status.is_failed() && !status.is_deleting() && !["CREATING", "PENDING"].contains(&status.text())
        };
        let issuer = cluster.as_ref().and_then(|live| live.oidc_issuer.clone()).or_else(|| self.issuer.clone());
        let provider = async {
            match &issuer {
                Some(issuer) => self.provider(issuer).await,
                None => Ok(None),
            }
        };
        if !cluster.as_ref().is_some_and(|live| has_parts(&live.status)) {
            let provider = provider.await?;
            return Ok(Observed { cluster, roles, log_group, provider, ..Observed::default() });
        }
        let (node_groups, addons, entries, associations, provider) =
            futures::try_join!(self.node_groups(), self.addons(), self.entries(), self.associations(), provider)?;
        Ok(Observed { cluster, node_groups, addons, associations, entries, roles, log_group, provider })
    }

    /// Makes one step's effect.
    pub(crate) async fn run(&self, step: Step) -> Result<Seen, CloudError> {
        match step {
            Step::CreateRole(spec) => self.create_role(&spec).await,
            Step::AttachPolicy { role, policy } => self.attach_policy(&role, &policy).await,
            Step::DetachPolicy { role, policy } => self.detach_policy(&role, &policy).await,
            Step::SetBoundary { role, boundary } => self.set_boundary(&role, boundary).await,
            Step::DeleteRole(name) => self.delete_role(&name).await,
            Step::CreateLogGroup { days, tags } => self.create_log_group(days, &tags).await,
            Step::SetRetention(days) => self.set_retention(days).await,
            Step::DeleteLogGroup => self.delete_log_group().await,
            Step::CreateProvider(tags) => self.create_provider(&tags).await,
            Step::DeleteProvider(arn) => self.delete_provider(&arn).await,
            Step::CreateCluster(spec) => self.create_cluster(&spec).await,
            Step::AwaitCluster => self.await_cluster().await,
            Step::Set(setting) => self.set(&setting).await,
            Step::UpgradeCluster(upgrade) => self.upgrade_cluster(&upgrade).await,
            Step::DeleteCluster => self.delete_cluster().await,
            Step::AwaitClusterGone => self.await_cluster_gone().await,
            Step::CreateEntry(spec) => self.create_entry(&spec).await,
            Step::UpdateEntry { principal, groups, username } => self.update_entry(&principal, groups, username).await,
            Step::AssociatePolicy { principal, policy, namespaces } => {
                self.associate_policy(&principal, &policy, namespaces).await
            }
            Step::DisassociatePolicy { principal, policy } => self.disassociate_policy(&principal, &policy).await,
            Step::SetAuthentication(mode) => self.set_authentication(&mode).await,
            Step::DeleteEntry(principal) => self.delete_entry(principal).await,
            Step::CreateAddon(spec) => self.create_addon(&spec).await,
            Step::AwaitAddon(name) => self.await_addon(name).await,
            Step::ChangeAddon(change) => self.change_addon(&change).await,
            Step::DeleteAddon(name) => self.delete_addon(name).await,
            Step::CreateNodeGroup(new) => self.create_node_group(&new).await,
            Step::AwaitNodeGroup(name) => self.await_node_group(name).await,
            Step::ChangeNodeGroup(change) => self.change_node_group(change).await,
            Step::UpgradeNodeGroup(to) => self.upgrade_node_group(to).await,
            Step::DeleteNodeGroup(name) => self.delete_node_group(name).await,
            Step::Leftover(removal) => self.remove(&removal).await,
            Step::Pod(step) => self.run_pod_step(step).await,
            Step::ConfirmClaim(claim) => self.confirm_claim(&claim).await,
            Step::Tag { arn, set, remove, .. } => self.tag(&arn, set, remove).await,
        }
    }

    /// Reads until something is found, up to so many times.
    pub(super) async fn look_for<T, F, Fut>(&self, looks: u32, read: F) -> Result<Option<T>, CloudError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Option<T>, CloudError>>,
    {
        for look in 1..=looks {
            if let Some(found) = read().await? {
                return Ok(Some(found));
            }
            if look < looks {
                self.limit.sleep_until(Instant::now() + poll::pause(look - 1, Duration::ZERO)).await?;
            }
        }
        Ok(None)
    }

    async fn tag(&self, arn: &str, set: super::parts::Tags, remove: Vec<String>) -> Result<Seen, CloudError> {
        if let Some((_, role)) = arn.split_once(":role/") {
            let name = role.rsplit('/').next().unwrap_or(role);
            return self.tag_role(name, set, remove).await;
        }
        if arn.contains(":oidc-provider/") {
            return self.tag_provider(arn, set, remove).await;
        }
        if !set.is_empty() {
            self.aws.eks.tag_resource().resource_arn(arn).set_tags(Some(set.into_iter().collect())).send().await?;
        }
        if !remove.is_empty() {
            self.aws.eks.untag_resource().resource_arn(arn).set_tag_keys(Some(remove)).send().await?;
        }
        Ok(Seen::Done)
    }

    /// Asks for a change and waits until it is over. Changes of others are waited for first, and a change that EKS says is
    /// none is done.
    pub(super) async fn change<F, Fut>(&self, object: &str, subject: Subject<'_>, ask: F) -> Result<(), CloudError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Option<Update>, CloudError>>,
    {
        match self.when_free(ask).await {
            Ok(Some(update)) => self.await_update(object, subject, update).await,
            Ok(None) => Ok(()),
            Err(error) if UNCHANGED.iter().any(|text| error.message().contains(text)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Calls until nobody else's change is in the way.
    pub(super) async fn when_free<T, F, Fut>(&self, call: F) -> Result<T, CloudError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, CloudError>>,
    {
        let rest = self.limit.deadline.duration_since(Instant::now());
        retry::while_lagging(&self.limit, rest, &BUSY, call).await
    }

    /// Waits by the update's id: for a moment after a change was asked for, the object itself still looks as if nothing
    /// happened.
    async fn await_update(&self, object: &str, subject: Subject<'_>, update: Update) -> Result<(), CloudError> {
        let Some(id) = update.id() else { return Ok(()) };
        let waited_for = format!("update {id} of {object}");
        poll::until(&self.limit, &waited_for, || async {
            let call = self.aws.eks.describe_update().name(&self.place.name).update_id(id);
            let call = match subject {
                Subject::Cluster => call,
                Subject::NodeGroup(name) => call.nodegroup_name(name),
                Subject::Addon(name) => call.addon_name(name),
            };
            let update = call.send().await?.update.unwrap_or_else(|| Update::builder().build());
            match update.status() {
                Some(UpdateStatus::Successful) => Ok(Look::Done(())),
                Some(UpdateStatus::Failed | UpdateStatus::Cancelled) => Err(issues::failed_update(&issues_of(&update))),
                other => Ok(Look::Pending(format!("status {}", other.map_or("unknown", UpdateStatus::as_str)))),
            }
        })
        .await
    }

    /// Waits until a read finds nothing, `times` in a row: reads of EKS are not always of one mind.
    pub(super) async fn until_gone<T, F, Fut>(&self, object: &str, times: u32, read: F) -> Result<(), CloudError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Option<T>, CloudError>>,
        T: Leaving,
    {
        let in_a_row = AtomicU32::new(0);
        poll::until(&self.limit, &format!("{object} to be gone"), || async {
            let Some(live) = read().await? else {
                let is_gone = in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= times;
                return Ok(if is_gone { Look::Done(()) } else { Look::Pending("not found".to_owned()) });
            };
            in_a_row.store(0, Ordering::Relaxed);
            match live.leaving() {
                (status, issues) if status.text() == "DELETE_FAILED" => Err(issues::not_deleted(issues)),
                (status, _) => Ok(Look::Pending(format!("status {status}"))),
            }
        })
        .await
    }
}

/// Something that is on its way out.
pub(super) trait Leaving {
    /// Its status and what EKS says is wrong with it.
    fn leaving(&self) -> (&Status, &[Issue]);
}

/// What an update changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    Cluster,
    NodeGroup(&'a str),
    Addon(&'a str),
}

fn issues_of(update: &Update) -> Vec<Issue> {
    let issue = |error: &aws_sdk_eks::types::ErrorDetail| Issue {
        code: error.error_code().map_or("", |code| code.as_str()).to_owned(),
        message: error.error_message().unwrap_or_default().to_owned(),
        objects: error.resource_ids().to_vec(),
    };
    update.errors().iter().map(issue).collect()
}

/// Nothing, if the error says that there is nothing.
pub(super) fn unless_absent<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// True if something of the name that was to be made exists: the answer to an earlier try was lost, a read did not show it
/// yet, or somebody else was faster.
pub(super) fn exists_already(error: &CloudError) -> bool {
    error.is_conflict() && error.message().contains("already")
}
