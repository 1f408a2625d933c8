//! What a file is, by its first bytes: a clear answer before a pipeline is built.

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
        Some(("image", "gif")) | Some(("video", _)) => Media::Video,
        Some(("image", _)) => Media::Picture,
        Some(("application", kind)) if is_container(kind) => Media::Video,
        _ => Media::Other(Some(name.to_owned())),
    })
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
