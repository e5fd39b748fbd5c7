//! What workloads and others left beside a cluster when it is destroyed: it is told, it goes or stays as the user chose, and a
//! destroy that is killed in between is finished by the next one.

use acceptance::configuration::{VARIABLES, cluster};
use acceptance::terraform::{Core, Workspace};
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::world::{Account, World};

/// `paas_cluster.main` with this `destroy` block.
fn configuration(destroy: Option<&str>) -> String {
    let block = cluster("prod");
    format!("{VARIABLES}{}", destroy.map_or(block.clone(), |destroy| block.set("destroy", destroy)))
}

fn applied(account: &Account, core: Core, destroy: Option<&str>) -> anyhow::Result<Workspace> {
    let workspace = account.workspace(core)?;
    workspace.main(&configuration(destroy))?;
    workspace.init()?;
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    Ok(workspace)
}

/// Changes the block in place, which touches nothing in AWS.
fn choose(account: &Account, workspace: &Workspace, destroy: Option<&str>) -> anyhow::Result<()> {
    let before = account.mutating()?.len();
    workspace.main(&configuration(destroy))?;
    let planned = workspace.planned_actions(&[])?;
    ensure!(planned == ["paas_cluster.main: update"], "{planned:?}");
    workspace.apply(&[])?.succeeded()?;
    workspace.plan_is_empty(&[])?;
    ensure!(account.mutating()?.len() == before, "a choice for later touched something");
    Ok(())
}

/// What controllers and people leave in the VPC of `prod`.
struct Remains<'a> {
    account: &'a Account<'a>,
    vpc: String,
    subnets: Vec<String>,
}

impl<'a> Remains<'a> {
    fn of(account: &'a Account<'a>) -> anyhow::Result<Remains<'a>> {
        let config = &account.describe_cluster("prod")?["resourcesVpcConfig"];
        let vpc = config["vpcId"].as_str().context("the cluster has no VPC")?.to_owned();
        let subnets = config["subnetIds"].as_array().into_iter().flatten().filter_map(Json::as_str);
        Ok(Remains { account, vpc, subnets: subnets.map(str::to_owned).collect() })
    }

    fn aws(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        self.account.aws(arguments)
    }

    fn balancer(&self, name: &str, tag: &str) -> anyhow::Result<()> {
        let mut arguments = vec!["elbv2", "create-load-balancer", "--name", name, "--tags", tag, "--subnets"];
        arguments.extend(self.subnets.iter().map(String::as_str));
        self.aws(&arguments).map(drop)
    }

    fn classic(&self, name: &str, tag: &str) -> anyhow::Result<()> {
        let listener = "Protocol=TCP,LoadBalancerPort=80,InstanceProtocol=TCP,InstancePort=30080";
        let mut arguments = vec!["elb", "create-load-balancer", "--load-balancer-name", name];
        arguments.extend(["--listeners", listener, "--tags", tag, "--subnets"]);
        arguments.extend(self.subnets.iter().map(String::as_str));
        self.aws(&arguments).map(drop)
    }

    fn target_group(&self, name: &str, tag: &str) -> anyhow::Result<()> {
        let place = ["--protocol", "HTTP", "--port", "80", "--vpc-id", &self.vpc, "--target-type", "ip"];
        let mut arguments = vec!["elbv2", "create-target-group", "--name", name, "--tags", tag];
        arguments.extend(place);
        self.aws(&arguments).map(drop)
    }

    fn security_group(&self, name: &str, tag: Option<&str>) -> anyhow::Result<String> {
        let tags = tag.map(|tag| format!("ResourceType=security-group,Tags=[{{{tag}}}]"));
        let mut arguments = vec!["ec2", "create-security-group", "--group-name", name, "--description", "a test's"];
        arguments.extend(["--vpc-id", &self.vpc]);
        arguments.extend(tags.iter().flat_map(|tags| ["--tag-specifications", tags.as_str()]));
        text(&self.aws(&arguments)?, "GroupId")
    }

    fn volume(&self, tags: &str) -> anyhow::Result<String> {
        let tags = format!("ResourceType=volume,Tags=[{tags}]");
        let zone = ["--availability-zone", "eu-west-1a", "--size", "8"];
        let mut arguments = vec!["ec2", "create-volume", "--tag-specifications", &tags];
        arguments.extend(zone);
        text(&self.aws(&arguments)?, "VolumeId")
    }

    fn interface(&self, tag: &str) -> anyhow::Result<String> {
        let tags = format!("ResourceType=network-interface,Tags=[{{{tag}}}]");
        let arguments =
            ["ec2", "create-network-interface", "--subnet-id", &self.subnets[0], "--tag-specifications", &tags];
        text(&self.aws(&arguments)?["NetworkInterface"], "NetworkInterfaceId")
    }

    /// One of everything that belongs to `prod`; answers its volume.
    fn all(&self) -> anyhow::Result<String> {
        self.balancer("k8s-shop-web", "Key=elbv2.k8s.aws/cluster,Value=prod")?;
        self.classic("a1b2", "Key=kubernetes.io/cluster/prod,Value=owned")?;
        self.target_group("k8s-shop-web", "Key=elbv2.k8s.aws/cluster,Value=prod")?;
        let traffic = self.security_group("k8s-traffic-prod", Some("Key=elbv2.k8s.aws/cluster,Value=prod"))?;
        let nodes = self.security_group("prod-node", Some("Key=kubernetes.io/cluster/prod,Value=owned"))?;
        let rule = ["ec2", "authorize-security-group-ingress", "--group-id", &nodes, "--protocol", "tcp"];
        self.aws(&[&rule[..], &["--port", "30080", "--source-group", &traffic]].concat())?;
        self.interface("Key=cluster.k8s.amazonaws.com/name,Value=prod")?;
        let claim = "{Key=kubernetes.io/created-for/pvc/namespace,Value=shop},{Key=kubernetes.io/created-for/pvc/name,Value=data}";
        self.volume(&format!("{{Key=ebs.csi.aws.com/cluster-name,Value=prod}},{claim}"))
    }

    /// One of most things that belongs to somebody else.
    fn of_others(&self) -> anyhow::Result<()> {
        self.balancer("k8s-stage", "Key=elbv2.k8s.aws/cluster,Value=stage")?;
        self.classic("shared", "Key=kubernetes.io/cluster/prod,Value=shared")?;
        self.target_group("k8s-stage", "Key=elbv2.k8s.aws/cluster,Value=stage")?;
        self.security_group("k8s-traffic-stage", Some("Key=elbv2.k8s.aws/cluster,Value=stage"))?;
        self.interface("Key=cluster.k8s.amazonaws.com/name,Value=stage")?;
        self.volume("{Key=kubernetes.io/cluster/stage,Value=owned}")?;
        Ok(())
    }
}

