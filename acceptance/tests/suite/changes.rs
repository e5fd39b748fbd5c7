//! The table of changes on the page of `paas_cluster`, row by row: each is planned, made and looked at with the real CLIs. A row of
//! the table that no trial has fails the trial, so that a new attribute needs one. Control planes have no process here: what EKS
//! says is what is tried.

mod access;
mod addons;
mod control_plane;
mod matrix;
mod node_groups;
pub(crate) mod plan;
mod replaced;
mod row;
mod run;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, ensure};

use crate::world::World;
pub(crate) use replaced::bare;
use row::Course;

/// Courses side by side: most of their time they wait for a CLI to start.
const SIDE_BY_SIDE: usize = 3;

/// Every row of the table.
pub(crate) fn of_every_attribute(world: &World) -> anyhow::Result<()> {
    let courses =
        [replaced::course(), control_plane::course(), access::course(), node_groups::course(), addons::course()];
    let rows = matrix::rows()?;
    matrix::check(&rows, &courses)?;
    let total = rows.len();
    let queue = Mutex::new(Vec::from(courses));
    let (tried, failed) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(course) = next(&queue) {
                    let name = course.name;
                    let ended = run::course(world, course, &|path| note(&tried, path));
                    note_failure(&failed, name, ended);
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let tried = tried.into_inner().unwrap_or_else(PoisonError::into_inner);
    eprintln!("replacement matrix: {} of {total} rows", tried.len());
    ensure!(failed.is_empty(), "{}", failed.join("\n\n"));
    ensure!(tried.len() == total, "these rows were not tried: {:?}", rows.difference(&tried).collect::<Vec<_>>());
    Ok(())
}

fn next(queue: &Mutex<Vec<Course>>) -> Option<Course> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    if queue.is_empty() { None } else { Some(queue.remove(0)) }
}

fn note(tried: &Mutex<BTreeSet<String>>, path: String) {
    tried.lock().unwrap_or_else(PoisonError::into_inner).insert(path);
}

fn note_failure(failed: &Mutex<Vec<String>>, name: &str, ended: anyhow::Result<()>) {
    if let Err(error) = ended.with_context(|| name.to_owned()) {
        failed.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{error:#}"));
    }
}
