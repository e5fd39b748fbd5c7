//! The request log: one line for each request, in memory and in a file. Knows calls and their outcome; never a header or a body.

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::call::Call;
use crate::wire::Source;

/// The records that stay in memory; the file keeps all.
const KEPT: usize = 100_000;

/// One request and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Ascending in the order in which requests ended.
    pub n: u64,
    /// When the request arrived, UTC.
    pub time: String,
    /// What was asked for.
    #[serde(flatten)]
    pub call: Call,
    /// The how manyth call of this account, service, operation and key, from 1, in order of arrival.
    pub nth: u64,
    /// The same regardless of the key.
    pub nth_operation: u64,
    /// The HTTP method.
    pub method: String,
    /// The path; with its query for Kubernetes, where that holds no secret.
    pub path: String,
    /// `None` if the connection ended without an answer.
    pub status: Option<u16>,
    /// Until the head of the answer.
    pub duration_ms: f64,
    /// Which attempt of the AWS SDK this was, from 1, where it says so.
    pub attempt: Option<u32>,
    /// The process at the other end.
    #[serde(flatten)]
    pub source: Option<Source>,
    /// The fault that struck, as `#3 kill after`.
    pub fault: Option<String>,
}

/// A request that the sandbox could not serve as AWS would. Fails the test that made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Violation {
    /// When, UTC, where that was noted.
    pub time: Option<String>,
    /// The 12-digit account.
    pub account: String,
    /// The signing name of the AWS service, or `kubernetes`.
    pub service: String,
    /// Its name, `DescribeCluster` for instance.
    pub operation: String,
    /// What was wrong, as a sentence.
    pub problem: String,
}

impl Record {
    /// True if a program asked whose file name begins so.
    pub fn is_by(&self, program: &str) -> bool {
        self.source.as_ref().is_some_and(|source| source.program.starts_with(program))
    }
}

impl From<sandbox_eks::Violation> for Violation {
    fn from(violation: sandbox_eks::Violation) -> Self {
        let sandbox_eks::Violation { account, operation, side, what } = violation;
        Self { time: None, account, service: "eks".into(), operation, problem: format!("{side:?}: {what}") }
    }
}

/// How a request line is written into the log.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The HTTP method.
    pub method: String,
    /// The path, and the query where it holds no secret.
    pub path: String,
    /// Which attempt of the AWS SDK this is, from 1.
    pub attempt: Option<u32>,
}

type Counts = HashMap<(String, String, String, Option<String>), u64>;

/// The log of one gateway.
#[derive(Debug)]
pub struct RequestLog {
    file: Mutex<std::fs::File>,
    records: Mutex<(u64, VecDeque<Arc<Record>>)>,
    counts: Mutex<Counts>,
    violations: Mutex<Vec<Violation>>,
}

impl RequestLog {
    /// Opens the log; `file` is created or continued.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn open(file: &Path) -> std::io::Result<Self> {
        let file = std::fs::File::options().create(true).append(true).open(file)?;
        Ok(Self {
            file: Mutex::new(file),
            records: Mutex::default(),
            counts: Mutex::default(),
            violations: Mutex::default(),
        })
    }

    /// Counts a request that has just arrived, and holds its place until it ended.
    pub fn begin(self: &Arc<Self>, call: &Call, head: Head) -> Entry {
        let nth = self.count(call, call.key.clone().or(Some(String::new())));
        let nth_operation = self.count(call, None);
        let record = Record {
            n: 0,
            time: now(),
            call: call.clone(),
            nth,
            nth_operation,
            method: head.method,
            path: head.path,
            status: None,
            duration_ms: 0.0,
            attempt: head.attempt,
            source: None,
            fault: None,
        };
        Entry { log: Arc::clone(self), record, started: Instant::now() }
    }

    fn count(&self, call: &Call, key: Option<String>) -> u64 {
        let mut counts = self.counts.lock().expect("no panic holds this lock");
        let count =
            counts.entry((call.account.clone(), call.service.clone(), call.operation.clone(), key)).or_default();
        *count += 1;
        *count
    }

    fn write(&self, mut record: Record) {
        let (last, records) = &mut *self.records.lock().expect("no panic holds this lock");
        *last += 1;
        record.n = *last;
        if let Ok(mut line) = serde_json::to_vec(&record) {
            line.push(b'\n');
            // Written under the lock of the records, so that the file has their order.
            if let Err(error) = self.file.lock().expect("no panic holds this lock").write_all(&line) {
                tracing::warn!("the request log cannot be written: {error}");
            }
        }
        if records.len() == KEPT {
            records.pop_front();
        }
        records.push_back(Arc::new(record));
    }

    /// The records after number `since`, of one account or of all.
    pub fn since(&self, since: u64, account: Option<&str>) -> Vec<Arc<Record>> {
        let records = self.records.lock().expect("no panic holds this lock");
        let wanted = records
            .1
            .iter()
            .filter(|record| record.n > since && account.is_none_or(|account| record.call.account == account));
        wanted.cloned().collect()
    }

    /// The number of the last record.
    pub fn last(&self) -> u64 {
        self.records.lock().expect("no panic holds this lock").0
    }

    /// Records that a request could not be served as AWS would.
    pub fn violate(&self, call: &Call, problem: impl Into<String>) {
        let violation = Violation {
            time: Some(now()),
            account: call.account.clone(),
            service: call.service.clone(),
            operation: call.operation.clone(),
            problem: problem.into(),
        };
        tracing::warn!("{} {}: {}", violation.service, violation.operation, violation.problem);
        self.violations.lock().expect("no panic holds this lock").push(violation);
    }

    /// The violations of one account or of all. Those without an account belong to every account.
    pub fn violations(&self, account: Option<&str>) -> Vec<Violation> {
        let violations = self.violations.lock().expect("no panic holds this lock");
        violations
            .iter()
            .filter(|v| account.is_none_or(|account| v.account == account || v.account.is_empty()))
            .cloned()
            .collect()
    }
}

/// A request under way. Written when dropped, so that one whose client went away is in the log too.
#[derive(Debug)]
pub struct Entry {
    log: Arc<RequestLog>,
    /// What is known so far.
    pub record: Record,
    started: Instant,
}

impl Entry {
    /// Notes the answer and writes the record.
    pub fn end(mut self, status: http::StatusCode) {
        self.record.status = Some(status.as_u16());
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.record.duration_ms = (self.started.elapsed().as_secs_f64() * 1e5).round() / 1e2;
        self.log.write(self.record.clone());
    }
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests;
