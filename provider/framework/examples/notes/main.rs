//! A whole provider in five small files: notes kept as text files in a folder. Knows nothing of how core talks to it.
//!
//! Build it, name its folder in a CLI configuration with `dev_overrides`, and apply `examples/notes/main.tf`.

mod lookup;
mod note;
mod passphrase;
mod slug;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use tfplugin_framework::prelude::*;
use tfplugin_framework::provider::{Offer, Provider};
use tfplugin_framework::resource::Context;

/// Where the notes are, once core has configured the provider.
#[derive(Default)]
pub struct Folder(OnceLock<PathBuf>);

impl Folder {
    /// The file of the note `name`.
    fn file(&self, name: &str) -> Result<PathBuf, Diagnostics> {
        let folder = self.0.get().ok_or_else(|| {
            Diagnostics::of_error("the folder of the notes is not known yet", "Set folder in provider \"notes\".")
        })?;
        Ok(folder.join(format!("{name}.txt")))
    }
}

model! {
    /// The provider block.
    pub struct Settings {
        /// The folder that the notes are kept in. It must exist.
        folder: String = required(),
    }
}

#[derive(Default)]
struct Notes {
    folder: Arc<Folder>,
}

#[async_trait::async_trait]
impl Provider for Notes {
    type Model = Settings;

    fn name(&self) -> &'static str {
        "notes"
    }

    fn doc(&self) -> &'static str {
        "Keeps notes as text files in a folder."
    }

    async fn configure(&self, _: &Context, settings: Settings, _: &str) -> Diagnostics {
        // It may be unknown while core plans; whoever needs it says so.
        if let Attr::Known(folder) = settings.folder {
            let _ = self.folder.0.set(PathBuf::from(folder));
        }
        Diagnostics::none()
    }

    fn offer(&self) -> Offer {
        Offer {
            resources: vec![Box::new(note::NoteResource(self.folder.clone()))],
            data_sources: vec![Box::new(lookup::Lookup(self.folder.clone()))],
            ephemerals: vec![Box::new(passphrase::Passphrase)],
            functions: vec![Box::new(slug::Slug)],
        }
    }
}

fn main() -> ExitCode {
    tfplugin_framework::serve("example/notes", Notes::default())
}
