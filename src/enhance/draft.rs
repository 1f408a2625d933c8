//! An output that appears under its name only when it is whole.

use crate::failure::Failure;
use anyhow::Context;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A file under a temporary name beside the output; dropped, it is removed.
pub(crate) struct Draft {
    draft: TempPath,
    output: PathBuf,
    overwrite: bool,
}

impl Draft {
    /// Starts the output `output`.
    pub(crate) fn start(output: &Path, overwrite: bool) -> anyhow::Result<Self> {
        if output.exists() && !overwrite {
            return Err(exists(output));
        }
        let folder = match output.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let extension = output.extension().unwrap_or_default().to_string_lossy();
        let file = tempfile::Builder::new()
            .prefix(".tapetum-")
            .suffix(&format!(".{extension}"))
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .map_err(|error| io_reason(&error))
            .with_context(|| format!("{}: cannot be written", output.display()))?;
        Ok(Self {
            draft: file.into_temp_path(),
            output: output.to_owned(),
            overwrite,
        })
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.draft
    }

    /// Gives what was written its name.
    pub(crate) fn keep(self) -> anyhow::Result<()> {
        let kept = if self.overwrite {
            self.draft.persist(&self.output)
        } else {
            self.draft.persist_noclobber(&self.output)
        };
        match kept {
            Ok(()) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(exists(&self.output))
            }
            Err(error) => Err(io_reason(&error.error))
                .with_context(|| format!("{}: cannot be written", self.output.display())),
        }
    }
}

fn exists(output: &Path) -> anyhow::Error {
    Failure::Refused(format!(
        "{}: exists already; --force replaces it",
        output.display()
    ))
    .into()
}

/// The system's words alone: `tempfile` adds a name that the user has never seen.
fn io_reason(error: &std::io::Error) -> anyhow::Error {
    let text = error.to_string();
    anyhow::anyhow!("{}", text.split(" at path ").next().unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_appears_only_when_kept() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.mp4");
        let draft = Draft::start(&output, false).unwrap();
        std::fs::write(draft.path(), "whole").unwrap();
        assert!(!output.exists());
        draft.keep().unwrap();
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "whole");
        drop(Draft::start(&output, true).unwrap());
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn output_that_came_up_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.mp4");
        let draft = Draft::start(&output, false).unwrap();
        std::fs::write(&output, "somebody else's").unwrap();
        assert!(draft.keep().is_err());
        assert_eq!(std::fs::read_to_string(&output).unwrap(), "somebody else's");
    }

    #[test]
    fn missing_folder_is_told_in_the_systems_words() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("nowhere/out.mp4");
        let error = Draft::start(&output, false).err().unwrap();
        assert_eq!(
            format!("{error:#}"),
            format!(
                "{}: cannot be written: No such file or directory (os error 2)",
                output.display()
            )
        );
    }
}
