//! What goes wrong on purpose between a kill and the next run, to show that the table tells it: a check that cannot fail
//! proves nothing. The provider is the real one; what misbehaves is its surroundings.

use std::str::FromStr;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A role appears that nobody knows of, as if the provider had made one and forgotten it.
    Orphan,
    /// Core forgets the state, as if the provider had answered null.
    Amnesia,
    /// The next run is of another owner, as if the provider did not know its own objects.
    Stranger,
    /// A role disappears, as if the provider had made it anew.
    Loss,
    /// The plan after the next run is made of another configuration, as if the provider had not stored what it did.
    Whim,
}

impl Sabotage {
    /// All of it.
    pub const ALL: [Sabotage; 5] =
        [Sabotage::Orphan, Sabotage::Amnesia, Sabotage::Stranger, Sabotage::Loss, Sabotage::Whim];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Sabotage::Orphan => "orphan",
            Sabotage::Amnesia => "amnesia",
            Sabotage::Stranger => "stranger",
            Sabotage::Loss => "loss",
            Sabotage::Whim => "whim",
        }
    }
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(name: &str) -> Result<Sabotage, String> {
        let found = Sabotage::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("it is one of {}", Sabotage::ALL.map(Sabotage::name).join(", ")))
    }
}
