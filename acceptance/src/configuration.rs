//! Configurations for tests: blocks with defaults, of which a test changes the one attribute that it is about.

use std::fmt;

/// A resource block.
#[derive(Clone, Debug)]
pub struct Block {
    kind: &'static str,
    label: String,
    attributes: Vec<(String, String)>,
}

/// Declares the subnets that the sandbox's environment sets.
pub const VARIABLES: &str = "variable \"subnet_ids\" {\n  type = list(string)\n}\n\n";

impl Block {
    fn new(kind: &'static str, label: &str, attributes: &[(&str, &str)]) -> Block {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Block { kind, label: label.to_owned(), attributes }
    }

    /// Sets an attribute to an expression.
    #[must_use]
    pub fn set(mut self, name: &str, expression: &str) -> Block {
        self.attributes.retain(|(set, _)| set != name);
        self.attributes.push((name.to_owned(), expression.to_owned()));
        self
    }

    /// Sets an attribute to a text.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Block {
        let quoted = format!("\"{text}\"");
        self.set(name, &quoted)
    }

    /// Leaves an attribute out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Block {
        self.attributes.retain(|(set, _)| set != name);
        self
    }

    /// Adds a nested block, such as `lifecycle`, as it stands.
    #[must_use]
    pub fn lifecycle(mut self, body: &str) -> Block {
        self.attributes.push((String::new(), format!("lifecycle {{\n    {body}\n  }}")));
        self
    }

    /// `paas_cluster.main`
    pub fn address(&self) -> String {
        format!("{}.{}", self.kind, self.label)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "resource \"{}\" \"{}\" {{", self.kind, self.label)?;
        for (name, expression) in &self.attributes {
            if name.is_empty() {
                writeln!(f, "  {expression}")?;
            } else {
                writeln!(f, "  {name} = {expression}")?;
            }
        }
        writeln!(f, "}}")
    }
}

/// `paas_cluster.main`, named `name`, open to the test and not protected.
pub fn cluster(name: &str) -> Block {
    let quoted = format!("\"{name}\"");
    let attributes = [
        ("name", quoted.as_str()),
        ("subnet_ids", "var.subnet_ids"),
        ("endpoint", "{ public_cidrs = [\"203.0.113.0/24\"] }"),
        ("deletion_protection", "false"),
    ];
    Block::new("paas_cluster", "main", &attributes)
}

/// `paas_app.NAME` on `paas_cluster.main`.
pub fn app(name: &str) -> Block {
    let quoted = format!("\"{name}\"");
    let attributes = [
        ("cluster", "paas_cluster.main.arn"),
        ("name", quoted.as_str()),
        ("namespace", "\"shop\""),
        ("image", "\"registry.example.com/shop/api:1\""),
        ("port", "8080"),
    ];
    Block::new("paas_app", name, &attributes)
}

/// `paas_job.NAME` on `paas_cluster.main`, without schedule or triggers.
pub fn job(name: &str) -> Block {
    let quoted = format!("\"{name}\"");
    let attributes = [
        ("cluster", "paas_cluster.main.arn"),
        ("name", quoted.as_str()),
        ("namespace", "\"shop\""),
        ("image", "\"registry.example.com/shop/api:1\""),
        ("command", "[\"bin/task\"]"),
    ];
    Block::new("paas_job", name, &attributes)
}
