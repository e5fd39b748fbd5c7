//! What the user reads about ownership. Words only; decides nothing.
//!
//! `object` is how an error names it everywhere, such as `cluster prod` or `app shop/api`.

use tfplugin_framework::diagnostic::Diagnostics;

use super::{CLAIM, Reason};

/// Read found an object in state that was never finished.
pub fn unfinished(object: &str) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.warning(
        format!("{object} is not finished; the next apply continues it and deletes nothing"),
        "An earlier apply ended before everything was done. If the plan says that it must be replaced, that is how \
         Terraform shows an apply that failed: the object stays and the missing steps are done.\n\n\
         With `prevent_destroy` Terraform refuses such a plan. Run `terraform untaint ADDRESS` first.",
    );
    all
}

/// A create took over a finished object with the same arguments.
pub fn adopted(object: &str) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.warning(
        format!("{object} existed already with the same arguments and was taken into the state"),
        "An earlier apply of the same owner made it and ended before Terraform could save it. If another configuration \
         manages it as well, remove it there or give the provider blocks different values of `owner`.",
    );
    all
}

/// A delete met an object that a later apply claimed: it is dropped from the state and stays.
pub fn forgotten(object: &str) -> Diagnostics {
    let mut all = Diagnostics::none();
    all.warning(
        format!("{object} was not deleted: a later apply has taken it over"),
        format!(
            "Its {CLAIM} is not the one in this state, so another entry, of this state or of another configuration, has \
             it now. That is expected after a create that was continued with `create_before_destroy`. If no configuration \
             manages it any more, create it again with the same arguments and destroy it, or delete it by hand."
        ),
    );
    all
}

/// An update met an object that a later apply claimed.
pub fn taken_over(object: &str) -> Diagnostics {
    Diagnostics::of_error(
        format!("{object} was not changed: another configuration has taken it over"),
        format!(
            "Its {CLAIM} is not the one in this state. Manage it in one configuration: remove it from the other, or from \
             this one with `terraform state rm ADDRESS`. To keep it here, run `terraform state rm ADDRESS` and import it."
        ),
    )
}

/// A create found an object that is not ours. `resource` is its type, `id` what an import takes.
pub fn foreign(object: &str, resource: &str, id: &str, reason: &Reason) -> Diagnostics {
    let remedy = match reason {
        Reason::Unmarked | Reason::Arguments => "Choose another name, or take it into the state with",
        Reason::Owner { .. } => "Choose another name, set the provider's `owner` to that value, or take it over with",
    };
    Diagnostics::of_error(
        format!("{object} exists already and is not this configuration's"),
        format!(
            "Nothing was changed: {reason}.\n\n{remedy}\n\n  import {{\n    to = {resource}.<label>\n    id = {id:?}\n  }}"
        ),
    )
}

/// A replacement or destroy of an object with deletion protection was refused.
pub fn protected(object: &str) -> Diagnostics {
    Diagnostics::of_error(
        format!("{object} has deletion protection and is not deleted"),
        "Set `deletion_protection = false` and apply that alone. Then plan again what needs the deletion.",
    )
}
