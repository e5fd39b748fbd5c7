//! What becomes of what somebody else does to a cluster, in words. Each row is tried by the acceptance tests; decides nothing.

use tfplugin_framework::resource::Drift;

const fn drift(what: &'static str, plan: &'static str, apply: &'static str) -> Drift {
    Drift { what, plan, apply }
}

/// The table on the page of the resource.
pub(crate) const ALL: &[Drift] = &[
    drift(
        "a setting of the control plane (`endpoint`, `subnet_ids`, `security_group_ids`, `logging`, `upgrade.support_type`, `zonal_shift`, `control_plane_tier`, `remote_network`, `mode`, `deletion_protection`)",
        "shows the attribute",
        "puts it back",
    ),
    drift(
        "an upgrade of the control plane",
        "shows `kubernetes_version` where it is written, and refuses to go back",
        "leaves it as it is",
    ),
    drift(
        "the retention of the logs, or the log group deleted",
        "shows `logging.retention_days`",
        "puts it back, or makes the group again",
    ),
    drift("a tag of the cluster that is in `tags`", "shows `tags`", "puts it back"),
    drift(
        "a tag of a role, node group, add-on, access entry or association that is in `tags`",
        "does not show it",
        "puts it back, if it changes something else too",
    ),
    drift(
        "labels, taints, bounds, updates, repair or the release of a node group",
        "shows the attribute",
        "puts it back",
    ),
    drift("the number of nodes", "does not show it", "leaves it as it is"),
    drift("a node group deleted", "shows `MISSING` in `node_group_status`", "makes it again"),
    drift(
        "the version, values, role or namespace of an add-on",
        "shows the attribute, of a version where it is written",
        "puts it back",
    ),
    drift("an add-on deleted", "shows `MISSING` in `installed_addons`", "installs it again"),
    drift("an add-on installed that `addons` has switched off", "shows `addons`", "removes it"),
    drift("the role of an add-on deleted", "shows `MISSING_ROLE` in `installed_addons`", "makes it again"),
    drift(
        "a policy of the role of an add-on detached",
        "does not show it",
        "puts it back, if it changes that add-on too",
    ),
    drift("an access entry changed or deleted", "shows `access_entries`", "puts it back"),
    drift(
        "the access entry of the nodes of a node group or of Auto Mode deleted, which EKS made",
        "does not show it",
        "makes it again, if it changes something else too",
    ),
    drift(
        "the mode of authentication",
        "shows `access.authentication_mode` where it is written, and refuses to go back",
        "leaves it as it is",
    ),
    drift(
        "a pod identity association changed or deleted",
        "shows `pod_identity_roles` or `pod_identities`",
        "puts it back",
    ),
    drift("a policy of the role of a pod identity detached or changed", "shows `pod_identities`", "puts it back"),
    drift(
        "a policy of its own of such a role, where `inline_policy` is not set",
        "does not show it",
        "takes it away, if it changes something else too",
    ),
    drift(
        "the role of the control plane or of the nodes deleted, or one of its policies detached",
        "shows `cluster_role_arn`, `node_role_arn` or `auto_node_role_arn`",
        "puts it back",
    ),
    drift("the permissions boundary of a role", "shows `iam.permissions_boundary` where it is written", "puts it back"),
    drift("the OpenID Connect provider deleted, or its audiences changed", "shows `oidc_provider_arn`", "puts it back"),
    drift(
        "roles of the cluster that nothing uses any more",
        "does not show them, unless it shows other parts too",
        "deletes them, if it changes something else too",
    ),
    drift(
        "what others add: tags, policies of roles, node groups, add-ons, access entries, associations",
        "does not show it",
        "leaves it as it is",
    ),
    drift(
        "whom a role trusts, security groups and their rules, what runs in the cluster",
        "does not show it",
        "leaves it as it is",
    ),
    drift("the cluster deleted", "plans it anew", "makes another one"),
];
