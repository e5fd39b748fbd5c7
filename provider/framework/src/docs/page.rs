//! The text of one page. Knows Markdown and the registry's front matter; no files.

use std::fmt::Write as _;

use super::changes;
use super::text::{attribute_line, first_sentence, type_constraint, type_label};
use crate::function::Function;
use crate::resource::IdentityAttribute;
use crate::schema::{Attribute, Schema};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Provider,
    Resource,
    DataSource,
    Ephemeral,
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Kind::Provider => "Provider",
            Kind::Resource => "Resource",
            Kind::DataSource => "Data Source",
            Kind::Ephemeral => "Ephemeral Resource",
        }
    }
}

/// A page with a schema.
pub(super) struct Page<'a> {
    pub provider: &'a str,
    pub kind: Kind,
    /// The type, or the provider's name.
    pub title: &'a str,
    pub schema: &'a Schema,
    pub example: Option<String>,
}

impl Page<'_> {
    pub(super) fn render(&self) -> String {
        let label = self.kind.label();
        let (page_title, heading) = match self.kind {
            Kind::Provider => (format!("{} Provider", self.title), format!("{} Provider", self.title)),
            _ => (format!("{} {label} - {}", self.title, self.provider), format!("{} ({label})", self.title)),
        };
        let mut page = opening(&page_title, &heading, &self.schema.doc);
        snippet(&mut page, "## Example Usage", "terraform", self.example.as_deref());
        page += "\n## Schema\n";
        groups(&mut page, &self.schema.attributes, "", "###");
        nested(&mut page, &self.schema.attributes, "");
        if self.kind == Kind::Resource {
            changes::table(&mut page, &self.schema.attributes);
        }
        page
    }
}

fn opening(page_title: &str, heading: &str, doc: &str) -> String {
    format!(
        "---\npage_title: \"{page_title}\"\nsubcategory: \"\"\ndescription: |-\n  {}\n---\n\n# {heading}\n\n{doc}\n",
        first_sentence(doc)
    )
}

fn snippet(page: &mut String, heading: &str, language: &str, text: Option<&str>) {
    if let Some(text) = text {
        let _ = write!(page, "\n{heading}\n\n```{language}\n{}\n```\n", text.trim_end());
    }
}

/// The attributes of one object in the registry's three groups.
fn groups(page: &mut String, attributes: &[Attribute], path: &str, heading: &str) {
    type Belongs = fn(&Attribute) -> bool;
    let all: [(&str, Belongs); 3] = [
        ("Required", |one| one.behaviour.required),
        ("Optional", |one| one.behaviour.optional),
        ("Read-Only", |one| !one.behaviour.required && !one.behaviour.optional),
    ];
    for (name, belongs) in all {
        let mut members = attributes.iter().filter(|one| belongs(one)).peekable();
        if members.peek().is_some() {
            let _ = write!(page, "\n{heading} {name}\n\n");
            members.for_each(|one| page.push_str(&attribute_line(one, &below(path, one.name))));
        }
    }
}

fn nested(page: &mut String, attributes: &[Attribute], path: &str) {
    for attribute in attributes {
        let Some(children) = attribute.kind.children() else { continue };
        let path = below(path, attribute.name);
        let anchor = path.replace('.', "--");
        let _ = write!(page, "\n<a id=\"nestedatt--{anchor}\"></a>\n### Nested Schema for `{path}`\n");
        groups(page, children, &path, "####");
        nested(page, children, &path);
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// How an existing object comes into the state.
pub(super) fn import(identity: &[IdentityAttribute], by_id: Option<String>, by_identity: Option<String>) -> String {
    let mut page = String::new();
    if by_id.is_none() && identity.is_empty() {
        return page;
    }
    page += "\n## Import\n";
    snippet(&mut page, "By id:", "shell", by_id.as_deref());
    if !identity.is_empty() {
        page += "\nBy identity, in Terraform 1.12 or OpenTofu 1.12 and later; its attributes are:\n\n";
        for one in identity {
            let need = if one.required { "required" } else { "optional" };
            let _ = writeln!(page, "- `{}` (String, {need}) {}", one.name, one.doc);
        }
        snippet(&mut page, "For example:", "terraform", by_identity.as_deref());
    }
    page
}

/// The page of a function.
pub(super) fn function(provider: &str, function: &dyn Function, example: Option<String>) -> String {
    let name = function.name();
    let mut page = opening(&format!("{name} function - {provider}"), &format!("function: {name}"), function.doc());
    // The description of a function in front matter is its summary.
    let (summary, first) = (function.summary(), first_sentence(function.doc()));
    page = page.replacen(&format!("description: |-\n  {first}\n"), &format!("description: |-\n  {summary}\n"), 1);
    snippet(&mut page, "## Example Usage", "terraform", example.as_deref());
    let parameters = function.parameters();
    let signature: Vec<String> =
        parameters.iter().map(|one| format!("{}: {}", one.name, type_constraint(&one.kind))).collect();
    let result = type_constraint(&function.result());
    let _ = write!(page, "\n## Signature\n\n```text\n{name}({}) -> {result}\n```\n", signature.join(", "));
    page += "\n## Arguments\n\n";
    for (position, one) in parameters.iter().enumerate() {
        let _ = writeln!(page, "{}. `{}` ({}) {}", position + 1, one.name, type_label(&one.kind), one.doc);
    }
    page
}
