use std::process::Command;

use super::ProcessGroup;

/// Whether a process exists and is not a zombie.
fn runs(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[test]
fn killing_a_group_ends_its_members_and_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let group = ProcessGroup::start().unwrap();
    let pid_file = folder.path().join("grandchild");
    let script = format!("sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; trap '' TERM; wait", pid_file.display());
    let child = group.spawn("parent", Command::new("sh").args(["-c", &script]), &folder.path().join("log")).unwrap();
    let grandchild: u32 = loop {
        match std::fs::read_to_string(&pid_file) {
            Ok(text) => break text.trim().parse().unwrap(),
            Err(_) => std::thread::yield_now(),
        }
    };
    assert!(runs(child) && runs(grandchild));
    group.kill();
    assert!(!runs(child));
    while runs(grandchild) {
        std::thread::yield_now();
    }
}

#[test]
fn a_member_that_ends_on_its_own_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let group = ProcessGroup::start().unwrap();
    group.spawn("forever", Command::new("sleep").arg("1000"), &folder.path().join("log")).unwrap();
    group
        .spawn("short", Command::new("sh").args(["-c", "echo gone wrong; exit 3"]), &folder.path().join("log"))
        .unwrap();
    let (name, status) = loop {
        if let Some(ended) = group.ended() {
            break ended;
        }
        std::thread::yield_now();
    };
    assert_eq!((name.as_str(), status.code()), ("short", Some(3)));
    assert_eq!(std::fs::read_to_string(folder.path().join("log")).unwrap(), "gone wrong\n");
}

/// The owner is a copy of this test program that is killed with SIGKILL: its children go all the same.
#[test]
fn members_die_with_an_owner_that_is_killed() {
    const ROLE: &str = "PROCESS_GROUP_TEST_OWNER";
    if let Ok(file) = std::env::var(ROLE) {
        let group = ProcessGroup::start().unwrap();
        let pid = group.spawn("forever", Command::new("sleep").arg("1000"), std::path::Path::new("/dev/null")).unwrap();
        std::fs::write(format!("{file}.new"), pid.to_string()).unwrap();
        std::fs::rename(format!("{file}.new"), &file).unwrap();
        loop {
            std::thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process_group::tests::members_die_with_an_owner_that_is_killed"])
        .env(ROLE, &file)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let pid: u32 = loop {
        match std::fs::read_to_string(&file) {
            Ok(text) => break text.parse().unwrap(),
            Err(_) => std::thread::yield_now(),
        }
    };
    assert!(runs(pid));
    owner.kill().unwrap();
    owner.wait().unwrap();
    while runs(pid) {
        std::thread::yield_now();
    }
}
