//! What is done about pod identities, and what a user reads of it.

use expect_test::{Expect, expect};
use tfplugin_framework::testing;

use super::*;
use crate::cloud::Cloud;
use crate::cluster::PaasCluster;
use crate::cluster::addons::Releases;
use crate::cluster::iam::LiveRole;
use crate::cluster::model::list_of;
use crate::cluster::observed::Seen;
use crate::cluster::samples::{self, config, live, numbered, place, planned, releases, stored_of};
use crate::cluster::state::{Expected, imported, truth};
use crate::cluster::steps::{delete_stages, stages};
use crate::cluster::wanted::{self, Wanted};

const READ: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const QUEUE: &str = "arn:aws:iam::111122223333:policy/queue";
const MINE: &str = "arn:aws:iam::111122223333:role/mine";
const INLINE: &str =
    "{\"Statement\":[{\"Action\":\"s3:*\",\"Effect\":\"Allow\",\"Resource\":\"*\"}],\"Version\":\"2012-10-17\"}";

fn with<const N: usize>(all: [(&str, PodIdentity); N]) -> Cluster {
    let all = all.into_iter().map(|(key, entry)| (key.to_owned(), Attr::Known(entry))).collect();
    Cluster { pod_identities: Attr::Known(all), ..config() }
}

fn policies<const N: usize>(all: [&str; N]) -> PodIdentity {
    PodIdentity { policies: list_of(all), ..PodIdentity::default() }
}

fn inline() -> PodIdentity {
    PodIdentity { inline_policy: INLINE.into(), ..PodIdentity::default() }
}

fn mine() -> PodIdentity {
    PodIdentity { role_arn: MINE.into(), ..PodIdentity::default() }
}

fn association(key: &str, role_arn: &str, tags: &Tags) -> LiveAssociation {
    LiveAssociation {
        id: format!("a-{}", key.replace('/', "-")),
        arn: format!("arn:podidentityassociation/{key}"),
        role_arn: role_arn.to_owned(),
        owner: None,
        tags: tags.clone(),
    }
}

/// What exists after a create of `config`.
fn live_of(config: &Cluster) -> Observed {
    let (mut observed, place) = (live(), place());
    let tags = place.part_tags("");
    let wanted = super::wanted(&config.pod_identities, None);
    for role in roles(&wanted, &place, &tags) {
        let arn = format!("arn:aws:iam::111122223333:role{}{}", role.path, role.name);
        observed
            .roles
            .insert(role.name, LiveRole { arn, policies: role.policies, tags: role.tags, ..LiveRole::default() });
    }
    for (key, role) in &wanted {
        if let PodRole::Made { inline, .. } = role {
            observed.roles.get_mut(&place.role_name(&purpose(key))).expect("a role").inline = inline.clone();
        }
        observed.associations.insert(key.clone(), association(key, &role_arn(key, role, &place), &tags));
    }
    observed
}

fn check_from(before: &Cluster, observed: &Observed, after: &Cluster, expected: Expect) {
    let prior = stored_of(before, observed);
    let planned = Cluster { kubernetes_version: "1.35".into(), tags_all: prior.tags_all.clone(), ..after.clone() };
    let mark = wanted::mark(after, "eu-west-1", "", "claim-1");
    let wanted = Wanted { mark: mark.clone(), ..crate::cluster::samples::wanted(&planned, Some(&prior)) };
    let mut observed = observed.clone();
    observed.cluster.as_mut().expect("a cluster").tags = mark.finished().tags();
    expected.assert_eq(&numbered(&stages(&observed, &wanted, &Releases::new(), "1.35")));
}

fn check(before: &Cluster, after: &Cluster, expected: Expect) {
    check_from(before, &live_of(before), after, expected);
}

