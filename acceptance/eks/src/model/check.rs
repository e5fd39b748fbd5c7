//! One value against one shape. Knows JSON and botocore's types; words its findings as AWS's front ends do.

use serde_json::Value;

use super::{Kind, Model, Shape};

/// Something about an exchange that botocore's model does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, as in `resourcesVpcConfig.subnetIds.0`; empty for the whole.
    pub path: String,
    /// What.
    pub fault: Fault,
}

/// What can be wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation is not in the model.
    UnknownOperation(String),
    /// The operation does not declare this error.
    UndeclaredError(String),
    /// The structure has no such member.
    UnknownMember {
        /// The structure's name in the model.
        shape: String,
    },
    /// A required member is absent.
    Missing,
    /// The value has another JSON type than the shape.
    WrongType {
        /// As AWS's parser calls what came.
        got: &'static str,
        /// What the shape asks for.
        wanted: &'static str,
    },
    /// The value is of the right type and not allowed: AWS's sentence after "failed to satisfy constraint:".
    Constraint {
        /// The value as AWS quotes it.
        value: String,
        /// The constraint, in AWS's words.
        constraint: String,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = &self.path;
        match &self.fault {
            Fault::UnknownOperation(name) => write!(f, "operation {name} is not in the model"),
            Fault::UndeclaredError(code) => write!(f, "error {code} is not declared for this operation"),
            Fault::UnknownMember { shape } => write!(f, "'{path}' is not a member of {shape}"),
            Fault::Missing => write!(f, "Value null at '{path}' failed to satisfy constraint: Member must not be null"),
            Fault::WrongType { got, wanted } => write!(f, "{got} can not be converted to {wanted} at '{path}'"),
            Fault::Constraint { value, constraint } => {
                write!(f, "Value '{value}' at '{path}' failed to satisfy constraint: {constraint}")
            }
        }
    }
}

/// Everything that is wrong with `value` as an instance of the shape.
pub(super) fn check(model: &Model, shape: &str, value: &Value) -> Vec<Problem> {
    let mut checker = Checker { model, problems: Vec::new() };
    checker.walk("", shape, value);
    checker.problems
}

struct Checker<'a> {
    model: &'a Model,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn walk(&mut self, path: &str, name: &str, value: &Value) {
        let model = self.model;
        let Some(shape) = model.shapes.get(name) else {
            return self.report(path, Fault::UnknownMember { shape: name.to_owned() });
        };
        match (shape.kind, value) {
            (Kind::Structure, Value::Object(members)) => {
                for required in &shape.required {
                    if members.get(required).is_none_or(Value::is_null) {
                        self.report(&join(path, required), Fault::Missing);
                    }
                }
                for (member, value) in members.iter().filter(|(_, value)| !value.is_null()) {
                    match shape.members.get(member) {
                        Some(reference) => self.walk(&join(path, member), &reference.shape, value),
                        None => self.report(&join(path, member), Fault::UnknownMember { shape: name.to_owned() }),
                    }
                }
            }
            (Kind::List, Value::Array(items)) => {
                self.bounds(path, shape, items.len() as f64, "length", value);
                for (index, item) in items.iter().enumerate() {
                    if let Some(member) = &shape.member {
                        self.walk(&join(path, &index.to_string()), &member.shape, item);
                    }
                }
            }
            (Kind::Map, Value::Object(entries)) => {
                if !entries.is_empty() {
                    // AWS answers `{}` for objects without tags although the shape says at least one.
                    self.bounds(path, shape, entries.len() as f64, "length", value);
                }
                for (key, item) in entries {
                    if let (Some(keys), Some(values)) = (&shape.key, &shape.value) {
                        self.walk(&join(path, key), &keys.shape, &Value::String(key.clone()));
                        self.walk(&join(path, key), &values.shape, item);
                    }
                }
            }
            (Kind::String, Value::String(text)) => self.text(path, shape, text, value),
            (Kind::Boolean, Value::Bool(_)) | (Kind::Blob, Value::String(_)) => {}
            (Kind::Integer | Kind::Long, Value::Number(number)) if number.is_i64() => {
                self.bounds(path, shape, number.as_f64().unwrap_or_default(), "value", value);
            }
            (Kind::Float | Kind::Double | Kind::Timestamp, Value::Number(_)) => {}
            (kind, _) => self.report(path, Fault::WrongType { got: type_of(value), wanted: wanted(kind) }),
        }
    }

    fn text(&mut self, path: &str, shape: &Shape, text: &str, value: &Value) {
        self.bounds(path, shape, text.chars().count() as f64, "length", value);
        if !shape.values.is_empty() && !shape.values.iter().any(|allowed| allowed == text) {
            let constraint = format!("Member must satisfy enum value set: [{}]", shape.values.join(", "));
            self.report(path, Fault::Constraint { value: text.to_owned(), constraint });
        }
        if let Some(pattern) = &shape.pattern
            && !self.model.patterns.get(pattern).is_some_and(|compiled| compiled.is_match(text))
        {
            let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
            self.report(path, Fault::Constraint { value: text.to_owned(), constraint });
        }
    }

    fn bounds(&mut self, path: &str, shape: &Shape, size: f64, what: &str, value: &Value) {
        let broken = match (shape.min, shape.max) {
            (Some(min), _) if size < min => Some(format!("Member must have {what} greater than or equal to {min}")),
            (_, Some(max)) if size > max => Some(format!("Member must have {what} less than or equal to {max}")),
            _ => None,
        };
        if let Some(constraint) = broken {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.report(path, Fault::Constraint { value, constraint });
        }
    }

    fn report(&mut self, path: &str, fault: Fault) {
        self.problems.push(Problem { path: path.to_owned(), fault });
    }
}

fn join(path: &str, member: &str) -> String {
    if path.is_empty() { member.to_owned() } else { format!("{path}.{member}") }
}

/// The names that AWS's JSON parser gives to tokens.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(_) => "BOOLEAN_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    }
}

fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Structure => "Structure",
        Kind::List => "List",
        Kind::Map => "Map",
        Kind::String => "String",
        Kind::Boolean => "Boolean",
        Kind::Integer => "Integer",
        Kind::Long => "Long",
        Kind::Float => "Float",
        Kind::Double => "Double",
        Kind::Timestamp => "Timestamp",
        Kind::Blob => "Blob",
    }
}
