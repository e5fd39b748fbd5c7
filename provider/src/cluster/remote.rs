//! The effects of a cluster: one look at everything, one call (or one call and its wait) per step. Decides nothing; whatever
//! needs a choice was chosen in `steps`. The calls of each concern stand beside its rules.

pub(super) mod query;
mod refresh;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_eks::types::{Update, UpdateStatus};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use tokio::time::Instant;

use crate::cloud::aws::Aws;
use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::poll::{self, Look};
use crate::cloud::retry::{self, Lag};

use super::control_plane::LiveCluster;
use super::control_plane::log_group::LiveLogGroup;
use super::iam::Roles;
use super::iam::provider::LiveProvider;
use super::issues;
use super::observed::{Issue, Observed, Seen};
use super::parts::{Place, last_part};
use super::pod_identities::Associations;
use super::status::Status;
use super::step::Step;

/// Objects of one kind that are looked at side by side. There are four kinds, and at most eight calls are under way at once.
pub(super) const SIDE_BY_SIDE: usize = 2;
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
    /// The names of roles that have a policy of their own.
    pub bearers: BTreeSet<String>,
}

impl Remote {
    /// Looks at everything that exists of the cluster. Parts of a control plane that cannot have any are not asked for. One
    /// that a state knows is looked for more than once before it is taken for gone: reads are not always of one mind.
    pub(crate) async fn observe(&self, is_known: bool) -> Result<Observed, CloudError> {
        let looks = if is_known { LOOKS } else { 1 };
        let (cluster, roles, log_group) =
            futures::try_join!(self.look_for(looks, || self.cluster()), self.roles(), self.tagged_log_group())?;
        self.with_parts(cluster, roles, log_group).await
    }

    async fn with_parts(
        &self,
        cluster: Option<LiveCluster>,
        roles: Roles,
        log_group: Option<LiveLogGroup>,
    ) -> Result<Observed, CloudError> {
        let live = cluster.as_ref().and_then(|live| live.oidc_issuer.as_deref());
        let issuer = live.or(self.issuer.as_deref()).map(str::to_owned);
        if !cluster.as_ref().is_some_and(|live| live.status.has_parts()) {
            let provider = self.provider_of(issuer.as_deref()).await?;
            return Ok(Observed { cluster, roles, log_group, provider, ..Observed::default() });
        }
        let (node_groups, addons, entries, (provider, associations)) =
            futures::try_join!(self.node_groups(), self.addons(), self.entries(), self.trust(issuer.as_deref()))?;
        Ok(Observed { cluster, node_groups, addons, associations, entries, roles, log_group, provider })
    }

    async fn provider_of(&self, issuer: Option<&str>) -> Result<Option<LiveProvider>, CloudError> {
        match issuer {
            Some(issuer) => self.provider(issuer).await,
            None => Ok(None),
        }
    }

    /// What IAM trusts, and who gets which role for it. One after the other: what else is looked at takes several calls at once.
    async fn trust(&self, issuer: Option<&str>) -> Result<(Option<LiveProvider>, Associations), CloudError> {
        Ok((self.provider_of(issuer).await?, self.associations().await?))
    }

