//! Schemas: what attributes an object has and how each behaves in a plan. Data only; the planner, the protocol and the
//! registry's documentation are walks over it.

use std::fmt;
use std::sync::Arc;

use crate::value::{Type, Value};

pub mod check;
pub(crate) mod rules;
pub(crate) mod walk;

/// An attribute of a resource, a data source, an ephemeral resource, the provider block or a nested object.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name in HCL.
    pub name: &'static str,
    /// What the registry says about it, in Markdown.
    pub doc: String,
    /// Its type.
    pub kind: AttributeType,
    /// How it behaves in a plan.
    pub behaviour: Behaviour,
}

/// The type of an attribute: a plain value or nested attributes.
#[derive(Clone, Debug)]
pub enum AttributeType {
    /// Any type without attributes of its own.
    Plain(Type),
    /// `{ … }`
    Single(Vec<Attribute>),
    /// `[{ … }, …]`
    List(Vec<Attribute>),
    /// `{ key = { … }, … }`
    Map(Vec<Attribute>),
}

impl AttributeType {
    /// The attributes of the object that a value is, or of each that it has; none of a plain type.
    pub fn children(&self) -> Option<&[Attribute]> {
        match self {
            AttributeType::Plain(_) => None,
            AttributeType::Single(children) | AttributeType::List(children) | AttributeType::Map(children) => {
                Some(children)
            }
        }
    }

    /// The type of its values.
    pub fn value_type(&self) -> Type {
        let object = |attributes: &[Attribute]| {
            Type::Object(attributes.iter().map(|one| (one.name.to_owned(), one.kind.value_type())).collect())
        };
        match self {
            AttributeType::Plain(plain) => plain.clone(),
            AttributeType::Single(attributes) => object(attributes),
            AttributeType::List(attributes) => Type::List(Box::new(object(attributes))),
            AttributeType::Map(attributes) => Type::Map(Box::new(object(attributes))),
        }
    }
}

/// A rule for a known, non-null value: what is wrong with it, in words that follow the attribute's name, and what to do.
/// Frequent rules are in [`check`].
#[derive(Clone)]
pub struct Check(Arc<Rule>);

type Rule = dyn Fn(&Value) -> Result<(), String> + Send + Sync;

impl Check {
    /// Judges a value that is neither null nor unknown.
    ///
    /// # Errors
    /// If the value breaks the rule: what follows the attribute's name in the message.
    pub fn judge(&self, value: &Value) -> Result<(), String> {
        (self.0)(value)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check")
    }
}

/// How an attribute behaves in a plan. Made by [`required`], [`optional`] and [`computed`] and refined by the methods.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// The user must set it.
    pub required: bool,
    /// The user may set it.
    pub optional: bool,
    /// The provider sets it where the user does not.
    pub computed: bool,
    /// Core hides its value.
    pub sensitive: bool,
    /// Its value is never kept in plan or state.
    pub write_only: bool,
    /// A change makes a new object.
    pub replaces: bool,
    /// What a change does, where that is more than a change in place; documentation only.
    pub change: Option<&'static str>,
    /// The planned value where the user sets none.
    pub default: Option<Value>,
    /// What happens where the user sets none, if that is not a planned value; documentation only.
    pub otherwise: Option<&'static str>,
    /// The inputs whose change makes this computed attribute unknown. Without a change of one of them it keeps its value.
    pub sources: &'static [&'static str],
    /// True if two values mean the same; the one in state is then kept.
    pub equal: Option<fn(&Value, &Value) -> bool>,
    /// Rules for its value.
    pub checks: Vec<Check>,
    /// True if its text may have line breaks and tabs. Other control characters are refused in every string.
    pub multiline: bool,
    /// Why it should not be used any more, and what to use.
    pub deprecated: Option<&'static str>,
}

/// The user must set it.
pub fn required() -> Behaviour {
    Behaviour { required: true, ..Behaviour::default() }
}

/// The user may set it; null otherwise.
pub fn optional() -> Behaviour {
    Behaviour { optional: true, ..Behaviour::default() }
}

/// The provider sets it. `computed().or_set()` lets the user set it too.
pub fn computed() -> Behaviour {
    Behaviour { computed: true, ..Behaviour::default() }
}

impl Behaviour {
    /// The user may set a computed attribute.
    #[must_use]
    pub fn or_set(mut self) -> Self {
        self.optional = true;
        self
    }

    /// A change makes a new object. Inside a map or list of nested attributes this is a change of an element that was there
    /// and stays; an added or removed element is a change of the map or list.
    #[must_use]
    pub fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// What a change does, where that is more than a change in place, for the documentation: `a new group takes its place`.
    #[must_use]
    pub fn changes(mut self, words: &'static str) -> Self {
        self.change = Some(words);
        self
    }

    /// Core hides its value.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Its value is never kept in plan or state.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Planned where the user sets none. Only for attributes at the top level: nested objects stay as the user wrote them.
    #[must_use]
    pub fn defaults_to(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self.computed = true;
        self
    }

    /// What happens where the user sets none, for the documentation.
    #[must_use]
    pub fn otherwise(mut self, words: &'static str) -> Self {
        self.otherwise = Some(words);
        self
    }

    /// The inputs that this computed attribute is made from: attributes beside it or at the top level.
    #[must_use]
    pub fn from(mut self, sources: &'static [&'static str]) -> Self {
        self.sources = sources;
        self
    }

    /// Values that mean the same.
    #[must_use]
    pub fn equal(mut self, same: fn(&Value, &Value) -> bool) -> Self {
        self.equal = Some(same);
        self
    }

    /// A rule for its value.
    #[must_use]
    pub fn check(mut self, rule: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static) -> Self {
        self.checks.push(Check(Arc::new(rule)));
        self
    }

    /// Its text, at any depth, may have line breaks and tabs: scripts, certificates, configuration files.
    #[must_use]
    pub fn multiline(mut self) -> Self {
        self.multiline = true;
        self
    }

    /// Warns whoever sets it.
    #[must_use]
    pub fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = Some(instead);
        self
    }
}

/// The schema of one resource, data source, ephemeral resource or provider block.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The version of a resource's stored state; 0 elsewhere.
    pub version: i64,
    /// What the registry says about it, in Markdown.
    pub doc: String,
    /// Its attributes in the order of definition.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The type of the whole object.
    pub fn value_type(&self) -> Type {
        AttributeType::Single(self.attributes.clone()).value_type()
    }

    /// The attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|one| one.name == name)
    }
}
