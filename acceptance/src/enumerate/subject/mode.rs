//! Updates of where pods run: from managed node groups to EKS Auto Mode, and back.

use tfplugin_framework::value::Value;

use super::cluster::{TYPE, plain, plain_with};
use super::{Given, Subject};

impl Subject {
    /// To Auto Mode, which needs neither the node group nor most add-ons.
    pub const MODE_CHANGE: Subject = Subject {
        name: "mode-change",
        type_name: TYPE,
        before: Some(plain),
        wanted: Some(auto),
        removes: &[
            ":nodegroup/prod/default/",
            ":access-entry/prod/role/",
            ":podidentityassociation/prod/",
            ":addon/prod/vpc-cni/",
            ":addon/prod/kube-proxy/",
            ":addon/prod/coredns/",
            ":addon/prod/eks-pod-identity-agent/",
            ":addon/prod/aws-ebs-csi-driver/",
            "paas-prod-node-",
            "paas-prod-vpc-cni-",
            "paas-prod-aws-ebs-csi-driver-",
        ],
    };

    /// From Auto Mode to a node group and the add-ons that it needs.
    pub const MODE_RETURN: Subject = Subject {
        name: "mode-return",
        type_name: TYPE,
        before: Some(auto),
        wanted: Some(plain),
        removes: &[":access-entry/prod/role/", "paas-prod-auto-node-"],
    };
}

fn auto(given: &Given<'_>) -> anyhow::Result<Value> {
    plain_with(given, [("mode", "auto".into())])
}
