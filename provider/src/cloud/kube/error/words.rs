//! The words of [`KubeError`]: a headline that follows an object's name, and a detail with evidence and what to do.

use super::{KubeError, Way};

impl KubeError {
    /// What happened, in words that follow an object's name.
    pub fn headline(&self) -> String {
        match self {
            KubeError::Cloud(error) => error.to_string(),
            KubeError::NoCluster { name, region, account } => {
                format!("there is no cluster {name} in {region} of account {account}")
            }
            KubeError::OtherAccount { account, .. } => {
                format!("its cluster is not in account {account}, which the credentials are of")
            }
            KubeError::NotActive { name, status } => format!("cluster {name} has no API server: it is {status}"),
            KubeError::Kubeconfig { key, .. } => format!("kubeconfigs[{key:?}] leads to no cluster"),
            KubeError::Repointed { key, .. } => format!("kubeconfigs[{key:?}] leads to another cluster than before"),
            KubeError::Unreachable { cluster, .. } => format!("the API server of cluster {cluster} does not answer"),
            KubeError::Untrusted { cluster, .. } => format!("what answers for cluster {cluster} is not its API server"),
            KubeError::Unauthorized { cluster, principal: Some(principal) } => {
                format!("principal {principal} has no access entry on {cluster}")
            }
            KubeError::Unauthorized { cluster, principal: None } => {
                format!("the API server of cluster {cluster} does not accept the credentials")
            }
            KubeError::Refused { action, .. } if self.is_forbidden() => {
                format!("Kubernetes does not allow to {action}")
            }
            KubeError::Refused { action, .. } => format!("Kubernetes refused to {action}"),
            KubeError::Garbage { action, .. } => format!("the answer to the request to {action} is not Kubernetes'"),
            KubeError::BadName(name) => format!("{name:?} is no name of a Kubernetes object"),
        }
    }

    /// Evidence and what to do.
    pub fn detail(&self) -> String {
        match self {
            KubeError::Cloud(_) | KubeError::BadName(_) => String::new(),
            KubeError::NoCluster { .. } => "Is the name right, and is it the right region and account? A name alone means \
                a cluster in the provider's region; an ARN says where it is. For a cluster of this configuration, use its \
                `arn`, so that the cluster is made first."
                .to_owned(),
            KubeError::OtherAccount { arn, principal, .. } => {
                format!("The cluster is {arn}; the credentials are those of {principal}. Use credentials of its account.")
            }
            KubeError::NotActive { .. } => "Apply again once it is ACTIVE.".to_owned(),
            KubeError::Kubeconfig { path, reason, .. } => {
                format!("{path}: {reason}\n\nCorrect `path` and `context` in the provider block.")
            }
            KubeError::Repointed { was, is, .. } => format!(
                "It led to the cluster whose kube-system namespace has the UID {was}; that of the cluster it leads to now is \
                 {is}. Nothing was changed. Point the key back, and give the other cluster a key of its own. If the cluster \
                 was made anew on purpose, take what ran on it out of the state (terraform state rm)."
            ),
            KubeError::Unreachable { way, reason, .. } => unreachable(way, reason),
            KubeError::Untrusted { endpoint, reason, .. } => format!(
                "{endpoint}: {reason}\n\nNothing was sent. A proxy on the way that opens TLS connections does that; let it pass \
                 this address through."
            ),
            KubeError::Unauthorized { principal: Some(principal), .. } => {
                format!("Add {principal:?} to `access.admins` of the cluster, with credentials that have access to it.")
            }
            KubeError::Unauthorized { principal: None, .. } => "The token or certificate in the kubeconfig may have \
                expired. Does `kubectl --kubeconfig PATH get namespaces` work?"
                .to_owned(),
            KubeError::Refused { status, .. } => {
                let mut text = format!("Kubernetes says: {}", status.message);
                if self.is_forbidden() && status.message.contains("User \"") {
                    text.push_str(
                        "\n\nGive that user the right: on EKS, an access entry with AmazonEKSAdminPolicy for the namespace or \
                         AmazonEKSClusterAdminPolicy for the cluster.",
                    );
                }
                text
            }
            KubeError::Garbage { reason, .. } => {
                format!("{reason}\n\nA proxy between here and the cluster may have answered instead. The next apply looks first.")
            }
        }
    }
}

fn unreachable(way: &Way, reason: &str) -> String {
    let Way { endpoint, public } = way;
    let told = format!("{endpoint}: {reason}\n\n");
    match public {
        None => format!("{told}Does the address answer from here?"),
        Some(None) => format!(
            "{told}Its endpoint is private: only machines in the VPC reach it. Run terraform there (a VPN, or a runner in the \
             VPC), or open the endpoint to this machine's address with `endpoint.public_cidrs` of the cluster."
        ),
        Some(Some(open)) => format!(
            "{told}Its endpoint is open to {}. If the address of this machine is not among them, add it to \
             `endpoint.public_cidrs` of the cluster, or run terraform in the VPC (a VPN, or a runner in it).",
            open.join(", ")
        ),
    }
}
