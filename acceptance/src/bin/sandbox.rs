//! `cargo sandbox`, see [`acceptance::cli`].

fn main() -> std::process::ExitCode {
    acceptance::cli::main()
}