fn text(answer: &Json, name: &str) -> anyhow::Result<String> {
    Ok(answer[name].as_str().with_context(|| format!("{answer} has no {name}"))?.to_owned())
}

/// The names of everything that is left beside clusters, whosever it is.
fn left(account: &Account) -> anyhow::Result<Vec<String>> {
    let lists: [(&[&str], &str, &str); 6] = [
        (&["elbv2", "describe-load-balancers"], "LoadBalancers", "LoadBalancerName"),
        (&["elb", "describe-load-balancers"], "LoadBalancerDescriptions", "LoadBalancerName"),
        (&["elbv2", "describe-target-groups"], "TargetGroups", "TargetGroupName"),
        (&["ec2", "describe-security-groups"], "SecurityGroups", "GroupName"),
        (&["ec2", "describe-volumes"], "Volumes", "VolumeId"),
        (&["ec2", "describe-network-interfaces"], "NetworkInterfaces", "NetworkInterfaceId"),
    ];
    let mut all = Vec::new();
    for (arguments, set, name) in lists {
        let answer = account.aws(arguments)?;
        let names = answer[set].as_array().into_iter().flatten().filter_map(|one| one[name].as_str());
        // Every VPC has one, and the stand-in for AWS makes one for classic load balancers.
        all.extend(names.filter(|name| !name.starts_with("default")).map(str::to_owned));
    }
    Ok(all)
}

/// Less the security group of the cluster, which goes with it.
fn of_others(all: Vec<String>) -> Vec<String> {
    all.into_iter().filter(|name| !name.starts_with("eks-cluster-sg-prod-")).collect()
}

/// Something still holds what is to be deleted, for two tries.
fn lingers(account: &Account, service: &str, operation: &str, code: &str) -> anyhow::Result<()> {
    let refusal = json!({ "status": { "http": 400, "code": code, "message": "it has a dependent object" } });
    account.arm(&json!({ "match": { "service": service, "operation": operation }, "do": refusal, "times": 2 }))
}

