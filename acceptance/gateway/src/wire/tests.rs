use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

use tokio::net::TcpListener;

use super::*;

/// Connects to the address it is given and waits for what comes; `$0` is the program's name.
const CLIENT: &str = "exec 3<>/dev/tcp/127.0.0.1/$PORT; read -u 3 line";

/// The same with SIGINT as a program in a terminal has it. Whoever runs the tests may have it ignored (`nohup`, a background
/// job), which is inherited, and a shell cannot undo it.
const INTERRUPTIBLE: &str = "
import os, signal, socket
signal.signal(signal.SIGINT, signal.SIG_DFL)
socket.create_connection(('127.0.0.1', int(os.environ['PORT']))).recv(1)
";

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A shell that connects, under the name of another program. Another process copies it: were the copy open for writing here, a
/// program that another test starts meanwhile would inherit it, and starting the copy would fail (ETXTBSY).
fn client(folder: &tempfile::TempDir, name: &str, port: u16) -> std::process::Child {
    let program = folder.path().join(name);
    assert!(Command::new("cp").arg("/bin/bash").arg(&program).status().unwrap().success());
    Command::new(program)
        .args(["-c", CLIENT])
        .env("PORT", port.to_string())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn the_process_at_the_other_end_is_found() {
    let (listener, port) = listener().await;
    let _client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let wire = Wire::new(&accepted).unwrap();
    assert_eq!(wire.source().await.unwrap().pid, std::process::id() as i32);
}

#[tokio::test]
async fn a_foreign_process_is_not_killed() {
    let (listener, port) = listener().await;
    let _client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let refusal = Wire::new(&accepted).unwrap().kill_provider().await.unwrap_err();
    assert!(refusal.to_string().contains("is not a Terraform provider"), "{refusal}");
}

#[tokio::test]
async fn a_provider_is_killed_and_gone_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (listener, port) = listener().await;
    let mut client = client(&folder, "terraform-provider-paas_v0.1.0", port);
    let (accepted, _) = listener.accept().await.unwrap();
    Wire::new(&accepted).unwrap().kill_provider().await.unwrap();
    let status = client.try_wait().unwrap().expect("the process has ended");
    assert_eq!(status.signal(), Some(9));
}

#[tokio::test]
async fn a_reset_reaches_the_client() {
    let (listener, port) = listener().await;
    let client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let wire = Wire::new(&accepted).unwrap();
    wire.reset_at_end();
    drop((wire, accepted));
    client.readable().await.unwrap();
    let error = client.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_interrupt_reaches_another_group_and_never_our_own() {
    let (listener, port) = listener().await;
    let mut client = Command::new("python3")
        .args(["-c", INTERRUPTIBLE])
        .env("PORT", port.to_string())
        .process_group(0)
        .spawn()
        .unwrap();
    let _accepted = listener.accept().await.unwrap();
    interrupt_group(client.id() as i32).unwrap();
    assert_eq!(client.wait().unwrap().signal(), Some(2));
    assert!(interrupt_group(std::process::id() as i32).is_err());
    assert!(interrupt_group(client.id() as i32).is_err());
}
