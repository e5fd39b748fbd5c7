use std::collections::HashMap;
use std::ffi::OsString;

use super::{COOKIE, Environment, Start, StartError};

fn environment(variables: &[(&str, &str)]) -> Environment {
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    Environment::read(&|name| variables.get(name).map(OsString::from))
}

fn certificate() -> String {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert.pem()
}

#[test]
fn without_the_cookie_a_person_is_told_what_this_is() {
    for variables in [vec![], vec![(COOKIE.0, "something else")], vec![(COOKIE.0, "")]] {
        let error = environment(&variables).start(false).expect_err("refused");
        assert!(matches!(error, StartError::NoCookie));
        assert!(error.to_string().starts_with("This binary is a plugin."), "{error}");
    }
}

#[test]
fn the_certificate_of_the_core_is_taken() {
    let pem = certificate();
    let start = environment(&[COOKIE, ("PLUGIN_CLIENT_CERT", &pem)]).start(false).expect("starts");
    assert!(matches!(start, Start::Core(Some(_))));
}

#[test]
fn a_certificate_counts_even_where_tls_is_switched_off() {
    let pem = certificate();
    let variables = [COOKIE, ("PLUGIN_CLIENT_CERT", &pem), ("TF_DISABLE_PLUGIN_TLS", "1")];
    assert!(matches!(environment(&variables).start(false), Ok(Start::Core(Some(_)))));
}

#[test]
fn without_a_certificate_only_a_core_that_switched_tls_off_is_served() {
    assert!(matches!(environment(&[COOKIE]).start(false), Err(StartError::NoClientCertificate)));
    assert!(matches!(
        environment(&[COOKIE, ("TF_DISABLE_PLUGIN_TLS", "")]).start(false),
        Err(StartError::NoClientCertificate)
    ));
    assert_eq!(environment(&[COOKIE, ("TF_DISABLE_PLUGIN_TLS", "1")]).start(false).expect("starts"), Start::Core(None));
}

#[test]
fn a_certificate_that_is_none_is_an_error_not_a_plaintext_server() {
    let start = environment(&[COOKIE, ("PLUGIN_CLIENT_CERT", "garbage"), ("TF_DISABLE_PLUGIN_TLS", "1")]).start(false);
    assert!(matches!(start, Err(StartError::BadClientCertificate(_))));
}

#[test]
fn debug_needs_no_core() {
    assert_eq!(environment(&[]).start(true).expect("starts"), Start::Reattach);
}

#[test]
fn the_core_may_choose_the_folder_of_the_socket() {
    let environment = environment(&[("PLUGIN_UNIX_SOCKET_DIR", "/run/x"), ("PLUGIN_MULTIPLEX_GRPC", "true")]);
    assert_eq!(environment.socket_dir.as_deref(), Some("/run/x".as_ref()));
    assert!(environment.multiplex);
}
