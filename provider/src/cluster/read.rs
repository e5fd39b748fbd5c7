//! Read: what is true now. A cluster that is gone leaves the state; one that was never finished stays in it, so that what
//! exists of it is not forgotten.

use std::time::Duration;

use tfplugin_framework::diagnostic::Diagnostics;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Context, Stored};

use crate::cloud::error::CloudError;
use crate::cloud::limit::Limit;
use crate::cloud::ownership::words;

use super::model::Cluster;
use super::observed::Observed;
use super::state::{Expected, truth};
use super::{Answer, PaasCluster, parts};

/// How long a look may take.
const LOOK: Duration = Duration::from_secs(300);

impl PaasCluster {
    pub(super) async fn look(&self, context: &Context, stored: Stored<Cluster>) -> Answer {
        let name = stored.state.name.or(String::new());
        let object = parts::object(&name);
        let looked = async {
            let limit = Limit::new(context, LOOK);
            let account = stored.state.account_id.known();
            let remote = self.open(&stored.state.region, &name, account, limit).await?;
            let mut observed = remote.limit.finish(remote.observe()).await??;
            if observed.cluster.is_none() {
                // What is about to leave the state is looked for twice: reads of EKS are not always of one mind.
                observed = remote.limit.finish(remote.observe()).await??;
            }
            Ok::<_, CloudError>((remote.place, observed))
        };
        let (place, observed) = match looked.await {
            Ok(looked) => looked,
            Err(error) => return (Some(stored), error.diagnostics(&format!("{object} could not be read"))),
        };
        let is_finished = stored.state.ready == Attr::Known(true);
        if is_gone(&observed, is_finished) {
            return (None, Diagnostics::none());
        }
        let state = truth(&stored.state, &observed, &Expected::of_state(&stored.state), &place);
        let said = if is_finished { Diagnostics::none() } else { words::unfinished(&object) };
        (Some(Stored { state, private: stored.private }), said)
    }
}

/// True if nothing is left that the state has to remember.
fn is_gone(observed: &Observed, is_finished: bool) -> bool {
    observed.cluster.is_none() && (is_finished || observed.roles.is_empty())
}
