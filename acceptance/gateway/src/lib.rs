//! One address for every AWS service and every API server of the sandbox.

pub mod answer;
pub mod call;
pub mod exchange;
pub mod fault;
mod front;
pub mod log;
mod moto;
mod serve;
pub mod wire;
