use expect_test::expect;
use serde_json::Value;

use super::*;

fn demo(busybox: bool) -> Demo {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::write(&program, "program").unwrap();
    Demo::new(&program, busybox.then_some(program.as_path())).unwrap()
}

/// The program and what the environment tells it.
fn start(name: &str) -> String {
    let image = demo(false).image(&name.parse().unwrap());
    let config: Value = serde_json::from_slice(&image.blobs()[0].read()).unwrap();
    let env = config["config"]["Env"].as_array().unwrap().iter().skip(1).map(|one| one.as_str().unwrap().to_owned());
    format!("{} {}\n", config["config"]["Entrypoint"][0].as_str().unwrap(), env.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_name_tells_what_its_program_does() {
    let starts = [
        "nginx:1.27",
        "eu.example/shop/worker:2",
        "sandbox.invalid/crash:3",
        "sandbox.invalid/crash",
        "sandbox.invalid/fail:300",
        "sandbox.invalid/oom:1",
        "sandbox.invalid/slow:30",
        "sandbox.invalid/slow:soon",
        "sandbox.invalid/never-ready:1",
        "sandbox.invalid/hang:1",
        "sandbox.invalid/crashes:1",
        "example.org/crash:3",
        "sandbox.invalid/pause:3.10",
    ];
    expect![[r#"
        /app/bin/demo DEMO_IMAGE=nginx:1.27
        /app/bin/demo DEMO_IMAGE=eu.example/shop/worker:2 DEMO_ROLE=worker
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/crash:3 DEMO_SCENARIO=crash:3
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/crash:latest DEMO_SCENARIO=crash:1
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/fail:300 DEMO_SCENARIO=fail:255
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/oom:1 DEMO_SCENARIO=oom
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/slow:30 DEMO_SCENARIO=slow:30
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/slow:soon DEMO_SCENARIO=slow:5
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/never-ready:1 DEMO_SCENARIO=never-ready
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/hang:1 DEMO_SCENARIO=hang
        /app/bin/demo DEMO_IMAGE=sandbox.invalid/crashes:1
        /app/bin/demo DEMO_IMAGE=example.org/crash:3
        /app/bin/pause 
    "#]]
    .assert_eq(&starts.map(start).concat());
}

#[test]
fn images_differ_by_their_tags_and_share_their_layer() {
    let demo = demo(true);
    let [one, two] = ["a:1", "a:2"].map(|name| demo.image(&name.parse().unwrap()));
    assert_ne!(one.manifest().digest(), two.manifest().digest());
    assert_eq!(one.blobs()[1].digest(), two.blobs()[1].digest());
}
