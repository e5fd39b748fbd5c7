//! Generated code of the Terraform plugin protocol and of go-plugin.
