//! What a user may write, and how it is told what is wrong.

use expect_test::expect;
use tfplugin_framework::model::Model as _;
use tfplugin_framework::schema::{Attribute, AttributeType};
use tfplugin_framework::testing;

use super::*;
use crate::cloud::Cloud;
use crate::cluster::PaasCluster;
use crate::cluster::access::Access;
use crate::cluster::iam::Iam;
use crate::cluster::node_groups::NodeGroup;
use crate::cluster::pod_identities::PodIdentity;
use crate::cluster::samples::config;

fn said(config: &Cluster) -> String {
    testing::validate(&PaasCluster::new(Cloud::new()), config).to_string()
}

/// One line for each of these texts in one attribute.
fn all_said(texts: &[&str], with: impl Fn(&str) -> Cluster) -> String {
    texts.iter().map(|text| said(&with(text))).collect()
}

fn with_admin(principal: &str) -> Cluster {
    let access = Access { admins: list_of([principal]), ..Access::default() };
    Cluster { access: Attr::Known(access), ..config() }
}

fn with_range(range: &str) -> Cluster {
    let endpoint = Endpoint { public_cidrs: list_of([range]), ..Endpoint::default() };
    Cluster { endpoint: Attr::Known(endpoint), ..config() }
}

fn with_type(instance_type: &str) -> Cluster {
    let group = NodeGroup { instance_types: list_of([instance_type]), ..NodeGroup::default() };
    Cluster { node_groups: Attr::Known([("web".to_owned(), Attr::Known(group))].into()), ..config() }
}

#[test]
fn the_least_is_enough() {
    assert_eq!(said(&config()), "");
}

