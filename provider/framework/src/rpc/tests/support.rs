//! Core, as far as these tests need it: proposes a new state as core does, sends messages and reads the answers.

use tfplugin_proto::tfplugin6 as proto;
use tfplugin_proto::tfplugin6::provider_server::Provider as _;
use tonic::Request;

use super::thing::{Lab, Script, Thing};
use crate::attr::{Attr, Field};
use crate::diagnostic::Path;
use crate::model::Model;
use crate::process::Stop;
use crate::rpc::{Service, convert};
use crate::schema::Schema;
use crate::testing::proposed;
use crate::value::{Type, Value};

pub(super) fn schema() -> Schema {
    Schema { version: 2, doc: String::new(), attributes: Thing::attributes() }
}

pub(super) fn kind() -> Type {
    schema().value_type()
}

pub(super) fn thing() -> Thing {
    Thing { name: "a".into(), ..Thing::default() }
}

pub(super) fn message(value: &Value) -> Option<proto::DynamicValue> {
    Some(convert::dynamic(value, &kind()).expect("the test's own value"))
}

pub(super) fn read(message: Option<&proto::DynamicValue>) -> Value {
    convert::value(message, &kind()).expect("the answer is of the schema's type")
}

/// `error at name: …` for each diagnostic, details left out.
pub(super) fn told(diagnostics: &[proto::Diagnostic]) -> Vec<String> {
    let path = |one: &proto::Diagnostic| match &one.attribute {
        Some(path) => format!(" at {}", path_text(path)),
        None => String::new(),
    };
    let severity = |one: &proto::Diagnostic| if one.severity == 1 { "error" } else { "warning" };
    diagnostics.iter().map(|one| format!("{}{}: {}", severity(one), path(one), one.summary)).collect()
}

pub(super) fn path_text(path: &proto::AttributePath) -> String {
    use proto::attribute_path::step::Selector;
    let mut all = Path::root();
    for step in &path.steps {
        all = match step.selector.as_ref().expect("a step has a selector") {
            Selector::AttributeName(name) => all.child(name),
            Selector::ElementKeyString(key) => all.key(key),
            Selector::ElementKeyInt(index) => all.index(usize::try_from(*index).expect("no negative index")),
        };
    }
    all.to_string()
}

/// A planned change.
pub(super) struct Planned {
    pub(super) state: Value,
    pub(super) replaces: Vec<String>,
    pub(super) private: Vec<u8>,
    pub(super) told: Vec<String>,
    pub(super) identity: Option<proto::ResourceIdentityData>,
}

impl Planned {
    pub(super) fn thing(&self) -> Thing {
        Thing::read(&self.state).expect("a thing")
    }
}

/// What an apply left.
pub(super) struct Applied {
    pub(super) state: Value,
    pub(super) private: Vec<u8>,
    pub(super) told: Vec<String>,
    pub(super) identity: Option<proto::ResourceIdentityData>,
}

/// Core with one provider, configured.
pub(super) struct Core {
    pub(super) service: Service,
    pub(super) stop: Stop,
}

impl Core {
    pub(super) async fn new() -> Core {
        Core::with(Script::default()).await
    }

    pub(super) async fn with(script: Script) -> Core {
        let core = Core::unconfigured(script);
        let request = proto::configure_provider::Request::default();
        let answer = core.service.configure_provider(Request::new(request)).await.expect("an answer").into_inner();
        assert_eq!(told(&answer.diagnostics), Vec::<String>::new());
        core
    }

    pub(super) fn unconfigured(script: Script) -> Core {
        let stop = Stop::new(false);
        let lab = Lab { script: script.into(), ..Lab::default() };
        Core { service: Service::new(lab, stop.clone()), stop }
    }

    /// Plans from `prior` (null for a create) to `config` (null for a destroy).
    pub(super) async fn plan(&self, prior: &Value, config: &Value) -> Planned {
        self.plan_with(prior, config, b"").await
    }

    pub(super) async fn plan_with(&self, prior: &Value, config: &Value, private: &[u8]) -> Planned {
        let proposed = if config.is_null() { Value::Null } else { proposed(&Thing::attributes(), prior, config) };
        let request = proto::plan_resource_change::Request {
            type_name: "lab_thing".to_owned(),
            prior_state: message(prior),
            proposed_new_state: message(&proposed),
            config: message(config),
            prior_private: private.to_vec(),
            ..Default::default()
        };
        let answer = self.service.plan_resource_change(Request::new(request)).await.expect("no status").into_inner();
        assert!(!answer.legacy_type_system);
        Planned {
            state: answer.planned_state.as_ref().map_or(Value::Null, |state| read(Some(state))),
            replaces: answer.requires_replace.iter().map(path_text).collect(),
            private: answer.planned_private,
            told: told(&answer.diagnostics),
            identity: answer.planned_identity,
        }
    }

    pub(super) async fn apply(&self, prior: &Value, planned: &Value, config: &Value) -> Applied {
        let request = proto::apply_resource_change::Request {
            type_name: "lab_thing".to_owned(),
            prior_state: message(prior),
            planned_state: message(planned),
            config: message(config),
            planned_private: b"planned".to_vec(),
            ..Default::default()
        };
        let answer = self.service.apply_resource_change(Request::new(request)).await.expect("no status").into_inner();
        assert!(!answer.legacy_type_system);
        let state = read(answer.new_state.as_ref());
        assert!(state.is_wholly_known(), "core refuses unknown values after apply");
        Applied { state, private: answer.private, told: told(&answer.diagnostics), identity: answer.new_identity }
    }

    /// Plans and applies a create.
    pub(super) async fn create(&self, config: &Thing) -> Value {
        let config = config.to_value();
        let planned = self.plan(&Value::Null, &config).await;
        assert_eq!(planned.told, Vec::<String>::new());
        let applied = self.apply(&Value::Null, &planned.state, &config).await;
        assert_eq!(applied.told, Vec::<String>::new());
        applied.state
    }
}

/// A known attribute for the middle of a value.
pub(super) fn known<T>(value: T) -> Attr<T> {
    Attr::Known(value)
}
