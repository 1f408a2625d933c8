//! `[stream.source]`: where frames come from.

use super::{RtspLocation, Secret, expand};
use serde::Deserialize;
use std::path::PathBuf;

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A network camera.
    Rtsp(RtspSource),
    /// A camera or grabber of this machine, by Video4Linux.
    V4l2(V4l2Source),
    /// A camera of this machine, by libcamera.
    Libcamera(LibcameraSource),
    /// A moving test picture.
    Test(TestSource),
    /// A file in any container that GStreamer reads.
    File(FileSource),
    /// A description in the words of `gst-launch-1.0`.
    GstLaunch(CustomSource),
}

/// A network camera: properties of `rtspsrc`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RtspSource {
    /// The camera's URL, `rtsp://` or `rtsps://`; credentials in it are split off.
    pub location: RtspLocation,
    /// The user's name.
    #[serde(default, deserialize_with = "expand::some_text")]
    pub user_id: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub user_pw: Option<Secret>,
    /// How video travels.
    #[serde(default)]
    pub protocols: Protocols,
    /// Milliseconds to wait for packets that are late or lost.
    #[serde(default = "RtspSource::latency")]
    pub latency: u32,
    /// Whether the camera of an `rtsps://` URL must prove who it is.
    #[serde(default)]
    pub tls_validation: TlsValidation,
}

impl RtspSource {
    /// A camera with nothing but its URL.
    #[must_use]
    pub fn new(location: RtspLocation) -> Self {
        Self {
            location,
            user_id: None,
            user_pw: None,
            protocols: Protocols::default(),
            latency: Self::latency(),
            tls_validation: TlsValidation::default(),
        }
    }

    fn latency() -> u32 {
        100
    }

    /// User and password, from their keys or from the URL.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let in_url = self.location.credentials.as_ref();
        let user = self
            .user_id
            .as_deref()
            .or(in_url.map(|(user, _)| user.as_str()))?;
        let word = self.user_pw.as_ref().or(in_url.map(|(_, word)| word));
        Some((user, word.map_or("", Secret::reveal)))
    }
}

/// How a camera's video travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocols {
    /// In the RTSP connection: passes firewalls, loses nothing.
    #[default]
    Tcp,
    /// In packets of its own: the least delay, with losses shown.
    Udp,
    /// UDP, and TCP where no packet comes.
    Auto,
}

impl Protocols {
    /// The value of `rtspsrc`'s property.
    #[must_use]
    pub fn flags(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Auto => "udp+tcp",
        }
    }
}

/// Whether a camera behind TLS must prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsValidation {
    /// A certificate that this machine trusts.
    #[default]
    Strict,
    /// Any certificate, such as the self-signed ones that cameras come with: encrypted, but with whom is not known.
    Off,
}

/// A camera or grabber of this machine: properties and caps of `v4l2src`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct V4l2Source {
    /// The device; absent: the first one. `tapetum devices` lists them.
    #[serde(deserialize_with = "expand::some_path")]
    pub device: Option<PathBuf>,
    /// The caps to choose from what the device offers, such as `image/jpeg,width=1280,height=720,framerate=30/1`;
    /// absent: the best that both understand.
    pub caps: Option<String>,
}

/// A camera of this machine: properties and caps of `libcamerasrc`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LibcameraSource {
    /// The camera; absent: the first one. `tapetum devices` lists them.
    pub camera_name: Option<String>,
    /// The caps to choose from what the camera offers; absent: the best that both understand.
    pub caps: Option<String>,
}

/// A file in any container that GStreamer reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSource {
    /// The file; a relative path starts where the program was started.
    #[serde(deserialize_with = "expand::path")]
    pub location: PathBuf,
    /// Start again at the end; what makes a file a camera.
    #[serde(default, rename = "loop")]
    pub repeat: bool,
}

/// A moving test picture, as `videotestsrc` draws it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TestSource {
    /// The picture: a value of `videotestsrc`'s `pattern`.
    pub pattern: String,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames per second.
    pub framerate: u32,
    /// Frames before the end; -1 for no end.
    pub num_buffers: i32,
}

impl Default for TestSource {
    fn default() -> Self {
        Self {
            pattern: "ball".into(),
            width: 1280,
            height: 720,
            framerate: 30,
            num_buffers: -1,
        }
    }
}

/// A description in the words of `gst-launch-1.0`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CustomSource {
    /// Elements that end in an open source pad with video, raw or coded.
    #[serde(deserialize_with = "expand::text")]
    pub description: String,
}
