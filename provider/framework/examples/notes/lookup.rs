//! The data source `notes_note`: a note that somebody else wrote.

use std::sync::Arc;

use tfplugin_framework::data_source::DataSource;
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::Context;

use crate::Folder;

model! {
    /// A note that exists.
    pub struct Found {
        /// The name of its file.
        name: String = required(),
        /// What it says.
        text: String = computed(),
    }
}

pub(crate) struct Lookup(pub(crate) Arc<Folder>);

#[async_trait::async_trait]
impl DataSource for Lookup {
    type Model = Found;

    fn type_name(&self) -> &'static str {
        "notes_note"
    }

    fn doc(&self) -> &'static str {
        "Reads a note."
    }

    async fn read(&self, _: &Context, config: Found) -> (Option<Found>, Diagnostics) {
        let name = config.name.or(String::new());
        match self.0.file(&name).map(std::fs::read_to_string) {
            Ok(Ok(text)) => (Some(Found { text: text.into(), ..config }), Diagnostics::none()),
            Ok(Err(error)) => {
                let mut wrong = Diagnostics::none();
                wrong.error_at(Path::attribute("name"), format!("the note {name:?} cannot be read"), error.to_string());
                (None, wrong)
            }
            Err(wrong) => (None, wrong),
        }
    }
}
