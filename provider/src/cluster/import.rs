//! Import: finds a cluster by its name, whoever made it, and says what of it this resource will leave alone.

use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, ImportBy, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::Private;

use super::model::{checks, pairs};
use super::{Answer, PaasCluster, parts, state};

#[cfg(test)]
mod tests;

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
            let remote = self.open(&named.region, &named.name, named.account.as_ref(), limit).await?;
            let observed = remote.limit.finish(remote.observe(false)).await??;
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
        let mut said = Diagnostics::none();
        let strangers = state::strangers(&observed, place);
        if !strangers.is_empty() {
            said.warning(
                format!("{object} has parts that this resource leaves alone"),
                format!(
                    "{}\n\nThey stay as they are. A node group becomes managed here when node_groups has its name as a key, an \
                     access entry when access.admins has its principal.",
                    strangers.join("\n")
                ),
            );
        }
        let claim = observed.mark().and_then(|mark| mark.claim);
        (Some(Stored { state: found, private: Private { claim, imported: true, ..Private::default() }.encode() }), said)
    }
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
