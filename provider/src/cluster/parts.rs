//! What the parts of a cluster are called, where they are, and how they are known to be its own. Pure. Names are
//! deterministic, because the cloud is the journal: whoever looks for a part after a crash must find it by its name.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::cloud::aws::Aws;
use crate::cloud::ownership::{MANAGED_BY, MANAGER, OWNER};
use crate::cloud::partition::Partition;

/// Tag of everything that belongs to a cluster: `NAME@REGION`. The cluster itself carries the mark with the claim; its parts
/// follow the cluster, so a create that continues it has nothing to rewrite on them.
pub(crate) const CLUSTER: &str = "terraform-paas.github.io/cluster";
/// Tag of the access entry of the principal that created the cluster.
pub(crate) const CREATOR: &str = "terraform-paas.github.io/creator";

/// Tag of the cluster itself: which parts it has. See `inventory`.
pub(crate) const INVENTORY: &str = "terraform-paas.github.io/inventory";
/// Tag of a node group whose name is not its key in `node_groups`: that key.
pub(crate) const GROUP_KEY: &str = "terraform-paas.github.io/node-group";
/// Tag of the roles of pods: whose they are.
pub(crate) const PURPOSE: &str = "terraform-paas.github.io/purpose";

/// True for the tags of parts and of what is known of them, which are never shown as the user's.
pub(crate) fn is_own_key(key: &str) -> bool {
    [CLUSTER, CREATOR, INVENTORY, GROUP_KEY, PURPOSE].contains(&key)
}

/// The path of roles, if the user chose none.
pub(crate) const PATH: &str = "/terraform-paas/";

/// Tags, ordered so that equal ones look equal.
pub(crate) type Tags = BTreeMap<String, String>;

/// Where a cluster is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub partition: Partition,
    pub account_id: String,
    pub region: String,
    pub name: String,
    /// Where in IAM the roles of clusters are; it begins and ends with a slash.
    pub path: String,
}

impl Place {
    pub(crate) fn new(aws: &Aws, name: &str) -> Place {
        Place {
            partition: aws.partition.clone(),
            account_id: aws.account_id.clone(),
            region: aws.region.clone(),
            name: name.to_owned(),
            path: PATH.to_owned(),
        }
    }

    /// How errors name the cluster.
    pub(crate) fn object(&self) -> String {
        object(&self.name)
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:{}:eks:{}:{}:cluster/{}", self.partition, self.region, self.account_id, self.name)
    }

    /// The IAM path of the cluster's roles. IAM is global, so the region is in it; all roles of a cluster are found by it.
    pub(crate) fn role_path(&self) -> String {
        format!("{}{}/{}/", self.path, self.region, self.name)
    }

    /// The path that a role of this cluster, made with any `path`, tells of.
    pub(crate) fn path_in(&self, role_arn: &str) -> Option<String> {
        let (_, role) = role_arn.split_once(":role")?;
        let (folder, name) = role.rsplit_once('/')?;
        let path = format!("{folder}/").strip_suffix(&format!("{}/{}/", self.region, self.name))?.to_owned();
        (name.starts_with("paas-") && path.starts_with('/') && path.ends_with('/')).then_some(path)
    }

    /// The name of a role. Names are unique in an account whatever their path, and have at most 64 characters.
    pub(crate) fn role_name(&self, purpose: &str) -> String {
        let digest = Sha256::digest(format!("{}/{}/{purpose}", self.region, self.name));
        let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let readable: String = self.readable(purpose).chars().take(55).collect();
        format!("{readable}-{digest}")
    }

    /// How the name of a role begins, by how its purpose does.
    pub(crate) fn readable(&self, purpose: &str) -> String {
        format!("paas-{}-{purpose}", self.name)
    }

    pub(crate) fn role_arn(&self, purpose: &str) -> String {
        self.arn_of_role(&self.role_path(), &self.role_name(purpose))
    }

    pub(crate) fn arn_of_role(&self, path: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:role{path}{name}", self.partition, self.account_id)
    }

    /// True for the ARN of a role that this resource makes for this cluster.
    pub(crate) fn is_own_role(&self, arn: &str) -> bool {
        arn.starts_with(&format!("arn:{}:iam::{}:role{}", self.partition, self.account_id, self.role_path()))
    }

    /// The ARN of a policy for access entries.
    pub(crate) fn access_policy(&self, name: &str) -> String {
        format!("arn:{}:eks::aws:cluster-access-policy/{name}", self.partition)
    }

    /// What marks a part as this cluster's.
    pub(crate) fn part_tags(&self, owner: &str) -> Tags {
        BTreeMap::from([
            (OWNER.to_owned(), owner.to_owned()),
            (MANAGED_BY.to_owned(), MANAGER.to_owned()),
            (CLUSTER.to_owned(), self.part_of()),
        ])
    }

    /// True for the tags of a part of this cluster. Whose the cluster is stands on the cluster.
    pub(crate) fn is_part(&self, tags: &Tags) -> bool {
        tags.get(CLUSTER) == Some(&self.part_of())
    }

    fn part_of(&self) -> String {
        format!("{}@{}", self.name, self.region)
    }
}

/// What an ARN ends with: the name of a role, a policy, an association.
pub(crate) fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// How errors name a cluster.
pub(crate) fn object(name: &str) -> String {
    format!("cluster {name}")
}

/// The number after `1.`, by which versions of Kubernetes are ordered.
pub(crate) fn minor_of(version: &str) -> Option<u32> {
    let digits = version.strip_prefix("1.")?;
    digits.chars().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The versions to go through from `live` to `target`, one minor at a time; none if it is there already.
pub(crate) fn minors_between(live: &str, target: &str) -> Vec<String> {
    match (minor_of(live), minor_of(target)) {
        (Some(live), Some(target)) => (live + 1..=target).map(|minor| format!("1.{minor}")).collect(),
        _ => Vec::new(),
    }
}
