//! Pages against golden files beside this one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::docs::{pages, rewrite};
use crate::rpc::tests::thing::Lab;

#[test]
fn every_page_is_in_the_registrys_layout() {
    let all = pages(&Lab::default(), Path::new("there are no examples here"));
    let names: Vec<&str> = all.keys().filter_map(|path| path.to_str()).collect();
    assert_eq!(
        names,
        [
            "data-sources/lookup.md",
            "ephemeral-resources/word.md",
            "functions/double.md",
            "index.md",
            "resources/thing.md"
        ]
    );
}

#[test]
fn a_page_says_everything_about_an_attribute() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = folder.path().join("resources/lab_thing");
    fs::create_dir_all(&example).expect("a folder");
    fs::write(example.join("resource.tf"), "resource \"lab_thing\" \"this\" {\n  name = \"a\"\n}\n").expect("a file");
    fs::write(example.join("import.sh"), "terraform import lab_thing.this a\n").expect("a file");
    let all = pages(&Lab::default(), folder.path());
    expect_test::expect_file!["tests/thing.md"].assert_eq(&all[Path::new("resources/thing.md")]);
    expect_test::expect_file!["tests/double.md"].assert_eq(&all[Path::new("functions/double.md")]);
}

#[test]
fn stale_files_are_rewritten_and_named_and_guides_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let docs = folder.path();
    let wanted =
        [(PathBuf::from("index.md"), "new".to_owned()), (PathBuf::from("resources/a.md"), "a".to_owned())].into();
    fs::create_dir_all(docs.join("resources")).expect("a folder");
    fs::create_dir_all(docs.join("guides")).expect("a folder");
    fs::write(docs.join("guides/start.md"), "by hand").expect("a file");
    fs::write(docs.join("index.md"), "old").expect("a file");
    fs::write(docs.join("resources/gone.md"), "gone").expect("a file");
    let mut stale = rewrite(docs, &wanted).expect("it can be written");
    stale.sort();
    assert_eq!(stale, [Path::new("index.md"), Path::new("resources/a.md"), Path::new("resources/gone.md")]);
    assert!(!docs.join("resources/gone.md").exists() && docs.join("guides/start.md").exists());
    assert_eq!(rewrite(docs, &wanted).expect("it can be read"), Vec::<PathBuf>::new());
}
