//! terraform-provider-paas.
