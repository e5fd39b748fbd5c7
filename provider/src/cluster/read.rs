//! Read: what is true now. A cluster that is gone leaves the state, unless something of it is left that somebody has to
//! delete.

use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::{Mark, words};

use super::addons::shown::followers;
use super::model::{Cluster, list_of};
use super::observed::Observed;
use super::parts::{INVENTORY, Place};
use super::state::{Expected, truth};
use super::wanted::Wanted;
use super::{Answer, PaasCluster, node_groups, parts, steps};

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(300);

impl PaasCluster {
    pub(super) async fn look(&self, context: &Context, stored: Stored<Cluster>) -> Answer {
        let name = stored.state.name.or(String::new());
        let object = parts::object(&name);
        let looked = async {
            let limit = Limit::new(context, LOOK);
            let account = stored.state.account_id.known();
            let remote = self.open(&stored.state.region, &name, account, limit).await?.of(&stored.state);
            let is_known = stored.state.arn.known().is_some();
            let looks = async {
                match stored.state.ready {
                    Attr::Known(true) => remote.refresh(&stored.state).await,
                    // What is not finished is looked at as the apply that continues it does.
                    _ => remote.observe(is_known).await,
                }
            };
            let mut observed = remote.limit.finish(looks).await??;
            let followers = followers(&stored.state);
            remote.limit.finish(remote.recommend(&mut observed, followers)).await??;
            Ok::<_, CloudError>((remote.place, observed))
        };
        let (place, observed) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return (Some(stored), error.diagnostics(&format!("{object} could not be read"))),
        };
        let left = roles_left(&observed, &place);
        if observed.cluster.is_none() && left.is_empty() {
            return (None, Diagnostics::none());
        }
        let state = truth(&stored.state, &observed, &Expected::of_state(&stored.state), &place);
        let state = Cluster { leftovers: left_over(&stored.state, &observed, &place), ..state };
        let (state, said) = match (&observed.cluster, &stored.state.ready) {
            (Some(_), Attr::Known(true)) => (state, node_groups::health::warnings(&object, &observed, &place)),
            (None, Attr::Known(true)) => (Cluster { ready: false.into(), ..state }, remains(&object, &left)),
            _ => (state, words::unfinished(&object)),
        };
        (Some(Stored { state, private: stored.private }), said)
    }
}

/// What an apply of this state would delete in IAM.
fn left_over(state: &Cluster, observed: &Observed, place: &Place) -> Attr<List<String>> {
    // What carries no inventory was made elsewhere, or by an earlier release, which kept more.
    let is_known = observed.cluster.as_ref().is_some_and(|live| live.tags.contains_key(INVENTORY));
    if state.ready != Attr::Known(true) || !is_known {
        return Attr::Null;
    }
    let creator = state.creator_arn.known().cloned();
    let wanted = Wanted::new(state, Some(state), creator, place.clone(), ("", Mark::default()));
    let all: Vec<String> = steps::unneeded(observed, &wanted).iter().filter_map(|step| observed.arn_of(step)).collect();
    if all.is_empty() { Attr::Null } else { list_of(all) }
}

/// The roles of the cluster that exist. As long as there are any the state has to remember it, or nobody would delete them.
fn roles_left(observed: &Observed, place: &Place) -> Vec<String> {
    let roles = observed.roles.iter().filter(|(_, role)| place.is_part(&role.tags)).map(|(name, _)| name.clone());
    roles.chain(observed.provider.iter().filter(|one| place.is_part(&one.tags)).map(|one| one.arn.clone())).collect()
}

fn remains(object: &str, roles: &[String]) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.warning(
        format!("{object} is gone, and roles of it are left"),
        format!(
            "{}\n\nSomebody deleted the control plane, or a destroy was interrupted. An apply makes the cluster again; a \
             destroy deletes what is left.",
            roles.join(", ")
        ),
    );
    all
}
