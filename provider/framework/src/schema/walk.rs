//! One walk over a value by its attributes, with the same place of another value beside it. Elements of maps are matched
//! by key, elements of lists by position.

use super::{Attribute, AttributeType};
use crate::diagnostic::Path;
use crate::value::Value;

/// Where a walk stands.
pub(crate) struct Place<'a> {
    /// The attribute.
    pub attribute: &'a Attribute,
    /// Its path from the root.
    pub path: &'a Path,
    /// The value at the same place of the companion; null where there is none.
    pub prior: &'a Value,
    /// True if the companion has the object that this attribute belongs to.
    pub prior_has_object: bool,
}

/// Visits every attribute of the object `value`, parents before children. Children of a null or unknown attribute do not
/// exist and are not visited.
pub(crate) fn walk(
    attributes: &[Attribute],
    value: &mut Value,
    prior: &Value,
    path: &Path,
    visit: &mut dyn FnMut(&Place<'_>, &mut Value),
) {
    let Value::Object(members) = value else { return };
    for attribute in attributes {
        let Some(slot) = members.get_mut(attribute.name) else { continue };
        let prior_here = prior.get(attribute.name);
        let path = path.child(attribute.name);
        let place =
            Place { attribute, path: &path, prior: prior_here, prior_has_object: matches!(prior, Value::Object(_)) };
        visit(&place, slot);
        match (&attribute.kind, slot) {
            (AttributeType::Plain(_), _) => {}
            (AttributeType::Single(children), slot) => walk(children, slot, prior_here, &path, visit),
            (AttributeType::List(children), Value::List(all)) => {
                for (index, one) in all.iter_mut().enumerate() {
                    walk(children, one, prior_here.at(index), &path.index(index), visit);
                }
            }
            (AttributeType::Map(children), Value::Map(all)) => {
                for (key, one) in all {
                    walk(children, one, prior_here.get(key), &path.key(key), visit);
                }
            }
            (AttributeType::List(_) | AttributeType::Map(_), _) => {}
        }
    }
}

/// Sets every write-only attribute to null. Core sends their values and accepts none back.
pub(crate) fn forget_write_only(attributes: &[Attribute], value: &mut Value) {
    walk(attributes, value, &Value::Null, &Path::root(), &mut |place, slot| {
        if place.attribute.behaviour.write_only {
            *slot = Value::Null;
        }
    });
}

/// Where an attribute of `value` means the same as in `before`, puts back how it was spelled before.
pub(crate) fn keep_spelling(attributes: &[Attribute], before: &Value, value: &mut Value) {
    walk(attributes, value, before, &Path::root(), &mut |place, slot| {
        if let Some(equal) = place.attribute.behaviour.equal
            && is_set(place.prior)
            && is_set(slot)
            && !slot.same(place.prior)
            && equal(place.prior, slot)
        {
            slot.clone_from(place.prior);
        }
    });
}

fn is_set(value: &Value) -> bool {
    !value.is_null() && value.is_wholly_known()
}
