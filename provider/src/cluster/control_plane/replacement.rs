//! What a control plane keeps for life: the attributes whose change makes another cluster, and the refusal while it is
//! protected. Pure.

use tfplugin_framework::diagnostic::{Diagnostics, Path};
use tfplugin_framework::prelude::*;

use crate::cluster::iam;
use crate::cluster::model::Cluster;
use crate::cluster::parts;

/// An attribute whose change makes another cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reason {
    pub path: Path,
    /// As the user writes it: `network.ip_family`.
    pub attribute: &'static str,
    /// What the cluster has, as the user would write it.
    pub has: String,
    /// What can be done instead, a sentence.
    pub instead: &'static str,
}

const FOR_LIFE: &str = "A cluster keeps it for life.";

/// Why the plan to `state` makes another cluster than `prior` is.
pub(crate) fn reasons(prior: &Cluster, state: &Cluster) -> Vec<Reason> {
    let mut all = Vec::new();
    for (attribute, was, is) in [("name", &prior.name, &state.name), ("region", &prior.region, &state.region)] {
        if was != is {
            all.push(Reason {
                path: Path::attribute(attribute),
                attribute,
                has: format!("{:?}", was.or(String::new())),
                instead: FOR_LIFE,
            });
        }
    }
    all.extend(network(prior, state));
    all.extend(encryption(prior, state));
    all.extend(iam::plan::replaces(prior, state));
    all
}

/// What is left out, or written as it is already, is no change.
fn network(prior: &Cluster, state: &Cluster) -> Vec<Reason> {
    let Attr::Known(range) = &prior.service_cidr else { return Vec::new() };
    let has = if range.contains(':') { "ipv6" } else { "ipv4" };
    let path = Path::attribute("network");
    let Attr::Known(block) = &state.network else { return Vec::new() };
    let mut all = Vec::new();
    // The default is a wish too: an IPv6 cluster whose `ip_family` is taken away was not meant to become another one.
    if block.ip_family.is_unknown() || block.ip_family.known().is_some_and(|wanted| wanted != has) {
        all.push(Reason {
            path: path.child("ip_family"),
            attribute: "network.ip_family",
            has: format!("{has:?}"),
            instead: FOR_LIFE,
        });
    }
    let cidr = &block.service_ipv4_cidr;
    if cidr.is_unknown() || cidr.known().is_some_and(|wanted| wanted != range) {
        all.push(Reason {
            path: path.child("service_ipv4_cidr"),
            attribute: "network.service_ipv4_cidr",
            has: format!("{range:?}"),
            instead: FOR_LIFE,
        });
    }
    all
}

/// A key can be given to a cluster that has none. It cannot be changed or taken back.
fn encryption(prior: &Cluster, state: &Cluster) -> Option<Reason> {
    let key = |cluster: &Cluster| match &cluster.encryption {
        Attr::Known(block) => block.kms_key_arn.clone(),
        Attr::Unknown => Attr::Unknown,
        Attr::Null => Attr::Null,
    };
    let was = key(prior).known().cloned()?;
    (key(state) != Attr::Known(was.clone())).then(|| Reason {
        path: Path::attribute("encryption").child("kms_key_arn"),
        attribute: "encryption.kms_key_arn",
        has: format!("{was:?}"),
        instead: "EKS can neither change nor remove the key of a cluster that has one. (KMS can rotate what is behind it.)",
    })
}

/// The refusal of a replacement of a protected cluster, one error per reason.
pub(crate) fn refused(prior: &Cluster, reasons: &[Reason]) -> Diagnostics {
    let object = parts::object(&prior.name.or("of an unknown name".to_owned()));
    let mut all = Diagnostics::none();
    for reason in reasons {
        let attribute = reason.attribute;
        all.error_at(
            reason.path.clone(),
            format!("{object} would be replaced, because {attribute} changes, and it has deletion protection"),
            format!(
                "{} Put it back to {}, or, to make another cluster and delete this one with all that runs on it, set \
                 `deletion_protection = false` and apply that alone first.",
                reason.instead, reason.has,
            ),
        );
    }
    all
}
