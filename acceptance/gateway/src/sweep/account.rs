//! What exists in one account outside of EKS: roles, policies, profiles, OIDC providers, log groups, keys. Less what AWS itself owns.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};
use serde_json::{Value, json};

use super::Resource;
use crate::cloud::{Cloud, LocalNames};

/// Everything of IAM that a caller made.
pub(crate) async fn iam(cloud: &Cloud, account: &str) -> anyhow::Result<Vec<Resource>> {
    let mut found = Vec::new();
    let lists = [
        ("role", "ListRoles", "Roles", "RoleName", "RoleId", "ListRoleTags"),
        ("policy", "ListPolicies", "Policies", "Arn", "PolicyId", "ListPolicyTags"),
        (
            "instance-profile",
            "ListInstanceProfiles",
            "InstanceProfiles",
            "InstanceProfileName",
            "InstanceProfileId",
            "ListInstanceProfileTags",
        ),
        (
            "oidc-provider",
            "ListOpenIDConnectProviders",
            "OpenIDConnectProviderList",
            "Arn",
            "Arn",
            "ListOpenIDConnectProviderTags",
        ),
    ];
    for (kind, list, set, name, unmistakable, tags) in lists {
        let answer = cloud.iam(account, list, &[("Scope", "Local"), ("MaxItems", "1000")]).await?;
        for (id, created) in listed(&answer, set, name, unmistakable)? {
            let parameter = match kind {
                "policy" => "PolicyArn",
                "oidc-provider" => "OpenIDConnectProviderArn",
                _ => name,
            };
            let tags = cloud.iam(account, tags, &[(parameter, &id)]).await.unwrap_or_default();
            found.push(Resource {
                account: account.into(),
                service: "iam".into(),
                kind: kind.into(),
                id,
                tags: xml_tags(&tags),
                created,
            });
        }
    }
    Ok(found)
}

/// The names in a list, each with the id that IAM gave the object, less those of service-linked roles: nobody makes or removes these by hand.
fn listed(answer: &str, set: &str, name: &str, unmistakable: &str) -> anyhow::Result<Vec<(String, String)>> {
    let document = Document::parse(answer)?;
    let set = document.descendants().find(|node| node.has_tag_name_local(set));
    let members = set.into_iter().flat_map(|set| set.children()).filter(|node| node.has_tag_name_local("member"));
    let own = members.filter(|item| item.child_text("Path").is_none_or(|path| !path.starts_with("/aws-service-role/")));
    Ok(own
        .filter_map(|item| Some((item.child_text(name)?, item.child_text(unmistakable).unwrap_or_default())))
        .collect())
}

fn xml_tags(answer: &str) -> BTreeMap<String, String> {
    let Ok(document) = Document::parse(answer) else { return BTreeMap::new() };
    let members = document.descendants().filter(|node| node.has_tag_name_local("member"));
    members.filter_map(|tag| Some((tag.child_text("Key")?, tag.child_text("Value").unwrap_or_default()))).collect()
}

/// The security groups of an answer, less those that every VPC has.
fn security_groups(answer: &str, account: &str) -> anyhow::Result<Vec<Resource>> {
    let document = Document::parse(answer)?;
    let set = document.descendants().find(|node| node.has_tag_name_local("securityGroupInfo"));
    let items = set.into_iter().flat_map(|set| set.children()).filter(|node| node.has_tag_name_local("item"));
    let made = items.filter(|item| item.child_text("groupName").is_some_and(|name| name != "default"));
    let resource = |item: Node<'_, '_>| {
        let tags =
            item.children().find(|node| node.has_tag_name_local("tagSet")).into_iter().flat_map(|set| set.children());
        let tags = tags
            .filter_map(|tag| Some((tag.child_text("key")?, tag.child_text("value").unwrap_or_default())))
            .collect();
        let id = item.child_text("groupId")?;
        Some(Resource {
            account: account.into(),
            service: "ec2".into(),
            kind: "security-group".into(),
            id,
            tags,
            created: String::new(),
        })
    };
    Ok(made.filter_map(resource).collect())
}

