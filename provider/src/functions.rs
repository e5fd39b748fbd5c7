//! Provider functions. Pure; called on a provider that is not configured.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use tfplugin_framework::function::{Function, FunctionError, Parameter};
use tfplugin_framework::value::{Type, Value};

use crate::workload::image::ImageRef;

/// Every function.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![Box::new(ParseImage)]
}

/// `provider::paas::parse_image`
#[derive(Clone, Copy, Debug)]
pub struct ParseImage;

const PARTS: [&str; 4] = ["registry", "repository", "tag", "digest"];

impl Function for ParseImage {
    fn name(&self) -> &'static str {
        "parse_image"
    }

    fn summary(&self) -> &'static str {
        "Takes an image reference apart"
    }

    fn doc(&self) -> &'static str {
        "Takes an image reference (`registry/repository:tag@digest`) apart into an object of `registry`, `repository`, `tag` \
         and `digest`. Parts that the reference does not have are null: nothing is filled in."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter {
            name: "image",
            kind: Type::String,
            doc: "The reference, such as `public.ecr.aws/nginx/nginx:1.27`.",
        }]
    }

    fn result(&self) -> Type {
        Type::Object(PARTS.map(|part| (part.to_owned(), Type::String)).into())
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        let ImageRef { registry, repository, tag, digest } = ImageRef::parse(text)
            .map_err(|wrong| FunctionError { text: format!("the image {wrong}"), argument: Some(0) })?;
        let values = [registry, Some(repository), tag, digest].map(|part| part.map_or(Value::Null, Value::from));
        Ok(Value::Object(PARTS.map(str::to_owned).into_iter().zip(values).collect::<BTreeMap<_, _>>()))
    }
}
