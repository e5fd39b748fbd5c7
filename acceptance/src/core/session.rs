//! One object's life as core leads it.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use tfplugin_framework::schema::Schema;
use tfplugin_framework::value::{Value, msgpack};
use tfplugin_proto::tfplugin6 as proto;
use tonic::Status;

use super::plugin::{Died, Plugin};
use super::proposed::proposed;

/// What core keeps of an object between runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The state; wholly known.
    pub state: Value,
    /// The provider's private bytes.
    pub private: Vec<u8>,
    /// A create of it failed: the next apply replaces it.
    pub tainted: bool,
}

/// What a plan would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// Delete it and make it again.
    Replace,
}

/// How an apply ended.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// What the state holds afterwards.
    pub object: Option<Object>,
    /// Errors, as `summary: detail`; empty if it succeeded.
    pub errors: Vec<String>,
    /// Warnings, as `summary: detail`.
    pub warnings: Vec<String>,
}

/// A provider that is configured, and the one resource type that is driven through it.
pub struct Session {
    plugin: Plugin,
    type_name: String,
    schema: Schema,
    stopped: AtomicBool,
}

struct Plan {
    action: Action,
    planned: Value,
    private: Vec<u8>,
}

fn died(call: &'static str) -> impl Fn(Status) -> anyhow::Error {
    move |status| anyhow::Error::new(Died { call, status: format!("{}: {}", status.code(), status.message()) })
}

fn sort(told: &[proto::Diagnostic], errors: &mut Vec<String>, warnings: &mut Vec<String>) {
    for one in told {
        let text = format!("{}: {}", one.summary, one.detail);
        let error = one.severity == proto::diagnostic::Severity::Error as i32;
        if error { errors.push(text) } else { warnings.push(text) }
    }
}