#[test]
fn a_role_is_made_and_given_to_the_pods() {
    let both = PodIdentity { inline_policy: INLINE.into(), ..policies([READ, QUEUE]) };
    check(
        &config(),
        &with([("apps/uploader", both), ("apps/reader", mine())]),
        expect![[r#"
        1. create role paas-prod-pod.apps.uploader-3f25c267 for pods.eks.amazonaws.com
        2. attach queue to paas-prod-pod.apps.uploader-3f25c267
        2. attach AmazonS3ReadOnlyAccess to paas-prod-pod.apps.uploader-3f25c267
        2. write the policy of paas-prod-pod.apps.uploader-3f25c267
        3. give pods of apps/reader role mine
        3. give pods of apps/uploader role paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
}

#[test]
fn what_is_there_is_left_alone() {
    let all = with([("apps/uploader", policies([READ])), ("apps/reader", mine()), ("apps/inline", inline())]);
    check(&all, &all, expect![[""]]);
    let spelled =
        PodIdentity { inline_policy: "{ \"Version\": \"2012-10-17\", \"Statement\": [{ \"Action\": \"s3:*\", \"Effect\": \"Allow\", \"Resource\": \"*\" }] }".into(), ..inline() };
    check(&with([("apps/inline", inline())]), &with([("apps/inline", spelled)]), expect![[""]]);
    // What others attach stays.
    let mut observed = live_of(&all);
    let name = place().role_name(&purpose("apps/uploader"));
    observed.roles.get_mut(&name).expect("a role").policies.insert(QUEUE.to_owned());
    check_from(&all, &observed, &all, expect![[""]]);
}

#[test]
fn policies_change_in_place() {
    let before = with([("apps/uploader", PodIdentity { inline_policy: INLINE.into(), ..policies([READ]) })]);
    check(
        &before,
        &with([("apps/uploader", policies([QUEUE]))]),
        expect![[r#"
        1. attach queue to paas-prod-pod.apps.uploader-3f25c267
        1. remove the policy of paas-prod-pod.apps.uploader-3f25c267
        1. detach AmazonS3ReadOnlyAccess from paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
    let other = PodIdentity { inline_policy: "{\"Version\":\"2012-10-17\"}".into(), ..policies([READ]) };
    check(
        &before,
        &with([("apps/uploader", other)]),
        expect![[r#"
        1. write the policy of paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
}

#[test]
fn from_a_role_that_was_made_to_ones_own_and_back() {
    let (made, own) = (with([("apps/uploader", policies([READ]))]), with([("apps/uploader", mine())]));
    check(
        &made,
        &own,
        expect![[r#"
        1. give pods of apps/uploader role mine
        2. delete role paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
    check(
        &own,
        &made,
        expect![[r#"
        1. create role paas-prod-pod.apps.uploader-3f25c267 for pods.eks.amazonaws.com
        2. attach AmazonS3ReadOnlyAccess to paas-prod-pod.apps.uploader-3f25c267
        3. give pods of apps/uploader role paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
}

#[test]
fn what_nobody_asks_for_any_more_goes_and_what_others_made_stays() {
    let before = with([("apps/uploader", policies([READ]))]);
    let mut observed = live_of(&before);
    let foreign = association("apps/theirs", MINE, &Tags::new());
    observed.associations.insert("apps/theirs".to_owned(), foreign.clone());
    let owned = LiveAssociation { owner: Some("arn:addon/prod/vpc-cni/1".to_owned()), ..foreign };
    observed.associations.insert("kube-system/aws-node".to_owned(), owned);
    check_from(
        &before,
        &observed,
        &config(),
        expect![[r#"
        1. take their role from pods of apps/uploader
        2. delete role paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
    // Killed between the association and the role.
    observed.associations.remove("apps/uploader");
    check_from(
        &config(),
        &observed,
        &config(),
        expect![[r#"
        1. delete role paas-prod-pod.apps.uploader-3f25c267
    "#]],
    );
}

#[test]
fn a_destroy_ends_with_the_roles() {
    let mut observed = live_of(&with([("apps/uploader", policies([READ]))]));
    observed.addons.clear();
    observed.node_groups.clear();
    observed.roles.retain(|name, _| name.contains("pod"));
    observed.cluster.as_mut().expect("a cluster").deletion_protection = false;
    expect![[r#"
        1. take their role from pods of apps/uploader
        2. delete the control plane
    "#]]
    .assert_eq(&numbered(&delete_stages(&observed, &place())));
}

#[test]
fn what_belongs_to_others_is_named() {
    let refused = |association: LiveAssociation| {
        let mut observed = live();
        observed.associations.insert("apps/uploader".to_owned(), association);
        let wanted = samples::wanted(&planned(&with([("apps/uploader", mine())])), None);
        let refused = super::check(&observed, &wanted, &Releases::new()).expect_err("it is not ours");
        refused.diagnostics("cluster prod was not changed").to_string()
    };
    let foreign = association("apps/uploader", "arn:aws:iam::111122223333:role/theirs", &Tags::new());
    expect![[r#"
        error: cluster prod was not changed: pod_identities["apps/uploader"]: the service account has a role already, somebody else has given it one
          It is association arn:podidentityassociation/apps/uploader, and a service account has one role. Nothing was done to it. Take the key out of pod_identities, or delete the association where it is managed, or with `aws eks delete-pod-identity-association --association-id a-apps-uploader` and the cluster's name.
    "#]].assert_eq(&refused(foreign.clone()));
    let owner = Some("arn:aws:eks:eu-west-1:111122223333:addon/prod/vpc-cni/1c".to_owned());
    expect![[r#"
        error: cluster prod was not changed: pod_identities["apps/uploader"]: the service account has a role already, add-on vpc-cni has given it one
          It is association arn:podidentityassociation/apps/uploader, and a service account has one role. Take the key out of pod_identities, and say in addons["vpc-cni"].role_arn which role it is to have.
    "#]].assert_eq(&refused(LiveAssociation { owner, ..foreign }));
}

#[test]
fn a_service_account_of_an_add_on_is_refused_before_that_is_there() {
    let wanted = samples::wanted(&planned(&with([("kube-system/aws-node", mine())])), None);
    let refused = super::check(&Observed::default(), &wanted, &releases(&["1.35"])).expect_err("it is the CNI's");
    expect![[r#"
        error: cluster prod was not created: pod_identities["kube-system/aws-node"]: add-on vpc-cni gives this service account a role
          Nothing was done. A service account has one role: take the key out of pod_identities, and say in addons["vpc-cni"].role_arn which role it is to have.
    "#]].assert_eq(&refused.diagnostics("cluster prod was not created").to_string());
}

/// The plan from the state after a refresh that found this.
async fn plan(before: &Cluster, observed: &Observed, after: &Cluster, expected: Expect) {
    let state = stored_of(before, &live_of(before));
    let prior = truth(&state, observed, &Expected::of_state(&state), &place());
    let plan = testing::plan(&PaasCluster::new(Cloud::new()), Some(&prior.into()), Some(after)).await;
    expected.assert_eq(&plan.to_string());
}

#[tokio::test]
async fn a_plan_says_which_role_pods_will_have() {
    let all = with([("apps/uploader", policies([READ])), ("apps/reader", mine()), ("apps/inline", inline())]);
    plan(&all, &live_of(&all), &all, expect![["no changes\n"]]).await;
    let after = with([("apps/uploader", policies([QUEUE])), ("apps/reader", inline()), ("apps/mailer", mine())]);
    plan(&all, &live_of(&all), &after, expect![[r#"
        update
          - pod_identities["apps/inline"] = {inline_policy = "{\"Statement\":[{\"Action\":\"s3:*\",\"Effect\":\"Allow\",\"Resource\":\"*\"}],\"Version\":\"2012-10-17\"}"}
          + pod_identities["apps/mailer"] = {role_arn = "arn:aws:iam::111122223333:role/mine"}
          + pod_identities["apps/reader"].inline_policy = "{\"Statement\":[{\"Action\":\"s3:*\",\"Effect\":\"Allow\",\"Resource\":\"*\"}],\"Version\":\"2012-10-17\"}"
          - pod_identities["apps/reader"].role_arn = "arn:aws:iam::111122223333:role/mine"
          ~ pod_identities["apps/uploader"].policies[0] = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" -> "arn:aws:iam::111122223333:policy/queue"
          - pod_identity_roles["apps/inline"] = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-pod.apps.inline-d90c75ff"
          + pod_identity_roles["apps/mailer"] = "arn:aws:iam::111122223333:role/mine"
          ~ pod_identity_roles["apps/reader"] = "arn:aws:iam::111122223333:role/mine" -> (known after apply)
    "#]]).await;
    plan(&all, &live_of(&all), &config(), expect![[r#"
        update
          - pod_identities = {apps/inline = {inline_policy = "{\"Statement\":[{\"Action\":\"s3:*\",\"Effect\":\"Allow\",\"Resource\":\"*\"}],\"Version\":\"2012-10-17\"}"}, apps/reader = {role_arn = "arn:aws:iam::111122223333:role/mine"}, apps/uploader = {policies = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}}
          - pod_identity_roles = {apps/inline = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-pod.apps.inline-d90c75ff", apps/reader = "arn:aws:iam::111122223333:role/mine", apps/uploader = "arn:aws:iam::111122223333:role/terraform-paas/eu-west-1/prod/paas-prod-pod.apps.uploader-3f25c267"}
    "#]]).await;
}

#[tokio::test]
async fn what_was_changed_elsewhere_is_put_back() {
    let all = with([
        ("apps/uploader", PodIdentity { inline_policy: INLINE.into(), ..policies([READ, QUEUE]) }),
        ("apps/reader", mine()),
        ("apps/lost", inline()),
        ("apps/other", inline()),
    ]);
    let mut observed = live_of(&all);
    let name = place().role_name(&purpose("apps/uploader"));
    let role = observed.roles.get_mut(&name).expect("a role");
    role.policies.remove(READ);
    role.inline = Some("{}".to_owned());
    observed.associations.get_mut("apps/reader").expect("reader").role_arn =
        "arn:aws:iam::111122223333:role/x".to_owned();
    observed.associations.get_mut("apps/other").expect("other").role_arn = MINE.to_owned();
    observed.associations.remove("apps/lost");
    plan(&all, &observed, &all, expect![[r#"
        update
          - pod_identities["apps/other"].role_arn = "arn:aws:iam::111122223333:role/mine"
          ~ pod_identities["apps/reader"].role_arn = "arn:aws:iam::111122223333:role/x" -> "arn:aws:iam::111122223333:role/mine"
          ~ pod_identities["apps/uploader"].inline_policy = "{}" -> "{\"Statement\":[{\"Action\":\"s3:*\",\"Effect\":\"Allow\",\"Resource\":\"*\"}],\"Version\":\"2012-10-17\"}"
          ~ pod_identities["apps/uploader"].policies = ["arn:aws:iam::111122223333:policy/queue"] -> ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::111122223333:policy/queue"]
          + pod_identity_roles["apps/lost"] = (known after apply)
          ~ pod_identity_roles["apps/other"] = "arn:aws:iam::111122223333:role/mine" -> (known after apply)
          ~ pod_identity_roles["apps/reader"] = "arn:aws:iam::111122223333:role/x" -> "arn:aws:iam::111122223333:role/mine"
    "#]]).await;
    let mut roleless = live_of(&all);
    roleless.roles.remove(&name);
    plan(
        &all,
        &roleless,
        &all,
        expect![[r#"
        update
          + pod_identity_roles["apps/uploader"] = (known after apply)
    "#]],
    )
    .await;
}

#[test]
fn import_writes_what_there_is() {
    let all = with([
        ("apps/uploader", PodIdentity { inline_policy: INLINE.into(), ..policies([QUEUE, READ]) }),
        ("apps/reader", mine()),
    ]);
    let state = imported(&live_of(&all), &place(), &Tags::new()).expect("a cluster");
    assert_eq!(state.pod_identities, all.pod_identities);
}

#[test]
fn an_entry_must_give_something_and_not_two_things() {
    let provider = PaasCluster::new(Cloud::new());
    let said = |config: &Cluster| testing::validate(&provider, config).to_string();
    let both = PodIdentity { role_arn: MINE.into(), ..policies([READ]) };
    expect![[r#"
        error at pod_identities["apps/nothing"]: pod_identities["apps/nothing"] gives its pods nothing
          Give `policies`, `inline_policy` or both, and a role is made; or `role_arn`, for a role of yours.
        error at pod_identities["apps/uploader"].role_arn: pod_identities["apps/uploader"] has both role_arn and policies
          `role_arn` is a role of yours, whose policies are yours too. Leave it out to have a role made, or leave `policies` and `inline_policy` out.
    "#]].assert_eq(&said(&with([("apps/uploader", both), ("apps/nothing", PodIdentity::default())])));
    let wrong = PodIdentity { inline_policy: "[]".into(), ..policies(["AmazonS3ReadOnlyAccess"]) };
    expect![[r#"
        error at pod_identities: pod_identities has a key that is wrong: it must be NAMESPACE/SERVICE_ACCOUNT, such as "apps/uploader", not "uploader"
        error at pod_identities["uploader"].policies: pod_identities["uploader"].policies has an element that is wrong: number 1 must be the ARN of an IAM policy, such as "arn:aws:iam::111122223333:policy/uploads", not "AmazonS3ReadOnlyAccess"
        error at pod_identities["uploader"].inline_policy: pod_identities["uploader"].inline_policy must be a JSON object: write jsonencode({ … })
    "#]].assert_eq(&said(&with([("uploader", wrong)])));
    let wrong = PodIdentity { role_arn: "arn:aws:iam::aws:role/x".into(), ..PodIdentity::default() };
    expect![[r#"
        error at pod_identities: pod_identities has a key that is wrong: it must be NAMESPACE/SERVICE_ACCOUNT, such as "apps/uploader", not "apps/Up"
        error at pod_identities["apps/Up"].role_arn: pod_identities["apps/Up"].role_arn must be the ARN of an IAM role, such as "arn:aws:iam::111122223333:role/uploader", not "arn:aws:iam::aws:role/x"
    "#]].assert_eq(&said(&with([("apps/Up", wrong)])));
}

#[test]
fn steps_are_taken_note_of() {
    let all = with([("apps/uploader", PodIdentity { inline_policy: INLINE.into(), ..policies([READ]) })]);
    let mut observed = live_of(&all);
    let role = place().role_name(&purpose("apps/uploader"));
    let fold = |observed: &mut Observed, step: PodStep, seen| observed.fold(&Step::Pod(step), seen);
    observed.fold(&Step::DropPolicy(role.clone()), Seen::Done);
    observed.fold(&Step::DetachPolicy { role: role.clone(), policy: READ.to_owned() }, Seen::Done);
    assert_eq!((&observed.roles[&role].inline, observed.roles[&role].policies.len()), (&None, 0));
    observed.fold(&Step::PutPolicy { role: role.clone(), document: INLINE.to_owned() }, Seen::Done);
    assert_eq!(observed.roles[&role].inline.as_deref(), Some(INLINE));
    let key = "apps/uploader".to_owned();
    fold(&mut observed, PodStep::Dissociate { key: key.clone(), id: "a-1".to_owned() }, Seen::Association(key, None));
    assert!(observed.associations.is_empty());
}

#[test]
fn purposes_are_told_apart() {
    assert_ne!(purpose("a-b/c"), purpose("a/b-c"));
    assert_ne!(purpose("a/b.c"), purpose("a-b/c"));
}
