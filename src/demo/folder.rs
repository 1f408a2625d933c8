//! The folder the demo writes, which appears whole or not at all.

use crate::failure::Failure;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Its presence says that a folder is an earlier demo's, which may be replaced.
const MARK: &str = "report.json";

/// Files under temporary names beside their final ones; dropped, they are removed.
pub(super) struct Folder {
    out: PathBuf,
    draft: tempfile::TempDir,
}

impl Folder {
    /// Makes sure that `out` can be written and is nobody else's.
    pub(super) fn open(out: &Path, force: bool) -> anyhow::Result<Self> {
        let cannot = || format!("{}: cannot be written", out.display());
        std::fs::create_dir_all(out).with_context(cannot)?;
        let empty = std::fs::read_dir(out)
            .with_context(cannot)?
            .next()
            .is_none();
        if !empty && !force && !out.join(MARK).is_file() {
            let text = format!(
                "{}: is not empty and holds no earlier demo; --force writes into it",
                out.display()
            );
            return Err(Failure::Refused(text).into());
        }
        let draft = tempfile::Builder::new()
            .prefix(".tapetum-")
            .tempdir_in(out)
            .map_err(|error| anyhow::anyhow!("{}", error.kind()))
            .with_context(cannot)?;
        Ok(Self {
            out: out.to_owned(),
            draft,
        })
    }

    /// Where to write the file `name` for now.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.draft.path().join(name)
    }

    /// Gives all files their names; the mark comes last.
    pub(super) fn keep(self) -> anyhow::Result<()> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.draft.path())? {
            names.push(entry?.file_name());
        }
        names.sort_by_key(|name| name == MARK);
        for name in names {
            let target = self.out.join(&name);
            std::fs::rename(self.draft.path().join(&name), &target)
                .with_context(|| format!("{}: cannot be written", target.display()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_elses_folder_is_refused_and_an_earlier_demo_replaced() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("demo");
        let folder = Folder::open(&out, false).unwrap();
        std::fs::write(folder.file(MARK), "{}").unwrap();
        folder.keep().unwrap();
        Folder::open(&out, false).unwrap();
        std::fs::remove_file(out.join(MARK)).unwrap();
        std::fs::write(out.join("thesis.txt"), "").unwrap();
        let refused = Folder::open(&out, false).err().unwrap();
        assert_eq!(crate::failure::exit_status(&refused), 2, "{refused:#}");
        Folder::open(&out, true).unwrap();
    }

    #[test]
    fn an_unfinished_demo_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path(), false).unwrap();
        std::fs::write(folder.file("before.mp4"), "half").unwrap();
        drop(folder);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
