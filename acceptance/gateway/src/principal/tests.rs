use super::*;

const ASSUMED: &str = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <Credentials><SessionToken>t</SessionToken><SecretAccessKey>hidden</SecretAccessKey><AccessKeyId>ASIAEXAMPLE</AccessKeyId></Credentials>
    <AssumedRoleUser><Arn>arn:aws:sts::444455556666:assumed-role/deploy/ci</Arn><AssumedRoleId>AROA1:ci</AssumedRoleId></AssumedRoleUser>
    </AssumeRoleResult></AssumeRoleResponse>"#;

#[test]
fn a_sandbox_key_stands_for_its_account() {
    let principal = Principals::default().of("AKIA111122223333VIEW").unwrap();
    assert_eq!(
        (principal.account.as_str(), principal.arn.as_str()),
        ("111122223333", "arn:aws:iam::111122223333:user/viewer")
    );
}

#[test]
fn an_assumed_role_stands_for_the_account_of_the_role() {
    let principals = Principals::default();
    assert_eq!(principals.of("ASIAEXAMPLE"), None);
    principals.learn(ASSUMED, principals.of("AKIA111122223333SAND").as_ref());
    let principal = principals.of("ASIAEXAMPLE").unwrap();
    assert_eq!(
        (principal.account.as_str(), principal.arn.as_str()),
        ("444455556666", "arn:aws:sts::444455556666:assumed-role/deploy/ci")
    );
    assert_eq!(principals.session("ASIAEXAMPLE").unwrap().secret, "hidden");
}

#[test]
fn a_session_without_a_role_stands_for_its_caller() {
    let principals = Principals::default();
    let caller = principals.of("AKIA111122223333SAND");
    let answer =
        "<R><Credentials><SecretAccessKey>s</SecretAccessKey><AccessKeyId>ASIA1</AccessKeyId></Credentials></R>";
    principals.learn(answer, None);
    assert_eq!(principals.of("ASIA1"), None);
    principals.learn(answer, caller.as_ref());
    assert_eq!(principals.of("ASIA1"), caller);
}
