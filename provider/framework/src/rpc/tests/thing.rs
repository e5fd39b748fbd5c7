//! A resource with every kind of attribute, whose behaviour each test sets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::data_source::DataSource;
use crate::ephemeral::{Ephemeral, Opened};
use crate::function::{Function, FunctionError, Parameter};
use crate::prelude::*;
use crate::provider::{Offer, Provider};
use crate::resource::{Change, Context, IdentityAttribute, ImportBy, Journal, Planned, Resource, Stored};
use crate::schema::check::between;
use crate::value::Type;

model! {
    /// Where a thing is reached.
    pub(crate) struct Network {
        /// Its range of addresses.
        cidr: String = required().replaces(),
        /// The largest packet in bytes.
        mtu: i64 = optional(),
        /// A word that is never kept.
        token: String = optional().write_only(),
        /// The address of its router.
        gateway: String = computed().from(&["cidr"]),
    }
}

model! {
    /// What a thing keeps its files on.
    pub(crate) struct Disk {
        /// The kind of disk.
        kind: String = required(),
        /// What the cloud calls it.
        id: String = computed(),
    }
}

model! {
    /// Who may use a thing.
    pub(crate) struct User {
        /// What they may do.
        role: String = optional(),
        /// Since when they may.
        since: String = computed(),
    }
}

model! {
    /// A thing.
    pub(crate) struct Thing {
        /// What it is called.
        name: String = required().replaces(),
        /// How large it is.
        size: i64 = optional().defaults_to(1).check(between(1, 9)),
        /// What is said about it.
        note: String = optional().multiline(),
        /// How much of it there is; `1` and `1000m` are the same.
        quantity: String = optional().equal(same_quantity),
        /// Words to find it by.
        tags: Map<String> = optional(),
        /// Where it stands.
        zones: List<String> = optional().replaces(),
        /// Whether it is watched; the provider decides where the user does not.
        watched: bool = computed().or_set(),
        /// A word that is never kept.
        secret: String = optional().write_only(),
        /// How it is reached.
        network: Network = optional(),
        /// What it keeps files on.
        disks: List<Disk> = optional(),
        /// Who may use it, by name.
        users: Map<User> = optional(),
        /// What nobody should use any more.
        old: String = optional().deprecated("use note"),
        /// Where it answers.
        url: String = computed().from(&["name"]),
        /// What was derived from the address.
        digest: String = computed().from(&["url"]),
        /// Counts its changes.
        revision: i64 = computed().from(&["note", "size"]),
        /// False until it is complete.
        ready: bool = computed(),
    }
}

fn same_quantity(a: &Value, b: &Value) -> bool {
    let milli = |value: &Value| match value.as_str().map(|text| (text.strip_suffix('m'), text)) {
        Some((Some(milli), _)) => milli.parse::<f64>().ok(),
        Some((None, whole)) => whole.parse::<f64>().ok().map(|whole| whole * 1000.0),
        None => None,
    };
    milli(a).is_some() && milli(a) == milli(b)
}

type Found = (Option<Stored<Thing>>, Diagnostics);

/// What the resource does; by default what an honest resource would.
pub(crate) struct Script {
    pub(super) plan: fn(&Change<Thing>, &mut Planned<Thing>) -> Diagnostics,
    pub(super) apply: fn(Change<Thing>, &[u8], &Journal<Thing>) -> Found,
    pub(super) read: fn(Stored<Thing>) -> Found,
    pub(super) import: fn(ImportBy) -> Found,
}

impl Default for Script {
    fn default() -> Self {
        Script {
            plan: |_, _| Diagnostics::none(),
            apply: honest,
            read: |stored| (Some(stored), Diagnostics::none()),
            import: imported,
        }
    }
}

/// Makes the change and fills in whatever is unknown.
pub(super) fn honest(change: Change<Thing>, private: &[u8], _: &Journal<Thing>) -> Found {
    match change {
        Change::Delete { .. } => (None, Diagnostics::none()),
        Change::Create { planned, .. } | Change::Update { planned, .. } => {
            (Some(Stored { state: complete(planned), private: private.to_vec() }), Diagnostics::none())
        }
    }
}

pub(crate) fn complete(mut thing: Thing) -> Thing {
    let name = thing.name.or("unnamed".to_owned());
    let fill = |attribute: &mut Attr<String>, text: &str| {
        if attribute.is_unknown() {
            *attribute = format!("{text} of {name}").into();
        }
    };
    fill(&mut thing.url, "url");
    fill(&mut thing.digest, "digest");
    if let Attr::Known(network) = &mut thing.network {
        fill(&mut network.gateway, "gateway");
    }
    if let Attr::Known(disks) = &mut thing.disks {
        for disk in disks {
            if let Attr::Known(disk) = disk {
                fill(&mut disk.id, "disk");
            }
        }
    }
    if let Attr::Known(users) = &mut thing.users {
        for user in users.values_mut() {
            if let Attr::Known(user) = user {
                fill(&mut user.since, "now");
            }
        }
    }
    if thing.watched.is_unknown() {
        thing.watched = false.into();
    }
    if thing.revision.is_unknown() {
        thing.revision = 7.into();
    }
    thing.ready = true.into();
    thing
}

fn imported(by: ImportBy) -> Found {
    let name = match by {
        ImportBy::Id(id) => Attr::Known(id),
        ImportBy::Identity(mut all) => all.remove("name").unwrap_or_default(),
    };
    let state = Thing { name, ..Thing::default() };
    (Some(Stored { state, private: b"imported".to_vec() }), Diagnostics::none())
}

pub(crate) struct Things(pub(crate) Arc<Script>);

