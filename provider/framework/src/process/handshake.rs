//! The one line that tells the core where to connect. Knows its format and standard output; must not open sockets.

use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;

/// `CORE|APP|NETWORK|ADDRESS|grpc|CERTIFICATE`: version 1 of go-plugin's own protocol, version 6 of Terraform's, and the
/// certificate in base64 without padding (Go's decoder refuses padding). The last field appears only for a core that
/// asks for it: our broker does not multiplex.
pub(crate) fn line(socket: &Path, certificate: Option<&CertificateDer<'_>>, multiplex_known: bool) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let multiplex = if multiplex_known { "|false" } else { "" };
    format!("1|6|unix|{}|grpc|{certificate}{multiplex}\n", socket.display())
}

/// Prints the line and then moves standard output onto standard error for good: after the handshake the core stops
/// reading it carefully (a long line ends its reader, and a full pipe would block whoever prints).
pub(crate) fn announce(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    Ok(())
}

#[cfg(test)]
mod tests;
