//! From an operation to the function that decides it: reads the facts it needs, takes the lock, decides.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::addons::{self, catalog};
use crate::cloud::{LaunchTemplate, Subnet};
use crate::clusters::{self, config, encryption};
use crate::effects::Effect;
use crate::eks::Inner;
use crate::error::ApiError;
use crate::node_groups::{self, change};
use crate::router::Operation;
use crate::state::{ClusterState, Context, Region};
use crate::{access, insights, pod_identity, tags, updates, versions};

type Decision = Result<(Value, Vec<Effect>), ApiError>;

/// The input as the operation's type. The model has checked it before, so a failure is a gap between the two.
fn read<T: DeserializeOwned>(input: Value) -> Result<T, ApiError> {
    serde_json::from_value(input).map_err(|error| ApiError::new("SerializationException", error.to_string()))
}

/// The cluster of a request: some operations call its name `name`, others `clusterName`.
fn named(input: &Value) -> &str {
    input["clusterName"].as_str().or_else(|| input["name"].as_str()).unwrap_or_default()
}

fn quiet(answer: Result<Value, ApiError>) -> Decision {
    answer.map(|answer| (answer, Vec::new()))
}

impl Inner {
    pub(crate) async fn dispatch(&self, context: &Context, operation: Operation, input: Value) -> Decision {
        use Operation as Op;
        match operation {
            Op::CreateCluster => self.create_cluster(context, read(input)?).await,
            Op::ListClusters => self.in_region(context, |region| quiet(clusters::list(region, &read(input)?))),
            Op::DescribeCluster => self.in_cluster(context, input, |cluster, _| quiet(Ok(clusters::describe(cluster)))),
            Op::DeleteCluster => self.in_cluster(context, input, |cluster, _| clusters::delete(cluster, context)),
            Op::UpdateClusterConfig => self.update_cluster_config(context, input).await,
            Op::UpdateClusterVersion => {
                let armed = self.insights(&context.place.account, named(&input));
                self.in_cluster(context, input, |cluster, input| {
                    versions::update(cluster, context, &read(input)?, &insights::blocking(&armed))
                })
            }
            Op::AssociateEncryptionConfig => {
                self.in_cluster(context, input, |cluster, input| encryption::associate(cluster, context, &read(input)?))
            }
            Op::ListInsights => {
                let armed = self.insights(&context.place.account, named(&input));
                self.in_cluster(context, input, |cluster, input| {
                    quiet(insights::list(cluster, context, &armed, &read(input)?))
                })
            }
            Op::DescribeInsight => {
                let armed = self.insights(&context.place.account, named(&input));
                self.in_cluster(context, input, |cluster, input| {
                    quiet(insights::describe(cluster, context, &armed, &read(input)?))
                })
            }
            Op::DescribeUpdate => {
                self.in_cluster(context, input, |cluster, input| quiet(updates::describe(cluster, read(input)?)))
            }
            Op::ListUpdates => {
                self.in_cluster(context, input, |cluster, input| quiet(updates::list(cluster, read(input)?)))
            }
            Op::DescribeClusterVersions => quiet(versions::describe(&read(input)?, context.now)),
            Op::TagResource => self.in_region(context, |region| quiet(tags::tag(region, &context.place, read(input)?))),
            Op::UntagResource => {
                self.in_region(context, |region| quiet(tags::untag(region, &context.place, &read(input)?)))
            }
            Op::ListTagsForResource => {
                self.in_region(context, |region| quiet(tags::list(region, &context.place, &read(input)?)))
            }
            Op::CreateNodegroup => self.create_nodegroup(context, input).await,
            Op::ListNodegroups => {
                self.in_cluster(context, input, |cluster, input| quiet(node_groups::list(cluster, &read(input)?)))
            }
            Op::DescribeNodegroup => {
                self.in_cluster(context, input, |cluster, input| quiet(node_groups::describe(cluster, &read(input)?)))
            }
            Op::DeleteNodegroup => {
                self.in_cluster(context, input, |cluster, input| node_groups::delete(cluster, context, &read(input)?))
            }
            Op::UpdateNodegroupConfig => {
                self.in_cluster(context, input, |cluster, input| change::config(cluster, context, read(input)?))
            }
            Op::UpdateNodegroupVersion => self.update_nodegroup_version(context, input).await,
            Op::DescribeAddonVersions => quiet(catalog::describe_versions(&read(input)?)),
            Op::DescribeAddonConfiguration => {
                quiet(catalog::describe_configuration(context.place.partition(), &read(input)?))
            }
            Op::CreateAddon => self.create_addon(context, input).await,
            Op::ListAddons => {
                self.in_cluster(context, input, |cluster, input| quiet(addons::list(cluster, &read(input)?)))
            }
            Op::DescribeAddon => {
                self.in_cluster(context, input, |cluster, input| quiet(addons::describe(cluster, &read(input)?)))
            }
            Op::UpdateAddon => self.update_addon(context, input).await,
            Op::DeleteAddon => {
                self.in_cluster(context, input, |cluster, input| addons::delete(cluster, context, &read(input)?))
            }
            Op::ListAccessPolicies => quiet(access::policies::list(context.place.partition(), &read(input)?)),
            Op::CreateAccessEntry => self.create_access_entry(context, input).await,
            Op::ListAccessEntries => {
                self.in_cluster(context, input, |cluster, input| quiet(access::list(cluster, &read(input)?)))
            }
            Op::DescribeAccessEntry => {
                self.in_cluster(context, input, |cluster, input| quiet(access::describe(cluster, &read(input)?)))
            }
            Op::UpdateAccessEntry => {
                self.in_cluster(context, input, |cluster, input| access::update(cluster, context, read(input)?))
            }
            Op::DeleteAccessEntry => {
                self.in_cluster(context, input, |cluster, input| access::delete(cluster, context, &read(input)?))
            }
            Op::AssociateAccessPolicy => self.in_cluster(context, input, |cluster, input| {
                access::policies::associate(cluster, context, read(input)?)
            }),
            Op::ListAssociatedAccessPolicies => self.in_cluster(context, input, |cluster, input| {
                quiet(access::policies::associated(cluster, &read(input)?))
            }),
            Op::DisassociateAccessPolicy => self.in_cluster(context, input, |cluster, input| {
                access::policies::disassociate(cluster, context, &read(input)?)
            }),
            Op::CreatePodIdentityAssociation => self.create_association(context, input).await,
            Op::ListPodIdentityAssociations => {
                self.in_cluster(context, input, |cluster, input| quiet(pod_identity::list(cluster, &read(input)?)))
            }
            Op::DescribePodIdentityAssociation => {
                self.in_cluster(context, input, |cluster, input| quiet(pod_identity::describe(cluster, &read(input)?)))
            }
            Op::UpdatePodIdentityAssociation => self.update_association(context, input).await,
            Op::DeletePodIdentityAssociation => {
                self.in_cluster(context, input, |cluster, input| quiet(pod_identity::delete(cluster, &read(input)?)))
            }
        }
    }

