//! One row: what is changed, what a plan says of it, and what AWS shows afterwards. Knows no CLI.

use acceptance::terraform::Core;
use serde_json::{Map, Value as Json};

use crate::eye::Look;
use crate::givens::Givens;
use crate::world::Account;

use super::plan::segment;
use super::run::Run;

/// Rows of one cluster, one after the other.
pub(super) struct Course {
    pub name: &'static str,
    pub core: Core,
    pub givens: fn(&Account) -> anyhow::Result<Givens>,
    /// The configuration at first.
    pub base: Json,
    pub steps: Vec<Step>,
}

/// What is done at once.
pub(super) enum Step {
    /// All rows in one apply.
    Together(Vec<Row>),
    /// One row after the other.
    Each(Vec<Row>),
    /// Something that is no change of the configuration.
    Do(fn(&Run) -> anyhow::Result<()>),
}

impl Step {
    pub(super) fn rows(&self) -> &[Row] {
        match self {
            Step::Together(rows) | Step::Each(rows) => rows,
            Step::Do(_) => &[],
        }
    }
}

/// What a change is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// An update; the cluster stays.
    InPlace,
    /// An update that changes nothing, but for what the cluster notes of the configuration it was made by.
    Quiet,
    /// An update in which another group takes the place of that of this key.
    Swapped(&'static str),
    /// Another cluster.
    Replaced,
    /// An error of the plan with these words.
    Refused(&'static [&'static str]),
}

/// A change of one attribute.
pub(super) struct Row {
    /// Where, with keys: `node_groups.web.taints[0].effect`.
    pub at: &'static str,
    /// What it becomes; null leaves it out.
    pub to: Json,
    /// What has to change with it.
    pub with: Vec<(&'static str, Json)>,
    pub outcome: Outcome,
    /// What a look shows afterwards.
    pub proof: Option<(Look, Json)>,
    /// What the plan says.
    pub says: &'static [&'static str],
}

fn row(at: &'static str, to: Json, outcome: Outcome) -> Row {
    Row { at, to, with: Vec::new(), outcome, proof: None, says: &[] }
}

pub(super) fn in_place(at: &'static str, to: Json) -> Row {
    row(at, to, Outcome::InPlace)
}

pub(super) fn quiet(at: &'static str, to: Json) -> Row {
    row(at, to, Outcome::Quiet)
}

pub(super) fn swapped(at: &'static str, key: &'static str, to: Json) -> Row {
    row(at, to, Outcome::Swapped(key))
}

pub(super) fn replaced(at: &'static str, to: Json) -> Row {
    row(at, to, Outcome::Replaced)
}

pub(super) fn refused(at: &'static str, to: Json, words: &'static [&'static str]) -> Row {
    row(at, to, Outcome::Refused(words))
}

impl Row {
    /// What a look shows once the change is made.
    pub(super) fn shows(mut self, look: Look, is: Json) -> Row {
        self.proof = Some((look, is));
        self
    }

    /// Another attribute that has to change with it.
    pub(super) fn with(mut self, at: &'static str, to: Json) -> Row {
        self.with.push((at, to));
        self
    }

    /// What the plan says of it.
    pub(super) fn says(mut self, words: &'static [&'static str]) -> Row {
        self.says = words;
        self
    }

    /// Changes a configuration.
    pub(super) fn write(&self, config: &mut Json) {
        set(config, self.at, &self.to);
        for (at, to) in &self.with {
            set(config, at, to);
        }
    }
}

fn set(value: &mut Json, path: &str, to: &Json) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let (name, index) = segment(first);
    if !value.is_object() {
        *value = Json::Object(Map::new());
    }
    let Json::Object(members) = value else { return };
    match (index, rest) {
        (None, None) if to.is_null() => drop(members.remove(name)),
        (None, None) => drop(members.insert(name.to_owned(), to.clone())),
        (None, Some(rest)) => set(members.entry(name).or_insert(Json::Null), rest, to),
        (Some(index), rest) => {
            let Some(element) = members.get_mut(name).and_then(|list| list.get_mut(index)) else { return };
            match rest {
                Some(rest) => set(element, rest, to),
                None => *element = to.clone(),
            }
        }
    }
}
