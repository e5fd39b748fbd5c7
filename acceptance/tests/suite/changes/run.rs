//! One course: its cluster is made, every row is planned, made and looked at, and the cluster goes. Decides by the rows alone.

use std::cell::RefCell;

use acceptance::configuration::VARIABLES;
use acceptance::terraform::Workspace;
use anyhow::{Context, ensure};
use serde_json::{Value as Json, json};

use crate::eye::{Eye, sorted};
use crate::givens::Givens;
use crate::world::{Account, World};

use super::matrix::attributes;
use super::plan::{Planned, at};
use super::row::{Course, Outcome, Row, Step};

/// The address of the cluster.
pub(super) const CLUSTER: &str = "paas_cluster.main";

/// A course under way.
pub(super) struct Run<'a> {
    pub account: &'a Account<'a>,
    pub workspace: Workspace,
    pub givens: Givens,
    /// What is applied.
    config: RefCell<Json>,
    /// What was there after the last apply.
    last: RefCell<Option<Seen>>,
}

/// A moment between two applies.
#[derive(Clone)]
struct Seen {
    /// The names of the node groups, by key.
    groups: Json,
    cluster: Json,
}

/// Runs a course; `note` hears of every row of the docs that has been tried.
pub(super) fn course(world: &World, course: Course, note: &dyn Fn(String)) -> anyhow::Result<()> {
    let account = world.account()?;
    let workspace = account.workspace(course.core)?;
    let givens = (course.givens)(&account)?;
    let run = Run { account: &account, workspace, givens, config: RefCell::new(course.base), last: RefCell::default() };
    run.workspace.main(VARIABLES)?;
    run.write(&run.config())?;
    run.workspace.init()?;
    run.workspace.apply(&[])?.succeeded()?;
    run.is_settled()?;
    let attributes = attributes()?;
    for step in &course.steps {
        match step {
            Step::Together(rows) => run.together(rows)?,
            Step::Each(rows) => rows.iter().try_for_each(|row| run.one(row))?,
            Step::Do(act) => act(&run)?,
        }
        step.rows().iter().try_for_each(|row| {
            note(super::matrix::documented(row.at, &attributes)?);
            anyhow::Ok(())
        })?;
    }
    run.workspace.destroy(&[])?.succeeded()?;
    run.givens.clear(&account)?;
    account.left_nothing()
}

