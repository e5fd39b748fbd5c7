//! Faults that a test arms: which calls they strike, when, and how often. Decides; the effects are those of `exchange`.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::call::{Call, KUBERNETES};

/// What goes wrong, with which calls. As JSON:
/// `{"account": "111122223333", "match": {"service": "eks", "operation": "CreateCluster"}, "when": "after", "do": "kill"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only calls of this account; of any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which calls.
    #[serde(rename = "match", default)]
    pub matching: Match,
    /// Before or after the effect.
    #[serde(default)]
    pub when: When,
    /// What is done.
    #[serde(rename = "do")]
    pub action: Action,
    /// How many calls it strikes; 1 if absent, any number for `observe` and `unreachable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// Strikes a matching call with this probability, 0 to 1; the same calls for the same seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Where the draws of `probability` come from.
    #[serde(default)]
    pub seed: u64,
}

/// Which calls. What is absent matches any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The signing name of the AWS service, or `kubernetes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// As the log writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// As the log writes it; in Kubernetes the name alone is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Only calls that change something, or only those that do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutating: Option<bool>,
    /// The first matching call to be struck, counted from 1 since the fault was armed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
}

/// Whether the effect of the call takes place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The call has no effect (but for `delay`, `hold`, `interrupt` and `observe`, after which it goes on).
    #[default]
    Before,
    /// The effect is done; only the answer is lost or changed.
    After,
}

/// What is done to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// SIGKILL to the provider that called; the connection ends without an answer when it is gone.
    Kill,
    /// The connection is reset.
    Reset,
    /// No answer comes, the connection stays.
    Hang,
    /// The answer comes this many milliseconds late.
    Delay(u64),
    /// The call waits until the fault is disarmed and goes on then, so that whoever armed it can do something meanwhile.
    Hold,
    /// The service's own "too many requests".
    Throttle,
    /// An error of the service.
    Status {
        /// The status, 400 to 599.
        http: u16,
        /// AWS's name of the error, or the reason of a Kubernetes `Status`.
        code: String,
        /// The sentence.
        #[serde(default)]
        message: String,
    },
    /// The service's own answer to credentials that ran out.
    ExpiredToken,
    /// An answer that no client expects.
    Garbage(Garbage),
    /// As long as it is armed, the API servers that `account` and `match.cluster` name accept no connection.
    Unreachable,
    /// "Not found", for the next so many calls.
    Hide(u64),
    /// SIGINT to the process group of this process, as the terminal does at Ctrl-C; then the call goes on.
    Interrupt(i32),
    /// Nothing; the calls are counted.
    Observe,
}

/// An answer that no client expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// A web page with status 200.
    Html,
    /// The first half of the true answer.
    Truncated,
    /// Status 200 and nothing else.
    Empty,
}

/// How many calls a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Times {
    /// So many.
    Count(u64),
    /// Any number.
    Word(Always),
}

/// `"always"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Always {
    /// `"always"`.
    Always,
}

impl Fault {
    /// A fault of one account that strikes one call.
    pub fn new(account: &str, matching: Match, when: When, action: Action) -> Self {
        Self { account: Some(account.to_owned()), matching, when, action, times: None, probability: None, seed: 0 }
    }

    /// # Errors
    /// When the fault can never strike as it is written.
    pub fn check(&self) -> Result<(), String> {
        let service = self.matching.service.as_deref();
        match self.action {
            Action::Unreachable if service != Some(KUBERNETES) => {
                Err("only API servers have an address of their own: unreachable needs match.service = \"kubernetes\"; use reset or hang".into())
            }
            Action::Garbage(Garbage::Truncated) if self.when == When::Before => Err("there is nothing to truncate before the effect: set when to \"after\"".into()),
            Action::Hide(_) if self.when == When::After => Err("hide answers in the place of the service: set when to \"before\"".into()),
            Action::Interrupt(pid) if pid <= 1 => Err(format!("{pid} is not a process of this test")),
            Action::Status { http, .. } if !(400..600).contains(&http) => Err(format!("{http} is not the status of an error")),
            _ if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) => Err("probability lies between 0 and 1".into()),
            _ => Ok(()),
        }
    }

    fn matches(&self, call: &Call) -> bool {
        let Match { service, operation, key, cluster, mutating, nth: _ } = &self.matching;
        let is =
            |wanted: &Option<String>, value: Option<&str>| wanted.as_deref().is_none_or(|wanted| value == Some(wanted));
        let name =
            call.key.as_deref().and_then(|key| if call.service == KUBERNETES { key.rsplit('/').next() } else { None });
        is(&self.account, Some(&call.account))
            && is(service, Some(&call.service))
            && is(operation, Some(&call.operation))
            && (is(key, call.key.as_deref()) || is(key, name))
            && is(cluster, call.cluster.as_deref())
            && mutating.is_none_or(|mutating| mutating == call.mutating)
    }

    fn limit(&self) -> u64 {
        match (&self.action, self.times) {
            (Action::Hide(reads), _) => *reads,
            (_, Some(Times::Count(count))) => count,
            (_, Some(Times::Word(Always::Always))) | (Action::Observe, None) => u64::MAX,
            (_, None) => 1,
        }
    }

    /// Whether the `seen`th matching call is struck, by chance.
    fn chance(&self, seen: u64) -> bool {
        let Some(probability) = self.probability else { return true };
        // SplitMix64: the draw depends on seed and count alone, so that a run can be repeated.
        let mut z = self.seed.wrapping_add(seen.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 11) as f64 / (1u64 << 53) as f64) < probability
    }
}

