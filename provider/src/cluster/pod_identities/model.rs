//! Pod identities as the user writes them.

use tfplugin_framework::prelude::*;
use tfplugin_framework::schema::check::{distinct, each, size};

use crate::cluster::documents;
use crate::cluster::model::checks;

model! {
    /// What the pods of a service account may do in AWS.
    pub struct PodIdentity {
        /// ARNs of managed policies, AWS's or your own, for a role that is made. What others attach to it stays.
        policies: List<String> = optional()
            .otherwise("none")
            .equal(checks::same_texts)
            .check(size(0, 20))
            .check(distinct)
            .check(each(checks::policy_arn)),
        /// A policy of the role's own, as the text of a JSON object: `jsonencode({ … })`, or what `aws_iam_policy_document` gives.
        /// How it is spelled means nothing.
        inline_policy: String = optional()
            .otherwise("none")
            .multiline()
            .equal(documents::same_values)
            .check(documents::policy),
        /// A role of yours, instead of one that is made. It must trust `pods.eks.amazonaws.com` with `sts:AssumeRole` and
        /// `sts:TagSession`.
        role_arn: String = optional().otherwise("a role is made").check(checks::role_arn),
    }
}
