//! The calls for what a cluster leaves in AWS: few lists side by side, by tag or VPC, and one call per deletion. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use crate::cloud::aws::signed::{EC2, ELB, ELB_CLASSIC, Element, Service};
use crate::cloud::error::CloudError;
use crate::cloud::retry::{self, Lag};
use crate::cluster::observed::Seen;
use crate::cluster::parts::Tags;
use crate::cluster::remote::query::{Members, filters, listed, own};
use crate::cluster::remote::{Remote, unless_absent};

use super::{
    After, Balancer, Before, Generation, Instance, LINGER, NAME_KEYS, Named, Removal, Rules, Volume, belongs,
    is_balancers_group, is_managed, owned_key,
};

/// Resources whose tags Elastic Load Balancing tells at once.
const TAGGED_AT_ONCE: usize = 20;
/// The tag of network interfaces that the VPC CNI made.
const CNI_CLUSTER: &str = "cluster.k8s.amazonaws.com/name";
const CLAIM: [&str; 2] = ["kubernetes.io/created-for/pvc/namespace", "kubernetes.io/created-for/pvc/name"];

const fn lag(code: &'static str, text: &'static str) -> Lag {
    Lag { code, text }
}

/// What AWS says of something that is still in use by what is on its way out.
const IN_USE: [Lag; 8] = [
    lag("DependencyViolation", ""),
    lag("ResourceInUse", ""),
    lag("ResourceInUseException", ""),
    lag("InvalidGroup.InUse", ""),
    lag("InvalidNetworkInterface.InUse", ""),
    lag("InvalidParameterValue", "in use"),
    lag("VolumeInUse", ""),
    lag("IncorrectState", ""),
];

/// The tags of an EC2 object.
fn tags(of: &Element) -> Tags {
    of.children("tagSet").flat_map(|set| set.children("item")).filter_map(pair("key", "value")).collect()
}

fn pair<'a>(key: &'a str, value: &'a str) -> impl Fn(&Element) -> Option<(String, String)> + use<'a> {
    move |one| Some((one.text(key)?.to_owned(), one.text(value).unwrap_or_default().to_owned()))
}

impl Remote {
    /// Looks for what decides whether and how a destroy begins. `vpc` is the cluster's, if it is known.
    pub(in crate::cluster) async fn before(&self, vpc: Option<&str>) -> Result<Before, CloudError> {
        let (balancers, instances) = futures::try_join!(self.balancers(vpc), self.instances())?;
        Ok(Before { balancers, instances })
    }

    /// Looks for everything that the cluster left.
    pub(in crate::cluster) async fn after(&self, vpc: Option<&str>) -> Result<After, CloudError> {
        let (balancers, target_groups, security_groups, interfaces, volumes) = futures::try_join!(
            self.balancers(vpc),
            self.target_groups(vpc),
            self.security_groups(),
            self.interfaces(),
            self.volumes(),
        )?;
        let rules = self.rules_naming(&security_groups).await?;
        Ok(After { balancers, target_groups, security_groups, rules, interfaces, volumes, log_group: None })
    }

    /// Which of these the cluster's controllers made, by their tags.
    async fn tagged(
        &self,
        service: &'static Service,
        (ask, told): (&str, &str),
        ids: Vec<String>,
    ) -> Result<BTreeSet<String>, CloudError> {
        let look = async |some: &[String]| {
            let members = listed(&format!("{ask}.member"), some.iter().cloned());
            self.pages(service, "DescribeTags", members, "TagDescriptions").await
        };
        let looks = ids.chunks(TAGGED_AT_ONCE).map(async |some| match look(some).await {
            // One of them went since it was listed, and the answer tells nothing of the others.
            Err(error) if error.is_not_found() => {
                let each = some.iter().map(async |one| unless_absent(look(std::slice::from_ref(one)).await));
                Ok(try_join_all(each).await?.into_iter().flatten().flatten().collect())
            }
            answer => answer,
        });
        let described: Vec<Element> = try_join_all(looks).await?.into_iter().flatten().collect();
        let ours = described.iter().filter(|one| {
            let tags: Tags = one.list("Tags").filter_map(pair("Key", "Value")).collect();
            belongs(&self.place.name, &tags)
        });
        Ok(ours.map(|one| own(one, told)).collect())
    }

