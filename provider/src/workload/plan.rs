//! What an app and a job have in common in a plan. Pure.

#[cfg(test)]
mod tests;

use tfplugin_framework::prelude::*;

use super::attributes::{Resources, Shared};
use super::place::{self, Naming};
use super::quantity::Quantity;
use crate::cloud::ownership::Private;

/// What a plan comes to beside the planned state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Paths whose change makes a new object.
    pub replaces: Vec<Path>,
    /// The plan's private bytes; `None` to keep those that were stored.
    pub private: Option<Vec<u8>>,
}

/// Refines what the generic planner made of the shared attributes. `prior` is `None` for a create; `private` is what core
/// hands over from its first plan of a replacement.
pub fn refine(naming: &Naming, prior: Option<&Shared>, planned: &mut Shared, private: &[u8]) -> Outcome {
    planned.drift = Attr::Null;
    let Some(prior) = prior else {
        planned.id = planned.id();
        planned.ready = Attr::Unknown;
        place::plan_record(naming, planned);
        let private = Private::decode(private).with_create(&planned.place_arguments());
        return Outcome { replaces: Vec::new(), private: Some(private.encode()) };
    };
    if !prior.ready.or(false) {
        // What is not finished is gone on with, although nothing of the configuration changed.
        planned.ready = Attr::Known(true);
    }
    let stays = planned.cluster.known().is_some_and(|cluster| place::is_same(naming, prior, cluster));
    if stays {
        planned.cluster = prior.cluster.clone();
        return Outcome::default();
    }
    Outcome { replaces: vec![Path::attribute("cluster")], private: None }
}

/// True if an update changes what runs in the Pods, so that they are replaced.
pub fn changes_pods(prior: &Shared, planned: &Shared) -> bool {
    let what_runs = |one: &Shared| {
        (one.image.clone(), one.command.clone(), one.args.clone(), one.env.clone(), one.resources.clone())
    };
    what_runs(prior) != what_runs(planned) || !prior.ready.or(false) || !prior.drift.is_null()
}

/// Rules between the shared attributes.
pub fn validate(config: &Shared) -> Diagnostics {
    let mut all = Diagnostics::none();
    let Some(Resources { cpu, memory, cpu_limit, memory_limit }) = config.resources.known() else { return all };
    let pairs = [
        ("cpu_limit", cpu_limit, "cpu", cpu, super::render::CPU),
        ("memory_limit", memory_limit, "memory", memory, super::render::MEMORY),
    ];
    for (limit_name, limit, name, request, default) in pairs {
        if request.is_unknown() {
            continue;
        }
        let request = request.or(default.to_owned());
        let Some(limit) = limit.known() else { continue };
        if let (Ok(most), Ok(reserved)) = (Quantity::parse(limit), Quantity::parse(&request))
            && most < reserved
        {
            all.error_at(
                Path::attribute("resources").child(limit_name),
                format!("resources.{limit_name} is {limit:?}, less than resources.{name} reserves ({request:?})"),
                format!("Raise {limit_name}, or set {name} to at most {limit:?}."),
            );
        }
    }
    all
}
