//! The look of a refresh: what a state can show of a finished cluster, with no more calls than that takes. Four lists find what
//! a killed apply left; of roles only those in use are asked for, each for what the state tells of it. What else there is, an apply
//! reads. Decides nothing.

use std::collections::BTreeSet;

use crate::cloud::error::CloudError;
use crate::cluster::iam::told::{Telling, told};
use crate::cluster::iam::{LiveRole, Roles};
use crate::cluster::model::Cluster;
use crate::cluster::observed::Observed;
use crate::cluster::parts::last_part;
use crate::cluster::{access, iam};

use super::{LOOKS, Remote};

impl Remote {
    /// Looks at what `state` shows. At most eight calls are under way at once.
    pub(crate) async fn refresh(&self, state: &Cluster) -> Result<Observed, CloudError> {
        let known = self.look_for(LOOKS, || self.cluster());
        let (cluster, log_group) = futures::try_join!(known, self.log_group())?;
        // What is left of a cluster that is gone is found by lists.
        if !cluster.as_ref().is_some_and(|live| live.status.has_parts()) {
            return self.with_parts(cluster, self.roles().await?, log_group).await;
        }
        let choices = iam::Choices::of(state, None);
        let issuer = cluster.as_ref().and_then(|live| live.oidc_issuer.as_deref()).filter(|_| choices.has_provider);
        let written = access::Grants::of(&state.access, state.creator_arn.known().cloned()).entries;
        let auto = cluster.as_ref().and_then(|live| live.auto_role.clone());
        let nodes = async {
            let groups = self.node_groups().await?;
            // EKS makes an entry of each role of nodes; they are its own.
            let roles: BTreeSet<String> = groups.values().filter_map(|one| one.role_arn.clone()).chain(auto).collect();
            let eks = |principal: &String| roles.contains(principal) && !written.contains_key(principal);
            let entries = self.entries_shown(eks, |principal| written.contains_key(principal)).await?;
            Ok::<_, CloudError>((groups, entries))
        };
        let ((node_groups, entries), addons, (provider, associations)) =
            futures::try_join!(nodes, self.addons(), self.trust(issuer))?;
        let mut observed =
            Observed { cluster, node_groups, addons, associations, entries, roles: Roles::new(), log_group, provider };
        let told = told(&observed, state, &self.place).into_iter();
        let names = told.map(|(arn, what)| (last_part(&arn).to_owned(), (arn, what)));
        observed.roles =
            self.look_at_each(names, |(arn, what)| async move { self.role_in_use(arn, what).await }).await?;
        Ok(observed)
    }

    /// A role in use, with as much as is to be told of it.
    async fn role_in_use(&self, arn: String, what: Telling) -> Result<Option<LiveRole>, CloudError> {
        let name = last_part(&arn).to_owned();
        let mut role = LiveRole { arn, ..LiveRole::default() };
        if what.boundary || !what.policies {
            match self.role_itself(&name).await? {
                Some(live) => role = live,
                None => return Ok(None),
            }
        }
        if what.policies {
            match self.attached(&name).await? {
                Some(policies) => role.policies = policies,
                None => return Ok(None),
            }
        }
        if what.inline || self.bearers.contains(&name) {
            role.inline = self.inline_policy(&name).await?;
        }
        Ok(Some(role))
    }
}
