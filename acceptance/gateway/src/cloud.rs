//! What EKS must see of the rest of an account, read from moto. Decides nothing about what it sees.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use roxmltree::{Document, Node};
use sandbox_eks::account::Credentials;
use sandbox_eks::{IamView, LaunchTemplate, Role, Session, Subnet};

use crate::moto::Moto;
use crate::principal::Principals;

const IAM: &str = "2010-05-08";
const EC2: &str = "2016-11-15";
/// IAM is global; this is where it is signed for.
const IAM_REGION: &str = "us-east-1";

/// IAM and EC2 as EKS sees them.
#[derive(Debug)]
pub(crate) struct Cloud {
    pub(crate) moto: Arc<Moto>,
    principals: Arc<Principals>,
    /// When roles were made, by account and name, finer than the whole seconds that IAM answers.
    roles_made: Mutex<HashMap<(String, String), f64>>,
}

impl Cloud {
    pub(crate) fn new(moto: Arc<Moto>, principals: Arc<Principals>) -> Self {
        Self { moto, principals, roles_made: Mutex::default() }
    }

    /// Notes that a role has just been made.
    pub(crate) fn role_made(&self, account: &str, name: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let mut roles = self.roles_made.lock().expect("no panic holds this lock");
        roles.insert((account.to_owned(), name.to_owned()), now);
    }

    pub(crate) async fn iam(&self, account: &str, action: &str, members: &[(&str, &str)]) -> anyhow::Result<String> {
        let members = [&[("Action", action), ("Version", IAM)], members].concat();
        self.moto.query(account, IAM_REGION, "iam", &members).await
    }

    /// Deletes a role, and before it its policies, attached ones and its own, without which IAM refuses.
    pub(crate) async fn remove_role(&self, account: &str, name: &str) -> anyhow::Result<()> {
        let attached = self.iam(account, "ListAttachedRolePolicies", &[("RoleName", name)]).await?;
        let attached: Vec<String> =
            Document::parse(&attached)?.root_element().texts_of("PolicyArn").map(str::to_owned).collect();
        for policy in attached {
            self.iam(account, "DetachRolePolicy", &[("RoleName", name), ("PolicyArn", &policy)]).await?;
        }
        let own = self.iam(account, "ListRolePolicies", &[("RoleName", name)]).await?;
        let own: Vec<String> = Document::parse(&own)?.root_element().texts_of("member").map(str::to_owned).collect();
        for policy in own {
            self.iam(account, "DeleteRolePolicy", &[("RoleName", name), ("PolicyName", &policy)]).await?;
        }
        self.iam(account, "DeleteRole", &[("RoleName", name)]).await.map(drop)
    }

    pub(crate) async fn ec2(
        &self,
        account: &str,
        region: &str,
        action: &str,
        members: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let members = [&[("Action", action), ("Version", EC2)], members].concat();
        self.moto.query(account, region, "ec2", &members).await
    }

    /// The items that a describing call answers for these ids, found by a filter: an unknown id is no error then.
    async fn described<T>(
        &self,
        (account, region): (&str, &str),
        action: &str,
        filter: &str,
        ids: &[String],
        read: impl Fn(Node<'_, '_>) -> Option<(String, T)>,
    ) -> Vec<T> {
        let names: Vec<String> = (1..=ids.len()).map(|n| format!("Filter.1.Value.{n}")).collect();
        let mut members = vec![("Filter.1.Name", filter)];
        members.extend(names.iter().map(String::as_str).zip(ids.iter().map(String::as_str)));
        let Ok(answer) = self.ec2(account, region, action, &members).await else { return Vec::new() };
        let Ok(document) = Document::parse(&answer) else { return Vec::new() };
        let mut found: HashMap<String, T> =
            document.descendants().filter(|node| node.has_tag_name_local("item")).filter_map(read).collect();
        ids.iter().filter_map(|id| found.remove(id)).collect()
    }
}

#[async_trait]
impl IamView for Cloud {
    async fn role(&self, account: &str, name: &str) -> Option<Role> {
        let answer = self.iam(account, "GetRole", &[("RoleName", name)]).await.ok()?;
        let document = Document::parse(&answer).ok()?;
        let role = document.root_element();
        let trust =
            percent_encoding::percent_decode_str(role.text_of("AssumeRolePolicyDocument")?).decode_utf8().ok()?;
        let made = self
            .roles_made
            .lock()
            .expect("no panic holds this lock")
            .get(&(account.to_owned(), name.to_owned()))
            .copied();
        let attached =
            self.iam(account, "ListAttachedRolePolicies", &[("RoleName", name), ("MaxItems", "1000")]).await.ok()?;
        let attached = Document::parse(&attached).ok()?;
        Some(Role {
            arn: role.text_of("Arn")?.to_owned(),
            id: role.text_of("RoleId")?.to_owned(),
            trust: serde_json::from_str(&trust).ok()?,
            attached_policies: attached.root_element().texts_of("PolicyArn").map(str::to_owned).collect(),
            created_at: made.unwrap_or(0.0),
        })
    }

