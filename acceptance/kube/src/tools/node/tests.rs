use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{NodeTools, debian, libraries, modules};
use crate::tools::cache::Cache;
use crate::tools::found::Machine;
use crate::tools::run::Steps;
use crate::tools::tests::{fake_go, script};

/// A machine whose PATH is one folder, and a cache of its own.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        Self { folder }
    }

    /// With a Go that builds everything but packages with `refuses` in their name.
    fn with_go(self, version: &str, refuses: &str) -> Self {
        fake_go(&self.bin(), version, refuses);
        self
    }

    /// With an apt-get that, without package lists of ours, has only the packages that `known` matches, and a dpkg-deb that makes a program
    /// of each.
    fn with_apt(self, known: &str) -> Self {
        script(
            &self.bin(),
            "apt-get",
            &format!(
                r#"echo "$@" >> "{log}"
for argument; do case "$argument" in Dir::State::lists=*) lists=ours ;; update) exit ;; esac; done
while [ "$1" != download ]; do shift; done
shift
for package; do
case "$lists:$package" in ours:*|:{known}) : > "$package.deb" ;; *) echo "E: Unable to locate package $package"; exit 100 ;; esac
done"#,
                log = self.apt_log().display()
            ),
        );
        let extracting = r#"name=$(basename "$2" .deb)
case "$name" in nftables) name=nft ;; busybox-static) name=busybox ;; esac
mkdir -p "$3/usr/sbin" && echo "$name" > "$3/usr/sbin/$name""#;
        script(&self.bin(), "dpkg-deb", extracting);
        self
    }

    fn with(self, name: &str, prints: &str) -> Self {
        script(&self.bin(), name, &format!("echo '{prints}'"));
        self
    }

    fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    fn apt_log(&self) -> PathBuf {
        self.folder.path().join("apt-get.log")
    }

    fn cache(&self) -> Cache {
        Cache::open(self.folder.path().join("cache")).unwrap()
    }

    fn machine(&self) -> Machine {
        Machine::with(OsString::from(self.bin()), None)
    }

    /// What a preparation says, and how it ends.
    fn prepare(&self) -> (Vec<String>, anyhow::Result<NodeTools>) {
        let lines = RefCell::new(Vec::new());
        let tools =
            NodeTools::prepare_in(&self.cache(), &self.machine(), &|line| lines.borrow_mut().push(line.to_owned()));
        (lines.into_inner(), tools)
    }
}

