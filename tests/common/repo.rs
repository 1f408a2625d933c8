//! What the rules look at: the repository's files and their text.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Standard output of a command run in the root; panics with its error output when it fails.
pub(crate) fn output_of(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap_or_else(|e| panic!("could not start {program}: {e}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Paths relative to the root of all files that git tracks or would track, in order.
pub(crate) fn files() -> Vec<PathBuf> {
    // -o and --exclude-standard: a new file must obey before it is added, too.
    output_of("git", &["ls-files", "-co", "--exclude-standard", "-z"])
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect()
}

/// A file's text; a file that is not text is empty.
pub(crate) fn text(path: &Path) -> String {
    std::fs::read(root().join(path))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}
