//! When two streams want the same session.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::modelinfo::ModelInfo;
use crate::provider::SessionOptions;
use crate::session::Request;

/// Everything that makes a session what it is. The ONNX Runtime is not part of it: a process has one.
#[derive(Debug, PartialEq)]
pub(super) struct Key {
    info: ModelInfo,
    /// Whether its precision is the provider's to choose.
    is_default: bool,
    options: SessionOptions,
    size: (usize, usize),
    files: Vec<Stamp>,
}

/// A file as it is now: one that was replaced in between is another model.
#[derive(Debug, PartialEq)]
struct Stamp {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Key {
    pub(super) fn new(request: &Request<'_>) -> Self {
        let model = request.model;
        let companion = model.info().blocks.as_ref();
        let companion = companion.map(|file| model.path().with_file_name(file));
        let files = [Some(model.path().to_path_buf()), companion];
        Self {
            info: model.info().clone(),
            is_default: model.is_default(),
            options: SessionOptions {
                // 0 stands for a number, too.
                n_threads: request.options.effective_threads(),
                ..request.options.clone()
            },
            size: request.size,
            files: files.into_iter().flatten().map(Stamp::of).collect(),
        }
    }
}

impl Stamp {
    /// A file that cannot be read is no file of any kind: opening the session says so.
    fn of(path: PathBuf) -> Self {
        let metadata = std::fs::metadata(&path).ok();
        Self {
            length: metadata.as_ref().map_or(0, std::fs::Metadata::len),
            modified: metadata.and_then(|metadata| metadata.modified().ok()),
            // One file has many names.
            path: path.canonicalize().unwrap_or(path),
        }
    }
}
