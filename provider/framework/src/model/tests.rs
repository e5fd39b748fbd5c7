//! The text of a doc comment.

use super::joined;

#[test]
fn lines_of_a_paragraph_are_one_line_and_paragraphs_stay_apart() {
    assert_eq!(joined(&[" One", " two.", "", " Three."]), "One two.\n\nThree.");
}

#[test]
fn lists_and_code_keep_their_lines() {
    let lines = [" Either:", " - one,", " - two.", "", " ```hcl", " a = 1", "   b = 2", " ```", " The", " end."];
    assert_eq!(joined(&lines), "Either:\n- one,\n- two.\n\n```hcl\na = 1\n  b = 2\n```\nThe end.");
}
