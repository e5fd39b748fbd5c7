//! The Rust sources of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path from the root of the repository, its text, and whether only tests contain it.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    test: bool,
}

impl Source {
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }

    /// True for what only tests contain.
    pub(crate) fn is_test(&self) -> bool {
        self.test
    }

    /// The paths, without `.rs`, of the modules that it declares for tests only.
    fn test_modules(&self) -> Vec<String> {
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let inside = match name.trim_end_matches(".rs") {
            "lib" | "main" => folder.to_owned(),
            module => format!("{folder}/{module}"),
        };
        let declared = self.text.split("#[cfg(test)]\n").skip(1).filter_map(|after| {
            let line = after.lines().next()?.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
            line.strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
        });
        declared.map(|module| format!("{inside}/{module}")).collect()
    }

    /// The lines that run in the product, numbered from 1: without comments, and without what follows `#[cfg(test)]` where
    /// that opens a module in the same file.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let code = self.text[..end].lines().enumerate();
        code.map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The modules on the way to it, in `provider/src`: `["cluster", "addons", "remote"]`.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let inside = self.path.strip_prefix("provider/src/").unwrap_or_default();
        inside.trim_end_matches(".rs").split('/').collect()
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the provider is a folder of the repository").to_owned()
}

/// Every source that somebody wrote.
pub(crate) fn all() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["proto", "provider", "acceptance"] {
        collect(&root().join(folder), &mut found);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    let modules: Vec<String> = found.iter().flat_map(Source::test_modules).collect();
    for source in &mut found {
        let path = source.path.trim_end_matches(".rs");
        let inside = modules.iter().any(|module| path == module || path.starts_with(&format!("{module}/")));
        source.test |= inside;
    }
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "generated" && name != "target" {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root()).expect("a path below the root").to_string_lossy().into_owned();
            // The crate `acceptance` and its parts hold nothing else.
            let test = path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "acceptance"));
            found.push(Source { path, text, test });
        }
    }
}
