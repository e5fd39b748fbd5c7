//! The function `provider::notes::slug`.

use tfplugin_framework::function::{Function, FunctionError, Parameter};
use tfplugin_framework::value::{Type, Value};

pub(crate) struct Slug;

impl Function for Slug {
    fn name(&self) -> &'static str {
        "slug"
    }

    fn summary(&self) -> &'static str {
        "a name for a note, from its title"
    }

    fn doc(&self) -> &'static str {
        "Lower case, with a dash for everything that is neither letter nor digit."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter { name: "title", kind: Type::String, doc: "The title of the note." }]
    }

    fn result(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let title = arguments[0].as_str().unwrap_or_default();
        if title.is_empty() {
            return Err(FunctionError { text: "the title is empty".to_owned(), argument: Some(0) });
        }
        let slug: String =
            title.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        Ok(Value::from(slug))
    }
}