#[test]
fn names() {
    let bad = ["", "-prod", "../prod", "pro d", "prod\n", &"a".repeat(101), &"x".repeat(1 << 20)];
    let with = |name: &str| Cluster { name: name.into(), ..config() };
    expect![[r#"
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not ""
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "-prod"
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "../prod"
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "pro d"
        error at name: name has a line break at byte 4
          Control characters are not allowed here. Text from a file or command often ends with a line break: use trimspace().
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "prod\n"
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"… (101 bytes)
        error at name: name is 1048576 bytes long
          Texts must be shorter than 1048576 bytes.
        error at name: name must be 1 to 100 letters, digits, - and _, with a letter or digit first, not "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"… (1048576 bytes)
    "#]].assert_eq(&all_said(&bad, with));
    assert_eq!(all_said(&["a", "Prod_1-x", &"a".repeat(100)], with), "");
}

#[test]
fn subnets() {
    let with = |ids: &[&str]| said(&Cluster { subnet_ids: list_of(ids.iter().copied()), ..config() });
    expect![[r#"
        error at subnet_ids: subnet_ids must have at least 2 elements, not 1
    "#]]
    .assert_eq(&with(&["subnet-0000000000000000a"]));
    expect![[r#"
        error at subnet_ids: subnet_ids has "subnet-0000000000000000a" twice
    "#]]
    .assert_eq(&with(&["subnet-0000000000000000a", "subnet-0000000000000000a"]));
    expect![[r#"
        error at subnet_ids: subnet_ids has an element that is wrong: number 2 must be the id of a subnet, such as "subnet-0123456789abcdef0", not "../subnet"
    "#]].assert_eq(&with(&["subnet-0000000000000000a", "../subnet"]));
}

#[test]
fn regions_and_versions() {
    let region = |region: &str| Cluster { region: region.into(), ..config() };
    expect![[r#"
        error at region: region must be the name of a region, such as "eu-west-1", not "europe"
        error at region: region must be the name of a region, such as "eu-west-1", not "eu-west-1/.."
        error at region: region must be the name of a region, such as "eu-west-1", not "EU-WEST-1"
    "#]]
    .assert_eq(&all_said(&["europe", "eu-west-1/..", "EU-WEST-1"], region));
    assert_eq!(all_said(&["eu-west-1", "us-gov-east-1", "cn-north-1"], region), "");
    let version = |version: &str| Cluster { kubernetes_version: version.into(), ..config() };
    expect![[r#"
        error at kubernetes_version: kubernetes_version is 1.3, which EKS does not have. A version written as a number loses its last zero: write "1.30" with quotes
        error at kubernetes_version: kubernetes_version must be a minor version of Kubernetes, such as "1.35", not "1.35.2"
        error at kubernetes_version: kubernetes_version must be a minor version of Kubernetes, such as "1.35", not "v1.35"
        error at kubernetes_version: kubernetes_version must be a minor version of Kubernetes, such as "1.35", not "latest"
    "#]].assert_eq(&all_said(&["1.3", "1.35.2", "v1.35", "latest"], version));
    assert_eq!(all_said(&["1.30", "1.35"], version), "");
}

#[test]
fn principals() {
    let bad = [
        "platform",
        "arn:aws:sts::111122223333:assumed-role/platform/jane",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::1111:role/x",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:role/../x",
    ];
    expect![[r#"
        error at access.admins: access.admins has an element that is wrong: number 1 must be the ARN of an IAM role or user, not "platform"
        error at access.admins: access.admins has an element that is wrong: number 1 is the ARN of a session, "arn:aws:sts::111122223333:assumed-role/platform/jane". Write the role's: "arn:aws:iam::111122223333:role/platform", with its path if it has one
        error at access.admins: access.admins has an element that is wrong: number 1 must be the ARN of an IAM role or user, such as "arn:aws:iam::111122223333:role/platform", not "arn:aws:iam::111122223333:root"
        error at access.admins: access.admins has an element that is wrong: number 1 must be the ARN of an IAM role or user, such as "arn:aws:iam::111122223333:role/platform", not "arn:aws:iam::1111:role/x"
        error at access.admins: access.admins has an element that is wrong: number 1 must be the ARN of an IAM role or user, such as "arn:aws:iam::111122223333:role/platform", not "arn:aws:iam::111122223333:role/*"
        error at access.admins: access.admins has an element that is wrong: number 1 must be the ARN of an IAM role or user, such as "arn:aws:iam::111122223333:role/platform", not "arn:aws:iam::111122223333:role/../x"
    "#]].assert_eq(&all_said(&bad, with_admin));
    let good = ["arn:aws:iam::111122223333:role/a/b/platform", "arn:aws-cn:iam::111122223333:user/jane@example.com"];
    assert_eq!(all_said(&good, with_admin), "");
}

#[test]
fn ranges_and_instance_types() {
    expect![[r#"
        error at endpoint.public_cidrs: endpoint.public_cidrs has an element that is wrong: number 1 must be a range of addresses, such as "203.0.113.0/24", not "203.0.113.0"
        error at endpoint.public_cidrs: endpoint.public_cidrs has an element that is wrong: number 1 must be a range of addresses, such as "203.0.113.0/24", not "203.0.113.0/33"
        error at endpoint.public_cidrs: endpoint.public_cidrs has an element that is wrong: number 1 must be a range of addresses, such as "203.0.113.0/24", not "203.0.113.0/+8"
        error at endpoint.public_cidrs: endpoint.public_cidrs has an element that is wrong: number 1 must be a range of addresses, such as "203.0.113.0/24", not "any"
    "#]].assert_eq(&all_said(&["203.0.113.0", "203.0.113.0/33", "203.0.113.0/+8", "any"], with_range));
    assert_eq!(all_said(&["203.0.113.7/32", "2001:db8::/32"], with_range), "");
    expect![[r#"
        error at node_groups["web"].instance_types: node_groups["web"].instance_types has an element that is wrong: number 1 must be an EC2 instance type, such as "m7i-flex.large", not "large"
        error at node_groups["web"].instance_types: node_groups["web"].instance_types has an element that is wrong: number 1 must be an EC2 instance type, such as "m7i-flex.large", not "M5.large"
        error at node_groups["web"].instance_types: node_groups["web"].instance_types has an element that is wrong: number 1 must be an EC2 instance type, such as "m7i-flex.large", not "m5.lar ge"
    "#]].assert_eq(&all_said(&["large", "M5.large", "m5.lar ge"], with_type));
    assert_eq!(all_said(&["m7i-flex.large", "u-12tb1.112xlarge"], with_type), "");
}

#[test]
fn tags() {
    let tag = |key: &str, text: &str| said(&Cluster { tags: map_of([(key.to_owned(), text.to_owned())]), ..config() });
    let said = [
        tag("", "x"),
        tag("AWS:x", "x"),
        tag("terraform-paas.github.io/claim", "x"),
        tag("terraform-paas.github.io/cluster", "x"),
        tag("team;", "x"),
        tag("team", &"x".repeat(257)),
        tag("team", "a\u{7}b"),
    ];
    expect![[r#"
        error at tags: tags has a key that is wrong: it must have 1 to 128 letters, digits, spaces and _ . : / = + - @, not ""
        error at tags: tags has a key that is wrong: it must not begin with "aws:", which is reserved, as "AWS:x" does
        error at tags: tags has a key that is wrong: it is "terraform-paas.github.io/claim", by which this provider knows what it made
        error at tags: tags has a key that is wrong: it is "terraform-paas.github.io/cluster", by which this provider knows what it made
        error at tags: tags has a key that is wrong: it must have 1 to 128 letters, digits, spaces and _ . : / = + - @, not "team;"
        error at tags: tags has an element that is wrong: "team" must have at most 256 letters, digits, spaces and _ . : / = + - @, not "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"… (257 bytes)
        error at tags["team"]: tags["team"] has the control character U+0007 at byte 1
          Control characters are not allowed here. Text from a file or command often ends with a line break: use trimspace().
        error at tags: tags has an element that is wrong: "team" must have at most 256 letters, digits, spaces and _ . : / = + - @, not "a\u{7}b"
    "#]].assert_eq(&said.concat());
    assert_eq!(tag("cost-center/1", "Zürich @ 42"), "");
}

#[test]
fn spellings_of_networks() {
    let canonical = ["10.1.2.3/8", "10.1.2.3/0", "10.1.2.3/32", "2001:db8:ffff::1/32", "::1/0"].map(checks::network);
    assert_eq!(
        canonical.map(Option::unwrap_or_default),
        ["10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "2001:db8::/32", "::/0"]
    );
}

#[test]
fn every_attribute_says_what_it_is() {
    fn wordless(attributes: &[Attribute], found: &mut Vec<&'static str>) {
        use tfplugin_framework::schema::AttributeType::{List, Map, Plain, Single};
        for one in attributes {
            if !one.doc.ends_with(['.', ')']) {
                found.push(one.name);
            }
            match &one.kind {
                Single(children) | List(children) | Map(children) => wordless(children, found),
                Plain(_) => {}
            }
        }
    }
    let mut found = Vec::new();
    wordless(&Cluster::attributes(), &mut found);
    assert_eq!(found, Vec::<&str>::new());
    // Core pays for every leaf that is present; of clusters a configuration has a few.
    assert!(Cluster::attributes().len() <= 50);
}

/// A value of an attribute in which everything that can be set is unknown.
fn unknown(one: &Attribute) -> Value {
    let object = |children: &[Attribute]| {
        let set = children.iter().filter(|child| child.behaviour.required || child.behaviour.optional);
        Value::Object(set.map(|child| (child.name.to_owned(), unknown(child))).collect())
    };
    match &one.kind {
        AttributeType::Plain(_) => Value::Unknown,
        AttributeType::Single(children) => object(children),
        AttributeType::List(children) => Value::List(vec![object(children)]),
        // What every kind of key may be.
        AttributeType::Map(children) => {
            let key = if one.name == "pod_identities" { "apps/x" } else { "x" };
            Value::Map([(key.to_owned(), object(children))].into())
        }
    }
}

/// A module whose variables are passed on, whatever they are: `terraform validate` knows none of them.
#[test]
fn what_is_unknown_is_passed_over() {
    let all = Cluster::attributes();
    let settable = all.iter().filter(|one| one.behaviour.required || one.behaviour.optional);
    let whole = Value::Object(settable.clone().map(|one| (one.name.to_owned(), unknown(one))).collect());
    let mut broken = vec![said(&Cluster::read(&whole).expect("a cluster"))];
    // One thing known beside what is not.
    let group = |group: NodeGroup| Cluster {
        node_groups: Attr::Known([("web".to_owned(), Attr::Known(group))].into()),
        ..config()
    };
    broken.push(said(&group(NodeGroup {
        disk_gib: 50.into(),
        launch_template: Attr::Unknown,
        ..NodeGroup::default()
    })));
    broken.push(said(&group(NodeGroup { os: "al2023".into(), ami_type: Attr::Unknown, ..NodeGroup::default() })));
    broken.push(said(&group(NodeGroup {
        max_unavailable: 1.into(),
        max_unavailable_percentage: Attr::Unknown,
        ..NodeGroup::default()
    })));
    let policies = list_of(["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]);
    let iam = Iam { node_role_arn: Attr::Unknown, node_policies: policies.clone(), ..Iam::default() };
    broken.push(said(&Cluster { iam: Attr::Known(iam), ..config() }));
    for pods in [
        PodIdentity { policies: Attr::Unknown, ..PodIdentity::default() },
        PodIdentity { role_arn: Attr::Unknown, policies, ..PodIdentity::default() },
    ] {
        let all = [("apps/x".to_owned(), Attr::Known(pods))].into();
        broken.push(said(&Cluster { pod_identities: Attr::Known(all), ..config() }));
    }
    broken.retain(|text| !text.is_empty());
    assert_eq!(broken, Vec::<String>::new());
}
