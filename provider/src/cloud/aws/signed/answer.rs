//! Answers as trees. Knows XML and JSON; must not know what they are about.

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use roxmltree::{Document, Node};
use serde_json::Value;

use super::failure::Refused;

/// What a response says, or which error it is. One that cannot be read is no answer: it is asked for again.
pub(super) fn of<T>(
    response: &HttpResponse,
    read: fn(&[u8]) -> Result<T, String>,
) -> Result<T, OrchestratorError<Refused>> {
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(Refused::read(response)));
    }
    let body = response.body().bytes().unwrap_or_default();
    read(body).map_err(|reason| OrchestratorError::response(reason.into()))
}

/// An element of XML, without its namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The elements directly below it that are called `name`.
    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element called `name`, however deep.
    pub(crate) fn first(&self, name: &str) -> Option<&Element> {
        let below = self.children.iter();
        below.clone().find(|child| child.name == name).or_else(|| below.flat_map(|child| child.first(name)).next())
    }

    /// The entries of the list `name`: `<name><item>…`, in other dialects `<name><member>…`.
    pub(crate) fn list<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Element> + use<'a> {
        self.first(name).into_iter().flat_map(|list| &list.children)
    }

    /// The text of the first element called `name`; none where that is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.first(name).map(|found| found.text.as_str()).filter(|text| !text.is_empty())
    }

    /// Its own text.
    pub(crate) fn value(&self) -> &str {
        &self.text
    }
}

pub(super) fn xml(body: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the answer is no text".to_owned())?;
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let root = owned(document.root_element());
    // A page for people is well-formed too, now and then.
    if root.name.eq_ignore_ascii_case("html") { Err("the answer is a web page".to_owned()) } else { Ok(root) }
}

fn owned(node: Node<'_, '_>) -> Element {
    Element {
        name: node.tag_name().name().to_owned(),
        text: node.text().unwrap_or_default().trim().to_owned(),
        children: node.children().filter(Node::is_element).map(owned).collect(),
    }
}

/// Many actions answer nothing at all.
pub(super) fn json(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
