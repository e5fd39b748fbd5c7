//! What the environment says about how to start. Knows the names of the variables; must not open or start anything.

use std::ffi::OsString;
use std::path::PathBuf;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// go-plugin's proof that a core, not a person, starts the process. Not a secret, and the same since Terraform 0.10.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// Why the process did not start. The text is for a terminal or for the core's "failed to instantiate provider".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A person started the binary.
    #[error(
        "This binary is a plugin. It is not meant to be executed directly.\n\
         Name it in the required_providers block of a configuration: terraform and tofu find and start it.\n\
         To run it under a debugger, start it with --debug."
    )]
    NoCookie,
    /// The core sent no certificate although TLS was not switched off.
    #[error(
        "no PLUGIN_CLIENT_CERT in the environment: whoever starts this provider must send its certificate, or set \
         TF_DISABLE_PLUGIN_TLS to any value to go without TLS"
    )]
    NoClientCertificate,
    /// The certificate of the core cannot be read.
    #[error("PLUGIN_CLIENT_CERT is not a certificate in PEM: {0}")]
    BadClientCertificate(rustls::pki_types::pem::Error),
    /// No certificate could be made, or rustls refused it.
    #[error("the TLS certificate for the connection with the core could not be made: {0}")]
    Certificate(String),
    /// The socket could not be opened.
    #[error("the socket {path} could not be opened: {source}; set TMPDIR to a folder that is writable")]
    Socket {
        /// Where it should have been.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The operating system refused threads, signals or polling.
    #[error("the provider could not start its runtime: {0}")]
    Runtime(std::io::Error),
    /// Nobody reads standard output.
    #[error("the address of the provider could not be written to standard output: {0}")]
    Announcement(std::io::Error),
}

/// Who is served.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The core that started the process, with the certificate that its connections have to show.
    Core(Option<CertificateDer<'static>>),
    /// Whoever sets TF_REATTACH_PROVIDERS to what the process prints.
    Reattach,
}

/// The variables that matter, as they are.
#[derive(Debug)]
pub(crate) struct Environment {
    has_cookie: bool,
    client_certificate: Option<Vec<u8>>,
    tls_disabled: bool,
    /// The core knows the seventh field of the handshake line.
    pub(crate) multiplex: bool,
    /// Where the core wants the socket.
    pub(crate) socket_dir: Option<PathBuf>,
}

impl Environment {
    /// Reads the variables by `variable`; one that is empty counts as missing, as in Go.
    pub(crate) fn read(variable: &dyn Fn(&str) -> Option<OsString>) -> Environment {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        Environment {
            has_cookie: variable(COOKIE.0).is_some_and(|value| value == COOKIE.1),
            client_certificate: variable("PLUGIN_CLIENT_CERT").map(OsString::into_encoded_bytes),
            tls_disabled: variable("TF_DISABLE_PLUGIN_TLS").is_some(),
            multiplex: variable("PLUGIN_MULTIPLEX_GRPC").is_some(),
            socket_dir: variable("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
        }
    }

    /// How to start, or why not. PLUGIN_PROTOCOL_VERSIONS is not consulted: this provider speaks version 6 alone, and a
    /// core that does not reads that in the handshake line and says so better than we could.
    pub(crate) fn start(&self, debug: bool) -> Result<Start, StartError> {
        if debug {
            return Ok(Start::Reattach);
        }
        if !self.has_cookie {
            return Err(StartError::NoCookie);
        }
        match &self.client_certificate {
            // Sent means that the core has already committed itself to TLS, whatever else is set.
            Some(pem) => CertificateDer::from_pem_slice(pem)
                .map(|certificate| Start::Core(Some(certificate)))
                .map_err(StartError::BadClientCertificate),
            None if self.tls_disabled => Ok(Start::Core(None)),
            None => Err(StartError::NoClientCertificate),
        }
    }
}

#[cfg(test)]
mod tests;
