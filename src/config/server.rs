//! `[server]`: where RTSP mounts are served, and to whom.

use super::{Secret, expand};
use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;

/// The RTSP server. It runs when a stream has an `rtsp` sink.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    /// The address to listen on; by default only this machine is served.
    pub address: IpAddr,
    /// The TCP port; 0 for any free one, which the log names.
    pub port: u16,
    /// Who may read, with digest authentication; nobody listed: everybody may.
    #[serde(rename = "user")]
    pub users: Vec<User>,
    /// A PEM file with the server's certificate: serves RTSP over TLS (`rtsps://`) only.
    #[serde(deserialize_with = "expand::some_path")]
    pub tls_certificate: Option<PathBuf>,
    /// A PEM file with the certificate's private key.
    #[serde(deserialize_with = "expand::some_path")]
    pub tls_key: Option<PathBuf>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            address: IpAddr::from([127, 0, 0, 1]),
            port: 8554,
            users: Vec::new(),
            tls_certificate: None,
            tls_key: None,
        }
    }
}

impl Server {
    /// What its URLs start with.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self.tls_certificate {
            Some(_) => "rtsps",
            None => "rtsp",
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return Err("server: tls-certificate and tls-key belong together".into());
        }
        if self.tls_certificate.is_some() && self.users.is_empty() {
            return Err(
                "server: tls-certificate needs a [[server.user]]: encrypted, but for whom?".into(),
            );
        }
        match self.users.iter().find(|user| user.name.is_empty()) {
            Some(_) => Err("server: a user has no name".into()),
            None => Ok(()),
        }
    }
}

/// Somebody who may read the mounts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// The name.
    #[serde(deserialize_with = "expand::text")]
    pub name: String,
    /// The password.
    pub password: Secret,
}
