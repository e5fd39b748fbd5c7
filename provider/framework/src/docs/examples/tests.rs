//! What examples show of a schema, and what they do not.

use super::super::super::prelude::*;
use super::*;
use crate::model::Model as _;

model! {
    /// A thing.
    pub struct Thing {
        /// Its name, which stays.
        name: String = required(),
        /// Where the thing is.
        place: String = computed().or_set(),
        /// Bare.
        bare: String = optional(),
        /// What is inside of it.
        parts: Map<Part> = optional(),
        /// How it may be used.
        rules: List<Part> = optional(),
        /// Where it answers.
        url: String = computed(),
        /// What became of parts.
        made: Map<Made> = computed(),
    }
}

model! {
    /// A part.
    pub struct Part {
        /// How large it is.
        size: i64 = optional(),
        /// What is written on it.
        label: String = optional(),
    }
}

model! {
    /// A part that was made.
    pub struct Made {
        /// Whether it is well.
        status: String = computed(),
    }
}

fn unshown(configuration: &str) -> Vec<String> {
    let all = documented("acme_thing", &Thing::attributes(), &[configuration.to_owned()]);
    all.into_iter().filter(|one| !one.has_example).map(|one| one.path).collect()
}

#[test]
fn nothing_is_shown_by_nothing() {
    let all = documented("acme_thing", &Thing::attributes(), &[]);
    let paths: Vec<&str> = all.iter().map(|one| one.path.as_str()).collect();
    let expected = [
        "name",
        "place",
        "bare",
        "parts",
        "parts.size",
        "parts.label",
        "rules",
        "rules.size",
        "rules.label",
        "url",
        "made",
        "made.status",
    ];
    assert_eq!(paths, expected);
    assert!(all.iter().all(|one| !one.has_example));
}

#[test]
fn one_word_is_no_text() {
    let all = documented("acme_thing", &Thing::attributes(), &[]);
    let wordless: Vec<&str> = all.iter().filter(|one| !one.has_text).map(|one| one.path.as_str()).collect();
    assert_eq!(wordless, ["bare"]);
}

#[test]
fn everything_is_shown_where_it_is_set_and_read() {
    let configuration = r#"
resource "acme_thing" "one" {
  name  = "${var.prefix["a"]}-one" # {
  place = var.places[0]
  bare  = jsonencode({ label = "}" })
  parts = {
    "left/top" = { size = 3, label = "x" }
  }
  rules = [{ size = 1 }, { label = "a" }]
}

output "all" {
  value = [acme_thing.one.url, acme_thing.one.made["left/top"].status, acme_thing.one.made]
}
"#;
    assert_eq!(unshown(configuration), Vec::<String>::new());
}

#[test]
fn what_another_block_or_a_comment_sets_is_not_shown() {
    let configuration = r#"
resource "acme_other" "one" {
  place = "here"
}

resource "acme_thing" "one" {
  name = "one"
  # place = "there"
  parts = { left = { sizes = 3 }, size = 4 }
  rules = [for one in var.all : { size = one }]
}

output "data" {
  value = "${data.acme_thing.two.url} my_acme_thing.one.url"
}
"#;
    let expected =
        ["place", "bare", "parts.size", "parts.label", "rules.size", "rules.label", "url", "made", "made.status"];
    assert_eq!(unshown(configuration), expected);
}

#[test]
fn an_object_that_is_read_shows_what_is_in_it_and_sets_nothing() {
    let all = unshown("output \"x\" {\n  value = [acme_thing.one.made, acme_thing.one.parts, acme_thing.one]\n}\n");
    assert_eq!(
        all,
        ["name", "place", "bare", "parts", "parts.size", "parts.label", "rules", "rules.size", "rules.label", "url"]
    );
}
