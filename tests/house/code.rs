//! Rust sources as the rules look at them.

use crate::repo::{files, text};
use std::path::{Path, PathBuf};

/// The `.rs` files under `folder`, relative to the root.
pub(crate) fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = files();
    files.retain(|path| path.starts_with(folder) && path.extension().is_some_and(|e| e == "rs"));
    assert!(!files.is_empty(), "no Rust files under {folder}/");
    files
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