/// The programs that this machine would do with: in Bench they are scripts, which ldd takes for static programs.
#[test]
#[cfg(target_os = "linux")]
fn a_bare_machine_fetches_and_builds_everything_once() {
    let bench = Bench::new().with_go("go1.26.8", "nothing").with_apt("*");
    let (lines, tools) = bench.prepare();
    let tools = tools.unwrap();
    expect_test::expect![[r#"
        fetching runc from Debian's packages (1 of 13, 5 s; extracted, not installed)
        fetching nft from Debian's packages (2 of 13, 5 s; extracted, not installed)
        fetching busybox from Debian's packages (3 of 13, 5 s; extracted, not installed)
        building demo (4 of 13, 5 s)
        building containerd (5 of 13, 30 s)
        building containerd-shim-runc-v2 (6 of 13, 5 s)
        building ptp (7 of 13, 3 s)
        building host-local (8 of 13, 2 s)
        building loopback (9 of 13, 2 s)
        building kubelet (10 of 13, 30 s)
        building kube-proxy (11 of 13, 15 s)
        building coredns (12 of 13, 75 s, with the downloads)
        building metrics-server (13 of 13, 80 s, with the downloads)"#]]
    .assert_eq(&lines.join("\n"));
    assert_eq!(tools.shim.parent(), tools.containerd.parent());
    for plugin in ["ptp", "host-local", "loopback"] {
        assert!(tools.cni_bin.join(plugin).is_file(), "{plugin}");
    }
    assert!(tools.nft.ends_with("nft/usr/sbin/nft"), "{}", tools.nft.display());

    let (lines, tools) = bench.prepare();
    assert!(tools.is_ok() && lines.is_empty(), "{lines:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn programs_of_this_machine_are_used_where_they_fit() {
    let bench = Bench::new().with("runc", "runc version 1.2.5").with("nft", "nftables v0.9.8 (E.D.S.)").with_apt("*");
    let part = debian::Part::new(&bench.cache(), &bench.machine());
    assert_eq!(part.program("runc").unwrap(), bench.bin().join("runc"));
    assert!(part.program("nft").is_err(), "an nft that is too old was taken");
    assert_eq!(part.left(), 2);
}

#[test]
fn stale_package_lists_are_read_anew_into_a_folder_of_ours() {
    let bench = Bench::new().with_apt("runc");
    let part = debian::Part::new(&bench.cache(), &bench.machine());
    part.fetch(&Steps::new(&|_| {}, part.left())).unwrap();
    assert_eq!(part.left(), 0);
    let log = std::fs::read_to_string(bench.apt_log()).unwrap();
    let calls: Vec<_> = log
        .lines()
        .map(|line| {
            let lists = if line.contains("Dir::State::lists=") { "our lists" } else { "the machine's" };
            let call = ["update", "download runc", "download nftables", "download busybox-static"];
            format!("{}, {lists}", call.iter().find(|call| line.contains(*call)).unwrap())
        })
        .collect();
    expect_test::expect![[r#"
        download runc, the machine's
        download nftables, the machine's
        update, our lists
        download nftables, our lists
        download busybox-static, our lists"#]]
    .assert_eq(&calls.join("\n"));
}

#[test]
fn what_is_missing_is_said_in_one_line_before_anything_is_built() {
    for (bench, expected) in [
        (
            Bench::new(),
            "no real nodes on this machine: apt-get, which would fetch programs, is not on PATH: install runc 1.1 or newer, nft 1.0 or \
             newer (package nftables), a static busybox (package busybox-static); go is not on PATH: install Go 1.26.8 or newer",
        ),
        (
            Bench::new().with_go("go1.26.5", "nothing").with_apt("*"),
            "no real nodes on this machine: go is go1.26.5: install Go 1.26.8 or newer",
        ),
    ] {
        let (lines, tools) = bench.prepare();
        assert_eq!(tools.unwrap_err().to_string(), expected);
        assert!(lines.is_empty(), "{lines:?}");
    }
}

#[test]
fn a_failed_step_is_said_in_one_line_and_the_next_run_goes_on() {
    let bench = Bench::new().with_go("go1.26.8", "ptp").with_apt("*");
    let (_, tools) = bench.prepare();
    let error = tools.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no real nodes on this machine: building ptp failed with exit status: 1 (main.go:1:1: syntax error); run it again to go on from here"
    );
    assert!(
        format!("{error:?}").contains("compiling github.com/containernetworking/plugins/plugins/main/ptp"),
        "{error:?}"
    );
    let (lines, _) = bench.with_go("go1.26.8", "nothing").prepare();
    assert_eq!(lines.first().map(String::as_str), Some("building ptp (1 of 7, 3 s)"));
}

#[test]
fn a_download_that_fails_names_what_to_install_instead() {
    let bench = Bench::new().with_go("go1.26.8", "nothing").with_apt("*");
    script(&bench.bin(), "apt-get", "echo 'E: Could not resolve the archive'; exit 100");
    let (_, tools) = bench.prepare();
    assert_eq!(
        tools.unwrap_err().to_string(),
        "no real nodes on this machine: fetching runc failed with exit status: 100 (E: Could not resolve the archive); run it again when \
         this machine is online, or install runc 1.1 or newer, nft 1.0 or newer (package nftables), a static busybox (package busybox-static)"
    );
}

#[test]
fn libraries_are_read_from_what_ldd_prints() {
    let said = "\tlinux-vdso.so.1 (0x00007fe326161000)
\tlibedit.so.2 => /lib/x86_64-linux-gnu/libedit.so.2 (0x00007fe32603d000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fe325e52000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007fe326163000)
";
    let files =
        ["/lib/x86_64-linux-gnu/libedit.so.2", "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
    assert_eq!(libraries::parse(said).unwrap(), files.map(PathBuf::from));
    assert_eq!(libraries::parse("\tstatically linked\n").unwrap(), [] as [PathBuf; 0]);
    let error = libraries::parse("\tlibnftables.so.1 => not found\n").unwrap_err().to_string();
    assert_eq!(error, "libnftables.so.1 is not on this machine");
}

#[test]
fn the_demo_is_built_from_all_of_its_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/demo");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut there: Vec<String> =
        entries.filter(|name| name != "README.md" && name != "go.sum" && !name.ends_with("_test.go")).collect();
    there.sort();
    let listed: Vec<&str> = modules::DEMO.files.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, there);
}

#[test]
fn the_linker_tells_programs_their_versions() {
    let flags = |module: &crate::tools::go_module::Module| (module.linker_flags)(module);
    assert!(flags(&modules::CONTAINERD).contains("/v2/version.Version=v2.3."), "{}", flags(&modules::CONTAINERD));
    assert!(flags(&modules::CONTAINERD).contains(".BuildVersion=v1.9."), "{}", flags(&modules::CONTAINERD));
    assert!(flags(&modules::METRICS_SERVER).ends_with("version.gitVersion=v0.9.0"));
}