fn refused(told: &[proto::Diagnostic]) -> Result<(), String> {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    sort(told, &mut errors, &mut warnings);
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

impl Session {
    /// Configures a started provider with `provider_config` (an object of `provider_schema`).
    ///
    /// # Errors
    /// If the provider died or refused the configuration.
    pub async fn open(
        plugin: Plugin,
        provider_schema: &Schema,
        provider_config: &Value,
        type_name: &str,
        schema: Schema,
    ) -> anyhow::Result<Session> {
        let config = Some(dynamic(provider_schema, provider_config)?);
        let request = proto::configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config,
            client_capabilities: Some(capabilities()),
        };
        let answer =
            plugin.provider().configure_provider(request).await.map_err(died("ConfigureProvider"))?.into_inner();
        refused(&answer.diagnostics).map_err(anyhow::Error::msg)?;
        Ok(Session { plugin, type_name: type_name.to_owned(), schema, stopped: AtomicBool::new(false) })
    }

    /// The provider's process.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Ends the provider's process.
    ///
    /// # Errors
    /// If it does not end in time.
    pub async fn close(self) -> anyhow::Result<()> {
        self.plugin.shut_down().await
    }

    /// Asks the provider to stop while a call of it is under way, as core does at Ctrl-C. Core begins no other call after that.
    ///
    /// # Errors
    /// [`Died`], or why the provider cannot stop.
    pub async fn stop(&self) -> anyhow::Result<()> {
        self.stopped.store(true, Ordering::Relaxed);
        let request = proto::stop_provider::Request {};
        let answer = self.plugin.provider().stop_provider(request).await.map_err(died("StopProvider"))?.into_inner();
        anyhow::ensure!(answer.error.is_empty(), "the provider cannot stop: {}", answer.error);
        Ok(())
    }

    /// How a run ends that core was told to stop between two calls.
    fn interrupted(&self, object: Option<&Object>) -> Option<Applied> {
        let stopped = self.stopped.load(Ordering::Relaxed);
        let errors = vec!["execution halted: ".to_owned()];
        stopped.then(|| Applied { object: object.cloned(), errors, warnings: Vec::new() })
    }

    /// Reads the object again.
    ///
    /// # Errors
    /// [`Died`], or what the provider refused.
    pub async fn refresh(&self, object: Option<Object>) -> anyhow::Result<Option<Object>> {
        let Some(object) = object else { return Ok(None) };
        let request = proto::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: Some(dynamic(&self.schema, &object.state)?),
            private: object.private.clone(),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.plugin.provider().read_resource(request).await.map_err(died("ReadResource"))?.into_inner();
        refused(&answer.diagnostics).map_err(anyhow::Error::msg)?;
        let state = self.value(answer.new_state.as_ref())?;
        Ok((!state.is_null()).then_some(Object { state, private: answer.private, tainted: object.tainted }))
    }

    /// What an apply of `config` would do, after a refresh.
    ///
    /// # Errors
    /// [`Died`], or what the provider refused.
    pub async fn plan(&self, object: Option<Object>, config: &Value) -> anyhow::Result<Action> {
        let object = self.refresh(object).await?;
        Ok(self.plan_change(object.as_ref(), config).await?.action)
    }

    /// Refreshes, plans and applies. Errors of the provider are in the answer, with the state that core would write.
    ///
    /// # Errors
    /// [`Died`]: core then keeps the state that it had.
    pub async fn apply(&self, object: Option<Object>, config: &Value) -> anyhow::Result<Applied> {
        let mut object = match self.refresh(object.clone()).await {
            Ok(object) => object,
            Err(error) if error.is::<Died>() => return Err(error),
            Err(error) => return Ok(Applied { object, errors: vec![error.to_string()], warnings: Vec::new() }),
        };
        if let Some(interrupted) = self.interrupted(object.as_ref()) {
            return Ok(interrupted);
        }
        let plan = match self.plan_change(object.as_ref(), config).await {
            Ok(plan) => plan,
            Err(error) if error.is::<Died>() => return Err(error),
            Err(error) => return Ok(Applied { object, errors: vec![error.to_string()], warnings: Vec::new() }),
        };
        if let Some(interrupted) = self.interrupted(object.as_ref()) {
            return Ok(interrupted);
        }
        match plan.action {
            Action::Nothing => Ok(Applied { object, ..Applied::default() }),
            Action::Update => self.change(object.as_ref(), config, &plan).await,
            Action::Create => self.change(None, config, &plan).await,
            Action::Replace => {
                let deleted =
                    self.delete(object.take().context("a replacement needs an object")?, &plan.private).await?;
                if deleted.object.is_some() || !deleted.errors.is_empty() {
                    return Ok(deleted);
                }
                if let Some(interrupted) = self.interrupted(None) {
                    return Ok(interrupted);
                }
                let create = self.plan_change(None, config).await?;
                let mut applied = self.change(None, config, &create).await?;
                applied.warnings.extend(deleted.warnings);
                Ok(applied)
            }
        }
    }

    /// What `terraform destroy` does.
    ///
    /// # Errors
    /// [`Died`]: core then keeps the state that it had.
    pub async fn destroy(&self, object: Option<Object>) -> anyhow::Result<Applied> {
        let object = match self.refresh(object.clone()).await {
            Ok(Some(object)) => object,
            Ok(None) => return Ok(Applied::default()),
            Err(error) if error.is::<Died>() => return Err(error),
            Err(error) => return Ok(Applied { object, errors: vec![error.to_string()], warnings: Vec::new() }),
        };
        if let Some(interrupted) = self.interrupted(Some(&object)) {
            return Ok(interrupted);
        }
        let request = proto::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(dynamic(&self.schema, &object.state)?),
            proposed_new_state: Some(dynamic(&self.schema, &Value::Null)?),
            config: Some(dynamic(&self.schema, &Value::Null)?),
            prior_private: object.private.clone(),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self
            .plugin
            .provider()
            .plan_resource_change(request)
            .await
            .map_err(died("PlanResourceChange"))?
            .into_inner();
        if let Err(text) = refused(&answer.diagnostics) {
            return Ok(Applied { object: Some(object), errors: vec![text], warnings: Vec::new() });
        }
        if let Some(interrupted) = self.interrupted(Some(&object)) {
            return Ok(interrupted);
        }
        self.delete(object, &answer.planned_private).await
    }

    async fn plan_change(&self, object: Option<&Object>, config: &Value) -> anyhow::Result<Plan> {
        let tainted = object.is_some_and(|one| one.tainted);
        // Core plans a tainted object as if there were none, private bytes included.
        let first = self.plan_once(object.filter(|_| !tainted), &[], config).await?;
        match (object, first) {
            (None, (planned, private, _)) => Ok(Plan { action: Action::Create, planned, private }),
            (Some(_), (planned, private, _)) if tainted => Ok(Plan { action: Action::Replace, planned, private }),
            (Some(_), (_, private, true)) => {
                let (planned, private, _) = self.plan_once(None, &private, config).await?;
                Ok(Plan { action: Action::Replace, planned, private })
            }
            (Some(object), (planned, private, false)) => {
                let action = if planned.same(&object.state) { Action::Nothing } else { Action::Update };
                Ok(Plan { action, planned, private })
            }
        }
    }

    async fn plan_once(
        &self,
        prior: Option<&Object>,
        second: &[u8],
        config: &Value,
    ) -> anyhow::Result<(Value, Vec<u8>, bool)> {
        let prior_state = prior.map_or(Value::Null, |one| one.state.clone());
        let request = proto::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(dynamic(&self.schema, &prior_state)?),
            proposed_new_state: Some(dynamic(&self.schema, &proposed(&self.schema.attributes, &prior_state, config))?),
            config: Some(dynamic(&self.schema, config)?),
            prior_private: prior.map_or_else(|| second.to_vec(), |one| one.private.clone()),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self
            .plugin
            .provider()
            .plan_resource_change(request)
            .await
            .map_err(died("PlanResourceChange"))?
            .into_inner();
        refused(&answer.diagnostics).map_err(anyhow::Error::msg)?;
        Ok((self.value(answer.planned_state.as_ref())?, answer.planned_private, !answer.requires_replace.is_empty()))
    }

    async fn change(&self, prior: Option<&Object>, config: &Value, plan: &Plan) -> anyhow::Result<Applied> {
        let prior_state = prior.map_or(Value::Null, |one| one.state.clone());
        let answer = self.apply_once(&prior_state, &plan.planned, config, &plan.private).await?;
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        sort(&answer.diagnostics, &mut errors, &mut warnings);
        let state = self.value(answer.new_state.as_ref())?;
        anyhow::ensure!(state.is_wholly_known(), "apply answered an unknown value, which core refuses");
        let object = if state.is_null() {
            prior.filter(|_| !errors.is_empty()).cloned()
        } else {
            let tainted = match prior {
                None => !errors.is_empty(),
                Some(prior) => prior.tainted,
            };
            Some(Object { state, private: answer.private, tainted })
        };
        Ok(Applied { object, errors, warnings })
    }

    async fn delete(&self, object: Object, private: &[u8]) -> anyhow::Result<Applied> {
        let answer = self.apply_once(&object.state, &Value::Null, &Value::Null, private).await?;
        let (mut errors, mut warnings) = (Vec::new(), Vec::new());
        sort(&answer.diagnostics, &mut errors, &mut warnings);
        let state = self.value(answer.new_state.as_ref())?;
        let object = match (state, errors.is_empty()) {
            (Value::Null, true) => None,
            (Value::Null, false) => Some(object),
            (state, _) => Some(Object { state, private: answer.private, tainted: object.tainted }),
        };
        Ok(Applied { object, errors, warnings })
    }

    async fn apply_once(
        &self,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: &[u8],
    ) -> anyhow::Result<proto::apply_resource_change::Response> {
        let request = proto::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(dynamic(&self.schema, prior)?),
            planned_state: Some(dynamic(&self.schema, planned)?),
            config: Some(dynamic(&self.schema, config)?),
            planned_private: private.to_vec(),
            ..Default::default()
        };
        Ok(self
            .plugin
            .provider()
            .apply_resource_change(request)
            .await
            .map_err(died("ApplyResourceChange"))?
            .into_inner())
    }

    fn value(&self, sent: Option<&proto::DynamicValue>) -> anyhow::Result<Value> {
        let Some(sent) = sent else { return Ok(Value::Null) };
        msgpack::decode(&sent.msgpack, &self.schema.value_type())
            .context("the provider sent a value that does not fit its schema")
    }
}

fn dynamic(schema: &Schema, value: &Value) -> anyhow::Result<proto::DynamicValue> {
    let msgpack = msgpack::encode(value, &schema.value_type()).context("a value does not fit its schema")?;
    Ok(proto::DynamicValue { msgpack, json: Vec::new() })
}

fn capabilities() -> proto::ClientCapabilities {
    proto::ClientCapabilities { deferral_allowed: false, write_only_attributes_allowed: true }
}
