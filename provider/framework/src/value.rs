//! Values as Terraform has them: three-valued (null, unknown, known) and typed by a schema. Knows no protocol message.

pub mod json;
pub mod msgpack;
mod number;

use std::collections::BTreeMap;

pub use number::Number;

/// A Terraform value. Refinements of unknown values are dropped when they are read and never made.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// Not set.
    #[default]
    Null,
    /// Set to something that is known only after apply.
    Unknown,
    /// `bool`
    Bool(bool),
    /// `number`, of any size and precision
    Number(Number),
    /// `string`
    String(String),
    /// `list(…)`
    List(Vec<Value>),
    /// `set(…)`; in the order in which it was read. Compare with [`Value::same`].
    Set(Vec<Value>),
    /// `map(…)`
    Map(BTreeMap<String, Value>),
    /// `object({…})`, with every attribute present
    Object(BTreeMap<String, Value>),
}

/// The type of a value, as Terraform's type constraints have it. `dynamic` is left out: nothing here needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(element)`
    List(Box<Type>),
    /// `set(element)`
    Set(Box<Type>),
    /// `map(element)`
    Map(Box<Type>),
    /// `object({name = type, …})`
    Object(BTreeMap<String, Type>),
}

impl Value {
    /// True for [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// True for [`Value::Unknown`].
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// True if nothing in it, at any depth, is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::List(all) | Value::Set(all) => all.iter().all(Value::is_wholly_known),
            Value::Map(all) | Value::Object(all) => all.values().all(Value::is_wholly_known),
            _ => true,
        }
    }

    /// Equality as core has it: sets without order.
    pub fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.same(y)),
            (Value::Set(a), Value::Set(b)) => same_members(a, b),
            (Value::Map(a), Value::Map(b)) | (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((i, x), (j, y))| i == j && x.same(y))
            }
            _ => self == other,
        }
    }

    /// The attribute `name` of an object or the element `name` of a map; null where there is none.
    pub fn get(&self, name: &str) -> &Value {
        match self {
            Value::Object(all) | Value::Map(all) => all.get(name).unwrap_or(&Value::Null),
            _ => &Value::Null,
        }
    }

    /// The element at `index` of a list; null where there is none.
    pub fn at(&self, index: usize) -> &Value {
        match self {
            Value::List(all) => all.get(index).unwrap_or(&Value::Null),
            _ => &Value::Null,
        }
    }

    /// Like [`Value::get`], but what is in something unknown is unknown.
    pub(crate) fn within(&self, name: &str) -> &Value {
        if self.is_unknown() { &Value::Unknown } else { self.get(name) }
    }

    /// Its type in Terraform's words, with an article.
    pub(crate) fn article(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Unknown => "an unknown value",
            Value::Bool(_) => "a bool",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Set(_) => "a set",
            Value::Map(_) => "a map",
            Value::Object(_) => "an object",
        }
    }

    /// The text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl Type {
    /// Its name in Terraform's words, with an article.
    pub(crate) fn article(&self) -> &'static str {
        match self {
            Type::Bool => "a bool",
            Type::Number => "a number",
            Type::String => "a string",
            Type::List(_) => "a list",
            Type::Set(_) => "a set",
            Type::Map(_) => "a map",
            Type::Object(_) => "an object",
        }
    }

    /// The type as the protocol spells it: `"string"`, `["list","string"]`, `["object",{…}]`.
    pub fn to_json(&self) -> String {
        match self {
            Type::Bool => "\"bool\"".to_owned(),
            Type::Number => "\"number\"".to_owned(),
            Type::String => "\"string\"".to_owned(),
            Type::List(element) => format!("[\"list\",{}]", element.to_json()),
            Type::Set(element) => format!("[\"set\",{}]", element.to_json()),
            Type::Map(element) => format!("[\"map\",{}]", element.to_json()),
            Type::Object(attributes) => {
                let all: Vec<String> = attributes
                    .iter()
                    .map(|(name, kind)| format!("{}:{}", serde_json::Value::from(name.as_str()), kind.to_json()))
                    .collect();
                format!("[\"object\",{{{}}}]", all.join(","))
            }
        }
    }
}

/// Multiset equality. Quadratic only among members that are not strings: sets of strings are compared sorted.
pub(crate) fn same_members(a: &[Value], b: &[Value]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let texts = |all: &[Value]| all.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    if let (Some(mut x), Some(mut y)) = (texts(a), texts(b)) {
        x.sort_unstable();
        y.sort_unstable();
        return x == y;
    }
    let mut left: Vec<&Value> = b.iter().collect();
    a.iter().all(|x| match left.iter().position(|y| x.same(y)) {
        Some(found) => {
            left.swap_remove(found);
            true
        }
        None => false,
    })
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(Number::from(number))
    }
}