    async fn balancers(&self, vpc: Option<&str>) -> Result<Vec<Balancer>, CloudError> {
        let (current, classic) = futures::try_join!(
            self.generation(&ELB, Generation::Current, vpc),
            self.generation(&ELB_CLASSIC, Generation::Classic, vpc)
        )?;
        Ok(current.into_iter().chain(classic).collect())
    }

    async fn generation(
        &self,
        service: &'static Service,
        generation: Generation,
        vpc: Option<&str>,
    ) -> Result<Vec<Balancer>, CloudError> {
        let (entries, id, in_vpc, tagged) = match generation {
            Generation::Current => ("LoadBalancers", "LoadBalancerArn", "VpcId", ("ResourceArns", "ResourceArn")),
            Generation::Classic => {
                ("LoadBalancerDescriptions", "LoadBalancerName", "VPCId", ("LoadBalancerNames", "LoadBalancerName"))
            }
        };
        let listed = self.pages(service, "DescribeLoadBalancers", Members::new(), entries).await?;
        let here = listed.iter().filter(|one| vpc.is_none_or(|vpc| one.text(in_vpc) == Some(vpc)));
        let all = here.map(|one| Balancer {
            generation,
            id: own(one, id),
            name: own(one, "LoadBalancerName"),
            address: own(one, "DNSName"),
        });
        let all: Vec<Balancer> = all.collect();
        let ours = self.tagged(service, tagged, all.iter().map(|one| one.id.clone()).collect()).await?;
        Ok(all.into_iter().filter(|one| ours.contains(&one.id)).collect())
    }

    async fn target_groups(&self, vpc: Option<&str>) -> Result<Vec<Named>, CloudError> {
        let listed = self.pages(&ELB, "DescribeTargetGroups", Members::new(), "TargetGroups").await?;
        let here = listed.iter().filter(|one| vpc.is_none_or(|vpc| one.text("VpcId") == Some(vpc)));
        let all: Vec<Named> =
            here.map(|one| Named { id: own(one, "TargetGroupArn"), name: own(one, "TargetGroupName") }).collect();
        let ids = all.iter().map(|one| one.id.clone()).collect();
        let ours = self.tagged(&ELB, ("ResourceArns", "ResourceArn"), ids).await?;
        Ok(all.into_iter().filter(|one| ours.contains(&one.id)).collect())
    }

    /// The keys of tags by which the cluster's things are found in one list.
    fn keys(&self) -> (String, Vec<String>) {
        ("tag-key".to_owned(), NAME_KEYS.map(str::to_owned).into_iter().chain([owned_key(&self.place.name)]).collect())
    }

    async fn security_groups(&self) -> Result<Vec<Named>, CloudError> {
        let groups = self.pages(&EC2, "DescribeSecurityGroups", filters(&[self.keys()]), "securityGroupInfo").await?;
        let ours = groups.iter().filter(|one| belongs(&self.place.name, &tags(one)));
        let named = ours.map(|one| Named { id: own(one, "groupId"), name: own(one, "groupName") });
        Ok(named.filter(|one| is_balancers_group(&one.name)).collect())
    }

