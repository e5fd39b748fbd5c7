//! Which attributes of a resource the examples show. Knows as much of HCL as configurations are made of: blocks, objects, lists and
//! references; what stands in an expression otherwise is skipped.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::schema::{Attribute, AttributeType};

mod hcl;
#[cfg(test)]
mod tests;

use hcl::Value;

/// An attribute, and what there is to read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documented {
    /// Its names from the top of the resource, with dots; keys of maps are not in it.
    pub path: String,
    /// Whether it has a sentence, or at least words, of its own.
    pub has_text: bool,
    /// Whether an example shows it.
    pub has_example: bool,
}

/// The text of every `.tf` file below a folder, in no order.
///
/// # Errors
/// If something cannot be read.
pub fn configurations(folder: &Path) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(configurations(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "tf") {
            all.push(fs::read_to_string(&path)?);
        }
    }
    Ok(all)
}

/// Every attribute of the resource `kind`, at any depth. What a user can set is shown where a block of that kind sets it; what can only
/// be read, where something reads it or an object that it is in.
pub fn documented(kind: &str, attributes: &[Attribute], configurations: &[String]) -> Vec<Documented> {
    let mut shown = Shown::default();
    for text in configurations {
        let text = hcl::without_comments(text);
        for body in hcl::blocks(&text, kind) {
            shown.set(attributes, &body, "");
        }
        shown.read.extend(hcl::references(&text, kind));
    }
    let mut all = Vec::new();
    shown.walk(attributes, "", false, &mut all);
    all
}

/// Paths that configurations set and read.
#[derive(Default)]
struct Shown {
    set: BTreeSet<String>,
    read: BTreeSet<String>,
}

impl Shown {
    fn set(&mut self, attributes: &[Attribute], body: &[(String, Value)], above: &str) {
        for (name, value) in body {
            let Some(attribute) = attributes.iter().find(|one| one.name == name) else { continue };
            let path = below(above, name);
            match (&attribute.kind, value) {
                (AttributeType::Single(children), Value::Object(object)) => self.set(children, object, &path),
                (AttributeType::List(children), Value::List(list)) => self.set_each(children, list.iter(), &path),
                (AttributeType::Map(children), Value::Object(map)) => {
                    self.set_each(children, map.iter().map(|(_, one)| one), &path);
                }
                _ => {}
            }
            self.set.insert(path);
        }
    }

    fn set_each<'a>(&mut self, children: &[Attribute], objects: impl Iterator<Item = &'a Value>, above: &str) {
        for object in objects {
            if let Value::Object(object) = object {
                self.set(children, object, above);
            }
        }
    }

    fn walk(&self, attributes: &[Attribute], above: &str, is_read: bool, all: &mut Vec<Documented>) {
        for one in attributes {
            let path = below(above, one.name);
            let can_be_set = one.behaviour.required || one.behaviour.optional;
            let is_read = is_read || self.read.contains(&path);
            all.push(Documented {
                has_text: one.doc.split_whitespace().count() > 1,
                has_example: if can_be_set { self.set.contains(&path) } else { is_read },
                path: path.clone(),
            });
            if let Some(children) = one.kind.children() {
                self.walk(children, &path, is_read, all);
            }
        }
    }
}

fn below(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}
