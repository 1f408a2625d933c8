//! Why something is not served.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The port is taken, or the address not this machine's.
    #[error("the RTSP server cannot listen on {address}: {reason}")]
    Listen {
        /// Address and port.
        address: String,
        /// What the system said.
        reason: String,
    },
    /// The certificate or its key cannot be used.
    #[error("{}: no certificate that can be used: {reason}", path.display())]
    Certificate {
        /// The certificate's file.
        path: PathBuf,
        /// What the TLS library said.
        reason: String,
    },
    /// The port for figures is taken, or the address not this machine's.
    #[error("figures cannot be served at {address}: {reason}")]
    Metrics {
        /// Address and port.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// No thread for it.
    #[error("a server has no thread: {0}")]
    Thread(std::io::Error),
}