#[async_trait::async_trait]
impl Resource for Things {
    type Model = Thing;

    fn type_name(&self) -> &'static str {
        "lab_thing"
    }

    fn doc(&self) -> &'static str {
        "A thing to try rules on."
    }

    fn version(&self) -> i64 {
        2
    }

    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        &[
            IdentityAttribute { name: "name", doc: "The name of the thing.", required: true },
            IdentityAttribute { name: "place", doc: "Where the thing is.", required: false },
        ]
    }

    fn identity(&self, state: &Thing) -> Option<BTreeMap<String, String>> {
        let name = state.name.known()?.clone();
        Some(BTreeMap::from([("name".to_owned(), name), ("place".to_owned(), "here".to_owned())]))
    }

    fn validate(&self, config: &Thing) -> Diagnostics {
        let mut found = Diagnostics::none();
        if config.name.known().is_some_and(|name| name == "forbidden") {
            found.error_at(Path::attribute("name"), "name is forbidden", "");
        }
        if config.name.known().is_some_and(|name| name == "panic") {
            panic!("validate fell over");
        }
        found
    }

    async fn plan(&self, _: &Context, change: &Change<Thing>, _: &[u8], planned: &mut Planned<Thing>) -> Diagnostics {
        (self.0.plan)(change, planned)
    }

    async fn read(&self, _: &Context, stored: Stored<Thing>) -> Found {
        (self.0.read)(stored)
    }

    async fn apply(&self, _: &Context, change: Change<Thing>, private: &[u8], journal: &Journal<Thing>) -> Found {
        (self.0.apply)(change, private, journal)
    }

    async fn import(&self, _: &Context, by: ImportBy) -> Found {
        (self.0.import)(by)
    }

    fn upgrade(&self, version: i64, mut state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        if version == 0 {
            return Err(Diagnostics::of_error("version 0 was never released", ""));
        }
        if let Some(label) = state.get("label").cloned() {
            state["name"] = label;
        }
        Ok(state)
    }
}

model! {
    /// What is looked up.
    pub(crate) struct Lookup {
        /// What it is called.
        name: String = required(),
        /// What is found there.
        text: String = computed(),
    }
}

struct Lookups;

#[async_trait::async_trait]
impl DataSource for Lookups {
    type Model = Lookup;

    fn type_name(&self) -> &'static str {
        "lab_lookup"
    }

    fn doc(&self) -> &'static str {
        "Looks something up."
    }

    async fn read(&self, _: &Context, config: Lookup) -> (Option<Lookup>, Diagnostics) {
        match config.name.or(String::new()).as_str() {
            "nothing" => (None, Diagnostics::none()),
            "unknown" => (Some(Lookup { text: Attr::Unknown, ..config }), Diagnostics::none()),
            "renamed" => (Some(Lookup { name: "other".into(), text: "".into() }), Diagnostics::none()),
            name => (Some(Lookup { text: format!("text of {name}").into(), ..config }), Diagnostics::none()),
        }
    }
}

struct Words;

#[async_trait::async_trait]
impl Ephemeral for Words {
    type Model = Lookup;

    fn type_name(&self) -> &'static str {
        "lab_word"
    }

    fn doc(&self) -> &'static str {
        "A word for one run."
    }

    async fn open(&self, _: &Context, config: Lookup) -> (Option<Opened<Lookup>>, Diagnostics) {
        if config.name.known().is_some_and(|name| name == "nothing") {
            return (None, Diagnostics::none());
        }
        let result = Lookup { text: "horse".into(), ..config };
        let renew_at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(60);
        (Some(Opened { result, private: b"opened".to_vec(), renew_at: Some(renew_at) }), Diagnostics::none())
    }

    async fn close(&self, _: &Context, private: Vec<u8>) -> Diagnostics {
        Diagnostics::of_error("closed", String::from_utf8_lossy(&private))
    }
}

struct Double;

impl Function for Double {
    fn name(&self) -> &'static str {
        "double"
    }
    fn summary(&self) -> &'static str {
        "twice a number"
    }
    fn doc(&self) -> &'static str {
        "Twice the number."
    }
    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter { name: "number", kind: Type::Number, doc: "A whole number." }]
    }
    fn result(&self) -> Type {
        Type::Number
    }
    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        match &arguments[0] {
            Value::Number(number) => number
                .as_i64()
                .map(|it| Value::from(it * 2))
                .ok_or_else(|| FunctionError { text: "must be a whole number".to_owned(), argument: Some(0) }),
            _ => panic!("not a number"),
        }
    }
}

model! {
    /// The provider block.
    pub(crate) struct Block {
        /// Where things are.
        place: String = optional(),
    }
}

/// The provider of all this; it remembers what it was configured with.
#[derive(Default)]
pub(crate) struct Lab {
    pub(super) script: Arc<Script>,
    pub(super) configured: Arc<Mutex<Option<(Block, String)>>>,
}

#[async_trait::async_trait]
impl Provider for Lab {
    type Model = Block;

    fn name(&self) -> &'static str {
        "lab"
    }

    fn doc(&self) -> &'static str {
        "A provider to try rules on."
    }

    async fn configure(&self, _: &Context, config: Block, core_version: &str) -> Diagnostics {
        *self.configured.lock().expect("no test panics here") = Some((config, core_version.to_owned()));
        Diagnostics::none()
    }

    fn offer(&self) -> Offer {
        Offer {
            resources: vec![Box::new(Things(self.script.clone()))],
            data_sources: vec![Box::new(Lookups)],
            ephemerals: vec![Box::new(Words)],
            functions: vec![Box::new(Double)],
        }
    }
}
