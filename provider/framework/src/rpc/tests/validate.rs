//! ValidateResourceConfig and what a configuration may look like.

use std::collections::BTreeMap;

use tfplugin_proto::tfplugin6 as proto;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;
use tonic::Request;

use super::support::{Core, known, message, thing, told};
use super::thing::{Disk, Network, Script, Thing, User};
use crate::attr::{Attr, Field};
use crate::value::{Number, Value};

async fn validate_value(config: &Value, write_only: bool) -> Vec<String> {
    let request = proto::validate_resource_config::Request {
        type_name: "lab_thing".to_owned(),
        config: message(config),
        client_capabilities: Some(proto::ClientCapabilities {
            write_only_attributes_allowed: write_only,
            ..Default::default()
        }),
    };
    // Core validates before it configures.
    let core = Core::unconfigured(Script::default());
    let answer = core.service.validate_resource_config(Request::new(request)).await.expect("no status");
    told(&answer.into_inner().diagnostics)
}

async fn validate(config: Thing) -> Vec<String> {
    validate_value(&config.to_value(), true).await
}

#[tokio::test]
async fn a_good_configuration_says_nothing() {
    assert_eq!(validate(thing()).await, Vec::<String>::new());
}

#[tokio::test]
async fn unknown_values_are_accepted_everywhere() {
    let config = Thing {
        name: Attr::Unknown,
        size: Attr::Unknown,
        tags: Attr::Unknown,
        network: known(Network { cidr: Attr::Unknown, ..Network::default() }),
        users: known(BTreeMap::from([("ann".to_owned(), Attr::Unknown)])),
        zones: known(vec![Attr::Unknown]),
        ..Thing::default()
    };
    assert_eq!(validate(config).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_required_attribute_is_missed_at_any_depth() {
    let config = Thing { network: known(Network::default()), ..Thing::default() };
    assert_eq!(
        validate(config).await,
        ["error at name: name is required", "error at network.cidr: network.cidr is required"]
    );
}

#[tokio::test]
async fn a_rule_of_an_attribute_is_told_at_its_path() {
    assert_eq!(
        validate(Thing { size: 10.into(), ..thing() }).await,
        ["error at size: size must be a whole number from 1 to 9, not 10"]
    );
}

#[tokio::test]
async fn a_rule_between_attributes_is_the_resources() {
    assert_eq!(validate(Thing { name: "forbidden".into(), ..thing() }).await, ["error at name: name is forbidden"]);
}

#[tokio::test]
async fn a_whole_number_has_no_fraction() {
    let mut config = thing().to_value();
    if let Value::Object(all) = &mut config {
        all.insert("size".to_owned(), Value::Number(Number::parse("1.5").expect("a number")));
    }
    // Once, though both the rule and the type say so.
    assert_eq!(
        validate_value(&config, true).await,
        ["error at size: size must be a whole number from 1 to 9, not 1.5"]
    );
    let network = Network { cidr: "10.0.0.0/8".into(), ..Network::default() };
    let mut config = Thing { network: known(network), ..thing() }.to_value();
    if let Value::Object(all) = &mut config
        && let Some(Value::Object(network)) = all.get_mut("network")
    {
        network.insert("mtu".to_owned(), Value::Number(Number::parse("1.5").expect("a number")));
    }
    assert_eq!(validate_value(&config, true).await, ["error at network.mtu: network.mtu must be a whole number"]);
}

#[tokio::test]
async fn what_is_only_read_cannot_be_written() {
    assert_eq!(validate(Thing { ready: true.into(), ..thing() }).await, ["error at ready: ready is read-only"]);
    assert_eq!(validate(Thing { url: Attr::Unknown, ..thing() }).await, ["error at url: url is read-only"]);
    let disks = known(vec![known(Disk { kind: "ssd".into(), id: "7".into() })]);
    assert_eq!(validate(Thing { disks, ..thing() }).await, ["error at disks[0].id: disks[0].id is read-only"]);
    // What may be set and is computed otherwise is no such thing.
    assert_eq!(validate(Thing { watched: true.into(), ..thing() }).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_write_only_value_needs_a_client_that_does_not_store_it() {
    let config = Thing { secret: "s".into(), ..thing() };
    assert_eq!(validate(config.clone()).await, Vec::<String>::new());
    assert_eq!(
        validate_value(&config.to_value(), false).await,
        ["error at secret: secret needs a newer version of Terraform"]
    );
}

#[tokio::test]
async fn a_deprecated_attribute_warns_whoever_sets_it() {
    assert_eq!(validate(Thing { old: "x".into(), ..thing() }).await, ["warning at old: old is deprecated"]);
}

#[tokio::test]
async fn control_characters_are_refused_in_every_text() {
    let tags = |key: &str, value: &str| known(BTreeMap::from([(key.to_owned(), value.into())]));
    let cases = [
        (Thing { name: "a\0b".into(), ..thing() }, "error at name: name has the control character U+0000 at byte 1"),
        (Thing { name: "a\n".into(), ..thing() }, "error at name: name has a line break at byte 1"),
        (Thing { name: "a\u{9b}".into(), ..thing() }, "error at name: name has the control character U+009B at byte 1"),
        (Thing { note: "\x1b[0m".into(), ..thing() }, "error at note: note has the control character U+001B at byte 0"),
        (Thing { tags: tags("k\t", "v"), ..thing() }, "error at tags: a key of tags has a tab at byte 1"),
        (
            Thing { tags: tags("k", "\r"), ..thing() },
            "error at tags[\"k\"]: tags[\"k\"] has the control character U+000D at byte 0",
        ),
        (
            Thing { zones: known(vec!["z".into(), "\x7f".into()]), ..thing() },
            "error at zones[1]: zones[1] has the control character U+007F at byte 0",
        ),
        (
            Thing {
                users: known(BTreeMap::from([("x".to_owned(), known(User { role: "\0".into(), ..User::default() }))])),
                ..thing()
            },
            "error at users[\"x\"].role: users[\"x\"].role has the control character U+0000 at byte 0",
        ),
        (
            Thing { users: known(BTreeMap::from([("x\0".to_owned(), known(User::default()))])), ..thing() },
            "error at users: a key of users has the control character U+0000 at byte 1",
        ),
    ];
    for (config, expected) in cases {
        assert_eq!(validate(config).await, [expected]);
    }
}

#[tokio::test]
async fn a_text_of_several_lines_may_have_line_breaks_and_tabs() {
    assert_eq!(validate(Thing { note: "a\r\n\tb\n".into(), ..thing() }).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_text_of_a_mebibyte_is_refused() {
    assert_eq!(
        validate(Thing { note: "x".repeat(1 << 20).into(), ..thing() }).await,
        ["error at note: note is 1048576 bytes long"]
    );
    assert_eq!(validate(Thing { note: "x".repeat((1 << 20) - 1).into(), ..thing() }).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_element_of_nested_attributes_is_never_null() {
    let config = Thing { disks: known(vec![Attr::Null]), ..thing() };
    assert_eq!(validate(config).await, ["error at disks[0]: disks[0] must not be null"]);
}

#[tokio::test]
async fn nor_is_one_of_plain_values() {
    let config = Thing { zones: known(vec!["a".into(), Attr::Null]), ..thing() };
    assert_eq!(validate(config).await, ["error at zones[1]: zones[1] must not be null"]);
    let config = Thing { tags: known(BTreeMap::from([("k".to_owned(), Attr::Null)])), ..thing() };
    assert_eq!(validate(config).await, ["error at tags[\"k\"]: tags[\"k\"] must not be null"]);
}

crate::model! {
    /// What must not be seen.
    struct Secrets {
        /// A word.
        word: String = crate::schema::optional().sensitive().check(crate::schema::check::one_of(&["horse"])),
        /// A longer word.
        phrase: String = crate::schema::optional().write_only().check(crate::schema::check::length(10, 20)),
    }
}

#[test]
fn a_rule_never_shows_a_secret() {
    use crate::model::Model;
    let config = Secrets { word: "battery".into(), phrase: "staple".into() }.to_value();
    let told = crate::validate::validate(&Secrets::attributes(), &config, true).to_string();
    assert_eq!(
        told,
        "error at word: word has a value that is not allowed\n\
         error at phrase: phrase must have 10 to 20 characters; this one has 6\n"
    );
}
