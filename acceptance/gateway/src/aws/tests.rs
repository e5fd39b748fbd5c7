use super::*;

fn answer(status: u16, body: &'static str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap()
}

#[test]
fn pages_are_told_from_answers_by_what_they_hold() {
    assert!(is_page(&answer(404, "<!doctype html>\n<html lang=en><title>404 Not Found</title>")));
    assert!(is_page(&answer(500, "\n<HTML>")));
    assert!(is_page(&answer(501, "")));
    assert!(!is_page(&answer(200, "<GetRoleResponse/>")));
    assert!(!is_page(&answer(404, "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>")));
}

#[test]
fn a_page_is_quoted_in_one_line() {
    let page = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The URL was not found.</p>";
    assert_eq!(excerpt(page), "404 Not Found Not Found The URL was not found.");
}

#[test]
fn the_attempt_stands_in_the_sdk_s_header() {
    let (parts, ()) = Request::get("/")
        .header("amz-sdk-request", "ttl=20260921T141320Z; attempt=2; max=3")
        .body(())
        .unwrap()
        .into_parts();
    assert_eq!(attempt(&parts), Some(2));
}
