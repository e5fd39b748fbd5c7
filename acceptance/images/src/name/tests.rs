use expect_test::expect;
use proptest::prelude::*;

use super::*;

fn whole(text: &str) -> String {
    text.parse::<Name>().map_or_else(|why| why, |name| name.to_string())
}

#[test]
fn short_names_are_dockers() {
    for (text, expected) in [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("shop/api:1", "docker.io/shop/api:1"),
        ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("localhost/app", "localhost/app:latest"),
        ("registry:5000/team/app", "registry:5000/team/app:latest"),
        ("public.ecr.aws/nginx/nginx:1.27", "public.ecr.aws/nginx/nginx:1.27"),
        ("sandbox.invalid/crash:3", "sandbox.invalid/crash:3"),
    ] {
        assert_eq!(whole(text), expected);
    }
    assert_eq!("nginx:1.27".parse::<Name>().unwrap().familiar(), "nginx:1.27");
    assert_eq!("shop/api".parse::<Name>().unwrap().familiar(), "shop/api:latest");
}

#[test]
fn a_digest_outranks_the_tag_beside_it() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(whole(&format!("nginx:1@{digest}")), format!("docker.io/library/nginx@{digest}"));
}

#[test]
fn a_mirror_is_told_the_registry() {
    let name = Name::from_request("docker.io", "library/nginx", "1.27").unwrap();
    assert_eq!(name, "nginx:1.27".parse().unwrap());
    let name = Name::from_request("127.0.0.1:5000", "app", "1").unwrap();
    assert_eq!(name.to_string(), "127.0.0.1:5000/app:1");
}

#[test]
fn what_is_no_name_is_told() {
    let told: String = ["", "App:1", "a:b c", "a@sha256:0", "https://a/b", "a//b", "a..b", "host.:x/a", "a/-b"]
        .map(|text| format!("{text:?}: {}\n", whole(text)))
        .concat();
    expect![[r#"
        "": "" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them
        "App:1": "App" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them
        "a:b c": "b c" is no tag: it can have letters, digits, '_', '.' and '-', at most 128
        "a@sha256:0": "sha256:0" is no sha256 digest
        "https://a/b": "https:" is no host
        "a//b": "a//b" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them
        "a..b": "a..b" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them
        "host.:x/a": "host.:x" is no host
        "a/-b": "a/-b" is no repository: it can have lower case letters and digits, with '.', '_', '-' and '/' between them
    "#]]
    .assert_eq(&told);
}

proptest! {
    #[test]
    fn what_is_read_reads_the_same_again(text in "[a-z0-9.:/@_-]{0,40}") {
        if let Ok(name) = text.parse::<Name>() {
            prop_assert_eq!(name.to_string().parse::<Name>(), Ok(name.clone()));
            prop_assert_eq!(name.familiar().parse::<Name>(), Ok(name));
        }
    }
}
