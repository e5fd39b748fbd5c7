//! Calls that change a managed resource: plan and apply.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tfplugin_proto::tfplugin6 as proto;

use super::registry::{Offered, Shape};
use super::{Service, call, convert, identity};
use crate::conformance::{Applied, forget_unknown, plan_faults, repair};
use crate::diagnostic::{Diagnostics, Path};
use crate::planner;
use crate::resource::{AnyResource, Context, Stored, ValueChange};
use crate::schema::walk::forget_write_only;
use crate::value::Value;

impl Service {
    pub(super) async fn plan(
        &self,
        request: proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let shape = resource.shape();
        let prior = convert::value(request.prior_state.as_ref(), &shape.kind)?;
        let proposed = convert::value(request.proposed_new_state.as_ref(), &shape.kind)?;
        let config = convert::value(request.config.as_ref(), &shape.kind)?;
        let known = identity::read(&*resource.it, request.prior_identity.as_ref())?;
        self.needs_configuration()?;
        let private = &request.prior_private;
        let made = plan(&*resource.it, shape, &self.context(), [&prior, &config], proposed, private).await;
        let planned_identity = if prior.is_null() { None } else { identity::answer(&*resource.it, &prior, &known)? };
        Ok(proto::plan_resource_change::Response {
            planned_state: Some(convert::dynamic(&made.state, &shape.kind)?),
            requires_replace: made.replaces.iter().map(convert::path).collect(),
            planned_private: made.private,
            diagnostics: convert::diagnostics(&made.diagnostics),
            planned_identity,
            ..Default::default()
        })
    }

    pub(super) async fn apply(
        &self,
        request: proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostics> {
        let resource = self.registry.resource(&request.type_name)?;
        let shape = resource.shape();
        let change = ValueChange {
            prior: convert::value(request.prior_state.as_ref(), &shape.kind)?,
            planned: convert::value(request.planned_state.as_ref(), &shape.kind)?,
            config: convert::value(request.config.as_ref(), &shape.kind)?,
        };
        let known = identity::read(&*resource.it, request.planned_identity.as_ref())?;
        self.needs_configuration()?;
        let context = self.context();
        if context.stop.is_cancelled() {
            // An error without a state: core keeps what it has.
            return Err(Diagnostics::of_error(
                "stopped before anything was done",
                "The run was interrupted. Apply again to make this change.",
            ));
        }
        let (answer, diagnostics) = resource.it.apply(&context, change.clone(), &request.planned_private).await;
        Ok(answered(resource, &change, answer, diagnostics, &known))
    }
}

/// A plan as core is told it.
pub(crate) struct Made {
    pub(crate) state: Value,
    pub(crate) replaces: Vec<Path>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Diagnostics,
}

/// The generic plan, refined by the resource and judged as core will. `proposed` is null for a destroy.
pub(crate) async fn plan(
    resource: &dyn AnyResource,
    shape: &Shape,
    context: &Context,
    [prior, config]: [&Value; 2],
    proposed: Value,
    private: &[u8],
) -> Made {
    let generic = if proposed.is_null() {
        planner::Plan { state: Value::Null, replaces: Vec::new() }
    } else {
        planner::plan(&shape.schema, prior, proposed, config)
    };
    let change = ValueChange { prior: prior.clone(), planned: generic.state, config: config.clone() };
    let (mut planned, mut diagnostics) = resource.plan(context, change, private).await;
    forget_write_only(shape.attributes(), &mut planned.state);
    check(shape, prior, config, &planned.state, &mut diagnostics);
    let replaces = replaced(generic.replaces, planned.replaces, prior, &planned.state);
    Made { state: planned.state, replaces, private: planned.private, diagnostics }
}

/// Where core would refuse our plan with "Provider produced invalid plan", our error names the attribute.
fn check(shape: &Shape, prior: &Value, config: &Value, planned: &Value, diagnostics: &mut Diagnostics) {
    if planned.is_null() || diagnostics.has_errors() {
        return;
    }
    for fault in plan_faults(shape.attributes(), prior, config, planned) {
        diagnostics.error_at(
            fault.path.clone(),
            format!("{} {}", fault.path, fault.reason),
            "This is a mistake of the provider; please report it.",
        );
    }
}

/// Core refuses a path that exists neither before nor after, and ignores one whose value is the same.
fn replaced(generic: Vec<Path>, own: Vec<Path>, prior: &Value, planned: &Value) -> Vec<Path> {
    if prior.is_null() || planned.is_null() {
        return Vec::new();
    }
    let mut all = generic;
    all.extend(own.into_iter().filter(|path| exists(prior, path) || exists(planned, path)));
    all.sort();
    all.dedup();
    all
}

fn exists(value: &Value, path: &Path) -> bool {
    use crate::diagnostic::Step;
    let mut here = value;
    for step in &path.0 {
        let next = match (step, here) {
            (Step::Attribute(name), Value::Object(all)) => all.get(name),
            (Step::Key(key), Value::Map(all)) => all.get(key),
            (Step::Index(index), Value::List(all)) => usize::try_from(*index).ok().and_then(|index| all.get(index)),
            _ => None,
        };
        match next {
            Some(next) => here = next,
            None => return false,
        }
    }
    !path.0.is_empty()
}

/// From here on nothing may fail: the change has been made.
fn answered(
    resource: &Offered<dyn AnyResource>,
    change: &ValueChange,
    answer: Option<Stored<Value>>,
    diagnostics: Diagnostics,
    known: &Value,
) -> proto::apply_resource_change::Response {
    let shape = resource.shape();
    let mut applied = catch_unwind(AssertUnwindSafe(|| repair(&shape.schema, change, answer, diagnostics)))
        .unwrap_or_else(|payload| as_planned(shape, change, call::panicked("ApplyResourceChange", &*payload)));
    for fault in &applied.repaired {
        tracing::error!("repaired an answer of the provider: {} {}", fault.path, fault.reason);
    }
    let new_identity = if applied.state.is_null() {
        None
    } else {
        match catch_unwind(AssertUnwindSafe(|| identity::answer(&*resource.it, &applied.state, known))) {
            Ok(Ok(identity)) => identity,
            Ok(Err(wrong)) => {
                applied.diagnostics.extend(wrong);
                None
            }
            Err(payload) => {
                applied.diagnostics.extend(call::panicked("ApplyResourceChange", &*payload));
                None
            }
        }
    };
    let new_state = convert::dynamic(&applied.state, &shape.kind).map_err(|wrong| applied.diagnostics.extend(wrong));
    proto::apply_resource_change::Response {
        new_state: new_state.ok(),
        private: applied.private,
        diagnostics: convert::diagnostics(&applied.diagnostics),
        new_identity,
        legacy_type_system: false,
    }
}

fn as_planned(shape: &Shape, change: &ValueChange, diagnostics: Diagnostics) -> Applied {
    let mut state = if change.planned.is_null() { change.prior.clone() } else { change.planned.clone() };
    forget_write_only(shape.attributes(), &mut state);
    forget_unknown(&mut state);
    Applied { state, private: Vec::new(), diagnostics, repaired: Vec::new() }
}
