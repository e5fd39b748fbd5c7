//! The one place where an attribute is defined: `model!` makes of a list of attributes the struct that code uses,
//! the table that schema, planner and documentation walk, and the codec between the struct and a [`Value`].

use crate::attr::{Field, ShapeError};
use crate::diagnostic::Path;
use crate::schema::Attribute;
use crate::value::Value;

/// What `model!` implements: the attributes of a resource, a nested object, a provider block …
pub trait Model: Field + Default + Send + Sync + 'static {
    /// Every attribute in the order of definition.
    fn attributes() -> Vec<Attribute>;

    /// Reads an object; attributes that it does not have are null.
    ///
    /// # Errors
    /// If a value has another type than its attribute.
    fn read(value: &Value) -> Result<Self, ShapeError> {
        Self::from_value(value, &Path::root())
    }

    /// Like [`Model::read`], with null as an object that has nothing set.
    ///
    /// # Errors
    /// If a value has another type than its attribute.
    fn read_or_default(value: &Value) -> Result<Self, ShapeError> {
        if value.is_null() { Ok(Self::default()) } else { Self::read(value) }
    }
}

/// Defines a model. Each attribute is one entry: its documentation, its name, its type and its behaviour.
///
/// ```
/// use tfplugin_framework::prelude::*;
///
/// model! {
///     /// A bucket.
///     pub struct Bucket {
///         /// Its name.
///         name: String = required().replaces(),
///         /// Who may read it, by address range.
///         readers: List<String> = optional(),
///         /// Where it answers.
///         url: String = computed(),
///     }
/// }
///
/// let bucket = Bucket { name: "logs".into(), ..Bucket::default() };
/// assert_eq!(bucket.to_value().get("name"), &Value::from("logs"));
/// ```
///
/// Types are those that implement [`Field`]: `String`, `bool`, `i64`, `List<T>`, `Map<T>` and other models.
#[macro_export]
macro_rules! model {
    (
        $(#[doc = $model_doc:literal])*
        $visibility:vis struct $model:ident {
            $(
                $(#[doc = $doc:literal])*
                $name:ident : $type:ty = $behaviour:expr
            ),* $(,)?
        }
    ) => {
        $(#[doc = $model_doc])*
        #[derive(Clone, Debug, PartialEq, Default)]
        // The fields of a model are as visible as the model.
        #[allow(unreachable_pub)]
        $visibility struct $model {
            $( $(#[doc = $doc])* pub $name: $crate::attr::Attr<$type>, )*
        }

        impl $crate::attr::Field for $model {
            fn attribute_type() -> $crate::schema::AttributeType {
                $crate::schema::AttributeType::Single(<$model as $crate::model::Model>::attributes())
            }

            fn from_value(
                value: &$crate::value::Value,
                path: &$crate::diagnostic::Path,
            ) -> Result<Self, $crate::attr::ShapeError> {
                if !matches!(value, $crate::value::Value::Object(_)) {
                    return Err($crate::attr::ShapeError { path: path.clone(), expected: "an object" });
                }
                Ok(Self {
                    $( $name: $crate::attr::Attr::from_value(
                        value.get($crate::model::plain_name(stringify!($name))),
                        &path.child($crate::model::plain_name(stringify!($name))),
                    )?, )*
                })
            }

            fn to_value(&self) -> $crate::value::Value {
                $crate::value::Value::Object(std::collections::BTreeMap::from([
                    $( ($crate::model::plain_name(stringify!($name)).to_owned(), self.$name.to_value()), )*
                ]))
            }
        }

        impl $crate::model::Model for $model {
            fn attributes() -> Vec<$crate::schema::Attribute> {
                #[allow(unused_imports)]
                use $crate::schema::{computed, optional, required};
                vec![
                    $( $crate::schema::Attribute {
                        name: $crate::model::plain_name(stringify!($name)),
                        doc: $crate::model::joined(&[$($doc),*]),
                        kind: <$type as $crate::attr::Field>::attribute_type(),
                        behaviour: $behaviour,
                    }, )*
                ]
            }
        }
    };
}

/// `r#type` is the attribute `type`.
#[doc(hidden)]
pub fn plain_name(name: &'static str) -> &'static str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// The lines of a doc comment as one text; the space that rustdoc wants after `///` goes, and so do the line breaks that
/// are there only because source has a width. Paragraphs, lists and code keep theirs.
#[doc(hidden)]
pub fn joined(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        let fence = line.trim_start().starts_with("```");
        let own_line = line.trim().is_empty() || in_code || fence || line.trim_start().starts_with(['-', '*', '|']);
        if own_line || text.is_empty() || text.ends_with('\n') {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(line);
            if own_line {
                text.push('\n');
            }
        } else {
            text.push(' ');
            text.push_str(line.trim_start());
        }
        in_code ^= fence;
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests;