    async fn user(&self, account: &str, name: &str) -> Option<String> {
        // The sandbox's own principals are no users of moto's.
        for Credentials { arn, .. } in [Credentials::of(account), Credentials::viewer(account)] {
            if arn.rsplit('/').next() == Some(name) {
                return Some(arn);
            }
        }
        let answer = self.iam(account, "GetUser", &[("UserName", name)]).await.ok()?;
        Document::parse(&answer).ok()?.root_element().text_of("Arn").map(str::to_owned)
    }

    async fn subnets(&self, account: &str, region: &str, ids: &[String]) -> Vec<Subnet> {
        let read = |item: Node<'_, '_>| {
            let id = item.child_text("subnetId")?;
            let text = |name| item.child_text(name).unwrap_or_default();
            let (vpc, zone, zone_id, cidr) =
                (text("vpcId"), text("availabilityZone"), text("availabilityZoneId"), text("cidrBlock"));
            Some((id.clone(), Subnet { id, vpc, zone, zone_id, cidr }))
        };
        self.described((account, region), "DescribeSubnets", "subnet-id", ids, read).await
    }

    async fn security_groups(&self, account: &str, region: &str, ids: &[String]) -> Vec<String> {
        let read = |item: Node<'_, '_>| {
            item.child_text("groupName").and(item.child_text("groupId")).map(|id| (id.clone(), id))
        };
        self.described((account, region), "DescribeSecurityGroups", "group-id", ids, read).await
    }

    async fn launch_template(&self, account: &str, region: &str, id: &str) -> Option<LaunchTemplate> {
        let answer = self.ec2(account, region, "DescribeLaunchTemplates", &[("LaunchTemplateId.1", id)]).await.ok()?;
        let document = Document::parse(&answer).ok()?;
        let template = document.root_element();
        let number = |name| template.text_of(name).and_then(|text| text.parse().ok());
        Some(LaunchTemplate {
            id: template.text_of("launchTemplateId")?.to_owned(),
            name: template.text_of("launchTemplateName")?.to_owned(),
            default: number("defaultVersionNumber")?,
            latest: number("latestVersionNumber")?,
        })
    }

    async fn create_cluster_security_group(
        &self,
        account: &str,
        region: &str,
        vpc: &str,
        cluster: &str,
    ) -> Option<String> {
        let name = format!("eks-cluster-sg-{cluster}-{}", uuid::Uuid::new_v4().as_u128() % 1_000_000_000);
        let owned = format!("kubernetes.io/cluster/{cluster}");
        let members = [
            ("GroupName", name.as_str()),
            (
                "GroupDescription",
                "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any managed workloads.",
            ),
            ("VpcId", vpc),
            ("TagSpecification.1.ResourceType", "security-group"),
            ("TagSpecification.1.Tag.1.Key", "Name"),
            ("TagSpecification.1.Tag.1.Value", name.as_str()),
            ("TagSpecification.1.Tag.2.Key", owned.as_str()),
            ("TagSpecification.1.Tag.2.Value", "owned"),
        ];
        let answer = self.ec2(account, region, "CreateSecurityGroup", &members).await;
        let answer = answer.inspect_err(|error| tracing::warn!("no security group for {cluster}: {error:#}")).ok()?;
        Document::parse(&answer).ok()?.root_element().text_of("groupId").map(str::to_owned)
    }

    async fn delete_cluster_security_group(&self, account: &str, region: &str, id: &str) {
        if let Err(error) = self.ec2(account, region, "DeleteSecurityGroup", &[("GroupId", id)]).await {
            tracing::warn!("security group {id} stays: {error:#}");
        }
    }

    async fn session(&self, access_key: &str) -> Option<Session> {
        self.principals.session(access_key)
    }
}

/// XML of AWS by local names; its namespaces tell nothing.
pub(crate) trait LocalNames<'a> {
    fn has_tag_name_local(&self, name: &str) -> bool;
    /// The text of the first descendant of this name.
    fn text_of(&self, name: &str) -> Option<&'a str>;
    /// The texts of all descendants of this name.
    fn texts_of(&self, name: &'static str) -> impl Iterator<Item = &'a str>;
    /// The text of a child.
    fn child_text(&self, name: &str) -> Option<String>;
}

impl<'a> LocalNames<'a> for Node<'a, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.tag_name().name() == name
    }

    fn text_of(&self, name: &str) -> Option<&'a str> {
        self.descendants().find(|node| node.has_tag_name_local(name))?.text()
    }

    fn texts_of(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.descendants().filter(move |node| node.has_tag_name_local(name)).filter_map(|node| node.text())
    }

    fn child_text(&self, name: &str) -> Option<String> {
        self.children().find(|node| node.has_tag_name_local(name))?.text().map(str::to_owned)
    }
}
