//! Files that are whole or not there, whenever the power goes.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` to `path`: readers see the old file or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Makes sure that what `dir` lists is on disk.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The files in `dir` and its folders, relative to it, in order. Links and the like are an error: nothing here makes them.
pub(super) fn below(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(dir.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_file() => found.push(path),
                kind if kind.is_dir() => folders.push(path),
                _ => {
                    let text = format!("{} is neither a file nor a folder", path.display());
                    return Err(io::Error::other(text));
                }
            }
        }
    }
    found.sort();
    Ok(found)
}