    /// The rules of other groups that name one of these.
    async fn rules_naming(&self, groups: &[Named]) -> Result<Vec<Rules>, CloudError> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let ids: BTreeSet<String> = groups.iter().map(|one| one.id.clone()).collect();
        let named = filters(&[("ip-permission.group-id".to_owned(), ids.iter().cloned().collect())]);
        let others = self.pages(&EC2, "DescribeSecurityGroups", named, "securityGroupInfo").await?;
        let others: Vec<String> =
            others.iter().map(|one| own(one, "groupId")).filter(|other| !ids.contains(other)).collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let of_others = filters(&[("group-id".to_owned(), others)]);
        let rules = self.pages(&EC2, "DescribeSecurityGroupRules", of_others, "securityGroupRuleSet").await?;
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for rule in &rules {
            let is_named = rule
                .first("referencedGroupInfo")
                .is_some_and(|group| ids.contains(group.text("groupId").unwrap_or_default()));
            if is_named && rule.text("isEgress") != Some("true") {
                let group = rule.children("groupId").map(|id| id.value().to_owned()).next().unwrap_or_default();
                found.entry(group).or_default().push(own(rule, "securityGroupRuleId"));
            }
        }
        Ok(found.into_iter().map(|(group, ids)| Rules { group, ids }).collect())
    }

    async fn interfaces(&self) -> Result<Vec<String>, CloudError> {
        let ours = (format!("tag:{CNI_CLUSTER}"), vec![self.place.name.clone()]);
        let found = self.pages(&EC2, "DescribeNetworkInterfaces", filters(&[ours]), "networkInterfaceSet").await?;
        let is_unused = |one: &&Element| one.children("status").any(|status| status.value() == "available");
        Ok(found.iter().filter(is_unused).map(|one| own(one, "networkInterfaceId")).collect())
    }

    async fn volumes(&self) -> Result<Vec<Volume>, CloudError> {
        let found = self.pages(&EC2, "DescribeVolumes", filters(&[self.keys()]), "volumeSet").await?;
        // Root volumes go with their instances, and some are on their way out.
        let goes = |one: &Element| {
            let with_instance = one.list("attachmentSet").any(|at| at.text("deleteOnTermination") == Some("true"));
            with_instance || one.children("status").any(|status| ["deleting", "deleted"].contains(&status.value()))
        };
        let ours = found.iter().filter(|one| belongs(&self.place.name, &tags(one)) && !goes(one));
        let volume = |one: &Element| {
            let tags = tags(one);
            let claim: Vec<&str> = CLAIM.iter().filter_map(|key| tags.get(*key).map(String::as_str)).collect();
            let text = |name: &str| one.children(name).next().map(|found| found.value().to_owned()).unwrap_or_default();
            Volume { id: text("volumeId"), gib: text("size"), claim: claim.join("/") }
        };
        Ok(ours.map(volume).collect())
    }

    async fn instances(&self) -> Result<Vec<Instance>, CloudError> {
        let owned = (format!("tag:{}", owned_key(&self.place.name)), vec!["owned".to_owned()]);
        let states = ["pending", "running", "stopping", "stopped"].map(str::to_owned).to_vec();
        let alive = ("instance-state-name".to_owned(), states);
        let reservations = self.pages(&EC2, "DescribeInstances", filters(&[owned, alive]), "reservationSet").await?;
        let all = reservations.iter().flat_map(|one| one.list("instancesSet"));
        // EKS itself operates the instances of Auto Mode.
        let is_operated = |one: &Element| one.first("operator").is_some_and(|by| by.text("managed") == Some("true"));
        let instance = |one: &Element| {
            let tags = tags(one);
            let name = tags.get("Name").cloned().unwrap_or_default();
            (!is_managed(&tags) && !is_operated(one)).then(|| Instance { id: own(one, "instanceId"), name })
        };
        Ok(all.filter_map(instance).collect())
    }

    /// Deletes one of them.
    pub(in crate::cluster) async fn remove(&self, removal: &Removal) -> Result<Seen, CloudError> {
        let (service, action, members): (_, _, Members) = match removal {
            Removal::Balancer(one) => match one.generation {
                Generation::Current => (&ELB, "DeleteLoadBalancer", member("LoadBalancerArn", &one.id)),
                Generation::Classic => (&ELB_CLASSIC, "DeleteLoadBalancer", member("LoadBalancerName", &one.id)),
            },
            Removal::TargetGroup(one) => (&ELB, "DeleteTargetGroup", member("TargetGroupArn", &one.id)),
            Removal::Rules(rules) => {
                let mut members = member("GroupId", &rules.group);
                members.extend(listed("SecurityGroupRuleId", rules.ids.iter().cloned()));
                (&EC2, "RevokeSecurityGroupIngress", members)
            }
            Removal::SecurityGroup(one) => (&EC2, "DeleteSecurityGroup", member("GroupId", &one.id)),
            Removal::Interface(id) => (&EC2, "DeleteNetworkInterface", member("NetworkInterfaceId", id)),
            Removal::Volume(one) => (&EC2, "DeleteVolume", member("VolumeId", &one.id)),
        };
        let call = || async {
            let members = members.iter().map(|(name, text)| (name.clone(), text.as_str()));
            self.aws.signed.query(service, action, members).await
        };
        unless_absent(retry::while_lagging(&self.limit, LINGER, &IN_USE, call).await)?;
        Ok(Seen::Done)
    }
}

fn member(name: &str, text: &str) -> Members {
    vec![(name.to_owned(), text.to_owned())]
}
