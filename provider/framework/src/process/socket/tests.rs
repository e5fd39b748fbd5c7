use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use super::Socket;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("it exists").permissions().mode() & 0o777
}

#[test]
fn only_this_user_reaches_the_socket() {
    let parent = tempfile::tempdir().expect("a folder");
    let socket = Socket::open(Some(parent.path())).expect("a socket");
    assert!(socket.path().starts_with(parent.path()));
    assert_eq!(mode(&socket.folder()), 0o700);
    assert_eq!(mode(socket.path()), 0o600);
    UnixStream::connect(socket.path()).expect("it listens before it is announced");
}

#[test]
fn nothing_stays_behind() {
    let parent = tempfile::tempdir().expect("a folder");
    drop(Socket::open(Some(parent.path())).expect("a socket"));
    assert_eq!(fs::read_dir(parent.path()).expect("readable").count(), 0);
}

#[test]
fn a_folder_whose_path_is_too_long_or_unspeakable_gives_way_to_tmp() {
    let parent = tempfile::tempdir().expect("a folder");
    for name in ["x".repeat(100).as_str(), "a|b", "a\nb"] {
        let wished = parent.path().join(name);
        fs::create_dir(&wished).expect("a folder");
        let socket = Socket::open(Some(&wished)).expect("a socket");
        assert!(socket.path().starts_with("/tmp"), "{}", socket.path().display());
        assert!(!socket.path().starts_with(&wished));
        assert_eq!(fs::read_dir(&wished).expect("readable").count(), 0, "nothing stays in the wished folder");
    }
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let error = Socket::open(Some("/nonexistent/place".as_ref())).expect_err("refused");
    assert!(error.to_string().contains("/nonexistent/place"), "{error}");
}
