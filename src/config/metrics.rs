//! `[metrics]`: figures for Prometheus.

use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// Where figures are served, at `/metrics`. Without this section they are not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Metrics {
    /// The address to listen on; by default only this machine is served. There is no password.
    pub address: IpAddr,
    /// The TCP port; 0 for any free one, which the log names.
    pub port: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            address: IpAddr::from([127, 0, 0, 1]),
            port: 9464,
        }
    }
}

impl Metrics {
    /// Address and port.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}
