//! A camera's URL, from which credentials are split off before anybody can print it.

use super::{Secret, expand};
use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;

/// An `rtsp://` or `rtsps://` URL without credentials, and the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtspLocation {
    url: String,
    /// User and password that stood in the URL, percent-decoded.
    pub credentials: Option<(String, Secret)>,
}

impl RtspLocation {
    /// Takes a URL apart.
    ///
    /// # Errors
    ///
    /// It is no RTSP URL or names no host. The message does not repeat the URL, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text
            .split_once("://")
            .filter(|(scheme, _)| ["rtsp", "rtsps", "rtspt", "rtspu"].contains(scheme))
            .ok_or("the location must start with rtsp:// or rtsps://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        // A password may hold an '@'; a host may not.
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if host.is_empty() {
            return Err("the location names no host".into());
        }
        let credentials = user.map(|user| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            (decode(name), Secret::new(decode(password)))
        });
        Ok(Self {
            url: format!("{scheme}://{host}{path}"),
            credentials,
        })
    }

    /// The URL without credentials.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for RtspLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl<'de> Deserialize<'de> for RtspLocation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&expand::text(from)?).map_err(D::Error::custom)
    }
}

/// Percent-decoding; what is no escape stays.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = (*first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_leave_the_url() {
        for (text, url, credentials) in [
            ("rtsp://cam/live", "rtsp://cam/live", None),
            ("rtsp://cam:554", "rtsp://cam:554", None),
            (
                "rtsp://u:p@cam/a?b=c@d",
                "rtsp://cam/a?b=c@d",
                Some(("u", "p")),
            ),
            (
                "rtsps://u:p@s:s@[::1]:322/x",
                "rtsps://[::1]:322/x",
                Some(("u", "p@s:s")),
            ),
            (
                "rtsp://a%40b:100%25%zz@cam",
                "rtsp://cam",
                Some(("a@b", "100%%zz")),
            ),
            ("rtsp://u@cam", "rtsp://cam", Some(("u", ""))),
        ] {
            let location = RtspLocation::parse(text).unwrap();
            let found = location.credentials.as_ref();
            assert_eq!(location.url(), url);
            assert_eq!(
                found.map(|(name, word)| (name.as_str(), word.reveal())),
                credentials
            );
        }
    }

    #[test]
    fn what_is_no_camera_is_refused_without_being_repeated() {
        for text in ["http://u:hidden@cam/", "cam", "rtsp://u:hidden@/live"] {
            let error = RtspLocation::parse(text).unwrap_err();
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
