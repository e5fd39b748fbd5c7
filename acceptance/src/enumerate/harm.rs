//! What is done to the calls of an operation, and which of its calls it is done to. Decides only.

use std::fmt;
use std::str::FromStr;

use sandbox_gateway::fault::{Action, When};

use super::Point;

/// Reads in a row that do not see what was made.
const BLIND: u64 = 3;

/// A kind of harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// The provider is killed, before and after the effect of each call.
    Kill,
    /// A change takes effect and its answer never comes: the connection is reset.
    Lose,
    /// What was made is not seen by the next reads of it.
    Hide,
    /// Core asks the provider to stop, while each call is on its way there and on its way back.
    Stop,
    /// The provider is killed, and whoever asked for the change takes it back before the next run.
    Revert,
}

/// What is done to one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// The call.
    pub point: Point,
    /// Before or after its effect.
    pub when: When,
    /// What.
    pub action: Action,
}

impl Harm {
    /// All of them.
    pub const ALL: [Harm; 5] = [Harm::Kill, Harm::Lose, Harm::Hide, Harm::Stop, Harm::Revert];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Harm::Kill => "kill",
            Harm::Lose => "lose",
            Harm::Hide => "hide",
            Harm::Stop => "stop",
            Harm::Revert => "revert",
        }
    }

    /// Every strike at these calls, which are in the order of an undisturbed run.
    pub fn strikes(self, points: &[Point]) -> Vec<Strike> {
        let strike = |point: &Point, when, action| Strike { point: point.clone(), when, action };
        let at_both = |action: Action| {
            let both = |point| [When::Before, When::After].map(|when| strike(point, when, action.clone()));
            points.iter().flat_map(both).collect()
        };
        match self {
            Harm::Kill | Harm::Revert => at_both(Action::Kill),
            Harm::Stop => at_both(Action::Hold),
            Harm::Lose => points
                .iter()
                .filter(|point| point.mutating)
                .map(|point| strike(point, When::After, Action::Reset))
                .collect(),
            Harm::Hide => points
                .iter()
                .enumerate()
                .filter(|(at, point)| is_first_look(&points[..*at], point))
                .map(|(_, point)| strike(point, When::Before, Action::Hide(BLIND)))
                .collect(),
        }
    }
}

/// True for the first read of an object after it was made.
fn is_first_look(before: &[Point], point: &Point) -> bool {
    let same = |one: &&Point| one.service == point.service && one.key == point.key && point.key.is_some();
    let last = before.iter().rev().filter(same).find(|one| one.mutating || one.operation == point.operation);
    !point.mutating && last.is_some_and(|one| one.operation.starts_with("Create"))
}

impl FromStr for Harm {
    type Err = String;

    fn from_str(name: &str) -> Result<Harm, String> {
        let found = Harm::ALL.into_iter().find(|one| one.name() == name);
        found.ok_or_else(|| format!("it is one of {}", Harm::ALL.map(Harm::name).join(", ")))
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (&self.action, self.when) {
            (Action::Kill, When::Before) => "before",
            (Action::Kill, When::After) => "after",
            (Action::Hide(_), _) => "hidden",
            (Action::Hold, When::Before) => "stop before",
            (Action::Hold, When::After) => "stop after",
            _ => "lost",
        };
        write!(f, "{what:<6} {}", self.point)
    }
}

#[cfg(test)]
mod tests;
