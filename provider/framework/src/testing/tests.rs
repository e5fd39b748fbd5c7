//! Plans as text.

use std::collections::BTreeMap;

use expect_test::expect;

use super::{plan, plan_anew, validate};
use crate::attr::Attr;
use crate::resource::Stored;
use crate::rpc::tests::thing::{Network, Script, Thing, Things, User};

fn things() -> Things {
    Things(Script::default().into())
}

fn config() -> Thing {
    Thing {
        name: "a".into(),
        tags: Attr::Known(BTreeMap::from([("team".to_owned(), "x".into())])),
        users: Attr::Known(BTreeMap::from([(
            "ann".to_owned(),
            Attr::Known(User { role: "boss".into(), ..User::default() }),
        )])),
        network: Attr::Known(Network { cidr: "10.0.0.0/8".into(), ..Network::default() }),
        ..Thing::default()
    }
}

#[tokio::test]
async fn a_plan_reads_like_the_one_that_core_prints() {
    let create = plan(&things(), None, Some(&config())).await;
    expect![[r#"
        create
          + digest = (known after apply)
          + name = "a"
          + network = {cidr = "10.0.0.0/8", gateway = (known after apply)}
          + ready = (known after apply)
          + revision = (known after apply)
          + size = 1
          + tags = {team = "x"}
          + url = (known after apply)
          + users = {ann = {role = "boss", since = (known after apply)}}
          + watched = (known after apply)
    "#]]
    .assert_eq(&create.to_string());

    let made = crate::rpc::tests::thing::complete(create.state.expect("a state"));
    let prior = Stored { state: made, private: b"kept".to_vec() };
    let nothing = plan(&things(), Some(&prior), Some(&config())).await;
    assert_eq!((nothing.to_string(), nothing.private), ("no changes\n".to_owned(), b"kept".to_vec()));

    let mut wanted = Thing { name: "b".into(), size: 5.into(), tags: Attr::Null, ..config() };
    wanted.users = Attr::Known(BTreeMap::from([("bob".to_owned(), Attr::Known(User::default()))]));
    let replace = plan(&things(), Some(&prior), Some(&wanted)).await;
    expect![[r#"
        replace
          ~ digest = "digest of a" -> (known after apply)
          ~ name = "a" -> "b" (forces replacement)
          ~ revision = 7 -> (known after apply)
          ~ size = 1 -> 5
          - tags = {team = "x"}
          ~ url = "url of a" -> (known after apply)
          - users["ann"] = {role = "boss", since = "now of a"}
          + users["bob"] = {since = (known after apply)}
    "#]]
    .assert_eq(&replace.to_string());
    assert!(plan_anew(&things(), &replace, &wanted).await.to_string().starts_with("create\n"));
    assert_eq!(plan(&things(), Some(&prior), None).await.to_string(), "destroy\n");
}

#[test]
fn validate_has_the_rules_of_the_schema_and_of_the_resource() {
    let told = validate(&things(), &Thing { name: "forbidden".into(), size: 0.into(), ..Thing::default() });
    expect![[r#"
        error at size: size must be a whole number from 1 to 9, not 0
        error at name: name is forbidden
    "#]]
    .assert_eq(&told.to_string());
}
