//! The sandbox and the tests that drive the real CLIs against it.
