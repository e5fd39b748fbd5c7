//! What somebody deletes.

use serde_json::json;

use super::{LOG_GROUP, shown};
use crate::drift::Case;
use crate::eye::{addon, addon_policies, addon_role, groups, pod_policies, pod_role, providers, retention};

/// What is deleted.
pub(in crate::drift) fn of_what_is_gone() -> Vec<Case> {
    vec![
        shown(
            "the retention of the logs",
            &["logging.retention_days"],
            &[&["logs", "delete-log-group", "--log-group-name", LOG_GROUP]],
        )
        .then(retention(), json!(90)),
        shown(
            "a node group deleted",
            &["node_group_status.spare.status"],
            &[
                eks!("delete-nodegroup", "--nodegroup-name", "spare"),
                &["eks", "wait", "nodegroup-deleted", "--cluster-name", "prod", "--nodegroup-name", "spare"],
            ],
        )
        .then(groups(), json!(["spare", "theirs", "web"])),
        shown(
            "an add-on deleted",
            &["installed_addons.snapshot-controller.status"],
            &[
                eks!("delete-addon", "--addon-name", "snapshot-controller"),
                &["eks", "wait", "addon-deleted", "--cluster-name", "prod", "--addon-name", "snapshot-controller"],
            ],
        )
        .then(addon("snapshot-controller", "/status"), json!("ACTIVE")),
        shown(
            "the role of an add-on deleted",
            &["installed_addons.aws-efs-csi-driver.status"],
            &[
                &["iam", "delete-role-permissions-boundary", "--role-name", "<aws-efs-csi-driver-name>"],
                &[
                    "iam",
                    "detach-role-policy",
                    "--role-name",
                    "<aws-efs-csi-driver-name>",
                    "--policy-arn",
                    "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy",
                ],
                &["iam", "delete-role", "--role-name", "<aws-efs-csi-driver-name>"],
            ],
        )
        .then(addon_role("aws-efs-csi-driver"), json!("<aws-efs-csi-driver>"))
        .then(addon_policies("aws-efs-csi-driver"), json!(["AmazonEFSCSIDriverPolicy"])),
        shown(
            "a pod identity association changed or deleted",
            &["pod_identity_roles", "pod_identities.apps/reader.role_arn"],
            &[
                eks!("delete-pod-identity-association", "--association-id", "<mailer-id>"),
                eks!("update-pod-identity-association", "--association-id", "<reader-id>", "--role-arn", "<pods-2>"),
            ],
        )
        .then(pod_role("apps", "reader"), json!("<pods>"))
        .then(pod_policies("apps/mailer"), json!(["AmazonSQSFullAccess"])),
        shown(
            "the OpenID Connect provider deleted",
            &["oidc_provider_arn"],
            &[&["iam", "delete-open-id-connect-provider", "--open-id-connect-provider-arn", "<provider>"]],
        )
        .then(providers(), json!(1)),
    ]
}
