//! `fault`: arms what goes wrong next.

use clap::Subcommand;
use serde_json::Value;

use crate::daemon::client::Control;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Arm one, as JSON: {"match": {"service": "eks", "operation": "CreateCluster"}, "when": "after", "do": "reset"}.
    /// `do` is one of kill, reset, hang, hold (until it is disarmed), {"delay": MS}, throttle, {"status": {"http": 503,
    /// "code": "…"}}, expired_token, {"garbage": "html"}, unreachable, observe.
    Arm {
        /// The fault.
        fault: String,
    },
    /// Let the next object of a name fail as AWS would have it fail, as JSON: {"account": "111122223333", "kind": "node_group",
    /// "name": "default", "code": "AsgInstanceLaunchFailures", "message": "…", "resourceIds": []}.
    Fail {
        /// The failure.
        failure: String,
    },
    /// What is armed, how often it was asked and how often it struck.
    List,
    /// Disarm one, those of an account, or all.
    Clear {
        /// The number that `arm` printed.
        #[arg(long)]
        id: Option<u64>,
        /// Only this account's.
        #[arg(long)]
        account: Option<String>,
    },
}

/// What to print.
pub(super) async fn run(control: &Control, verb: Verb) -> anyhow::Result<String> {
    let json = |text: &str| {
        serde_json::from_str::<Value>(text).map_err(|error| anyhow::anyhow!("the argument is not JSON: {error}"))
    };
    let text = match verb {
        Verb::Arm { fault } => control.text("POST", "/faults", Some(&json(&fault)?)).await?,
        Verb::Fail { failure } => control.text("POST", "/failures", Some(&json(&failure)?)).await?,
        Verb::List => {
            let faults: Vec<Value> = control.get("/faults").await?;
            faults.iter().map(|fault| format!("{fault}\n")).collect()
        }
        Verb::Clear { id, account } => {
            let id = id.map(|id| format!("id={id}")).unwrap_or_default();
            let account = account.map(|account| format!("&account={account}")).unwrap_or_default();
            control.text("DELETE", &format!("/faults?{id}{account}"), None).await?
        }
    };
    Ok(format!("{}\n", text.trim_end()))
}
