use std::path::{Path, PathBuf};

use sandbox_kube::Tools;

use super::{Environment, mirror, place, register};

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let error = place::make(folder.path()).unwrap_err().to_string();
    assert!(error.contains("is not empty and not a sandbox's folder"), "{error}");
    place::remove(folder.path()).unwrap();
    assert!(folder.path().join("thesis.txt").exists());
}

#[test]
fn a_folder_of_ours_is_made_again_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("a/b");
    place::make(&dir).unwrap();
    place::make(&dir).unwrap();
    assert!(place::is_ours(&dir));
    place::remove(&dir).unwrap();
    place::remove(&dir).unwrap();
    assert!(!dir.exists());
}

#[test]
fn a_path_too_long_for_a_socket_is_told_at_once() {
    let dir = PathBuf::from(format!("/tmp/{}", "x".repeat(120)));
    let error = place::make(&dir).unwrap_err().to_string();
    assert!(error.contains("is too long for a socket"), "{error}");
    assert!(!dir.exists());
}

#[test]
fn a_process_is_itself_and_no_later_one_of_its_id() {
    let own = tempfile::tempdir().unwrap();
    let registered = register::register(own.path(), register::Owner::Process).unwrap();
    let entry = register::living(own.path()).unwrap().unwrap();
    assert!(entry.lives());
    let mut child =
        std::process::Command::new("sleep").arg("1000").stdout(std::process::Stdio::null()).spawn().unwrap();
    let reused = register::Entry { pid: i32::try_from(child.id()).unwrap(), started: "another time".into(), ..entry };
    let (lives, killed) = (reused.lives(), reused.kill());
    let untouched = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    killed.unwrap();
    assert!(!lives, "another process was taken for the one of the entry");
    assert!(untouched, "a stranger was killed");
    drop(registered);
    assert_eq!(register::living(own.path()).unwrap(), None);
}

/// Tools that are nothing but paths.
fn tools(aws_provider_mirror: Option<PathBuf>) -> Tools {
    let program = |name: &str| PathBuf::from("/cache").join(name);
    Tools {
        etcd: program("etcd"),
        kube_apiserver: program("kube-apiserver"),
        kube_controller_manager: program("kube-controller-manager"),
        kube_scheduler: program("kube-scheduler"),
        kubectl: program("kubectl"),
        kwok: program("kwok"),
        aws: program("aws"),
        python: program("python"),
        botocore_model: program("service-2.json.gz"),
        terraform: None,
        tofu: Some(program("tofu")),
        aws_provider_mirror,
    }
}

fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path)
            } else {
                found.push(path.strip_prefix(root).unwrap().display().to_string())
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_mirror_holds_our_provider_for_both_clis() {
    let folder = tempfile::tempdir().unwrap();
    let provider = folder.path().join("provider");
    std::fs::write(&provider, "one").unwrap();
    let dir = folder.path().join("sandbox");
    std::fs::create_dir(&dir).unwrap();
    let found = folder.path().join("found");
    std::fs::create_dir_all(found.join("registry.terraform.io/hashicorp/aws/6.2.0/linux_amd64")).unwrap();
    mirror::write(&dir, &tools(Some(found)), &provider).unwrap();
    let platform = sandbox_kube::platform();
    let ours = |registry: &str| {
        format!("mirror/{registry}/terraform-paas/paas/0.1.0/{platform}/terraform-provider-paas_v0.1.0")
    };
    let expected = [
        "bin/aws".to_owned(),
        "bin/kubectl".to_owned(),
        "bin/tofu".to_owned(),
        "mirror/registry.opentofu.org/hashicorp/aws/6.2.0/linux_amd64".to_owned(),
        ours("registry.opentofu.org"),
        "mirror/registry.terraform.io/hashicorp/aws/6.2.0/linux_amd64".to_owned(),
        ours("registry.terraform.io"),
        "terraform.rc".to_owned(),
    ];
    assert_eq!(files(&dir), expected);
    // A later build of the provider does not change the mirror's, whose checksum stands in lock files; the next `up` does.
    std::fs::remove_file(&provider).unwrap();
    std::fs::write(&provider, "two").unwrap();
    let mirrored = dir.join(ours("registry.terraform.io"));
    assert_eq!(std::fs::read_to_string(&mirrored).unwrap(), "one");
    mirror::write(&dir, &tools(None), &provider).unwrap();
    assert_eq!(std::fs::read_to_string(&mirrored).unwrap(), "two");
}

#[test]
fn the_clis_never_ask_a_registry_for_what_the_mirror_holds() {
    let folder = tempfile::tempdir().unwrap();
    let provider = folder.path().join("provider");
    std::fs::write(&provider, "").unwrap();
    mirror::write(folder.path(), &tools(None), &provider).unwrap();
    let text = std::fs::read_to_string(mirror::cli_configuration(folder.path())).unwrap();
    expect_test::expect![[r#"
        disable_checkpoint = true

        provider_installation {
          filesystem_mirror {
            path = "DIR/mirror"
          }
          direct {
            exclude = ["registry.terraform.io/terraform-paas/paas", "registry.opentofu.org/terraform-paas/paas"]
          }
        }
    "#]]
    .assert_eq(&text.replace(&folder.path().display().to_string(), "DIR"));
}

#[test]
fn exports_survive_any_shell_word() {
    let environment = Environment {
        set: vec![
            ("TF_VAR_subnet_ids".into(), r#"["subnet-1"]"#.into()),
            ("KUBECONFIG".into(), "/it's $HOME/`here`".into()),
        ],
        path: vec!["/sandbox/bin".into()],
        unset: vec!["AWS_PROFILE".into()],
    };
    expect_test::expect![[r#"
        unset AWS_PROFILE
        export TF_VAR_subnet_ids='["subnet-1"]'
        export KUBECONFIG='/it'\''s $HOME/`here`'
        export PATH='/sandbox/bin':"$PATH"
    "#]]
    .assert_eq(&environment.exports());
    let script = format!("{}printf '%s' \"$KUBECONFIG\"", environment.exports());
    let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "/it's $HOME/`here`");
    assert_eq!(environment.get("KUBECONFIG"), Some("/it's $HOME/`here`"));
}
