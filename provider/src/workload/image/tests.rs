use super::*;

fn parts(text: &str) -> (Option<String>, String, Option<String>, Option<String>) {
    let one = ImageRef::parse(text).unwrap();
    (one.registry, one.repository, one.tag, one.digest)
}

#[test]
fn the_parts_of_an_image() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(parts("nginx"), (None, "nginx".into(), None, None));
    assert_eq!(parts("nginx:1.27"), (None, "nginx".into(), some("1.27"), None));
    assert_eq!(parts("localhost/a"), (some("localhost"), "a".into(), None, None));
    assert_eq!(parts("registry:5000/team/app"), (some("registry:5000"), "team/app".into(), None, None));
    assert_eq!(
        parts("public.ecr.aws/nginx/nginx:1.27"),
        (some("public.ecr.aws"), "nginx/nginx".into(), some("1.27"), None)
    );
    assert_eq!(parts("sandbox.invalid/crash:always"), (some("sandbox.invalid"), "crash".into(), some("always"), None));
    let digest = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(parts(&format!("a/b:c@{digest}")), (None, "a/b".into(), some("c"), Some(digest)));
}

#[test]
fn what_is_no_image_is_told() {
    let told = |text: &str| ImageRef::parse(text).unwrap_err();
    assert_eq!(told(""), "is empty; write an image, such as \"nginx:1.27\"");
    assert_eq!(told("App:1"), "is \"App:1\", whose repository has capital letters; repositories are lower case");
    assert_eq!(told("https://a/b"), "is \"https://a/b\", which is a URL; leave out the scheme");
    assert_eq!(
        told("a@sha256:12"),
        "is \"a@sha256:12\", whose digest is not of the form sha256: and 64 hexadecimal digits"
    );
    assert_eq!(told("a:b c"), "is \"a:b c\", whose tag may only have letters, digits, '_', '.' and '-', at most 128");
    for odd in
        ["../a", "a//b", "a/", "/a", " a", "a\n", "a..b", "-a", "a:", "a.b-/c", "x.y:port/a", "${image}", "a?b", "a%2e"]
    {
        assert!(ImageRef::parse(odd).is_err(), "{odd:?}");
    }
}
