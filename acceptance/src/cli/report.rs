//! What `status`, `sweep` and `errors` print.

use std::path::Path;
use std::process::ExitCode;

use sandbox_gateway::Status;
use sandbox_gateway::log::Violation;
use sandbox_gateway::sweep::Resource;

use super::print;
use crate::daemon::client::Control;
use crate::daemon::place;
use crate::daemon::serve::About;

pub(super) async fn status(control: &Control) -> anyhow::Result<String> {
    let about: About = control.get("/about").await?;
    let status: Status = control.get("/status").await?;
    let mut text = format!(
        "folder    {}\nprocess   {}, moto {}\nendpoint  http://{}\npace      {}{}\nnodes     {}\nrequests  {}\n",
        about.dir.display(),
        about.pid,
        status.moto_pid,
        status.address,
        about.pace,
        if about.private_unreachable { ", private endpoints unreachable" } else { "" },
        if about.real_nodes { "real" } else { "simulated" },
        status.requests,
    );
    for front in &status.fronts {
        let reach = if front.reachable { "" } else { ", unreachable" };
        text.push_str(&format!(
            "cluster   {} of {} in {}: https://{}{reach}\n",
            front.cluster, front.account, front.region, front.address
        ));
    }
    if status.fronts.is_empty() {
        text.push_str("cluster   none\n");
    }
    Ok(text)
}

pub(super) async fn sweep(control: &Control, query: &str) -> anyhow::Result<ExitCode> {
    let found: Vec<Resource> = control.get(&format!("/sweep?{query}")).await?;
    for resource in &found {
        print(&format!("{} {} {} {}\n", resource.account, resource.service, resource.kind, resource.id));
    }
    if found.is_empty() {
        eprintln!("nothing is left");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} left", found.len());
    Ok(ExitCode::FAILURE)
}

pub(super) async fn errors(control: &Control, query: &str) -> anyhow::Result<ExitCode> {
    let violations: Vec<Violation> = control.get(&format!("/errors?{query}")).await?;
    for violation in &violations {
        print(&format!("{} {} {}: {}\n", violation.account, violation.service, violation.operation, violation.problem));
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What to type after `up`.
pub(super) fn next_steps(dir: &Path) -> anyhow::Result<String> {
    let option = if dir == place::default_dir()? { String::new() } else { format!(" --dir {}", dir.display()) };
    let steps = [
        (format!("eval \"$(cargo sandbox{option} env)\""), "now terraform, tofu, aws and kubectl use it"),
        (format!("cargo sandbox{option} status"), "what runs"),
        (format!("cargo sandbox{option} down"), "end it"),
    ];
    let width = steps.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    Ok(steps.iter().map(|(command, purpose)| format!("  {command:width$}   {purpose}\n")).collect())
}