/// A fault and what has become of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Armed {
    /// Its number.
    pub id: u64,
    /// As it was armed.
    pub fault: Fault,
    /// Matching calls so far.
    pub seen: u64,
    /// Calls struck so far.
    pub applied: u64,
    /// A call has been held: with `after`, its effect is done by then.
    #[serde(default)]
    pub holding: bool,
    /// Why it could not strike where it should have.
    pub refusals: Vec<String>,
}

/// What is to be done to one call.
#[derive(Debug, Clone)]
pub struct Strike {
    /// Its number.
    pub id: u64,
    /// Before or after the effect.
    pub when: When,
    /// What is done.
    pub action: Action,
}

impl std::fmt::Display for Strike {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let action = serde_json::to_string(&self.action).unwrap_or_default();
        let when = if self.when == When::Before { "before" } else { "after" };
        write!(f, "#{} {} {when}", self.id, action.trim_matches('"'))
    }
}

/// All faults that are armed.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Mutex<(u64, Vec<Armed>)>,
    /// Told when a fault is disarmed or holds a call.
    changed: watch::Sender<()>,
}

impl Faults {
    /// Arms a fault; answers its number.
    ///
    /// # Errors
    /// See [`Fault::check`].
    pub fn arm(&self, fault: Fault) -> Result<u64, String> {
        fault.check()?;
        let (last, armed) = &mut *self.armed.lock().expect("no panic holds this lock");
        *last += 1;
        armed.push(Armed { id: *last, fault, seen: 0, applied: 0, holding: false, refusals: Vec::new() });
        Ok(*last)
    }

    /// Disarms one fault, those of one account, or all; answers how many.
    pub fn disarm(&self, id: Option<u64>, account: Option<&str>) -> usize {
        let disarmed = {
            let armed = &mut self.armed.lock().expect("no panic holds this lock").1;
            let before = armed.len();
            armed.retain(|armed| {
                id.is_some_and(|id| armed.id != id)
                    || account.is_some_and(|account| armed.fault.account.as_deref() != Some(account))
            });
            before - armed.len()
        };
        self.changed.send_replace(());
        disarmed
    }

    /// What is armed, with its counts.
    pub fn list(&self) -> Vec<Armed> {
        self.armed.lock().expect("no panic holds this lock").1.clone()
    }

    /// Counts a call with every fault it matches; answers the first that strikes it.
    pub fn strike(&self, call: &Call) -> Option<Strike> {
        let mut strike = None;
        for armed in &mut self.armed.lock().expect("no panic holds this lock").1 {
            if armed.fault.action == Action::Unreachable || !armed.fault.matches(call) {
                continue;
            }
            armed.seen += 1;
            let due = armed.seen >= armed.fault.matching.nth.unwrap_or(1)
                && armed.applied < armed.fault.limit()
                && armed.fault.chance(armed.seen);
            if due && (strike.is_none() || armed.fault.action == Action::Observe) {
                armed.applied += 1;
                if armed.fault.action != Action::Observe {
                    strike = Some(Strike { id: armed.id, when: armed.fault.when, action: armed.fault.action.clone() });
                }
            }
        }
        strike
    }

    /// Whether the API server of a cluster is to be unreachable now.
    pub fn unreachable(&self, account: &str, cluster: &str) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        self.armed.lock().expect("no panic holds this lock").1.iter().any(|Armed { fault, .. }| {
            fault.action == Action::Unreachable && is(&fault.account, account) && is(&fault.matching.cluster, cluster)
        })
    }

    /// Records that a fault could not strike.
    pub fn refuse(&self, id: u64, why: &str) {
        self.note(id, |armed| armed.refusals.push(why.to_owned()));
    }

    /// Holds a call until its fault is disarmed.
    pub async fn hold(&self, id: u64) {
        self.note(id, |armed| armed.holding = true);
        self.changed.send_replace(());
        self.until(id, |armed| armed.is_none()).await;
    }

    /// Waits until a fault holds a call. Does not end before that unless the fault is disarmed.
    pub async fn holds(&self, id: u64) {
        self.until(id, |armed| armed.is_none_or(|armed| armed.holding)).await;
    }

    fn note(&self, id: u64, what: impl FnOnce(&mut Armed)) {
        let mut armed = self.armed.lock().expect("no panic holds this lock");
        if let Some(armed) = armed.1.iter_mut().find(|armed| armed.id == id) {
            what(armed);
        }
    }

    async fn until(&self, id: u64, is_so: impl Fn(Option<&Armed>) -> bool) {
        // Before the first look, so that no change between look and wait is missed.
        let mut changes = self.changed.subscribe();
        while !is_so(self.list().iter().find(|armed| armed.id == id)) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
