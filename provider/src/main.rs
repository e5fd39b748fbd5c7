//! The provider's process.

use std::process::ExitCode;

use terraform_provider_paas::provider::Paas;

fn main() -> ExitCode {
    tfplugin_framework::serve("terraform-paas/paas", Paas::new())
}
