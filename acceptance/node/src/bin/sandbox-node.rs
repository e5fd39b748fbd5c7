//! Holds the namespaces of a room or of a node. Started by the sandbox; of no use by hand.

fn main() -> std::process::ExitCode {
    sandbox_node::main()
}