impl Run<'_> {
    fn config(&self) -> Json {
        self.config.borrow().clone()
    }

    fn write(&self, config: &Json) -> anyhow::Result<()> {
        let file = json!({"resource": {"paas_cluster": {"main": self.givens.filled(config)}}});
        self.workspace.write("cluster.tf.json", &serde_json::to_string_pretty(&file)?)
    }

    pub(super) fn is_settled(&self) -> anyhow::Result<()> {
        let plan = self.workspace.plan(&[])?;
        ensure!(plan.code == 0, "the plan after an apply is not empty:\n{}", plan.output);
        Ok(())
    }

    fn eye(&self) -> anyhow::Result<Eye<'_>> {
        Ok(Eye::new(self.account, &self.givens, self.workspace.attributes(CLUSTER)?))
    }

    /// What was there before the next apply: what the last one left.
    fn seen(&self) -> anyhow::Result<Seen> {
        if let Some(last) = self.last.borrow().clone() {
            return Ok(last);
        }
        let eye = self.eye()?;
        Ok(Seen { groups: eye.state["node_group_status"].clone(), cluster: eye.cluster()? })
    }

    /// One row in an apply of its own, or refused.
    fn one(&self, row: &Row) -> anyhow::Result<()> {
        let Outcome::Refused(words) = row.outcome else {
            return self.together(std::slice::from_ref(row));
        };
        let (applied, before) = (self.config(), self.account.mutating()?.len());
        let mut changed = applied.clone();
        row.write(&mut changed);
        self.write(&changed)?;
        let refused = self.workspace.plan(&["-refresh=false"])?.failed().and_then(|run| run.says(words));
        refused.with_context(|| format!("{} to {} is not refused", row.at, row.to))?;
        ensure!(self.account.mutating()?.len() == before, "{}: something was touched", row.at);
        self.write(&applied)
    }

    /// Several rows in one apply.
    fn together(&self, rows: &[Row]) -> anyhow::Result<()> {
        let names = rows.iter().map(|row| row.at).collect::<Vec<_>>().join(", ");
        self.changed(rows).with_context(|| names)
    }

    fn changed(&self, rows: &[Row]) -> anyhow::Result<()> {
        let (before, touched) = (self.seen()?, self.account.mutating()?.len());
        let mut config = self.config();
        rows.iter().for_each(|row| row.write(&mut config));
        self.write(&config)?;
        let planned = Planned::of(&self.workspace)?;
        rows.iter().try_for_each(|row| foreseen(row, &planned))?;
        let is_replaced = rows.iter().any(|row| row.outcome == Outcome::Replaced);
        let expected = if is_replaced { json!(["delete", "create"]) } else { json!(["update"]) };
        ensure!(planned.change["actions"] == expected, "the plan is {}: {}", planned.change["actions"], planned.prose);

        self.workspace.run(&["apply", "-no-color", "-input=false", "planned"])?.succeeded()?;
        *self.config.borrow_mut() = config;
        self.is_settled()?;
        let is_note = |call: &Json| {
            call["operation"] == "TagResource" && call["key"].as_str().is_some_and(|key| key.contains(":cluster/"))
        };
        let calls: Vec<Json> = self.account.mutating()?.split_off(touched);
        let calls: Vec<&Json> = calls.iter().filter(|call| !is_note(call)).collect();
        let is_quiet = rows.iter().all(|row| row.outcome == Outcome::Quiet);
        ensure!(!is_quiet || calls.is_empty(), "it was to be noted only, and calls were made: {calls:?}");

        let after = self.eye()?;
        let now = Seen { groups: after.state["node_group_status"].clone(), cluster: after.cluster()? };
        for member in ["/createdAt", "/identity/oidc/issuer"] {
            let (was, is) = (before.cluster.pointer(member), now.cluster.pointer(member));
            ensure!((was == is) != is_replaced, "{member} was {was:?} and is {is:?}");
        }
        rows.iter().try_for_each(|row| self.made(row, &before, &after))?;
        *self.last.borrow_mut() = Some(now);
        Ok(())
    }

    /// What is true of a row after its apply.
    fn made(&self, row: &Row, before: &Seen, after: &Eye) -> anyhow::Result<()> {
        if let Outcome::Swapped(key) = row.outcome {
            let was = before.groups[key]["name"].as_str().unwrap_or_default();
            let is = after.group_name(key)?;
            ensure!(was != is && is.starts_with(&format!("{key}-")), "{}: group {was} is now {is}", row.at);
        }
        if let Some((look, expected)) = &row.proof {
            let (shown, expected) = (sorted(look(after)?), sorted(self.givens.filled(expected)));
            ensure!(shown == expected, "{}: AWS shows {shown} and not {expected}", row.at);
        }
        Ok(())
    }
}

/// What a plan says of one row.
fn foreseen(row: &Row, planned: &Planned) -> anyhow::Result<()> {
    let Planned { change, prose } = planned;
    ensure!(planned.changes(row.at), "{} is {} and stays: {prose}", row.at, at(&change["before"], row.at));
    let causes = change["replace_paths"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = causes
        .iter()
        .map(|path| {
            let parts = path.as_array().into_iter().flatten().filter_map(Json::as_str);
            parts.collect::<Vec<_>>().join(".")
        })
        .collect();
    let is_cause = names.iter().any(|name| name == row.at);
    ensure!(
        is_cause == (row.outcome == Outcome::Replaced),
        "{} is to be {:?}, and what replaces the cluster is {names:?}",
        row.at,
        row.outcome
    );
    if let Outcome::Swapped(key) = row.outcome {
        let name = |side: &str| change[side]["node_group_status"][key]["name"].clone();
        ensure!(name("before") != name("after"), "{}: group {} stays", row.at, name("before"));
        ensure!(prose.contains("takes the place of"), "{}: the plan says nothing of the other group: {prose}", row.at);
    }
    for words in row.says {
        ensure!(prose.contains(words), "{}: the plan does not say {words:?}: {prose}", row.at);
    }
    Ok(())
}
