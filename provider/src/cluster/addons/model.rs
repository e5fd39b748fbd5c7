//! Add-ons as the user writes them and reads them back.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::one_of;

use crate::cluster::documents;
use crate::cluster::model::checks;

model! {
    /// An add-on: what is to differ from its defaults.
    pub struct Addon {
        /// Whether it is to be there. `false` removes it, also one of the default add-ons.
        enabled: bool = optional().changes("in place: the add-on is removed or installed").otherwise("`true`"),
        /// Its version: one that EKS offers for the cluster's version of Kubernetes, or `"default"`, to follow the one that EKS
        /// recommends. A newer recommendation shows as drift at the next refresh.
        version: String = optional().otherwise(
            "the version that EKS recommends when it is installed, which then stays until an upgrade of the cluster needs another",
        ),
        /// What it is configured with, as the text of a JSON object: `jsonencode({ … })`. It is checked against the schema that
        /// EKS has for this add-on, at plan once the cluster exists. How the text is spelled means nothing.
        values: String = optional()
            .otherwise("the add-on's own defaults")
            .multiline()
            .equal(documents::same_values)
            .check(documents::object),
        /// From where its pods have their permissions: `"auto"` makes a role with the policies that EKS recommends for each of
        /// its service accounts, `"none"` makes none.
        iam: String = optional().otherwise("`\"auto\"`, or what `role_arn` says").check(one_of(&["auto", "none"])),
        /// The role of its pods, instead of one that is made. It must trust `pods.eks.amazonaws.com` with `sts:AssumeRole` and
        /// `sts:TagSession`; of an add-on without support for Pod Identity, the cluster's OpenID Connect provider.
        role_arn: String = optional().check(checks::role_arn),
        /// The namespace of its objects. A change deletes the add-on and installs it again; it never replaces the cluster.
        namespace: String = optional()
            .changes("the add-on is deleted and installed again; the cluster stays")
            .otherwise("the add-on's own")
            .check(checks::namespace),
        /// What happens to fields of its objects that somebody else has set: `"OVERWRITE"` takes them over, `"NONE"` fails,
        /// `"PRESERVE"` leaves them in an update, and is as `"NONE"` when the add-on is installed.
        conflicts: String =
            optional()
                .changes("in place: EKS sets the add-on's objects again, by the new answer")
                .otherwise("`\"OVERWRITE\"`")
                .check(one_of(&["OVERWRITE", "NONE", "PRESERVE"])),
        /// When it is installed: `"before_nodes"`, `"after_nodes"`, or `"auto"`: before the nodes what these need to become
        /// ready, everything else after them.
        phase: String = optional().changes("nothing: it holds when the add-on is installed").otherwise("`\"auto\"`").check(one_of(&["auto", "before_nodes", "after_nodes"])),
    }
}

model! {
    /// An add-on that this resource manages.
    pub struct InstalledAddon {
        /// Its version.
        version: String = computed(),
        /// Its status in EKS, such as `ACTIVE`; `MISSING` if it was deleted elsewhere, `MISSING_ROLE` if its role was.
        status: String = computed(),
        /// The role of its pods, if they have one.
        role_arn: String = computed(),
        /// The namespace of its objects.
        namespace: String = computed(),
    }
}
