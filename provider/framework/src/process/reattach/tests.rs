use std::path::Path;

use expect_test::expect;

use super::variable;

#[test]
fn both_cores_find_the_process() {
    expect![[r#"{"registry.opentofu.org/example/cloud":{"Addr":{"Network":"unix","String":"/tmp/a/socket"},"Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true},"registry.terraform.io/example/cloud":{"Addr":{"Network":"unix","String":"/tmp/a/socket"},"Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true}}"#]]
    .assert_eq(&variable("example/cloud", Path::new("/tmp/a/socket"), 7).to_string());
}
