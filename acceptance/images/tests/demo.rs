//! The demo program as it is: built once, then run as containers run it.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The program, built from its source, and the folder that holds it.
static PROGRAM: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("demo");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/demo");
    go(&source, &["build", "-trimpath", "-ldflags", "-s -w", "-o", &program.display().to_string(), "."]);
    (folder, program)
});

fn go(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("go");
    command.current_dir(folder).args(arguments);
    command.envs([("CGO_ENABLED", "0"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOFLAGS", "-buildvcs=false")]);
    let output = command.output().expect("Go runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

fn demo(arguments: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(&PROGRAM.1);
    command.env_clear().args(arguments).envs(env.iter().copied());
    command
}

/// What is printed, to either side, and the exit code.
fn run(arguments: &[&str], env: &[(&str, &str)]) -> (String, Option<i32>) {
    let output = demo(arguments, env).output().unwrap();
    (String::from_utf8([output.stdout, output.stderr].concat()).unwrap(), output.status.code())
}

/// A program that runs until it is told not to.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = demo(arguments, env).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The rest of the next line that holds `text`.
    fn line(&mut self, text: &str) -> String {
        let line = self.lines.find_map(|line| line.unwrap().split_once(text).map(|(_, rest)| rest.to_owned()));
        line.unwrap_or_else(|| panic!("no line with {text:?}"))
    }

    fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    fn code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn ask(port: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n").unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const WEB: [(&str, &str); 2] = [("PORT", "0"), ("DEMO_LISTEN", "127.0.0.1")];

#[test]
fn its_source_is_in_order() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/demo");
    go(&source, &["vet", "./..."]);
    go(&source, &["test", "./..."]);
}

#[test]
fn a_web_app_that_is_terminated_loses_no_request() {
    let slow = [("DEMO_DELAY", "300ms"), ("DEMO_DRAIN", "1h"), ("GREETING", "good morning"), ("DEMO_IMAGE", "web:2")];
    let mut web = Running::start(&[], &[&WEB[..], &slow].concat());
    let port = web.line("listening on port ");
    let under_way: Vec<TcpStream> = (0..8).map(|_| ask(&port, "/")).collect();
    web.terminate();
    web.line("stopping: ");
    // A proxy that has not heard of it yet still sends new ones.
    let new = answer(ask(&port, "/"));
    assert!(new.starts_with("HTTP/1.1 200 OK"), "{new}");
    for stream in under_way {
        let answer = answer(stream);
        assert!(answer.contains("good morning from ") && answer.contains(" (web:2), request "), "{answer}");
    }
    // The second signal ends the hour.
    web.terminate();
    assert_eq!(web.line("stopped after "), "9 requests");
    assert_eq!(web.code(), Some(0));
}

#[test]
fn a_web_app_can_fail_its_probes() {
    let mut web = Running::start(&[], &[&WEB[..], &[("DEMO_FAIL_READINESS", "1")]].concat());
    let port = web.line("listening on port ");
    assert!(answer(ask(&port, "/healthz")).starts_with("HTTP/1.1 503 "));
    assert_eq!(web.line("GET /healthz "), "503: the database has no schema yet");
    assert!(answer(ask(&port, "/")).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_worker_asks_the_web_app_and_goes_on_when_it_is_gone() {
    let mut web = Running::start(&["web"], &[&WEB[..], &[("DEMO_DRAIN", "0")]].concat());
    let url = format!("http://127.0.0.1:{}", web.line("listening on port "));
    let mut worker = Running::start(&["worker"], &[("WEB_URL", &url), ("DEMO_INTERVAL", "20ms")]);
    assert!(worker.line("answers in ").contains(": hello from "));
    web.terminate();
    worker.line("; trying again");
    assert_eq!(web.code(), Some(0));
    worker.terminate();
    worker.line("stopped after ");
    assert_eq!(worker.code(), Some(0));
}

#[test]
fn jobs_end_well() {
    let quick = ("DEMO_DURATION", "20ms");
    assert_eq!(run(&[], &[quick]), ("2 steps to run\nstep 1 of 2: done\nstep 2 of 2: done\n".to_owned(), Some(0)));
    let (text, code) = run(&["bin/rails", "db:migrate"], &[quick]);
    assert!(text.contains("create table orders: done in 0."), "{text}");
    assert_eq!(code, Some(0));
}

#[test]
fn scenarios_say_what_simulated_nodes_say() {
    let crash = "connecting to the database at 10.0.3.4:5432\nError: connect ETIMEDOUT 10.0.3.4:5432\n    at connect (/app/db.js:14:9)\n    at main (/app/main.js:3:1)\n";
    assert_eq!(run(&["worker"], &[("DEMO_SCENARIO", "crash:3")]), (crash.to_owned(), Some(3)));
    assert_eq!(run(&[], &[("DEMO_SCENARIO", "fail:4"), ("PORT", "80")]), (crash.to_owned(), Some(4)));
    assert_eq!(run(&["web"], &[("DEMO_EXIT_CODE", "7")]), (crash.to_owned(), Some(7)));
    for (scenario, line) in [
        ("hang", "waiting for a lock held by another migration"),
        ("never-ready", "waiting for the schema: relation \"orders\" does not exist"),
        ("slow:3600", "2 steps to run"),
    ] {
        let mut running = Running::start(&[], &[("DEMO_SCENARIO", scenario)]);
        assert_eq!(running.line(line), "");
        running.terminate();
        assert_eq!(running.code(), Some(143), "{scenario}");
    }
    let mut slow = Running::start(&[], &[&WEB[..], &[("DEMO_SCENARIO", "slow:0")]].concat());
    assert_eq!(slow.line("warming the cache"), "");
    slow.line("listening on port ");
}

#[test]
fn an_app_can_crash_after_a_while() {
    let (text, code) = run(&["worker"], &[("DEMO_CRASH_AFTER", "50ms"), ("DEMO_EXIT_CODE", "9")]);
    assert!(text.starts_with("waiting for work\nconnecting to the database"), "{text}");
    assert_eq!(code, Some(9));
}

#[test]
fn a_secret_can_get_into_the_log() {
    let env = [("DEMO_LOG_ENV", "DATABASE_URL"), ("DATABASE_URL", "postgres://u:hunter2@db"), ("DEMO_DURATION", "0")];
    let (text, _) = run(&[], &env);
    assert!(text.starts_with("DATABASE_URL=postgres://u:hunter2@db\n"), "{text}");
}

#[test]
fn a_setting_that_cannot_be_read_is_named() {
    let refused = run(&["web"], &[("DEMO_DELAY", "soon")]);
    assert_eq!(
        refused,
        ("demo: DEMO_DELAY is \"soon\"; it can be a time such as 2, 1.5s or 3m\n".to_owned(), Some(64))
    );
}
