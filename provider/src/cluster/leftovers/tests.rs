//! What a destroy does with what it finds beside the cluster, and what it says.

use expect_test::{Expect, expect};

use super::*;
use crate::cluster::model::Cluster;
use crate::cluster::samples::numbered;

fn tagged(key: &str, text: &str) -> Tags {
    Tags::from([(key.to_owned(), text.to_owned())])
}

fn choices(destroy: Destroy) -> Choices {
    Choices::of(&Cluster { destroy: Attr::Known(destroy), ..Cluster::default() })
}

fn defaults() -> Choices {
    choices(Destroy::default())
}

fn balancer(name: &str, generation: Generation) -> Balancer {
    Balancer { generation, id: format!("arn:{name}"), name: name.to_owned(), address: format!("{name}.example") }
}

fn named(name: &str) -> Named {
    Named { id: format!("id-{name}"), name: name.to_owned() }
}

fn before() -> Before {
    Before {
        balancers: vec![balancer("k8s-shop-web", Generation::Current), balancer("a1", Generation::Classic)],
        instances: vec![Instance { id: "i-1".to_owned(), name: "worker".to_owned() }],
    }
}

fn after() -> After {
    After {
        balancers: vec![balancer("k8s-late", Generation::Current)],
        target_groups: vec![named("k8s-shop-web")],
        security_groups: vec![named("k8s-traffic-prod")],
        rules: vec![Rules { group: "sg-nodes".to_owned(), ids: vec!["sgr-1".to_owned(), "sgr-2".to_owned()] }],
        interfaces: vec!["eni-1".to_owned()],
        volumes: vec![
            Volume { id: "vol-1".to_owned(), gib: "20".to_owned(), claim: "shop/data".to_owned() },
            Volume { id: "vol-2".to_owned(), gib: "8".to_owned(), claim: String::new() },
        ],
        log_group: Some("/aws/eks/prod/cluster".to_owned()),
    }
}

fn check(stages: &[Stage<Step>], expected: Expect) {
    expected.assert_eq(&numbered(stages));
}

#[test]
fn what_controllers_tag_for_the_cluster_is_its_own() {
    for (key, text) in [
        ("kubernetes.io/cluster/prod", "owned"),
        ("elbv2.k8s.aws/cluster", "prod"),
        ("eks:eks-cluster-name", "prod"),
        ("ebs.csi.aws.com/cluster-name", "prod"),
    ] {
        assert!(belongs("prod", &tagged(key, text)), "{key}");
        assert!(!belongs("stage", &tagged(key, text)), "{key}");
    }
    assert!(!belongs("prod", &tagged("kubernetes.io/cluster/prod", "shared")), "others use it too");
    assert!(!belongs("prod", &tagged("ebs.csi.aws.com/cluster", "true")), "of some cluster");
    assert!(is_balancers_group("k8s-traffic-prod-1") && !is_balancers_group("prod-node"));
    assert!(is_managed(&tagged("eks:nodegroup-name", "default")) && !is_managed(&tagged("Name", "worker")));
}

