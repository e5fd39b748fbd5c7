use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::cache::Cache;
use super::found::{self, Version};
use super::run::step;
use super::{cache, kubernetes, python};

fn program(folder: &Path, name: &str, prints: &str) {
    let file = folder.join(name);
    std::fs::write(&file, format!("#!/bin/sh\necho '{prints}'\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn versions_are_read_from_what_programs_print() {
    for (text, version) in [
        ("Kubernetes v1.36.3\n", Version(1, 36)),
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", Version(1, 32)),
        ("etcd Version: 3.6.14\nGit SHA: Not provided", Version(3, 6)),
        ("kwok version v0.8.0 go1.26 (linux/amd64)", Version(0, 8)),
        ("go1.26.8", Version(1, 26)),
        ("Python 3.11.7", Version(3, 11)),
    ] {
        assert_eq!(Version::first_in(text), Some(version), "{text}");
    }
    assert_eq!(Version::first_in("no version here"), None);
}

#[test]
fn a_program_of_this_machine_is_used_only_where_its_version_fits() {
    let machine = tempfile::tempdir().unwrap();
    let bin = machine.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    program(&bin, "kubectl", "Client Version: v1.20.2");
    program(&bin, "kube-scheduler", "Kubernetes v1.36.1");
    let cache = Cache::open(machine.path().join("cache")).unwrap();
    let path = OsString::from(&bin);
    let part = kubernetes::Part::new(&cache, "go1.26", None, &path);
    assert_eq!(part.program("kube-scheduler").unwrap(), bin.join("kube-scheduler"));
    assert!(part.program("kubectl").is_err(), "a kubectl sixteen minors old was taken");
    assert!(!part.is_ready());
}

#[test]
fn kubebuilder_assets_come_before_path() {
    let machine = tempfile::tempdir().unwrap();
    let (assets, bin) = (machine.path().join("assets"), machine.path().join("bin"));
    for folder in [&assets, &bin] {
        std::fs::create_dir(folder).unwrap();
        program(folder, "etcd", "etcd Version: 3.6.9");
    }
    let cache = Cache::open(machine.path().join("cache")).unwrap();
    let part = kubernetes::Part::new(&cache, "go1.26", Some(&assets), &OsString::from(&bin));
    assert_eq!(part.program("etcd").unwrap(), assets.join("etcd"));
}

#[test]
fn a_missing_base_tool_is_named_with_its_remedy() {
    let empty = tempfile::tempdir().unwrap();
    let error = found::check(&OsString::from(empty.path()), true, true).unwrap_err().to_string();
    expect_test::expect![[r#"
        the sandbox cannot be built on this machine:
          go is not on PATH: install Go 1.26 or newer (it builds the Kubernetes binaries)
          no python3 of 3.11 or newer is on PATH: install one, with its venv module (it runs moto and the AWS CLI)"#]]
    .assert_eq(&error);
}

#[test]
fn an_old_go_is_named_with_its_version() {
    let machine = tempfile::tempdir().unwrap();
    program(machine.path(), "go", "go1.21.3");
    let error = found::check(&OsString::from(machine.path()), true, false).unwrap_err().to_string();
    assert!(error.contains("go is go1.21.3: install Go 1.26 or newer"), "{error}");
}

#[test]
fn a_part_of_other_ingredients_is_another_folder() {
    let machine = tempfile::tempdir().unwrap();
    let cache = Cache::open(machine.path().to_path_buf()).unwrap();
    assert_eq!(cache.part("kubernetes", &["a", "b"]), cache.part("kubernetes", &["a", "b"]));
    assert_ne!(cache.part("kubernetes", &["a", "b"]), cache.part("kubernetes", &["a", "c"]));
    assert_ne!(cache.part("kubernetes", &["ab", ""]), cache.part("kubernetes", &["a", "b"]));
}

#[test]
fn a_second_builder_waits_and_says_for_whom() {
    let machine = tempfile::tempdir().unwrap();
    let cache = Cache::open(machine.path().to_path_buf()).unwrap();
    let held = cache.lock(&|line| panic!("nobody to wait for, yet: {line}")).unwrap();
    let (said, hears) = std::sync::mpsc::channel();
    let root = machine.path().to_path_buf();
    let second = std::thread::spawn(move || {
        Cache::open(root).unwrap().lock(&|line| said.send(line.to_owned()).unwrap()).map(|_| ())
    });
    let line = hears.recv().unwrap();
    assert!(line.starts_with(&format!("waiting for process {}", std::process::id())), "{line}");
    drop(held);
    second.join().unwrap().unwrap();
}

#[test]
fn what_a_killed_build_left_is_cleared() {
    let machine = tempfile::tempdir().unwrap();
    let part = machine.path().join("kubernetes-0123");
    let staging = cache::staging(&part).unwrap();
    std::fs::write(staging.join("kube-apiserver"), "the first half").unwrap();
    let staging = cache::staging(&part).unwrap();
    assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);

    let cache = Cache::open(machine.path().join("cache")).unwrap();
    let environment = python::Part::new(&cache);
    let link = environment.folder().to_path_buf();
    std::os::unix::fs::symlink(machine.path().join("gone"), &link).unwrap();
    std::fs::create_dir_all(link.with_extension("4711").join("bin")).unwrap();
    std::fs::write(link.with_extension("log"), "").unwrap();
    let other = link.with_file_name("python-of-another-version");
    std::fs::create_dir(&other).unwrap();
    assert!(!environment.is_ready());
    environment.remove_others().unwrap();
    let left: Vec<_> = std::fs::read_dir(link.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [other]);
}

#[test]
fn a_failed_step_shows_its_last_lines() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "seq 1 100; echo undefined: main >&2; exit 2"]);
    let error = step(&mut command, "building etcd", &log).unwrap_err().to_string();
    assert!(error.starts_with("building etcd failed with exit status: 2:\n  87\n"), "{error}");
    assert!(error.ends_with("\n  100\n  undefined: main"), "{error}");
    step(std::process::Command::new("sh").args(["-c", "echo fine"]), "building etcd", &log).unwrap();
    assert!(!log.exists());
}
