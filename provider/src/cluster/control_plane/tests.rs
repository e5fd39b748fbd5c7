//! One test per setting of a control plane: which call changes it, and how the state shows it.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::blocks::{Auto, Encryption, Logging, Network, RemoteNetwork, Upgrade};
use super::settings::Settings;
use super::written::written;
use super::*;
use crate::cluster::model::{Cluster, Endpoint, list_of};
use crate::cluster::samples::{config, live, stored};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn control_plane() -> LiveCluster {
    live().cluster.expect("a cluster")
}

/// The changes from the cluster of the samples to this configuration, and back.
fn check(config: &Cluster, expected: Expect) {
    let default = control_plane();
    let wanted = Settings::of(config);
    let line = |step: Step| format!("{step}\n");
    let there: String = updates(&default, &wanted, "role").into_iter().map(line).collect();
    let changed = LiveCluster { settings: wanted, ..default.clone() };
    let off = auto_off(&changed, &default.settings);
    let back: String = updates(&changed, &default.settings, "role").into_iter().chain(off).map(line).collect();
    expected.assert_eq(&format!("{there}and back:\n{back}"));
    // What was written still says what is true, so it stays as it was written.
    assert_eq!(written(config, &changed), config.clone());
    // Where nothing was written, the state says what somebody made of it, in a form that leads there again.
    let drifted = written(&stored(), &changed);
    assert_eq!(Settings::of(&drifted), changed.settings, "{drifted:?}");
    assert_eq!(written(&drifted, &changed), drifted);
    // And a state that says it is put right by what is true.
    assert_eq!(Settings::of(&written(config, &default)).changes(&default.settings, "role"), []);
}

#[test]
fn the_endpoint() {
    let endpoint = Attr::Known(Endpoint { private: Attr::Null, public_cidrs: list_of(["203.0.113.0/24"]) });
    check(
        &Cluster { endpoint, ..config() },
        expect![[r#"
        set the endpoint to private, public for 203.0.113.0/24
        and back:
        set the endpoint to private
    "#]],
    );
}

#[test]
fn subnets_and_security_groups() {
    let subnet_ids = list_of(["subnet-0000000000000000a", "subnet-0000000000000000c"]);
    let security_group_ids = list_of(["sg-00000000000000001"]);
    check(
        &Cluster { subnet_ids, security_group_ids, ..config() },
        expect![[r#"
        set the subnets to subnet-0000000000000000a, subnet-0000000000000000c
        set the security groups to sg-00000000000000001
        and back:
        set the subnets to subnet-0000000000000000a, subnet-0000000000000000b
        set the security groups to none
    "#]],
    );
}

#[test]
fn logs() {
    let logging = Attr::Known(Logging { types: list_of(["scheduler", "audit"]), ..Logging::default() });
    check(
        &Cluster { logging, ..config() },
        expect![[r#"
        set the logs to audit, scheduler
        and back:
        set the logs to api, audit, authenticator
    "#]],
    );
    let logging = Attr::Known(Logging { types: list_of(Vec::<String>::new()), ..Logging::default() });
    check(
        &Cluster { logging, ..config() },
        expect![[r#"
        set the logs to none
        and back:
        set the logs to api, audit, authenticator
    "#]],
    );
}

#[test]
fn encryption_is_for_good() {
    let encryption = Attr::Known(Encryption { kms_key_arn: KEY.into() });
    let wanted = Settings::of(&Cluster { encryption, ..config() });
    let live = control_plane();
    let steps = updates(&live, &wanted, "role");
    expect!["encrypt Secrets with arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
        .assert_eq(&steps.iter().map(ToString::to_string).collect::<String>());
    let encrypted = LiveCluster { settings: wanted, ..live.clone() };
    assert_eq!(updates(&encrypted, &live.settings, "role"), []);
    assert_eq!(written(&stored(), &encrypted).encryption.known().map(|one| one.kms_key_arn.clone()), Some(KEY.into()));
}

#[test]
fn support_zonal_shift_and_tier() {
    let upgrade = Attr::Known(Upgrade { support_type: "EXTENDED".into(), ..Upgrade::default() });
    let config = Cluster { upgrade, zonal_shift: true.into(), control_plane_tier: "tier-xl".into(), ..config() };
    check(
        &config,
        expect![[r#"
        set the support to EXTENDED
        switch zonal shift on
        set the control plane tier to tier-xl
        and back:
        set the support to STANDARD
        switch zonal shift off
        set the control plane tier to standard
    "#]],
    );
}

#[test]
fn remote_networks() {
    let remote_network = Attr::Known(RemoteNetwork { node_cidrs: list_of(["10.200.1.0/16"]), pod_cidrs: Attr::Null });
    check(
        &Cluster { remote_network, ..config() },
        expect![[r#"
        set the remote networks to nodes 10.200.0.0/16, pods none
        and back:
        set the remote networks to nodes none, pods none
    "#]],
    );
}

#[test]
fn auto_mode() {
    check(
        &Cluster { mode: "auto".into(), ..config() },
        expect![[r#"
        switch Auto Mode on, node pools general-purpose, system
        and back:
        switch Auto Mode off
    "#]],
    );
    let auto = Attr::Known(Auto { node_pools: list_of(["system"]) });
    check(
        &Cluster { mode: "auto".into(), auto, ..config() },
        expect![[r#"
        switch Auto Mode on, node pools system
        and back:
        switch Auto Mode off
    "#]],
    );
}

#[test]
fn what_is_kept_for_life_is_a_reason_for_another_cluster() {
    let with_key = |key: Attr<String>| Attr::Known(Encryption { kms_key_arn: key });
    let network = |family: Option<&str>, range: Option<&str>| {
        let text = |one: Option<&str>| one.map(str::to_owned).into();
        Attr::Known(Network { ip_family: text(family), service_ipv4_cidr: text(range) })
    };
    let prior = Cluster { encryption: with_key(KEY.into()), ..stored() };
    let check = |state: Cluster, expected: &[&str]| {
        let reasons = replacement::reasons(&prior, &state);
        assert_eq!(reasons.iter().map(|one| one.attribute).collect::<Vec<_>>(), expected);
        let said = replacement::refused(&prior, &reasons);
        assert!(expected.iter().all(|name| said.iter().any(|one| one.summary.contains(name))));
    };
    check(prior.clone(), &[]);
    check(Cluster { network: network(Some("ipv4"), Some("10.100.0.0/16")), ..prior.clone() }, &[]);
    check(Cluster { network: network(Some("ipv6"), None), ..prior.clone() }, &["network.ip_family"]);
    check(Cluster { network: network(None, Some("10.64.0.0/16")), ..prior.clone() }, &["network.service_ipv4_cidr"]);
    check(Cluster { encryption: Attr::Null, ..prior.clone() }, &["encryption.kms_key_arn"]);
    check(Cluster { encryption: with_key(Attr::Unknown), ..prior.clone() }, &["encryption.kms_key_arn"]);
    check(Cluster { name: "other".into(), region: "us-east-1".into(), ..prior.clone() }, &["name", "region"]);
    // A cluster without a key gets one in place.
    assert_eq!(replacement::reasons(&stored(), &Cluster { encryption: with_key(KEY.into()), ..stored() }), []);
}
