//! The EKS API with real control planes, as the AWS CLI and kubectl see it. With a harness of its own: a first build of the tools takes
//! minutes and is to be seen, and what was started is to be stopped.

mod access;
mod cluster;
mod server;

use libtest_mimic::{Arguments, Trial};
use server::Server;

/// Trials named after their functions.
macro_rules! trials {
    ($server:expr, $($test:path),* $(,)?) => {
        vec![$(Trial::test(stringify!($test), move || {
            $test($server);
            Ok(())
        })),*]
    };
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::from_args();
    let server: &'static Server = Box::leak(Box::new(Server::start()?));
    let trials = trials!(
        server,
        cluster::a_whole_life,
        cluster::an_upgrade_is_seen_by_kubectl,
        access::policies_hold_where_they_were_given,
        access::a_request_outside_the_model_is_refused_and_recorded,
    );
    let conclusion = libtest_mimic::run(&arguments, trials);
    server.stop()?;
    conclusion.exit()
}
