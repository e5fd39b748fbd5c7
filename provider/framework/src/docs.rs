//! The registry's documentation, made from what a provider offers, so that there is no second list of attributes.
//! Knows the registry's folders and file names; the text of a page is made in `page`.
//!
//! Layout: `index.md`, `resources/`, `data-sources/`, `ephemeral-resources/` and `functions/`, names without the
//! provider's prefix. Snippets come from `examples/` where the registry's own tools look for them:
//! `provider/provider.tf`, `resources/TYPE/resource.tf`, `import.sh` and `import-by-identity.tf`,
//! `data-sources/TYPE/data-source.tf`, `ephemeral-resources/TYPE/ephemeral-resource.tf`, `functions/NAME/function.tf`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::provider::{AnyProvider, Provider};

pub mod changes;
pub mod examples;
mod page;
#[cfg(test)]
mod tests;
mod text;

use page::{Kind, Page};

/// The folders that hold nothing but generated pages.
const FOLDERS: [&str; 4] = ["resources", "data-sources", "ephemeral-resources", "functions"];

/// Every page of `provider` by its path below `docs/`; snippets are read from below `examples`.
pub fn pages(provider: &impl Provider, examples: &Path) -> BTreeMap<PathBuf, String> {
    let provider: &dyn AnyProvider = provider;
    let (name, offer) = (provider.name(), provider.offer());
    let short = |type_name: &str| {
        type_name.strip_prefix(name).and_then(|rest| rest.strip_prefix('_')).unwrap_or(type_name).to_owned()
    };
    let mut all = BTreeMap::new();
    let mut add = |path: String, text: String| all.insert(PathBuf::from(path), text);
    let snippet = |path: String| fs::read_to_string(examples.join(path)).ok();
    let schema = provider.schema();
    let example = snippet("provider/provider.tf".to_owned());
    add(
        "index.md".to_owned(),
        Page { provider: name, kind: Kind::Provider, title: name, schema: &schema, example }.render(),
    );
    for resource in &offer.resources {
        let (title, schema) = (resource.type_name(), resource.schema());
        let example = snippet(format!("resources/{title}/resource.tf"));
        let mut text = Page { provider: name, kind: Kind::Resource, title, schema: &schema, example }.render();
        changes::drift(&mut text, resource.drift());
        text += &page::import(
            resource.identity_attributes(),
            snippet(format!("resources/{title}/import.sh")),
            snippet(format!("resources/{title}/import-by-identity.tf")),
        );
        add(format!("resources/{}.md", short(title)), text);
    }
    for source in &offer.data_sources {
        let (title, schema) = (source.type_name(), source.schema());
        let example = snippet(format!("data-sources/{title}/data-source.tf"));
        let page = Page { provider: name, kind: Kind::DataSource, title, schema: &schema, example };
        add(format!("data-sources/{}.md", short(title)), page.render());
    }
    for ephemeral in &offer.ephemerals {
        let (title, schema) = (ephemeral.type_name(), ephemeral.schema());
        let example = snippet(format!("ephemeral-resources/{title}/ephemeral-resource.tf"));
        let page = Page { provider: name, kind: Kind::Ephemeral, title, schema: &schema, example };
        add(format!("ephemeral-resources/{}.md", short(title)), page.render());
    }
    for function in &offer.functions {
        let example = snippet(format!("functions/{}/function.tf", function.name()));
        add(format!("functions/{}.md", function.name()), page::function(name, &**function, example));
    }
    all
}

/// Makes the generated files below `docs` equal to `pages` and answers which of them were not, so that a test can rewrite
/// them and fail. Guides and other hand-written files stay.
///
/// # Errors
/// If a file cannot be read, written or removed.
pub fn rewrite(docs: &Path, pages: &BTreeMap<PathBuf, String>) -> io::Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for (path, text) in pages {
        let file = docs.join(path);
        if fs::read_to_string(&file).is_ok_and(|there| there == *text) {
            continue;
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text)?;
        stale.push(path.clone());
    }
    for folder in FOLDERS {
        let Ok(entries) = fs::read_dir(docs.join(folder)) else { continue };
        for entry in entries {
            let path = Path::new(folder).join(entry?.file_name());
            if path.extension().is_some_and(|extension| extension == "md") && !pages.contains_key(&path) {
                fs::remove_file(docs.join(&path))?;
                stale.push(path);
            }
        }
    }
    Ok(stale)
}
