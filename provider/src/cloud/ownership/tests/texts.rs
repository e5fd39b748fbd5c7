//! The texts, to be read as prose.

use expect_test::expect;

use super::super::*;

#[test]
fn an_unfinished_object_says_what_the_next_apply_does() {
    expect![[r#"
        warning: cluster prod is not finished; the next apply continues it and deletes nothing
          An earlier apply ended before everything was done. If the plan says that it must be replaced, that is how Terraform shows an apply that failed: the object stays and the missing steps are done.

          With `prevent_destroy` Terraform refuses such a plan. Run `terraform untaint ADDRESS` first.
    "#]]
    .assert_eq(&words::unfinished("cluster prod").to_string());
}

#[test]
fn a_foreign_object_says_how_to_import_it() {
    let reason = Reason::Owner { theirs: "team-b".into(), ours: String::new() };
    expect![[r#"
        error: cluster prod exists already and is not this configuration's
          Nothing was changed: it belongs to owner "team-b", and the `owner` of this provider is "".

          Choose another name, set the provider's `owner` to that value, or take it over with

            import {
              to = paas_cluster.<label>
              id = "prod@eu-west-1"
            }
    "#]]
    .assert_eq(&words::foreign("cluster prod", "paas_cluster", "prod@eu-west-1", &reason).to_string());
    let unmarked = words::foreign("app shop/api", "paas_app", "prod/shop/api", &Reason::Unmarked).to_string();
    assert!(unmarked.contains("it was not made by this provider"), "{unmarked}");
}

#[test]
fn what_is_forgotten_is_said() {
    expect![[r#"
        warning: cluster prod was not deleted: a later apply has taken it over
          Its terraform-paas.github.io/claim is not the one in this state, so another entry, of this state or of another configuration, has it now. That is expected after a create that was continued with `create_before_destroy`. If no configuration manages it any more, create it again with the same arguments and destroy it, or delete it by hand.
    "#]]
    .assert_eq(&words::forgotten("cluster prod").to_string());
}

#[test]
fn adoption_is_a_warning_and_a_takeover_an_error() {
    assert!(!words::adopted("cluster prod").has_errors());
    assert!(words::taken_over("cluster prod").has_errors());
    assert!(words::protected("cluster prod").has_errors());
}
