use std::path::Path;

use rustls::pki_types::CertificateDer;

use super::line;

#[test]
fn a_line_has_six_fields_and_a_certificate_without_padding() {
    let certificate = CertificateDer::from(vec![1, 2, 3, 4]);
    assert_eq!(line(Path::new("/tmp/x/socket"), Some(&certificate), false), "1|6|unix|/tmp/x/socket|grpc|AQIDBA\n");
}

#[test]
fn without_tls_the_sixth_field_is_empty() {
    assert_eq!(line(Path::new("/tmp/x/socket"), None, false), "1|6|unix|/tmp/x/socket|grpc|\n");
}

#[test]
fn a_core_that_knows_multiplexing_is_told_that_there_is_none() {
    assert_eq!(line(Path::new("/tmp/x/socket"), None, true), "1|6|unix|/tmp/x/socket|grpc||false\n");
}