/// Load balancers go and volumes stay, and both are told; what is another cluster's is not touched.
pub(crate) fn of_what_workloads_left(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = applied(&account, Core::Terraform, Some("{ delete_load_balancers = false }"))?;
    let remains = Remains::of(&account)?;
    remains.of_others()?;
    let before = left(&account)?;
    let volume = remains.all()?;

    let touched = account.mutating()?.len();
    workspace.destroy(&[])?.failed()?.says(&["k8s-shop-web", "a1b2", "destroy.delete_load_balancers"])?;
    ensure!(account.mutating()?.len() == touched, "a destroy that was refused touched something");

    choose(&account, &workspace, None)?;
    lingers(&account, "ec2", "DeleteSecurityGroup", "DependencyViolation")?;
    lingers(&account, "elasticloadbalancing", "DeleteTargetGroup", "ResourceInUse")?;
    workspace.destroy(&[])?.succeeded()?.says(&[
        "load balancers that its workloads had left were deleted",
        "k8s-shop-web",
        "a1b2",
        "volumes and logs of it are kept",
        &format!("{volume} (8 GiB, of claim shop/data)"),
    ])?;
    ensure!(account.faults().iter().all(|one| one.applied == 2), "nothing lingered: {:?}", account.faults());
    let mut expected = [of_others(before), vec![volume, "prod-node".to_owned()]].concat();
    let mut found = left(&account)?;
    expected.sort();
    found.sort();
    ensure!(found == expected, "expected {expected:?} and found {found:?}");
    ensure!(account.list_clusters()?.is_empty(), "the cluster is still there");
    Ok(())
}

/// Killed at every kind of deletion, one destroy after the other, with volumes that go too.
pub(crate) fn is_finished_after_a_kill(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = applied(&account, Core::OpenTofu, Some("{ delete_volumes = true }"))?;
    let before = left(&account)?;
    Remains::of(&account)?.all()?;
    let kills = [
        ("elasticloadbalancing", "DeleteLoadBalancer", "after"),
        ("eks", "DeleteCluster", "after"),
        ("ec2", "DeleteNetworkInterface", "before"),
        ("elasticloadbalancing", "DeleteTargetGroup", "after"),
        ("ec2", "RevokeSecurityGroupIngress", "after"),
        ("ec2", "DeleteVolume", "after"),
        ("ec2", "DeleteSecurityGroup", "after"),
        ("iam", "DeleteRole", "before"),
    ];
    for (service, operation, when) in kills {
        let what = format!("killed {when} {service}:{operation}");
        account.arm(
            &json!({ "match": { "service": service, "operation": operation, "nth": 1 }, "when": when, "do": "kill" }),
        )?;
        let run = workspace.destroy(&[])?;
        let struck = account.faults().iter().map(|one| one.applied).sum::<u64>();
        account.disarm();
        // Steps run side by side: an earlier kill may have let this one's call through.
        if struck == 0 {
            run.succeeded().context(what)?;
            break;
        }
        run.failed().context(what)?;
    }
    workspace.destroy(&[])?.succeeded()?;
    let expected = [of_others(before), vec!["prod-node".to_owned()]].concat();
    ensure!(left(&account)? == expected, "left: {:?}", left(&account)?);
    ensure!(account.list_clusters()?.is_empty(), "the cluster is still there");
    Ok(())
}

/// Instances that no node group has refuse a destroy, and run on where the user forces it.
pub(crate) fn of_nodes_of_others(world: &World) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = applied(&account, Core::Terraform, None)?;
    let tags = "ResourceType=instance,Tags=[{Key=kubernetes.io/cluster/prod,Value=owned},{Key=Name,Value=worker}]";
    let registered = ["ec2", "register-image", "--name", "node", "--root-device-name", "/dev/xvda"];
    let image = text(&account.aws(&registered)?, "ImageId")?;
    let made = account.aws(&[
        "ec2",
        "run-instances",
        "--image-id",
        &image,
        "--instance-type",
        "t3.micro",
        "--tag-specifications",
        tags,
    ])?;
    let instance = text(&made["Instances"][0], "InstanceId")?;
    let touched = account.mutating()?.len();
    workspace.destroy(&[])?.failed()?.says(&[&instance, "worker", "force_unmanaged_node_groups"])?;
    ensure!(account.mutating()?.len() == touched, "a destroy that was refused touched something");

    choose(&account, &workspace, Some("{ force_unmanaged_node_groups = true }"))?;
    workspace.destroy(&[])?.succeeded()?.says(&["instances and logs of it are kept", &instance])?;
    account.aws(&["ec2", "terminate-instances", "--instance-ids", &instance])?;
    account.left_nothing()
}
