//! OpenTofu, built from its pinned Go module where this machine has no CLI of its own or a caller wants both.

use super::go_module::{Module, Program};

pub(super) const MODULE: Module = Module {
    name: "opentofu",
    files: &[
        ("go.mod", include_str!("../../../tools/opentofu/go.mod")),
        ("go.sum", include_str!("../../../tools/opentofu/go.sum")),
    ],
    tags: "",
    // Without `version.dev=no` the program calls itself a development build.
    linker_flags: |_| "-s -w -X github.com/opentofu/opentofu/version.dev=no".to_owned(),
};

pub(super) const PROGRAMS: [Program; 1] =
    [Program::built("tofu", "github.com/opentofu/opentofu/cmd/tofu", "2 to 4 min on 2 cores, with the downloads")];
