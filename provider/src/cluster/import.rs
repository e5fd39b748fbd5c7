//! Import: finds a cluster by its name, whoever made it, and says what of it this resource will leave alone.

use std::collections::BTreeSet;
use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, ImportBy, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::Private;

use super::control_plane::LiveCluster;
use super::model::{checks, pairs};
use super::observed::Observed;
use super::parts::Place;
use super::{Answer, PaasCluster, iam, parts, state};

#[cfg(test)]
mod tests;
mod words;

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(300);

/// Which cluster.
#[derive(Clone, Debug, Default, PartialEq)]
struct Named {
    name: String,
    region: Attr<String>,
    account: Option<String>,
}

impl PaasCluster {
    pub(super) async fn take_in(&self, context: &Context, by: ImportBy) -> Answer {
        let named = match named(&by) {
            Ok(named) => named,
            Err(said) => return (None, said),
        };
        let object = parts::object(&named.name);
        let summary = format!("{object} was not imported");
        let looked = async {
            let limit = Limit::new(context, LOOK);
            let mut remote = self.open(&named.region, &named.name, named.account.as_ref(), limit).await?;
            let mut observed = remote.limit.finish(remote.observe(false)).await??;
            let path = path(&observed, &remote.place).unwrap_or_else(|| remote.place.path.clone());
            let bearers = bearers(&observed, &remote.place);
            // Only what was found tells where its roles are, and which of them have a policy of their own.
            if path != remote.place.path || !bearers.is_empty() {
                remote.place.path = path;
                remote.bearers = bearers;
                observed.roles = remote.limit.finish(remote.roles()).await??;
            }
            Ok::<_, CloudError>((remote, observed))
        };
        let (remote, observed) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return (None, error.diagnostics(&summary)),
        };
        let place = &remote.place;
        let defaults = pairs(&self.cloud.default_tags());
        let Some(found) = state::imported(&observed, place, &defaults) else {
            let missing = CloudError::told(
                format!("there is none of that name in {} of account {}", place.region, place.account_id),
                "Is the region right? An id is NAME or NAME@REGION. `aws eks list-clusters` lists names.",
            );
            return (None, missing.diagnostics(&summary));
        };
        let mark = observed.mark().unwrap_or_default();
        let said = words::strangers(&object, mark.owner.is_none(), &state::strangers(&observed, place), &found);
        let claim = mark.claim;
        (Some(Stored { state: found, private: Private { claim, imported: true, ..Private::default() }.encode() }), said)
    }
}

/// The path of the cluster's own roles, as far as one of them is in use somewhere.
fn path(observed: &Observed, place: &Place) -> Option<String> {
    let cluster = observed.cluster.iter().map(|live| &live.role_arn);
    let groups = observed.node_groups.values().filter_map(|live| live.role_arn.as_ref());
    let addons = observed.addons.values().flat_map(|live| live.roles.values());
    cluster.chain(groups).chain(addons).find_map(|arn| place.path_in(arn))
}

fn bearers(observed: &Observed, place: &Place) -> BTreeSet<String> {
    let of = |live: &LiveCluster| iam::policies::bearers(live.settings.key.is_some(), live.is_ipv6(), place);
    observed.cluster.as_ref().map(of).unwrap_or_default()
}

fn named(by: &ImportBy) -> Result<Named, Diagnostics> {
    let named = match by {
        ImportBy::Id(id) => {
            let (name, region) = match id.split_once('@') {
                Some((name, region)) => (name, Attr::Known(region.to_owned())),
                None => (id.as_str(), Attr::Null),
            };
            Named { name: name.to_owned(), region, account: None }
        }
        ImportBy::Identity(all) => {
            let part = |name: &str| all.get(name).and_then(|part| part.known()).cloned();
            let name = part("name").unwrap_or_default();
            Named { name, region: part("region").into(), account: part("account_id") }
        }
    };
    let wrong = |what: &str, reason: String| {
        Diagnostics::of_error(
            format!("the {what} of the cluster to import {reason}"),
            "An id is NAME or NAME@REGION, such as prod@eu-west-1.",
        )
    };
    checks::cluster_name(&Value::from(named.name.as_str())).map_err(|reason| wrong("name", reason))?;
    if let Attr::Known(region) = &named.region {
        checks::region(&Value::from(region.as_str())).map_err(|reason| wrong("region", reason))?;
    }
    Ok(named)
}
