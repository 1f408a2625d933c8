//! The models, and whether they are what they were made as.

use super::report::{Finding, Level};
use lowlight_engine::{Error, Model};
use sha2::{Digest, Sha256};
use std::path::Path;

pub(super) fn findings(model: &Result<Model, Error>) -> Vec<Finding> {
    let model = match model {
        Ok(model) => model,
        Err(error) => return vec![Finding::new(Level::Failure, "model", error.to_string())],
    };
    let info = model.info();
    let path = model.path();
    let mut findings = vec![Finding::ok(
        "model",
        format!("{} {}, {}", info.name, info.precision, path.display()),
    )];
    if let Some(folder) = path.parent() {
        findings.push(checksums(folder));
    }
    findings
}

/// Whether the files of `folder` are those that its `SHA256SUMS` lists.
fn checksums(folder: &Path) -> Finding {
    let Ok(sums) = std::fs::read_to_string(folder.join("SHA256SUMS")) else {
        return Finding::new(
            Level::Note,
            "checksums",
            format!("{} has no SHA256SUMS", folder.display()),
        );
    };
    let lines: Vec<_> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .collect();
    let damaged: Vec<_> = lines
        .iter()
        .filter(|(sum, name)| digest(&folder.join(name)).as_deref() != Some(*sum))
        .map(|&(_, name)| name)
        .collect();
    match damaged.is_empty() {
        true => Finding::ok(
            "checksums",
            format!("{} files are as they were made", lines.len()),
        ),
        false => Finding::new(
            Level::Warning,
            "checksums",
            format!("other than they were made, or gone: {}", damaged.join(", ")),
        )
        .remedy("git checkout models"),
    }
}

fn digest(path: &Path) -> Option<String> {
    let digest = Sha256::digest(std::fs::read(path).ok()?);
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_changed_or_went_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        assert_eq!(checksums(dir.path()).level(), Level::Note);
        write("SHA256SUMS", &format!("{sum}  a.onnx\n{sum}  b.onnx\n"));
        write("a.onnx", "hello");
        write("b.onnx", "hello");
        assert_eq!(checksums(dir.path()).level(), Level::Ok);
        write("b.onnx", "hallo");
        let damaged = checksums(dir.path());
        assert_eq!(damaged.level(), Level::Warning);
        assert_eq!(
            damaged.text(),
            "checksums: other than they were made, or gone: b.onnx"
        );
    }
}
