//! Diagnostics: what the user reads. Values that are returned, never an error type, so that a warning survives beside a result.

use std::fmt;

/// How bad it is. Core stops a plan or apply at an error and only prints a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The operation did not do what was asked.
    Error,
    /// It did, and the user should know something.
    Warning,
}

/// One step into a configuration: an attribute, a key of a map or an index of a list.
/// Elements of sets cannot be addressed in the protocol; a path stops at the set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// `.name`
    Attribute(String),
    /// `["key"]`
    Key(String),
    /// `[0]`
    Index(i64),
}

/// Where in a configuration something stands; empty means the whole object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The whole object.
    pub fn root() -> Path {
        Path::default()
    }

    /// The top-level attribute `name`.
    pub fn attribute(name: &str) -> Path {
        Path::root().child(name)
    }

    /// The attribute `name` of the object at this path.
    #[must_use]
    pub fn child(&self, name: &str) -> Path {
        self.with(Step::Attribute(name.to_owned()))
    }

    /// The element `key` of the map at this path.
    #[must_use]
    pub fn key(&self, key: &str) -> Path {
        self.with(Step::Key(key.to_owned()))
    }

    /// The element `index` of the list at this path.
    #[must_use]
    pub fn index(&self, index: usize) -> Path {
        self.with(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    fn with(&self, step: Step) -> Path {
        let mut steps = self.0.clone();
        steps.push(step);
        Path(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One message to the user. Core prints the resource's address and the line of configuration itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The first line, which stands alone in a CI log: the object and what happened.
    pub summary: String,
    /// Evidence and what to do; may be empty.
    pub detail: String,
    /// The attribute to change, if there is one.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// `size must be a whole number from 1 to 9` makes `size must be a whole number` superfluous.
    fn says_more_than(&self, other: &Diagnostic) -> bool {
        let same_place = self.path.is_some() && (self.severity, &self.path) == (other.severity, &other.path);
        same_place && other.detail.is_empty() && self.summary.starts_with(&format!("{} ", other.summary))
    }
}

/// Every message of one operation, in the order in which they arose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing to say.
    pub fn none() -> Diagnostics {
        Diagnostics::default()
    }

    /// A single error about the object as a whole.
    pub fn of_error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostics {
        let mut all = Diagnostics::none();
        all.error(summary, detail);
        all
    }

    /// Adds an error about the object as a whole.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Severity::Error, None, summary, detail);
    }

    /// Adds an error about one attribute.
    pub fn error_at(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Severity::Error, Some(path), summary, detail);
    }

    /// Adds a warning about the object as a whole.
    pub fn warning(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Severity::Warning, None, summary, detail);
    }

    /// Adds a warning about one attribute.
    pub fn warning_at(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Severity::Warning, Some(path), summary, detail);
    }

    fn push(&mut self, severity: Severity, path: Option<Path>, summary: impl Into<String>, detail: impl Into<String>) {
        self.add(Diagnostic { severity, summary: summary.into(), detail: detail.into(), path });
    }

    /// Adds a message, unless the same message is there already, or one at its place that says it and more.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        if !self.0.iter().any(|one| *one == diagnostic || one.says_more_than(&diagnostic)) {
            self.0.push(diagnostic);
        }
    }

    /// Adds all messages of `other`.
    pub fn extend(&mut self, other: Diagnostics) {
        other.0.into_iter().for_each(|one| self.add(one));
    }

    /// True if at least one message is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|one| one.severity == Severity::Error)
    }

    /// True if there is no message.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Diagnostics(vec![one])
    }
}

/// One line per message, for tests and the log: `error at subnet_ids: …` and the detail indented below.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in &self.0 {
            let severity = if one.severity == Severity::Error { "error" } else { "warning" };
            match &one.path {
                Some(path) => writeln!(f, "{severity} at {path}: {}", one.summary)?,
                None => writeln!(f, "{severity}: {}", one.summary)?,
            }
            for line in one.detail.lines() {
                writeln!(f, "{}", format!("  {line}").trim_end())?;
            }
        }
        Ok(())
    }
}
