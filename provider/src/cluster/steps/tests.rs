//! What an apply does, stage by stage.

use expect_test::{Expect, expect};
use tfplugin_framework::prelude::*;

use super::*;
use crate::cluster::model::{Cluster, Endpoint, list_of, map_of};
use crate::cluster::node_groups::NodeGroup;
use crate::cluster::samples::{CREATOR_ARN, config, live, place, planned, releases, stored, wanted};
use crate::cluster::status::Status;
use crate::cluster::wanted::Wanted;

fn shown(stages: &[Stage<Step>]) -> String {
    let stage = |(at, steps): (usize, &Stage<Step>)| {
        let steps: Vec<String> = steps.iter().map(|step| format!("{:>2} {step}\n", at + 1)).collect();
        steps.concat()
    };
    stages.iter().enumerate().map(stage).collect()
}

fn check(observed: &Observed, wanted: &Wanted, expected: Expect) {
    expected.assert_eq(&shown(&stages(observed, wanted, &releases(&["1.35"]), "1.35")));
}

/// An update of the finished cluster to this configuration.
fn updated(config: &Cluster) -> Wanted {
    let prior = stored();
    let planned =
        Cluster { tags_all: if config.tags.is_null() { map_of([]) } else { config.tags.clone() }, ..config.clone() };
    wanted(
        &Cluster {
            kubernetes_version: config.kubernetes_version.known().cloned().or(Some("1.35".into())).into(),
            deletion_protection: config.deletion_protection.or(true).into(),
            ..planned
        },
        Some(&prior),
    )
}

#[test]
fn nothing_to_do_is_no_step() {
    check(&live(), &updated(&config()), expect![[""]]);
    check(&live(), &wanted(&planned(&config()), None), expect![[""]]);
}

#[test]
fn a_create_makes_roles_first_and_protection_last() {
    check(&Observed::default(), &wanted(&planned(&config()), None), expect![[""]]);
}
