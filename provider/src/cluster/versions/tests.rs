//! How versions are shown.

use super::*;

#[test]
fn the_newest_comes_first() {
    let offered = ["1.9", "1.36", "1.35"].map(|version| Offered { version: version.to_owned(), ..Offered::default() });
    let shown: Vec<String> =
        shown(offered.into()).iter().filter_map(|one| one.known()?.version.known().cloned()).collect();
    assert_eq!(shown, ["1.36", "1.35", "1.9"]);
}
