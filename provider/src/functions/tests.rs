use super::*;

fn parse(image: &str) -> Result<Value, FunctionError> {
    ParseImage.call(&[Value::from(image)])
}

#[test]
fn an_image_comes_apart() {
    let parts = parse("public.ecr.aws/nginx/nginx:1.27").unwrap();
    let text = |part: &str| parts.get(part).as_str();
    assert_eq!(text("registry"), Some("public.ecr.aws"));
    assert_eq!((text("repository"), text("tag")), (Some("nginx/nginx"), Some("1.27")));
    assert_eq!(parts.get("digest"), &Value::Null);
}

#[test]
fn what_is_no_image_is_the_arguments_fault() {
    let error = parse("Nginx").unwrap_err();
    assert_eq!(error.argument, Some(0));
    assert_eq!(error.text, "the image is \"Nginx\", whose repository has capital letters; repositories are lower case");
}
