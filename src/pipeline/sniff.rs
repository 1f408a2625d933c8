//! What a file is, by its first bytes: a clear answer before a pipeline is built.

use super::mp4;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How much of a file is looked at.
const LOOKED_AT: u64 = 256 << 10;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    /// No byte in it.
    Empty,
    /// A picture.
    Picture,
    /// An MP4 or QuickTime file without its index.
    NoIndex,
    /// Possibly video: a container, or a stream that only a demuxer can tell.
    Video,
    /// Certainly neither; GStreamer's name for what it is, where it has one.
    Other(Option<String>),
}

/// Looks at the first bytes of the file `path`.
///
/// # Errors
///
/// The file cannot be opened or read.
pub fn sniff(path: &Path) -> io::Result<Media> {
    let mut start = Vec::new();
    File::open(path)?.take(LOOKED_AT).read_to_end(&mut start)?;
    if start.is_empty() {
        return Ok(Media::Empty);
    }
    let found =
        gst_base::functions::type_find_helper_for_data(None::<&gst::Object>, start.as_slice());
    let Ok((caps, _)) = found else {
        return Ok(Media::Other(None));
    };
    let name = caps.structure(0).map_or("", |s| s.name().as_str());
    Ok(match name.split_once('/') {
        Some(("video", "quicktime")) if !mp4::has_index(path) => Media::NoIndex,
        Some(("image", "gif")) | Some(("video", _)) => Media::Video,
        Some(("image", _)) => Media::Picture,
        Some(("application", kind)) if is_container(kind) => Media::Video,
        _ => Media::Other(Some(name.to_owned())),
    })
}

/// Whether the file `path` is shorter than its own header says, where a header says so (AVI).
#[must_use]
pub fn is_cut_off(path: &Path) -> bool {
    let mut head = [0; 8];
    let Ok(length) = File::open(path).and_then(|mut file| {
        file.read_exact(&mut head)?;
        Ok(file.metadata()?.len())
    }) else {
        return false;
    };
    let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    &head[..4] == b"RIFF" && u64::from(size) + 8 > length
}

fn is_container(kind: &str) -> bool {
    [
        "mxf",
        "ogg",
        "vnd.rn-realmedia",
        "x-rtsp-dump",
        "x-yuv4mpeg",
    ]
    .contains(&kind)
}