#[test]
fn load_balancers_go_first_and_security_groups_after_what_uses_them() {
    check(
        &leftovers_first(defaults()),
        expect![[r#"
            1. delete load balancer k8s-shop-web
            1. delete load balancer a1
        "#]],
    );
    check(
        &last(&after(), defaults()),
        expect![[r#"
            1. delete load balancer k8s-late
            2. delete network interface eni-1
            2. delete target group k8s-shop-web
            2. delete rule sgr-1, sgr-2 of security group sg-nodes
            3. delete security group k8s-traffic-prod (id-k8s-traffic-prod)
        "#]],
    );
}

fn leftovers_first(choices: Choices) -> Vec<Stage<Step>> {
    first(&before(), &["theirs".to_owned()], choices)
}

#[test]
fn volumes_go_only_where_that_was_asked_for() {
    let choices = choices(Destroy { delete_volumes: true.into(), ..Destroy::default() });
    let after = After { volumes: after().volumes, ..After::default() };
    check(
        &last(&after, choices),
        expect![[r#"
            2. delete volume vol-1
            2. delete volume vol-2
        "#]],
    );
    assert!(kept("cluster prod", &Before::default(), &after, choices).is_empty());
}

#[test]
fn load_balancers_that_are_not_to_go_refuse_the_destroy() {
    let choices = choices(Destroy { delete_load_balancers: false.into(), ..Destroy::default() });
    let before = Before { balancers: before().balancers, ..Before::default() };
    let refused = refused(&before, &[], choices).expect("it is refused");
    expect![[r#"
        error: cluster prod was not deleted: workloads on it have load balancers: k8s-shop-web, a1
            - k8s-shop-web (k8s-shop-web.example)
            - a1 (a1.example)

          Nothing was deleted, because `destroy.delete_load_balancers` is false. Delete the Services of type LoadBalancer and the Ingresses, then destroy again.
    "#]]
    .assert_eq(&refused.diagnostics("cluster prod was not deleted").to_string());
    assert_eq!(super::refused(&before, &[], defaults()), None);
    check(
        &last(&after(), choices),
        expect![[r#"
            2. delete network interface eni-1
        "#]],
    );
}

#[test]
fn nodes_of_others_refuse_the_destroy() {
    let by_instance = refused(&before(), &[], defaults()).expect("it is refused");
    expect![[r#"
        error: cluster prod was not deleted: it has nodes that no managed node group has: i-1
            - i-1 (worker)

          Nothing was deleted. They are tagged as nodes of this cluster, and without it they would run on for nobody. Delete their Auto Scaling groups, or the node pools of Karpenter, then destroy again. Or set `destroy = { force_unmanaged_node_groups = true }` and apply that: a destroy then leaves them running.
    "#]]
    .assert_eq(&by_instance.diagnostics("cluster prod was not deleted").to_string());
    let by_group = refused(&Before::default(), &["theirs".to_owned()], defaults()).expect("it is refused");
    expect![[r#"
        error: cluster prod was not deleted: it has node groups that this resource does not manage: theirs
          Nothing was deleted. Delete them first where they are managed, then destroy again. Or set `destroy = { force_unmanaged_node_groups = true }` and apply that: a destroy then deletes them too.
    "#]]
    .assert_eq(&by_group.diagnostics("cluster prod was not deleted").to_string());
}

#[test]
fn with_force_node_groups_of_others_go_too() {
    let choices = choices(Destroy { force_unmanaged_node_groups: true.into(), ..Destroy::default() });
    assert_eq!(refused(&before(), &["theirs".to_owned()], choices), None);
    check(
        &leftovers_first(choices),
        expect![[r#"
            1. delete load balancer k8s-shop-web
            1. delete load balancer a1
            2. delete node group theirs
        "#]],
    );
}

#[test]
fn what_went_and_what_stays_is_told() {
    let mut said = deleted("cluster prod", &before(), &after(), defaults());
    said.extend(kept("cluster prod", &Before::default(), &after(), defaults()));
    expect![[r#"
        warning: cluster prod: load balancers that its workloads had left were deleted
            - k8s-shop-web (k8s-shop-web.example)
            - a1 (a1.example)
            - k8s-late (k8s-late.example)

          Their target groups and security groups went with them. With `destroy = { delete_load_balancers = false }` a destroy that finds any is refused.
        warning: cluster prod is deleted, and volumes and logs of it are kept
          Volumes of PersistentVolumeClaims, with what is on them (`destroy.delete_volumes` is false):
            - vol-1 (20 GiB, of claim shop/data)
            - vol-2 (8 GiB)
          `aws ec2 delete-volume --volume-id ID` deletes one.

          Logs of the control plane (`logging.delete_on_destroy` is false), for as long as log group /aws/eks/prod/cluster keeps them. `aws logs delete-log-group --log-group-name /aws/eks/prod/cluster` deletes them.
    "#]]
    .assert_eq(&said.to_string());
    let choices = choices(Destroy {
        delete_load_balancers: false.into(),
        delete_volumes: true.into(),
        force_unmanaged_node_groups: true.into(),
    });
    assert!(deleted("cluster prod", &before(), &after(), choices).is_empty());
    expect![[r#"
        warning: cluster prod is deleted, and load balancers and instances and logs of it are kept
          Load balancers (`destroy.delete_load_balancers` is false):
            - k8s-late (k8s-late.example)

          Nodes that no managed node group had, which keep running (`destroy.force_unmanaged_node_groups` is true):
            - i-1 (worker)

          Logs of the control plane (`logging.delete_on_destroy` is false), for as long as log group /aws/eks/prod/cluster keeps them. `aws logs delete-log-group --log-group-name /aws/eks/prod/cluster` deletes them.
    "#]]
    .assert_eq(&kept("cluster prod", &before(), &after(), choices).to_string());
}

#[test]
fn a_cluster_without_leftovers_has_nothing_to_say() {
    let (before, after) = (Before::default(), After::default());
    assert_eq!(refused(&before, &[], defaults()), None);
    assert!(deleted("cluster prod", &before, &after, defaults()).is_empty());
    assert!(kept("cluster prod", &before, &after, defaults()).is_empty());
}
