//! Which action stands in which statement of the published policy, and what is needed although no trial calls it. Data only.

/// A statement of the policy.
pub(super) struct Statement {
    pub(super) sid: &'static str,
    /// What it is for, as a cell of a table.
    pub(super) purpose: &'static str,
    /// ARN of what it allows to touch.
    pub(super) resource: &'static str,
    /// A key of the request and the values it may have.
    pub(super) condition: Option<(&'static str, &'static [&'static str])>,
    /// Its actions; `*` at the end of one stands for any rest. The first statement that takes an action has it.
    takes: &'static [&'static str],
}

/// Every statement. The narrow ones come first.
pub(super) const STATEMENTS: &[Statement] = &[
    Statement {
        sid: "Clusters",
        purpose: "the clusters themselves, their node groups, add-ons and access entries",
        resource: "*",
        condition: None,
        takes: &["eks:*"],
    },
    Statement {
        sid: "GiveOwnRolesToEks",
        purpose: "EKS, its nodes and the pods of add-ons act as the roles that were made for them",
        resource: "arn:aws:iam::*:role/terraform-paas/*",
        condition: Some(("iam:PassedToService", &["eks.amazonaws.com", "ec2.amazonaws.com", "pods.eks.amazonaws.com"])),
        takes: &["iam:PassRole"],
    },
    Statement {
        sid: "ServiceLinkedRoles",
        purpose: "the first cluster of an account makes the roles of the services behind it",
        resource: "*",
        condition: Some((
            "iam:AWSServiceName",
            &["eks.amazonaws.com", "eks-nodegroup.amazonaws.com", "autoscaling.amazonaws.com"],
        )),
        takes: &["iam:CreateServiceLinkedRole"],
    },
    Statement {
        sid: "LookAtRoles",
        purpose: "to find roles by their path, and the path of the role that calls",
        resource: "*",
        condition: None,
        takes: &["iam:GetRole", "iam:ListRoles", "iam:ListOpenIDConnectProviders"],
    },
    Statement {
        sid: "InstanceProfiles",
        purpose: "EKS may leave one that holds a node role, which then cannot be deleted",
        resource: "arn:aws:iam::*:instance-profile/*",
        condition: None,
        takes: &["iam:RemoveRoleFromInstanceProfile"],
    },
    Statement {
        sid: "OpenIdConnectProviders",
        purpose: "where roles for service accounts are asked for",
        resource: "arn:aws:iam::*:oidc-provider/*",
        condition: None,
        takes: &[
            "iam:AddClientIDToOpenIDConnectProvider",
            "iam:CreateOpenIDConnectProvider",
            "iam:DeleteOpenIDConnectProvider",
            "iam:GetOpenIDConnectProvider",
            "iam:ListOpenIDConnectProviderTags",
            "iam:TagOpenIDConnectProvider",
            "iam:UntagOpenIDConnectProvider",
        ],
    },
    Statement {
        sid: "OwnRoles",
        purpose: "the roles of clusters, nodes and add-ons",
        resource: "arn:aws:iam::*:role/terraform-paas/*",
        condition: None,
        takes: &[
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
            "iam:ListRoleTags",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRoleDescription",
        ],
    },
    Statement {
        sid: "Keys",
        purpose: "only with a key of your own in `encryption`; name that key instead of `*`",
        resource: "*",
        condition: None,
        takes: &["kms:CreateGrant", "kms:DescribeKey"],
    },
    Statement {
        sid: "LookAtTheNetwork",
        purpose: "where subnets are, for a plan; what workloads and nodes left, and who else has nodes: a destroy asks before it touches anything",
        resource: "*",
        condition: None,
        takes: &["ec2:Describe*", "elasticloadbalancing:Describe*", "logs:DescribeLogGroups"],
    },
    Statement {
        sid: "DeleteWhatWorkloadsLeft",
        purpose: "load balancers, network interfaces and, with `destroy.delete_volumes`, volumes, in a destroy only; narrow it by tags where you know the names of your clusters",
        resource: "*",
        condition: None,
        takes: &[
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteVolume",
            "ec2:RevokeSecurityGroupIngress",
            "elasticloadbalancing:DeleteLoadBalancer",
            "elasticloadbalancing:DeleteTargetGroup",
        ],
    },
    Statement {
        sid: "LogGroups",
        purpose: "the log groups of control planes",
        resource: "arn:aws:logs:*:*:log-group:/aws/eks/*",
        condition: None,
        takes: &["logs:*"],
    },
];

/// Actions that IAM asks for although the provider does not call them, each with the reason.
pub(super) const WITHOUT_A_CALL: &[(&str, &str)] = &[
    ("eks:CreatePodIdentityAssociation", "EKS makes those of add-ons in the name of whoever installs the add-on"),
    ("eks:DeletePodIdentityAssociation", "the same when an add-on is removed"),
    ("iam:CreateServiceLinkedRole", "EKS makes the roles in the name of whoever makes the first cluster of an account"),
    ("iam:PassRole", "IAM asks for it where a role is named in a call of EKS"),
    ("kms:CreateGrant", "EKS lets itself use `encryption.kms_key_arn` in the name of whoever sets it"),
    ("kms:DescribeKey", "the same"),
];

/// The statement in which an action stands.
pub(super) fn place(action: &str) -> Option<&'static Statement> {
    let is = |takes: &str| match takes.strip_suffix('*') {
        Some(start) => action.starts_with(start),
        None => action == takes,
    };
    STATEMENTS.iter().find(|statement| statement.takes.iter().any(|takes| is(takes)))
}
