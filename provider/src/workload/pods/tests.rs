use super::*;

#[test]
fn texts_lose_what_only_machines_read() {
    assert_eq!(
        brief("Back-off restarting failed container c in pod web_shop(78409bd5-ef69-483c-9e57-3d071ff5e74e)"),
        "Back-off restarting failed container c in pod web_shop"
    );
    assert_eq!(
        brief(
            "failed to generate container \"e26b9515de398eba98b3ea7a9ba2470c321005d49a4544e7c607d95152fcad25\" spec: failed to generate spec: no command specified"
        ),
        "failed to generate container \"…\" spec: failed to generate spec: no command specified"
    );
    assert_eq!(
        brief(
            "OCI runtime create failed: runc create failed: unable to start container process: exec: \"x\": not found"
        ),
        "exec: \"x\": not found"
    );
}

#[test]
fn a_registrys_answer_is_told_apart() {
    assert_eq!(pull_cause("failed to resolve image: x: not found"), Cause::ImageNotFound);
    assert_eq!(
        pull_cause("pull access denied, repository does not exist or may require authorization"),
        Cause::ImageDenied
    );
    assert_eq!(pull_cause("unexpected status from head request: 429 too many requests"), Cause::ImagePull);
    assert_eq!(pull_cause("no match for platform in manifest: not found"), Cause::ImageNotFound);
}