    fn in_region(&self, context: &Context, decide: impl FnOnce(&mut Region) -> Decision) -> Decision {
        decide(self.state().region(&context.place))
    }

    /// Decides on a cluster that must exist.
    fn in_cluster(
        &self,
        context: &Context,
        input: Value,
        decide: impl FnOnce(&mut ClusterState, Value) -> Decision,
    ) -> Decision {
        let name = named(&input).to_owned();
        decide(self.state().region(&context.place).cluster(&name)?, input)
    }

    async fn create_cluster(&self, context: &Context, request: clusters::CreateCluster) -> Decision {
        let facts = clusters::Facts {
            role: self.role(&context.place, &request.role_arn).await,
            ..self.network(context, &request.resources_vpc_config).await
        };
        self.in_region(context, |region| clusters::create(region, context, request, &facts))
    }

    async fn update_cluster_config(&self, context: &Context, input: Value) -> Decision {
        let request: config::UpdateClusterConfig = read(input.clone())?;
        let facts = match &request.resources_vpc_config {
            Some(vpc) => {
                let present = self.subnets_of(context, named(&input)).await;
                clusters::Facts { present, ..self.network(context, vpc).await }
            }
            None => clusters::Facts::default(),
        };
        self.in_cluster(context, input, |cluster, _| config::update(cluster, context, &request, &facts))
    }