    /// Makes one step's effect. Each is a future of its own on the heap: in one state machine the frames of all would lie on the
    /// stack of whichever is polled, which overflows it in a debug build.
    pub(crate) fn run(&self, step: Step) -> BoxFuture<'_, Result<Seen, CloudError>> {
        match step {
            Step::CreateRole(spec) => async move { self.create_role(&spec).await }.boxed(),
            Step::AttachPolicy { role, policy } => async move { self.attach_policy(&role, &policy).await }.boxed(),
            Step::DetachPolicy { role, policy } => async move { self.detach_policy(&role, &policy).await }.boxed(),
            Step::PutPolicy { role, document } => async move { self.put_policy(&role, &document).await }.boxed(),
            Step::DropPolicy(role) => async move { self.drop_policy(&role).await }.boxed(),
            Step::SetBoundary { role, boundary } => async move { self.set_boundary(&role, boundary).await }.boxed(),
            Step::DeleteRole(name) => async move { self.delete_role(&name).await }.boxed(),
            Step::RetireRole(name) => async move { self.retire_role(&name).await }.boxed(),
            Step::CreateLogGroup { days, tags } => async move { self.create_log_group(days, &tags).await }.boxed(),
            Step::SetRetention(days) => async move { self.set_retention(days).await }.boxed(),
            Step::DeleteLogGroup => async move { self.delete_log_group().await }.boxed(),
            Step::CreateProvider(tags) => async move { self.create_provider(&tags).await }.boxed(),
            Step::AddAudience { provider, audience } => {
                async move { self.add_audience(&provider, &audience).await }.boxed()
            }
            Step::DeleteProvider(arn) => async move { self.delete_provider(&arn).await }.boxed(),
            Step::CreateCluster(spec) => async move { self.create_cluster(&spec).await }.boxed(),
            Step::AwaitCluster => async move { self.await_cluster().await }.boxed(),
            Step::Set(setting) => async move { self.set(&setting).await }.boxed(),
            Step::UpgradeCluster(upgrade) => async move { self.upgrade_cluster(&upgrade).await }.boxed(),
            Step::DeleteCluster => async move { self.delete_cluster().await }.boxed(),
            Step::AwaitClusterGone => async move { self.await_cluster_gone().await }.boxed(),
            Step::CreateEntry(spec) => async move { self.create_entry(&spec).await }.boxed(),
            Step::UpdateEntry { principal, groups, username } => {
                async move { self.update_entry(&principal, groups, username).await }.boxed()
            }
            Step::AssociatePolicy { principal, policy, namespaces } => {
                async move { self.associate_policy(&principal, &policy, namespaces).await }.boxed()
            }
            Step::DisassociatePolicy { principal, policy } => {
                async move { self.disassociate_policy(&principal, &policy).await }.boxed()
            }
            Step::SetAuthentication(mode) => async move { self.set_authentication(&mode).await }.boxed(),
            Step::DeleteEntry(principal) => async move { self.delete_entry(principal).await }.boxed(),
            Step::CreateAddon(spec) => async move { self.create_addon(&spec).await }.boxed(),
            Step::AwaitAddon(name) => async move { self.await_addon(name).await }.boxed(),
            Step::ChangeAddon(change) => async move { self.change_addon(&change).await }.boxed(),
            Step::DeleteAddon(name) => async move { self.delete_addon(name).await }.boxed(),
            Step::CreateNodeGroup(new) => async move { self.create_node_group(&new).await }.boxed(),
            Step::AwaitNodeGroup(name) => async move { self.await_node_group(name).await }.boxed(),
            Step::ChangeNodeGroup(change) => async move { self.change_node_group(change).await }.boxed(),
            Step::UpgradeNodeGroup(to) => async move { self.upgrade_node_group(to).await }.boxed(),
            Step::DeleteNodeGroup(name) => async move { self.delete_node_group(name).await }.boxed(),
            Step::Leftover(removal) => async move { self.remove(&removal).await }.boxed(),
            Step::Pod(step) => async move { self.run_pod_step(step).await }.boxed(),
            Step::ConfirmClaim { claim, inventory } => {
                async move { self.confirm_claim(&claim, inventory.as_deref()).await }.boxed()
            }
            Step::Tag { arn, set, remove, .. } => async move { self.tag(&arn, set, remove).await }.boxed(),
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
                self.limit.sleep_until(Instant::now() + poll::pause(look - 1)).await?;
            }
        }
        Ok(None)
    }

    async fn tag(&self, arn: &str, set: super::parts::Tags, remove: Vec<String>) -> Result<Seen, CloudError> {
        if let Some((_, role)) = arn.split_once(":role/") {
            let name = last_part(role);
            return self.tag_role(name, set, remove).await;
        }
        if arn.contains(":log-group:") {
            return self.aws.tag_log_group(arn, &set, &remove).await.map(|()| Seen::Done);
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

    /// The same for the control plane, which is then looked at.
    pub(super) async fn change_cluster<F, Fut>(&self, ask: F) -> Result<Seen, CloudError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Option<Update>, CloudError>>,
    {
        self.change(&self.place.object(), Subject::Cluster, ask).await?;
        self.await_cluster().await
    }

    /// What there is of each of the things that a list named, looked for side by side; what no look finds is left out. By the key
    /// of each.
    pub(super) async fn look_at_each<K, T, F, Fut>(
        &self,
        listed: impl IntoIterator<Item = (String, K)>,
        read: F,
    ) -> Result<BTreeMap<String, T>, CloudError>
    where
        K: Clone,
        F: Fn(K) -> Fut,
        Fut: Future<Output = Result<Option<T>, CloudError>>,
    {
        self.look_side_by_side(listed, LOOKS, read).await
    }

    /// What there is of things whose names are known, each looked at once; none where one is not found.
    pub(super) async fn look_at_known<T, F, Fut>(
        &self,
        names: &BTreeSet<String>,
        read: F,
    ) -> Result<Option<BTreeMap<String, T>>, CloudError>
    where
        F: Fn(String) -> Fut,
        Fut: Future<Output = Result<Option<T>, CloudError>>,
    {
        let named: Vec<_> = names.iter().map(|name| (name.clone(), name.clone())).collect();
        let found = self.look_side_by_side(named, 1, read).await?;
        Ok((found.len() == names.len()).then_some(found))
    }

    async fn look_side_by_side<K, T, F, Fut>(
        &self,
        all: impl IntoIterator<Item = (String, K)>,
        times: u32,
        read: F,
    ) -> Result<BTreeMap<String, T>, CloudError>
    where
        K: Clone,
        F: Fn(K) -> Fut,
        Fut: Future<Output = Result<Option<T>, CloudError>>,
    {
        let looks = all.into_iter().map(|(key, one)| {
            let read = &read;
            async move {
                let found = self.look_for(times, || read(one.clone())).await?;
                Ok(found.map(|live| (key, live)))
            }
        });
        let found = futures::stream::iter(looks).buffer_unordered(SIDE_BY_SIDE);
        found.try_filter_map(|live: Option<_>| futures::future::ready(Ok(live))).try_collect().await
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
