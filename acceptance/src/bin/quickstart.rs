//! `cargo quickstart`, see [`acceptance::quickstart`].

fn main() -> std::process::ExitCode {
    acceptance::quickstart::main()
}
