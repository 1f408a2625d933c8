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

/// The `.rs` files under `folder`, relative to the root.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = files();
    files.retain(|path| path.starts_with(folder) && path.extension().is_some_and(|e| e == "rs"));
    assert!(!files.is_empty(), "no Rust files under {folder}/");
    files
}

/// A file's text; a file that is not text is empty.
pub(crate) fn text(path: &Path) -> String {
    std::fs::read(root().join(path))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

/// Lines of code of a Rust file with their 1-based numbers: comments and the file's own test module
/// are left out, since they may name and do what code may not.
pub(crate) fn code(path: &Path) -> Vec<(usize, String)> {
    let text = text(path);
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end]
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let before_comment = line.split("//").next().unwrap_or_default();
            (index + 1, before_comment.to_owned())
        })
        .collect()
}

/// Whether `line` contains `word` as a whole identifier.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|part| part == word)
}

/// Fails with all violations of a rule at once.
#[track_caller]
pub(crate) fn none(violations: &[String], rule: &str) {
    assert!(
        violations.is_empty(),
        "{rule}:\n  {}",
        violations.join("\n  ")
    );
}
