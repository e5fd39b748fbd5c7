//! What `aws` shows of one cluster at one moment. Every question is asked once, however many ask it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Value as Json, json};

use crate::givens::Givens;
use crate::world::Account;

/// A look at one cluster.
pub(crate) struct Eye<'a> {
    pub account: &'a Account<'a>,
    pub givens: &'a Givens,
    pub region: String,
    pub name: String,
    /// The attributes in the state.
    pub state: Json,
    seen: RefCell<BTreeMap<String, Json>>,
}

/// A question to AWS.
pub(crate) type Look = Box<dyn Fn(&Eye) -> anyhow::Result<Json> + Send>;

impl<'a> Eye<'a> {
    pub(crate) fn new(account: &'a Account<'a>, givens: &'a Givens, state: Json) -> Eye<'a> {
        let text = |name: &str| state[name].as_str().unwrap_or_default().to_owned();
        Eye { account, givens, region: text("region"), name: text("name"), state, seen: RefCell::default() }
    }

    /// What `aws` answers; null if there is no such thing.
    fn aws(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        let key = arguments.join(" ");
        if let Some(seen) = self.seen.borrow().get(&key) {
            return Ok(seen.clone());
        }
        let answer = match self.account.aws(&[arguments, &["--region", &self.region]].concat()) {
            Err(error) if ["ResourceNotFound", "NoSuchEntity"].iter().any(|code| error.to_string().contains(code)) => {
                Json::Null
            }
            answer => answer?,
        };
        self.seen.borrow_mut().insert(key, answer.clone());
        Ok(answer)
    }

    fn eks(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        self.aws(&[&["eks"], arguments, &["--cluster-name", &self.name]].concat())
    }

    /// The cluster as EKS has it.
    pub(crate) fn cluster(&self) -> anyhow::Result<Json> {
        Ok(self.aws(&["eks", "describe-cluster", "--name", &self.name])?["cluster"].take())
    }

    /// The name in EKS of the group of a key.
    pub(crate) fn group_name(&self, key: &str) -> anyhow::Result<String> {
        let name = self.state["node_group_status"][key]["name"].as_str();
        name.map(str::to_owned).with_context(|| format!("the state has no group {key}"))
    }

    fn role_name(arn: &Json) -> anyhow::Result<&str> {
        arn.as_str().and_then(|arn| arn.rsplit('/').next()).with_context(|| format!("{arn} is no role"))
    }

    fn policies(&self, role: &str) -> anyhow::Result<(Json, Json)> {
        let attached = self.aws(&["iam", "list-attached-role-policies", "--role-name", role])?;
        let own = self.aws(&["iam", "list-role-policies", "--role-name", role])?;
        let names = attached["AttachedPolicies"].as_array().into_iter().flatten();
        let names: Vec<&str> = names.filter_map(|one| one["PolicyName"].as_str()).collect();
        Ok((sorted(json!(names)), own["PolicyNames"].clone()))
    }
}

/// Texts in the order of the alphabet; anything else as it is.
pub(crate) fn sorted(value: Json) -> Json {
    match value {
        Json::Array(mut all) if all.iter().all(Json::is_string) => {
            all.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            Json::Array(all)
        }
        other => other,
    }
}

fn part(value: &Json, pointer: &str) -> Json {
    value.pointer(pointer).cloned().unwrap_or(Json::Null)
}

/// Of the cluster.
pub(crate) fn cluster(pointer: &'static str) -> Look {
    Box::new(move |eye| Ok(part(&eye.cluster()?, pointer)))
}

/// The names of the clusters in its region.
pub(crate) fn clusters() -> Look {
    Box::new(|eye| Ok(eye.aws(&["eks", "list-clusters"])?["clusters"].take()))
}

/// The logs that are written.
pub(crate) fn logs() -> Look {
    Box::new(|eye| {
        let live = eye.cluster()?;
        let mut all = live["logging"]["clusterLogging"].as_array().into_iter().flatten();
        Ok(all.find(|one| one["enabled"] == true).map_or(json!([]), |one| one["types"].clone()))
    })
}

/// The days for which logs are kept; null for ever.
pub(crate) fn retention() -> Look {
    Box::new(|eye| {
        let name = format!("/aws/eks/{}/cluster", eye.name);
        let found = eye.aws(&["logs", "describe-log-groups", "--log-group-name-prefix", &name])?;
        Ok(found["logGroups"][0]["retentionInDays"].clone())
    })
}

/// Of the node group of a key.
pub(crate) fn group(key: &'static str, pointer: &'static str) -> Look {
    Box::new(move |eye| {
        let name = eye.group_name(key)?;
        Ok(part(&eye.eks(&["describe-nodegroup", "--nodegroup-name", &name])?["nodegroup"], pointer))
    })
}

/// The names of the node groups.
pub(crate) fn groups() -> Look {
    Box::new(|eye| Ok(eye.eks(&["list-nodegroups"])?["nodegroups"].take()))
}

/// Of an add-on.
pub(crate) fn addon(name: &'static str, pointer: &'static str) -> Look {
    Box::new(move |eye| Ok(part(&eye.eks(&["describe-addon", "--addon-name", name])?["addon"], pointer)))
}

/// How many roles the pods of an add-on have.
pub(crate) fn addon_roles(name: &'static str) -> Look {
    Box::new(move |eye| {
        let live = eye.eks(&["describe-addon", "--addon-name", name])?;
        Ok(json!(live["addon"]["podIdentityAssociations"].as_array().map_or(0, Vec::len)))
    })
}

/// The role of the pods of an add-on.
pub(crate) fn addon_role(name: &'static str) -> Look {
    Box::new(move |eye| {
        let live = eye.eks(&["describe-addon", "--addon-name", name])?;
        let Some(arn) = live["addon"]["podIdentityAssociations"][0].as_str() else { return Ok(Json::Null) };
        let id = arn.rsplit('/').next().unwrap_or_default();
        let shown = eye.eks(&["describe-pod-identity-association", "--association-id", id])?;
        Ok(shown["association"]["roleArn"].clone())
    })
}

/// The policies that are attached to the role of the pods of an add-on.
pub(crate) fn addon_policies(name: &'static str) -> Look {
    Box::new(move |eye| Ok(eye.policies(Eye::role_name(&eye.state["installed_addons"][name]["role_arn"])?)?.0))
}

/// Of the access entry of a principal; null if there is none.
pub(crate) fn entry(principal: &'static str, pointer: &'static str) -> Look {
    Box::new(move |eye| {
        let principal = eye.principal(principal);
        Ok(part(&eye.eks(&["describe-access-entry", "--principal-arn", &principal])?["accessEntry"], pointer))
    })
}

/// The policies of an access entry, as in `AmazonEKSEditPolicy in shop`.
pub(crate) fn entry_policies(principal: &'static str) -> Look {
    Box::new(move |eye| {
        let principal = eye.principal(principal);
        let listed = eye.eks(&["list-associated-access-policies", "--principal-arn", &principal])?;
        let all = listed["associatedAccessPolicies"].as_array().into_iter().flatten().map(|one| {
            let name = one["policyArn"].as_str().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
            let scope = one["accessScope"]["namespaces"].as_array().into_iter().flatten().filter_map(Json::as_str);
            let scope: Vec<&str> = scope.collect();
            if scope.is_empty() { name.to_owned() } else { format!("{name} in {}", scope.join(", ")) }
        });
        Ok(sorted(json!(all.collect::<Vec<_>>())))
    })
}

/// The role of a service account; null if it has none.
pub(crate) fn pod_role(namespace: &'static str, account: &'static str) -> Look {
    Box::new(move |eye| {
        let of = ["--namespace", namespace, "--service-account", account];
        let listed = eye.eks(&[&["list-pod-identity-associations"], &of[..]].concat())?;
        let Some(id) = listed["associations"][0]["associationId"].as_str() else { return Ok(Json::Null) };
        let shown = eye.eks(&["describe-pod-identity-association", "--association-id", id])?;
        Ok(shown["association"]["roleArn"].clone())
    })
}

/// The policies that are attached to the role of a service account.
pub(crate) fn pod_policies(key: &'static str) -> Look {
    Box::new(move |eye| Ok(eye.policies(Eye::role_name(&eye.state["pod_identity_roles"][key])?)?.0))
}

/// The policies of the role's own.
pub(crate) fn pod_inline(key: &'static str) -> Look {
    Box::new(move |eye| Ok(eye.policies(Eye::role_name(&eye.state["pod_identity_roles"][key])?)?.1))
}

/// Of the role that an attribute of the state names.
pub(crate) fn role(attribute: &'static str, pointer: &'static str) -> Look {
    Box::new(move |eye| {
        let shown = eye.aws(&["iam", "get-role", "--role-name", Eye::role_name(&eye.state[attribute])?])?;
        Ok(part(&shown["Role"], pointer))
    })
}

/// The policies that are attached to the role that an attribute of the state names.
pub(crate) fn role_policies(attribute: &'static str) -> Look {
    Box::new(move |eye| Ok(eye.policies(Eye::role_name(&eye.state[attribute])?)?.0))
}

/// A role of this name; null if there is none.
pub(crate) fn role_named(name: &'static str) -> Look {
    Box::new(move |eye| Ok(part(&eye.aws(&["iam", "get-role", "--role-name", name])?, "/Role/Arn")))
}

/// How many OpenID Connect providers the account has.
pub(crate) fn providers() -> Look {
    Box::new(|eye| {
        let listed = eye.aws(&["iam", "list-open-id-connect-providers"])?;
        Ok(json!(listed["OpenIDConnectProviderList"].as_array().map_or(0, Vec::len)))
    })
}

/// Of the state.
pub(crate) fn state(pointer: &'static str) -> Look {
    Box::new(move |eye| Ok(part(&eye.state, pointer)))
}

impl Eye<'_> {
    /// `<creator>` is whoever made the cluster.
    fn principal(&self, text: &str) -> String {
        let creator = self.state["creator_arn"].as_str().unwrap_or_default();
        self.givens.fill(text).replace("<creator>", creator)
    }
}
