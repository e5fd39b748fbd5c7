//! The look of a refresh: what a state can show of a finished cluster, with no more calls than that takes. Where the cluster says
//! that it has the parts of the state they are asked for by name, and else found by lists; of roles only those in use are asked
//! for, each for what the state tells of it. What else there is, an apply reads. Decides nothing.

use crate::cloud::error::CloudError;
use crate::cluster::addons::wish;
use crate::cluster::control_plane::LiveCluster;
use crate::cluster::iam;
use crate::cluster::iam::LiveRole;
use crate::cluster::iam::told::{Telling, told};
use crate::cluster::inventory::Inventory;
use crate::cluster::model::Cluster;
use crate::cluster::observed::Observed;
use crate::cluster::parts::last_part;
use crate::cluster::pod_identities::Associations;

use super::{LOOKS, Remote};

impl Remote {
    /// Looks at what `state` shows. At most eight calls are under way at once.
    pub(crate) async fn refresh(&self, state: &Cluster) -> Result<Observed, CloudError> {
        let known = self.look_for(LOOKS, || self.cluster());
        let (cluster, log_group) = futures::try_join!(known, self.log_group())?;
        let inventory = Inventory::of_state(state);
        let is_current = |live: &&LiveCluster| live.status.has_parts() && inventory.is_that_of(&live.tags);
        let known = match cluster.as_ref().filter(is_current) {
            Some(live) => self.known(&inventory, live, state).await?,
            None => None,
        };
        let Some(parts) = known else { return self.with_parts(cluster, self.roles().await?, log_group).await };
        let mut observed = Observed { cluster, log_group, ..parts };
        let told = told(&observed, state, &self.place).into_iter();
        let names = told.map(|(arn, what)| (last_part(&arn).to_owned(), (arn, what)));
        observed.roles =
            self.look_at_each(names, |(arn, what)| async move { self.role_in_use(arn, what).await }).await?;
        Ok(observed)
    }

    /// The parts of an inventory, and the provider of a cluster that has one; none if any of the parts is not found.
    async fn known(
        &self,
        inventory: &Inventory,
        live: &LiveCluster,
        state: &Cluster,
    ) -> Result<Option<Observed>, CloudError> {
        let has_provider = iam::Choices::of(state, None).has_provider;
        let issuer = live.oidc_issuer.as_deref().filter(|_| has_provider);
        let trust = async {
            let provider = self.provider_of(issuer).await?;
            // Their ids are in no state, so these alone have to be listed.
            let associations = match inventory.associations.is_empty() {
                true => Associations::new(),
                false => self.associations().await?,
            };
            Ok::<_, CloudError>((provider, associations))
        };
        let (node_groups, addons, entries, (provider, associations)) = futures::try_join!(
            self.look_at_known(&inventory.node_groups, |name| async move { self.node_group(&name).await }),
            self.look_at_known(&inventory.addons, |name| async move { self.addon(&name).await }),
            self.look_at_known(&inventory.entries, |principal| async move { self.entry(&principal).await }),
            trust,
        )?;
        let (Some(node_groups), Some(mut addons), Some(entries)) = (node_groups, addons, entries) else {
            return Ok(None);
        };
        // What is not to be there is in no inventory.
        for name in wish::unwanted(state) {
            if let Some(found) = self.addon(&name).await? {
                addons.insert(name, found);
            }
        }
        Ok(Some(Observed { node_groups, addons, entries, associations, provider, ..Observed::default() }))
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
