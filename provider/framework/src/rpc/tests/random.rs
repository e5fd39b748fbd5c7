//! What must hold for every configuration: plans that core accepts, that agree with themselves when more is known, and
//! that are empty once they were applied.

use proptest::prelude::*;

use super::thing::{Disk, Network, Script, Thing, Things, User, complete};
use crate::attr::{Attr, Field};
use crate::conformance::{plan_faults, result_faults};
use crate::model::Model;
use crate::resource::Stored;
use crate::testing::{Plan, plan, plan_anew};

fn maybe<T: Clone + std::fmt::Debug + 'static>(known: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Attr<T>> {
    prop_oneof![2 => Just(Attr::Null), 1 => Just(Attr::Unknown), 4 => known.prop_map(Attr::Known)].boxed()
}

fn word() -> BoxedStrategy<Attr<String>> {
    maybe(proptest::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned))
}

fn set_word() -> BoxedStrategy<Attr<String>> {
    word().prop_map(|one| if one.is_null() { "d".into() } else { one }).boxed()
}

fn network() -> BoxedStrategy<Attr<Network>> {
    let known = (set_word(), maybe(0..3i64), word());
    maybe(known.prop_map(|(cidr, mtu, token)| Network { cidr, mtu, token, gateway: Attr::Null }))
}

fn disks() -> BoxedStrategy<Attr<Vec<Attr<Disk>>>> {
    maybe(proptest::collection::vec(set_word().prop_map(|kind| Attr::Known(Disk { kind, id: Attr::Null })), 0..3))
}

fn users() -> BoxedStrategy<Attr<std::collections::BTreeMap<String, Attr<User>>>> {
    let user = word().prop_map(|role| Attr::Known(User { role, since: Attr::Null }));
    maybe(proptest::collection::btree_map("[x-z]", user, 0..3))
}

fn config() -> impl Strategy<Value = Thing> {
    let quantity = maybe(proptest::sample::select(vec!["1", "1000m", "2"]).prop_map(str::to_owned));
    let tags = maybe(proptest::collection::btree_map("[x-z]", word(), 0..3));
    let zones = maybe(proptest::collection::vec(word(), 0..3));
    let plain = (set_word(), maybe(1..9i64), word(), quantity, tags, zones, maybe(any::<bool>()), word());
    (plain, network(), disks(), users()).prop_map(|(plain, network, disks, users)| {
        let (name, size, note, quantity, tags, zones, watched, secret) = plain;
        Thing { name, size, note, quantity, tags, zones, watched, secret, network, disks, users, ..Thing::default() }
    })
}

/// The same configuration when everything is known.
fn resolved(config: &Thing) -> Thing {
    let word = |one: &Attr<String>| if one.is_unknown() { "known".into() } else { one.clone() };
    let mut all = config.clone();
    all.name = word(&all.name);
    all.note = word(&all.note);
    all.secret = word(&all.secret);
    if all.quantity.is_unknown() {
        all.quantity = "1".into();
    }
    if all.size.is_unknown() {
        all.size = 2.into();
    }
    if all.watched.is_unknown() {
        all.watched = true.into();
    }
    if all.tags.is_unknown() {
        all.tags = Attr::Null;
    }
    if let Attr::Known(tags) = &mut all.tags {
        tags.values_mut().for_each(|one| *one = word(one));
    }
    if all.zones.is_unknown() {
        all.zones = Attr::Known(vec!["z".into()]);
    }
    if let Attr::Known(zones) = &mut all.zones {
        zones.iter_mut().for_each(|one| *one = word(one));
    }
    if all.network.is_unknown() {
        all.network = Attr::Known(Network { cidr: "known".into(), ..Network::default() });
    }
    if let Attr::Known(network) = &mut all.network {
        (network.cidr, network.token) = (word(&network.cidr), word(&network.token));
        if network.mtu.is_unknown() {
            network.mtu = Attr::Null;
        }
    }
    if all.disks.is_unknown() {
        all.disks = Attr::Known(vec![Attr::Known(Disk { kind: "known".into(), id: Attr::Null })]);
    }
    if let Attr::Known(disks) = &mut all.disks {
        for disk in disks {
            if let Attr::Known(disk) = disk {
                disk.kind = word(&disk.kind);
            }
        }
    }
    if all.users.is_unknown() {
        all.users = Attr::Null;
    }
    if let Attr::Known(users) = &mut all.users {
        for user in users.values_mut() {
            if let Attr::Known(user) = user {
                user.role = word(&user.role);
            }
        }
    }
    all
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
}

fn things() -> Things {
    Things(Script::default().into())
}

/// Plans what core would plan to get from `prior` to `config`, a replacement's second call included.
fn planned(prior: Option<&Stored<Thing>>, config: &Thing) -> Result<Plan<Thing>, TestCaseError> {
    let first = now(plan(&things(), prior, Some(config)));
    prop_assert!(first.diagnostics.is_empty(), "{first}");
    let before = prior.map_or(crate::value::Value::Null, |stored| stored.state.to_value());
    let state = first.state.clone().expect("a state").to_value();
    prop_assert_eq!(plan_faults(&Thing::attributes(), &before, &config.to_value(), &state), Vec::new());
    Ok(if first.replaces.is_empty() { first } else { now(plan_anew(&things(), &first, config)) })
}

fn applied(prior: Option<&Stored<Thing>>, config: &Thing) -> Result<Stored<Thing>, TestCaseError> {
    let config = resolved(config);
    let last = planned(prior, &config)?.state.expect("a state");
    let state = complete(last.clone());
    prop_assert_eq!(result_faults(&last.to_value(), &state.to_value()), Vec::new());
    prop_assert!(state.to_value().is_wholly_known());
    Ok(Stored { state, private: Vec::new() })
}

proptest! {
    #[test]
    fn every_plan_is_valid_and_the_last_agrees_with_the_first(before in config(), after in config()) {
        let prior = applied(None, &before)?;
        for prior in [None, Some(&prior)] {
            let first = planned(prior, &after)?;
            let last = planned(prior, &resolved(&after))?;
            let kind = |plan: &Plan<Thing>| plan.to_string().lines().next().map(str::to_owned);
            let (first_state, last_state) = (first.state.clone().expect("a state"), last.state.clone().expect("a state"));
            // A replacement that turns out to be none is for core to sort out: it has planned the create already.
            if kind(&first) == kind(&last) {
                prop_assert_eq!(result_faults(&first_state.to_value(), &last_state.to_value()), Vec::new());
            }
        }
    }

    #[test]
    fn what_was_applied_has_an_empty_plan(before in config(), after in config()) {
        let mut object = applied(None, &before)?;
        for config in [&before, &after, &after, &before] {
            object = applied(Some(&object), config)?;
            let again = now(plan(&things(), Some(&object), Some(&resolved(config))));
            prop_assert_eq!(again.to_string(), "no changes\n");
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer(before in config(), after in config()) {
        let prior = applied(None, &before)?;
        let (one, two) = (planned(Some(&prior), &after)?, planned(Some(&prior), &after)?);
        prop_assert_eq!(one.to_string(), two.to_string());
    }
}
