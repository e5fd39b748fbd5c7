//! One address for every AWS service and every API server of the sandbox.
