//! Repairs the answer to an apply, so that nothing that was made is ever lost. MEASURED on both cores: after a side effect a
//! null, a wrong type or a missing attribute in the answer leaves an object that nobody knows of, and a known value that
//! differs from the plan taints what was just made.

use super::{Fault, forget_unknown, result_faults};
use crate::diagnostic::{Diagnostics, Path};
use crate::resource::{Stored, ValueChange};
use crate::schema::Schema;
use crate::schema::walk::{forget_write_only, keep_spelling};
use crate::value::{Value, msgpack};

/// What core is told after an apply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Applied {
    /// Of the schema's type, wholly known, without write-only values; null only if nothing is there.
    pub state: Value,
    /// What is stored beside it.
    pub private: Vec<u8>,
    /// What the user reads.
    pub diagnostics: Diagnostics,
    /// Repairs that no user needs to know of; for the log.
    pub repaired: Vec<Fault>,
}

/// Makes of a resource's answer one that core accepts.
pub(crate) fn repair(
    schema: &Schema,
    change: &ValueChange,
    answer: Option<Stored<Value>>,
    diagnostics: Diagnostics,
) -> Applied {
    let private = answer.as_ref().map(|stored| stored.private.clone()).unwrap_or_default();
    let mut applied = Applied {
        state: answer.map_or(Value::Null, |stored| stored.state),
        private,
        diagnostics,
        repaired: Vec::new(),
    };
    if !applied.state.is_null() {
        forget_write_only(&schema.attributes, &mut applied.state);
        known(&mut applied);
        typed(schema, change, &mut applied);
    }
    match (change.planned.is_null(), applied.state.is_null()) {
        (true, false) => still_there(&mut applied),
        (false, true) => not_there(&mut applied),
        (false, false) => as_planned(schema, change, &mut applied),
        (true, true) => {}
    }
    applied
}

/// Core stores an unknown as null and says that the provider is at fault; an error of ours says the same with a name.
fn known(applied: &mut Applied) {
    for path in forget_unknown(&mut applied.state) {
        if applied.diagnostics.has_errors() {
            applied.repaired.push(Fault { path, reason: "was still unknown and is stored as null" });
        } else {
            applied.diagnostics.error(
                format!("the provider did not learn the value of {path}"),
                "The change was made, and the state has everything else. This is a mistake of the provider; please report it.",
            );
        }
    }
}

fn typed(schema: &Schema, change: &ValueChange, applied: &mut Applied) {
    let kind = schema.value_type();
    let Err(error) = msgpack::encode(&applied.state, &kind) else { return };
    let mut fallback = if change.planned.is_null() { change.prior.clone() } else { change.planned.clone() };
    forget_write_only(&schema.attributes, &mut fallback);
    forget_unknown(&mut fallback);
    applied.state = fallback;
    applied.diagnostics.error(
        "the provider answered with a value that does not fit its own schema",
        format!(
            "{error}. The state has what was planned instead. This is a mistake of the provider; please report it."
        ),
    );
}

fn still_there(applied: &mut Applied) {
    if !applied.diagnostics.has_errors() {
        applied.diagnostics.error(
            "the object still exists after its destruction",
            "The provider did not say why. It stays in the state; the next destroy tries again.",
        );
    }
}

fn not_there(applied: &mut Applied) {
    if !applied.diagnostics.has_errors() {
        applied.diagnostics.error(
            "the object does not exist after the change",
            "The provider did not say why. The next apply creates it anew.",
        );
    }
}

/// Core compares with the plan only where there are no errors. A create that differs would be tainted, that is destroyed by
/// the next apply, so there the plan wins and the next refresh shows the difference as drift; an update that differs is
/// told as what it is.
fn as_planned(schema: &Schema, change: &ValueChange, applied: &mut Applied) {
    keep_spelling(&schema.attributes, &change.planned, &mut applied.state);
    if applied.diagnostics.has_errors() {
        return;
    }
    let faults = result_faults(&change.planned, &applied.state);
    if change.prior.is_null() {
        for fault in faults {
            put_back(&change.planned, &mut applied.state, &fault.path.0);
            applied.repaired.push(fault);
        }
    } else {
        for fault in faults {
            applied.diagnostics.error_at(
                outermost(&fault.path),
                format!("{} {} after the update", fault.path, fault.reason),
                "The state has the value that the provider found. Apply again; if this stays, it is a mistake of the provider, please report it.",
            );
        }
    }
}

fn put_back(planned: &Value, actual: &mut Value, steps: &[crate::diagnostic::Step]) {
    use crate::diagnostic::Step;
    let Some((step, rest)) = steps.split_first() else {
        let mut whole = planned.clone();
        forget_unknown(&mut whole);
        *actual = whole;
        return;
    };
    let name = match step {
        Step::Attribute(name) | Step::Key(name) => name,
        Step::Index(index) => {
            let index = usize::try_from(*index).unwrap_or(usize::MAX);
            if let Value::List(all) = actual
                && let Some(one) = all.get_mut(index)
            {
                put_back(planned.at(index), one, rest);
            }
            return;
        }
    };
    if let Value::Object(all) | Value::Map(all) = actual
        && let Some(one) = all.get_mut(name)
    {
        put_back(planned.get(name), one, rest);
    }
}

fn outermost(path: &Path) -> Path {
    Path(path.0.iter().take(1).cloned().collect())
}
