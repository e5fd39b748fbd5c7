//! What is read of a control plane, in the words in which the user wrote it: nothing where a default holds and nothing was
//! written, the block as it was where it still says what is true, else what is true. Pure.

use std::collections::BTreeSet;

use tfplugin_framework::prelude::*;

use crate::cluster::model::{Cluster, Endpoint, checks, list_of};
use crate::cluster::wanted;

use super::blocks::{Auto, Encryption, Logging, RemoteNetwork, Upgrade};
use super::settings::{self, Settings};
use super::{LiveCluster, Reach};

/// The attributes of `before` with what is true now.
pub(crate) fn written(before: &Cluster, live: &LiveCluster) -> Cluster {
    let mut state = before.clone();
    let is = &live.settings;
    let was = Settings::of(before);
    state.endpoint = endpoint(&before.endpoint, &is.reach);
    let subnets = list_of(is.subnet_ids.iter().cloned());
    if !checks::same_texts(&before.subnet_ids.to_value(), &subnets.to_value()) {
        state.subnet_ids = subnets;
    }
    if before.security_group_ids.is_unknown() || was.security_group_ids != is.security_group_ids {
        state.security_group_ids = list_of(is.security_group_ids.iter().cloned());
    }
    if before.logging.is_unknown() || was.logs != is.logs {
        state.logging =
            Attr::Known(Logging { types: list_of(is.logs.iter().cloned()), ..before.logging.or(Logging::default()) });
    }
    if before.encryption.is_unknown() || was.key != is.key {
        state.encryption = match &is.key {
            Some(key) => Attr::Known(Encryption { kms_key_arn: key.as_str().into() }),
            None => Attr::Null,
        };
    }
    if before.upgrade.is_unknown() || was.support != is.support {
        let upgrade = before.upgrade.or(Upgrade::default());
        state.upgrade = Attr::Known(Upgrade { support_type: is.support.as_str().into(), ..upgrade });
    }
    state.zonal_shift = unless_meant(&before.zonal_shift, was.zonal_shift == is.zonal_shift, || is.zonal_shift);
    state.control_plane_tier = unless_meant(&before.control_plane_tier, was.tier == is.tier, || is.tier.clone());
    if before.remote_network.is_unknown() || was.remote != is.remote {
        state.remote_network = Attr::Known(RemoteNetwork {
            node_cidrs: list_of(is.remote.nodes.iter().cloned()),
            pod_cidrs: list_of(is.remote.pods.iter().cloned()),
        });
    }
    mode(before, &was.pools, is.pools.as_ref(), state)
}

/// `mode` and `auto`. A cluster without Auto Mode may be `managed` or `none`: EKS knows no difference, so what was written stays.
fn mode(before: &Cluster, was: &Option<BTreeSet<String>>, is: Option<&BTreeSet<String>>, state: Cluster) -> Cluster {
    if was.as_ref() == is && !before.mode.is_unknown() && !before.auto.is_unknown() {
        return state;
    }
    match is {
        Some(pools) => {
            let named = *pools != settings::pools(&before.auto) || before.auto.is_unknown();
            let auto = Attr::Known(Auto { node_pools: list_of(pools.iter().cloned()) });
            Cluster { mode: "auto".into(), auto: if named { auto } else { state.auto.clone() }, ..state }
        }
        None if was.is_some() => Cluster { mode: "managed".into(), ..state },
        None => state,
    }
}

fn unless_meant<T: Clone>(before: &Attr<T>, is_meant: bool, live: impl Fn() -> T) -> Attr<T> {
    if is_meant && !before.is_unknown() { before.clone() } else { Attr::Known(live()) }
}

/// `endpoint` as the user would write it.
fn endpoint(written: &Attr<Endpoint>, live: &Reach) -> Attr<Endpoint> {
    let default = Reach::default();
    if live.same(&wanted::reach(written)) && !written.is_unknown() {
        return written.clone();
    }
    let before = written.or(Endpoint::default());
    let private = live.private != default.private || !before.private.is_null();
    let public = !live.public_cidrs.is_empty() || !before.public_cidrs.is_null();
    Attr::Known(Endpoint {
        private: if private { live.private.into() } else { Attr::Null },
        public_cidrs: if public { list_of(live.public_cidrs.iter().cloned()) } else { Attr::Null },
    })
}