/// Load balancers, their target groups and volumes: what workloads make beside a cluster. Tags are left out; names tell whose
/// they are.
async fn workloads(cloud: &Cloud, account: &str, region: &str) -> anyhow::Result<Vec<Resource>> {
    const LISTS: [(&str, &str, &str, &str, &str, &str); 4] = [
        (
            "elasticloadbalancing",
            "2015-12-01",
            "DescribeLoadBalancers",
            "LoadBalancers",
            "LoadBalancerName",
            "load-balancer",
        ),
        (
            "elasticloadbalancing",
            "2012-06-01",
            "DescribeLoadBalancers",
            "LoadBalancerDescriptions",
            "LoadBalancerName",
            "load-balancer",
        ),
        (
            "elasticloadbalancing",
            "2015-12-01",
            "DescribeTargetGroups",
            "TargetGroups",
            "TargetGroupName",
            "target-group",
        ),
        ("ec2", "2016-11-15", "DescribeVolumes", "volumeSet", "volumeId", "volume"),
    ];
    let mut found = Vec::new();
    for (service, version, action, set, name, kind) in LISTS {
        let members = [("Action", action), ("Version", version)];
        let answer = cloud.moto.query(account, region, service, &members).await?;
        let document = Document::parse(&answer)?;
        let set = document.descendants().find(|node| node.has_tag_name_local(set));
        let names = set.into_iter().flat_map(|set| set.children()).filter_map(|item| item.child_text(name));
        found.extend(names.map(|id| Resource {
            account: account.into(),
            service: service.into(),
            kind: kind.into(),
            id,
            tags: BTreeMap::new(),
            created: String::new(),
        }));
    }
    Ok(found)
}

/// Security groups, log groups, keys, and what workloads make, of one region.
pub(crate) async fn regional(cloud: &Cloud, account: &str, region: &str) -> anyhow::Result<Vec<Resource>> {
    let mut found = security_groups(&cloud.ec2(account, region, "DescribeSecurityGroups", &[]).await?, account)?;
    found.extend(workloads(cloud, account, region).await?);
    let groups = cloud.moto.json(account, region, "logs", "Logs_20140328.DescribeLogGroups", &json!({})).await?;
    for group in groups["logGroups"].as_array().into_iter().flatten() {
        // A cluster's logs outlive it on purpose.
        let outlives = |name: &str| name.starts_with("/aws/eks/") && name.ends_with("/cluster");
        let Some(name) = group["logGroupName"].as_str().filter(|name| !outlives(name)) else { continue };
        let tags = cloud
            .moto
            .json(account, region, "logs", "Logs_20140328.ListTagsLogGroup", &json!({ "logGroupName": name }))
            .await?;
        let tags = serde_json::from_value(tags["tags"].clone()).unwrap_or_default();
        found.push(Resource {
            account: account.into(),
            service: "logs".into(),
            kind: "log-group".into(),
            id: name.into(),
            tags,
            created: group["creationTime"].to_string(),
        });
    }
    let keys = cloud.moto.json(account, region, "kms", "TrentService.ListKeys", &json!({})).await?;
    for key in keys["Keys"].as_array().into_iter().flatten() {
        let asked = json!({ "KeyId": key["KeyId"] });
        let described = cloud.moto.json(account, region, "kms", "TrentService.DescribeKey", &asked).await?;
        let metadata = &described["KeyMetadata"];
        if metadata["KeyManager"] == "AWS" || metadata["KeyState"] == "PendingDeletion" {
            continue;
        }
        let tags = cloud.moto.json(account, region, "kms", "TrentService.ListResourceTags", &asked).await?;
        let pair = |tag: &Value| Some((tag["TagKey"].as_str()?.to_owned(), tag["TagValue"].as_str()?.to_owned()));
        let tags = tags["Tags"].as_array().into_iter().flatten().filter_map(pair).collect();
        let id = metadata["Arn"].as_str().unwrap_or_default().to_owned();
        found.push(Resource {
            account: account.into(),
            service: "kms".into(),
            kind: "key".into(),
            id,
            tags,
            created: String::new(),
        });
    }
    Ok(found)
}