    /// The subnets of a cluster, as far as they still exist.
    async fn subnets_of(&self, context: &Context, cluster: &str) -> Vec<Subnet> {
        let place = &context.place;
        let ids = match self.state().region(place).cluster(cluster) {
            Ok(cluster) => cluster.cluster.resources_vpc_config.subnet_ids.clone(),
            Err(_) => Vec::new(),
        };
        self.iam.subnets(&place.account, &place.region, &ids).await
    }

    async fn network(&self, context: &Context, vpc: &clusters::VpcRequest) -> clusters::Facts {
        let place = &context.place;
        let subnets = vpc.subnet_ids.clone().unwrap_or_default();
        let groups = vpc.security_group_ids.clone().unwrap_or_default();
        clusters::Facts {
            role: None,
            present: Vec::new(),
            subnets: self.iam.subnets(&place.account, &place.region, &subnets).await,
            security_groups: self.iam.security_groups(&place.account, &place.region, &groups).await,
        }
    }

    async fn create_nodegroup(&self, context: &Context, input: Value) -> Decision {
        let request: node_groups::CreateNodegroup = read(input.clone())?;
        let place = &context.place;
        let facts = node_groups::Facts {
            role: self.role(place, &request.node_role).await,
            subnets: self.iam.subnets(&place.account, &place.region, &request.subnets).await,
            launch_template: self.launch_template(context, request.launch_template.as_ref()).await,
        };
        self.in_cluster(context, input, |cluster, _| node_groups::create(cluster, context, request, facts))
    }

    async fn update_nodegroup_version(&self, context: &Context, input: Value) -> Decision {
        let request: change::UpdateNodegroupVersion = read(input.clone())?;
        let template = self.launch_template(context, request.launch_template.as_ref()).await;
        self.in_cluster(context, input, |cluster, _| change::version(cluster, context, request, template))
    }

    async fn launch_template(
        &self,
        context: &Context,
        asked: Option<&node_groups::rules::TemplateRequest>,
    ) -> Option<LaunchTemplate> {
        let (id, place) = (asked?.id.as_ref()?, &context.place);
        self.iam.launch_template(&place.account, &place.region, id).await
    }

    async fn create_addon(&self, context: &Context, input: Value) -> Decision {
        let request: addons::CreateAddon = read(input.clone())?;
        let facts = self
            .add_on_roles(context, request.service_account_role_arn.as_deref(), &request.pod_identity_associations)
            .await;
        self.in_cluster(context, input, |cluster, _| addons::create(cluster, context, request, &facts))
    }

    async fn update_addon(&self, context: &Context, input: Value) -> Decision {
        let request: addons::UpdateAddon = read(input.clone())?;
        let identities = request.pod_identity_associations.as_deref().unwrap_or_default();
        let facts = self.add_on_roles(context, request.service_account_role_arn.as_deref(), identities).await;
        self.in_cluster(context, input, |cluster, _| addons::update(cluster, context, request, &facts))
    }

    async fn add_on_roles(
        &self,
        context: &Context,
        irsa: Option<&str>,
        identities: &[addons::Identity],
    ) -> addons::Facts {
        let mut facts = addons::Facts::default();
        if let Some(arn) = irsa {
            facts.service_account_role = self.role(&context.place, arn).await;
        }
        for identity in identities {
            facts.identity_roles.push(self.role(&context.place, &identity.role_arn).await);
        }
        facts
    }

    async fn create_access_entry(&self, context: &Context, input: Value) -> Decision {
        let request: access::CreateAccessEntry = read(input.clone())?;
        let known = self.known(&context.place, &request.principal_arn).await;
        self.in_cluster(context, input, |cluster, _| access::create(cluster, context, request, known))
    }

    async fn create_association(&self, context: &Context, input: Value) -> Decision {
        let request: pod_identity::CreatePodIdentityAssociation = read(input.clone())?;
        let role = self.role(&context.place, &request.role_arn).await;
        self.in_cluster(context, input, |cluster, _| {
            quiet(pod_identity::create(cluster, context, request, role.as_ref()))
        })
    }

    async fn update_association(&self, context: &Context, input: Value) -> Decision {
        let request: pod_identity::UpdatePodIdentityAssociation = read(input.clone())?;
        let role = match &request.role_arn {
            Some(arn) => self.role(&context.place, arn).await,
            None => None,
        };
        self.in_cluster(context, input, |cluster, _| {
            quiet(pod_identity::update(cluster, context, request, role.as_ref()))
        })
    }
}
