//! The bytes that core keeps beside a state and a plan, and what a delete may conclude from them. Pure.
//!
//! They are plain text in the state file: no secrets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tfplugin_framework::value::Value;

use super::{Mark, canonical};

/// What stands in private state or planned private state. Which parts are set says what kind of plan wrote it:
///
/// - beside a state: `claim` (absent for an imported object that nobody has claimed), `imported` until the first update;
/// - plan of an update or a destroy: the stored one, with `protected` if the object in state has deletion protection;
/// - plan of a create: `create`, and what core handed over from its first plan of a replacement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// The claim that this state's create wrote to the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The create arguments of a CREATE plan in canonical text; `None` where only apply can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<BTreeMap<String, Option<String>>>,
    /// The object that this plan found in state has deletion protection. In core's second plan of a replacement (prior
    /// null, these bytes as prior private) it is the only trace of it: refuse there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// It came into the state by an import.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

impl Private {
    /// Beside the state of an object that was made or taken over under `claim`.
    pub fn claimed(claim: &str) -> Private {
        Private { claim: Some(claim.to_owned()), ..Private::default() }
    }

    /// The plan of a create. `arguments` are all those whose change makes another object (name, region, subnets, roles,
    /// key …), unknown ones included; not those that AWS or Kubernetes may fill in.
    #[must_use]
    pub fn with_create(mut self, arguments: &BTreeMap<&str, Value>) -> Private {
        let canonical = |value: &Value| value.is_wholly_known().then(|| canonical::text(value));
        self.create = Some(arguments.iter().map(|(name, value)| ((*name).to_owned(), canonical(value))).collect());
        self
    }

    /// The bytes for core.
    pub fn encode(&self) -> Vec<u8> {
        // Texts, flags and a map of texts: there is nothing in it that JSON cannot express.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads bytes from core: those of another release too, so unknown keys are ignored. No bytes are an empty one, and so
    /// are bytes that are not ours (a state edited by hand).
    pub fn decode(bytes: &[u8]) -> Private {
        serde_json::from_slice(bytes).unwrap_or_default()
    }
}

/// The delete half of a replacement: is the create half going to continue this very object, so that nothing is deleted?
///
/// Core plans a tainted object as a create, without telling that there is a prior state, and hands that plan's bytes to
/// *both* halves. So the delete half can compare what the create half is going to make with the object in state
/// (`prior_arguments`, by the same names). It is skipped only for an object that was never finished and only if every
/// argument is known and the same. A destroy plan has no create arguments and is never skipped.
pub fn continues(prior_ready: bool, prior_arguments: &BTreeMap<&str, Value>, private: &Private) -> bool {
    let Some(create) = &private.create else { return false };
    let set = |text: &String| text != "null";
    let Some(planned) = create
        .iter()
        .map(|(name, text)| text.clone().map(|text| (name.as_str(), text)))
        .collect::<Option<BTreeMap<&str, String>>>()
    else {
        return false;
    };
    let planned: BTreeMap<&str, String> = planned.into_iter().filter(|(_, text)| set(text)).collect();
    let prior: BTreeMap<&str, String> = prior_arguments
        .iter()
        .map(|(name, value)| (*name, canonical::text(value)))
        .filter(|(_, text)| set(text))
        .collect();
    !prior_ready && !planned.is_empty() && planned == prior
}

/// A delete (and an update): has somebody else claimed the object that is there now? Then it is not the one of this state.
///
/// With `create_before_destroy` the create half takes the unfinished object over and writes a fresh claim; the delete that
/// core plans afterwards for the deposed state carries the older one. It forgets and deletes nothing. Without a claim in
/// private state (an imported object) nothing is abandoned.
pub fn abandons(private: &Private, live: Option<&Mark>) -> bool {
    match (&private.claim, live) {
        (Some(ours), Some(mark)) => mark.claim.as_ref() != Some(ours),
        _ => false,
    }
}
