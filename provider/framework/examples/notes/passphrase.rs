//! The ephemeral resource `notes_passphrase`: a text that lives for one run.

use tfplugin_framework::ephemeral::{Ephemeral, Opened};
use tfplugin_framework::prelude::*;
use tfplugin_framework::resource::Context;

model! {
    /// A passphrase.
    pub struct Phrase {
        /// How many words it has.
        words: i64 = optional().defaults_to(3),
        /// The passphrase.
        text: String = computed().sensitive(),
    }
}

pub(crate) struct Passphrase;

#[async_trait::async_trait]
impl Ephemeral for Passphrase {
    type Model = Phrase;

    fn type_name(&self) -> &'static str {
        "notes_passphrase"
    }

    fn doc(&self) -> &'static str {
        "A passphrase that is never stored."
    }

    async fn open(&self, _: &Context, config: Phrase) -> (Option<Opened<Phrase>>, Diagnostics) {
        let words = usize::try_from(config.words.or(3)).unwrap_or(3);
        let text = vec!["horse"; words].join(" ").into();
        let result = Phrase { text, ..config };
        (Some(Opened { result, private: b"open".to_vec(), renew_at: None }), Diagnostics::none())
    }
}
