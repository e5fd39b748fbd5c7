use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::cache::Cache;
use super::found::{self, Machine, Version};
use super::go_module::Part;
use super::run::{Steps, step};
use super::{cache, kubernetes, opentofu, python};

/// A program of the shell. A child writes it: a file that this process had open for writing could still be open in a child of another test,
/// and then the kernel would not run it.
pub(in crate::tools) fn script(folder: &Path, name: &str, text: &str) {
    let mut child = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(folder.join(name))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{text}\n").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

fn program(folder: &Path, name: &str, prints: &str) {
    script(folder, name, &format!("echo '{prints}'"));
}

fn machine_with(path: &Path) -> Machine {
    Machine::with(OsString::from(path), None)
}

/// A `go` that builds at once: what it builds says from which package and in which folder it was built.
/// It fails where `refuses` is a part of the package.
pub(in crate::tools) fn fake_go(folder: &Path, version: &str, refuses: &str) {
    script(
        folder,
        "go",
        &format!(
            r#"if [ "$1" = env ]; then echo {version}; exit; fi
while [ $# -gt 1 ]; do [ "$1" = -o ] && output=$2; shift; done
case "$1" in
*{refuses}*) echo "compiling $1"; echo "main.go:1:1: syntax error" >&2; exit 1 ;;
esac
echo "built from $1 with $(ls)" > "$output""#
        ),
    );
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
    let part = Part::new(&cache, &kubernetes::MODULE, &kubernetes::CONTROL_PLANE, &machine_with(&bin));
    assert_eq!(part.program("kube-scheduler").unwrap(), bin.join("kube-scheduler"));
    assert!(part.program("kubectl").is_err(), "a kubectl sixteen minors old was taken");
    assert_eq!(part.left(), 5);
}

#[test]
fn kubebuilder_assets_come_before_path() {
    let folder = tempfile::tempdir().unwrap();
    let (assets, bin) = (folder.path().join("assets"), folder.path().join("bin"));
    for folder in [&assets, &bin] {
        std::fs::create_dir(folder).unwrap();
        program(folder, "etcd", "etcd Version: 3.6.9");
    }
    let cache = Cache::open(folder.path().join("cache")).unwrap();
    let machine = Machine::with(OsString::from(&bin), Some(assets.clone()));
    let part = Part::new(&cache, &kubernetes::MODULE, &kubernetes::CONTROL_PLANE, &machine);
    assert_eq!(part.program("etcd").unwrap(), assets.join("etcd"));
}

#[test]
fn a_missing_base_tool_is_named_with_its_remedy() {
    let empty = tempfile::tempdir().unwrap();
    let error = found::check(&machine_with(empty.path()), Some("1.26.0"), true).unwrap_err().to_string();
    expect_test::expect![[r#"
        the sandbox cannot be built on this machine:
          go is not on PATH: install Go 1.26.0 or newer (it builds the Kubernetes binaries)
          no python3 of 3.11 or newer is on PATH: install one, with its venv module (it runs moto and the AWS CLI)"#]]
    .assert_eq(&error);
}

#[test]
fn an_old_go_is_named_with_its_version() {
    let machine = tempfile::tempdir().unwrap();
    program(machine.path(), "go", "go1.21.3");
    let error = found::check(&machine_with(machine.path()), Some("1.26.0"), false).unwrap_err().to_string();
    assert!(error.contains("go is go1.21.3: install Go 1.26.0 or newer"), "{error}");
}

#[test]
fn a_patch_of_go_counts() {
    let machine = tempfile::tempdir().unwrap();
    fake_go(machine.path(), "go1.26.8", "nothing");
    let machine = machine_with(machine.path());
    assert_eq!(found::go_lacks(&machine, "1.26.8"), None);
    assert_eq!(found::go_lacks(&machine, "1.26.10"), Some("go is go1.26.8: install Go 1.26.10 or newer".to_owned()));
    assert_eq!(found::newest(["1.26.8", "1.26.10", "1.26"].into_iter()), Some("1.26.10"));
}

#[test]
fn a_binary_is_published_whole_and_a_failed_build_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path().join("cache")).unwrap();
    let lines = RefCell::new(Vec::new());
    let say = |line: &str| lines.borrow_mut().push(line.to_owned());
    let part = || {
        Part::new(&cache, &kubernetes::MODULE, &kubernetes::NODE, &Machine::with(OsString::from(folder.path()), None))
    };

    fake_go(folder.path(), "go1.26.8", "kube-proxy");
    let error = part().build(&Steps::new(&say, part().left())).unwrap_err().to_string();
    assert_eq!(
        error,
        "building kube-proxy failed with exit status: 1:\n  compiling k8s.io/kubernetes/cmd/kube-proxy\n  main.go:1:1: syntax error"
    );
    assert!(part().program("kubelet").is_ok() && part().program("kube-proxy").is_err());

    fake_go(folder.path(), "go1.26.8", "kubelet");
    part().build(&Steps::new(&say, part().left())).unwrap();
    expect_test::expect![[r#"
        building kubelet (1 of 2, 30 s)
        building kube-proxy (2 of 2, 15 s)
        building kube-proxy (1 of 1, 15 s)"#]]
    .assert_eq(&lines.borrow().join("\n"));
    let built = std::fs::read_to_string(part().program("kube-proxy").unwrap()).unwrap();
    assert_eq!(built, "built from k8s.io/kubernetes/cmd/kube-proxy with go.mod\ngo.sum\nlog\n");
    let left: Vec<_> = std::fs::read_dir(folder.path().join("cache")).unwrap().collect();
    assert_eq!(left.len(), 1, "the build left {left:?}");
}

#[test]
fn the_control_plane_and_a_node_share_a_folder_but_not_a_build() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path().join("cache")).unwrap();
    let machine = machine_with(folder.path());
    let control_plane = Part::new(&cache, &kubernetes::MODULE, &kubernetes::CONTROL_PLANE, &machine);
    let node = Part::new(&cache, &kubernetes::MODULE, &kubernetes::NODE, &machine);
    assert_eq!(control_plane.folder(), node.folder());
    assert_eq!((control_plane.left(), node.left()), (6, 2));
}

#[test]
fn a_module_tells_what_it_pins() {
    assert!(kubernetes::MODULE.pinned("k8s.io/kubernetes").starts_with("v1.36."));
    assert_eq!(kubernetes::MODULE.pinned("go"), "1.26.0");
    assert!(opentofu::MODULE.pinned("github.com/opentofu/opentofu").starts_with("v1."));
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
    let mut command = Command::new("sh");
    command.args(["-c", "seq 1 100; echo undefined: main >&2; exit 2"]);
    let error = step(&mut command, "building etcd", &log).unwrap_err().to_string();
    assert!(error.starts_with("building etcd failed with exit status: 2:\n  87\n"), "{error}");
    assert!(error.ends_with("\n  100\n  undefined: main"), "{error}");
    step(Command::new("sh").args(["-c", "echo fine"]), "building etcd", &log).unwrap();
    assert!(!log.exists());
}
