//! Typed attributes: what a resource's code sees instead of [`Value`]. An unknown cannot be used as a value by mistake:
//! the only ways in are [`Attr::known`] and a `match`.

use std::collections::BTreeMap;

use crate::diagnostic::Path;
use crate::schema::AttributeType;
use crate::value::{Number, Type, Value};

/// An attribute of type `T`: not set, not known yet, or a value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Attr<T> {
    /// Not set.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// Set.
    Known(T),
}

/// A list of attributes, each of which may be unknown on its own.
pub type List<T> = Vec<Attr<T>>;
/// A map of attributes, each of which may be unknown on its own.
pub type Map<T> = BTreeMap<String, Attr<T>>;

impl<T> Attr<T> {
    /// The value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Attr::Known(value) => Some(value),
            _ => None,
        }
    }

    /// True if it is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Attr::Null)
    }

    /// True if it is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Attr::Unknown)
    }
}

impl<T: Clone> Attr<T> {
    /// The value, or `default` where there is none.
    pub fn or(&self, default: T) -> T {
        self.known().cloned().unwrap_or(default)
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Attr::Null, Attr::Known)
    }
}

impl From<&str> for Attr<String> {
    fn from(text: &str) -> Self {
        Attr::Known(text.to_owned())
    }
}

impl From<String> for Attr<String> {
    fn from(text: String) -> Self {
        Attr::Known(text)
    }
}

impl From<bool> for Attr<bool> {
    fn from(flag: bool) -> Self {
        Attr::Known(flag)
    }
}

impl From<i64> for Attr<i64> {
    fn from(number: i64) -> Self {
        Attr::Known(number)
    }
}

/// A value that does not have the shape its schema promises: the fault of a caller, never of a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}")]
pub struct ShapeError {
    /// Where.
    pub path: Path,
    /// What should stand there, in Terraform's words.
    pub expected: &'static str,
}

/// A Rust type that an attribute can have.
pub trait Field: Clone + Sized {
    /// Its type in the schema.
    fn attribute_type() -> AttributeType;
    /// Reads a value that is neither null nor unknown.
    ///
    /// # Errors
    /// If the value is of another type than [`Field::attribute_type`].
    fn from_value(value: &Value, path: &Path) -> Result<Self, ShapeError>;
    /// The value.
    fn to_value(&self) -> Value;
}

impl<T: Field> Attr<T> {
    /// Reads any value of `T`'s type.
    ///
    /// # Errors
    /// If the value is of another type.
    pub fn from_value(value: &Value, path: &Path) -> Result<Attr<T>, ShapeError> {
        match value {
            Value::Null => Ok(Attr::Null),
            Value::Unknown => Ok(Attr::Unknown),
            known => T::from_value(known, path).map(Attr::Known),
        }
    }

    /// The value.
    pub fn to_value(&self) -> Value {
        match self {
            Attr::Null => Value::Null,
            Attr::Unknown => Value::Unknown,
            Attr::Known(value) => value.to_value(),
        }
    }
}

fn plain<T: Field>() -> Type {
    T::attribute_type().value_type()
}

impl Field for String {
    fn attribute_type() -> AttributeType {
        AttributeType::Plain(Type::String)
    }
    fn from_value(value: &Value, path: &Path) -> Result<Self, ShapeError> {
        value.as_str().map(str::to_owned).ok_or_else(|| ShapeError { path: path.clone(), expected: "a string" })
    }
    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Field for bool {
    fn attribute_type() -> AttributeType {
        AttributeType::Plain(Type::Bool)
    }
    fn from_value(value: &Value, path: &Path) -> Result<Self, ShapeError> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(ShapeError { path: path.clone(), expected: "a bool" }),
        }
    }
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

/// A whole number. The schema has only `number`; a fraction is refused here with "a whole number",
/// which the framework reports at validate, with the attribute's path.
impl Field for i64 {
    fn attribute_type() -> AttributeType {
        AttributeType::Plain(Type::Number)
    }
    fn from_value(value: &Value, path: &Path) -> Result<Self, ShapeError> {
        match value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
        .ok_or_else(|| ShapeError { path: path.clone(), expected: "a whole number" })
    }
    fn to_value(&self) -> Value {
        Value::Number(Number::from(*self))
    }
}

impl<T: Field> Field for Vec<Attr<T>> {
    fn attribute_type() -> AttributeType {
        match T::attribute_type() {
            AttributeType::Single(attributes) => AttributeType::List(attributes),
            _ => AttributeType::Plain(Type::List(Box::new(plain::<T>()))),
        }
    }
    fn from_value(value: &Value, path: &Path) -> Result<Self, ShapeError> {
        match value {
            Value::List(all) => {
                all.iter().enumerate().map(|(at, one)| Attr::from_value(one, &path.index(at))).collect()
            }
            _ => Err(ShapeError { path: path.clone(), expected: "a list" }),
        }
    }
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(Attr::to_value).collect())
    }
}

impl<T: Field> Field for BTreeMap<String, Attr<T>> {
    fn attribute_type() -> AttributeType {
        match T::attribute_type() {
            AttributeType::Single(attributes) => AttributeType::Map(attributes),
            _ => AttributeType::Plain(Type::Map(Box::new(plain::<T>()))),
        }
    }
    fn from_value(value: &Value, path: &Path) -> Result<Self, ShapeError> {
        match value {
            Value::Map(all) => {
                all.iter().map(|(key, one)| Ok((key.clone(), Attr::from_value(one, &path.key(key))?))).collect()
            }
            _ => Err(ShapeError { path: path.clone(), expected: "a map" }),
        }
    }
    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(key, one)| (key.clone(), one.to_value())).collect())
    }
}
