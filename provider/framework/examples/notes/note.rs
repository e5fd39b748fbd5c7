//! The resource `notes_note`: one file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path as File;
use std::sync::Arc;

use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::{Change, Context, IdentityAttribute, ImportBy, Journal, Planned, Resource, Stored};
use tfplugin_framework::schema::check::{length, one_of};

use crate::Folder;

model! {
    /// Who may read a note.
    pub struct Reader {
        /// Whether they may change it too.
        writes: bool = optional(),
        /// What the note greets them with.
        greeting: String = computed(),
    }
}

model! {
    /// A note.
    pub struct Note {
        /// The name of its file.
        name: String = required().replaces().check(length(1, 40)),
        /// What it says.
        text: String = required().multiline(),
        /// The colour of the paper.
        color: String = optional().defaults_to("white").check(one_of(&["white", "yellow"])),
        /// Words to find it by; their case does not matter.
        labels: List<String> = optional().equal(same_words),
        /// Who may read it, by name.
        readers: Map<Reader> = optional(),
        /// A word that is never kept.
        password: String = optional().write_only(),
        /// Its file.
        file: String = computed().from(&["name"]),
        /// The length of the text in characters.
        size: i64 = computed().from(&["text"]),
        /// False until the whole note is written.
        ready: bool = computed(),
    }
}

fn same_words(a: &Value, b: &Value) -> bool {
    let words = |value: &Value| match value {
        Value::List(all) => all.iter().map(|one| one.as_str().unwrap_or_default().to_lowercase()).collect(),
        _ => Vec::new(),
    };
    words(a) == words(b)
}

pub(crate) struct NoteResource(pub(crate) Arc<Folder>);

impl NoteResource {
    fn write(&self, mut note: Note) -> (Option<Stored<Note>>, Diagnostics) {
        let file = match self.0.file(&note.name.or(String::new())) {
            Ok(file) => file,
            Err(wrong) => return (None, wrong),
        };
        let text = note.text.or(String::new());
        if let Err(error) = std::fs::write(&file, &text) {
            let wrong =
                Diagnostics::of_error(format!("the note {} cannot be written", file.display()), error.to_string());
            return (None, wrong);
        }
        note.file = file.display().to_string().into();
        note.size = i64::try_from(text.chars().count()).unwrap_or(i64::MAX).into();
        note.ready = true.into();
        if let Attr::Known(readers) = &mut note.readers {
            for (name, reader) in readers {
                if let Attr::Known(reader) = reader {
                    reader.greeting = format!("hello {name}").into();
                }
            }
        }
        (Some(Stored { state: note, private: b"written".to_vec() }), Diagnostics::none())
    }
}

#[async_trait::async_trait]
impl Resource for NoteResource {
    type Model = Note;

    fn type_name(&self) -> &'static str {
        "notes_note"
    }

    fn doc(&self) -> &'static str {
        "A note: one text file."
    }

    fn identity_attributes(&self) -> &'static [IdentityAttribute] {
        &[IdentityAttribute { name: "name", doc: "The name of the note.", required: true }]
    }

    fn identity(&self, state: &Note) -> Option<BTreeMap<String, String>> {
        state.name.known().map(|name| BTreeMap::from([("name".to_owned(), name.clone())]))
    }

    async fn plan(&self, _: &Context, change: &Change<Note>, _: &[u8], planned: &mut Planned<Note>) -> Diagnostics {
        let mut found = Diagnostics::none();
        if matches!(change, Change::Create { .. }) && planned.state.color.known().is_some_and(|color| color == "yellow")
        {
            found.warning_at(Path::attribute("color"), "yellow paper fades", "");
        }
        found
    }

    async fn read(&self, _: &Context, mut stored: Stored<Note>) -> (Option<Stored<Note>>, Diagnostics) {
        let file = match self.0.file(&stored.state.name.or(String::new())) {
            Ok(file) => file,
            Err(wrong) => return (Some(stored), wrong),
        };
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                stored.state.size = i64::try_from(text.chars().count()).unwrap_or(i64::MAX).into();
                stored.state.text = text.into();
                stored.state.file = file.display().to_string().into();
                stored.state.ready = true.into();
                (Some(stored), Diagnostics::none())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => (None, Diagnostics::none()),
            Err(error) => (Some(stored), unreadable(&file, &error)),
        }
    }

    async fn apply(
        &self,
        _: &Context,
        change: Change<Note>,
        _: &[u8],
        _: &Journal<Note>,
    ) -> (Option<Stored<Note>>, Diagnostics) {
        match change {
            Change::Create { planned, .. } | Change::Update { planned, .. } => self.write(planned),
            Change::Delete { prior } => match self.0.file(&prior.name.or(String::new())).map(std::fs::remove_file) {
                Ok(Ok(())) => (None, Diagnostics::none()),
                Ok(Err(error)) if error.kind() == ErrorKind::NotFound => (None, Diagnostics::none()),
                Ok(Err(error)) => {
                    let wrong = Diagnostics::of_error("the note cannot be removed", error.to_string());
                    (Some(Stored { state: prior, private: Vec::new() }), wrong)
                }
                Err(wrong) => (Some(Stored { state: prior, private: Vec::new() }), wrong),
            },
        }
    }

    async fn import(&self, context: &Context, by: ImportBy) -> (Option<Stored<Note>>, Diagnostics) {
        let name = match by {
            ImportBy::Id(id) => Attr::Known(id),
            ImportBy::Identity(mut all) => all.remove("name").unwrap_or_default(),
        };
        let state = Note { name, ..Note::default() };
        self.read(context, Stored { state, private: Vec::new() }).await
    }
}

fn unreadable(file: &File, error: &std::io::Error) -> Diagnostics {
    Diagnostics::of_error(format!("the note {} cannot be read", file.display()), error.to_string())
}
