//! When waiting is over, and what is said then.

use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::cluster::node_groups::health::{self, Verdict};
use crate::cluster::observed::Issue;

fn ailing(status: &str, code: &str, message: &str, objects: &[&str]) -> LiveNodeGroup {
    let issue = Issue {
        code: code.to_owned(),
        message: message.to_owned(),
        objects: objects.iter().map(|one| (*one).to_owned()).collect(),
    };
    LiveNodeGroup { status: Status::new(status), issues: vec![issue], ..live().node_groups["default"].clone() }
}

fn told(verdict: Verdict) -> String {
    match verdict {
        Verdict::Ready => "ready".to_owned(),
        Verdict::Waiting(words) => format!("waiting: {words}"),
        Verdict::Failed(error) => {
            error.diagnostics("cluster prod: node group default did not become active").to_string()
        }
    }
}

#[test]
fn nodes_that_do_not_join_are_told_at_once_when_eks_gave_up() {
    let live = ailing(
        "CREATE_FAILED",
        "NodeCreationFailure",
        "Instances failed to join the kubernetes cluster",
        &["i-0426b330f655baeaa", "i-078f09753c3d58d55"],
    );
    expect![[r#"
        error: cluster prod: node group default did not become active: EKS could not make it: NodeCreationFailure
          EKS says:
            NodeCreationFailure: Instances failed to join the kubernetes cluster (i-0426b330f655baeaa, i-078f09753c3d58d55)

          The instances started and did not join. Can they reach the cluster? Subnets of nodes need a route to a NAT gateway (or VPC endpoints for eks, ec2, ecr.api, ecr.dkr, sts and a gateway for s3), and the VPC needs enableDnsHostnames and enableDnsSupport. Does the nodes' role have its policies (AmazonEKSWorkerNodePolicy, AmazonEC2ContainerRegistryPullOnly), and does the add-on vpc-cni run? What a launch template says (image, user data, security groups) can keep them away too.

          The next apply deletes what failed and makes it again.
    "#]].assert_eq(&told(health::of_new(&live, Duration::ZERO)));
}

#[test]
fn instances_that_do_not_start_are_told_long_before_eks_gives_up() {
    let text = "Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 32 allows";
    let live = ailing("CREATING", "AsgInstanceLaunchFailures", text, &["eks-default-1"]);
    expect!["waiting: status CREATING, AsgInstanceLaunchFailures: Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 32 allows (eks-default-1)"].assert_eq(&told(health::of_new(&live, Duration::from_secs(119))));
    expect![[r#"
        error: cluster prod: node group default did not become active: EKS does not get it running: AsgInstanceLaunchFailures
          EKS says:
            AsgInstanceLaunchFailures: Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 32 allows (eks-default-1)

          The instances did not start. Is there quota for these instance types (Service Quotas, EC2), and does EC2 have them in these availability zones? More entries in instance_types, or subnets in other zones, give it more to choose from.

          EKS goes on trying for a while. The next apply waits for it again, or, if EKS has given up, makes it again.
    "#]].assert_eq(&told(health::of_new(&live, Duration::from_secs(120))));
}

#[test]
fn a_new_group_that_is_not_well_is_an_error() {
    let live =
        ailing("DEGRADED", "Ec2LaunchTemplateNotFound", "The launch template was not found", &["lt-0123456789abcdef0"]);
    expect![[r#"
        error: cluster prod: node group default did not become active: EKS made it, and it is not well: Ec2LaunchTemplateNotFound
          EKS says:
            Ec2LaunchTemplateNotFound: The launch template was not found (lt-0123456789abcdef0)

          Was the launch template, one of its versions or its image changed or deleted? Change launch_template.

          It exists, and the next apply goes on with it as it is.
    "#]]
    .assert_eq(&told(health::of_new(&live, Duration::ZERO)));
}

#[test]
fn a_change_of_a_group_that_is_not_well_is_made() {
    let live = ailing("DEGRADED", "PodEvictionFailure", "Reached max retries while trying to evict pods", &[]);
    assert_eq!(health::of_changed(&live), Verdict::Ready);
    let updating = LiveNodeGroup { status: Status::new("UPDATING"), issues: Vec::new(), ..live };
    expect!["waiting: status UPDATING"].assert_eq(&told(health::of_changed(&updating)));
}

#[test]
fn a_refresh_warns_of_what_is_not_well() {
    let mut observed = live();
    let live =
        ailing("DEGRADED", "PodEvictionFailure", "Reached max retries while trying to evict pods", &["ip-10-0-1-2"]);
    observed.node_groups.insert("default".to_owned(), live.clone());
    observed.node_groups.insert("other".to_owned(), LiveNodeGroup { tags: [].into(), ..live });
    expect![[r#"
        warning: cluster prod: node group default is DEGRADED: PodEvictionFailure
          EKS says:
            PodEvictionFailure: Reached max retries while trying to evict pods (ip-10-0-1-2)

          Pods could not leave the old nodes. Is there a PodDisruptionBudget that allows none to go, or no room for them elsewhere? `kubectl get pdb -A` shows budgets with ALLOWED DISRUPTIONS 0.

          No apply changes that. The warning goes when EKS says that it is well.
    "#]].assert_eq(&health::warnings("cluster prod", &observed, &place()).to_string());
}

#[test]
fn a_refresh_says_that_what_failed_is_made_again() {
    let mut observed = live();
    let live = ailing("CREATE_FAILED", "AsgInstanceLaunchFailures", "You have requested more vCPU", &["asg-1"]);
    observed.node_groups.insert("default".to_owned(), live);
    let said = health::warnings("cluster prod", &observed, &place()).to_string();
    assert!(said.contains("The next apply deletes what failed and makes it again."), "{said}");
    assert!(!said.contains("No apply changes that"), "{said}");
}
