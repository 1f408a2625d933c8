//! What `enhance` is asked for, checked: which files become which, before any is touched.

use super::job::Job;
use crate::config::{Compare, Encode, Restore};
use crate::failure::Failure;
use crate::pipeline::{Container, Media, StillFormat, sniff};
use anyhow::Context;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What `enhance` is asked for.
pub(crate) struct Wish {
    /// A file or a folder.
    pub(crate) input: PathBuf,
    /// A file or, for a folder, a folder.
    pub(crate) output: PathBuf,
    pub(crate) overwrite: bool,
    pub(crate) restore: Restore,
    pub(crate) encode: Encode,
}

/// What will be done.
pub(crate) struct Plan {
    /// Files to be made, in their order.
    pub(crate) jobs: Vec<Job>,
    /// Files of a folder that are no media, with what they are.
    pub(crate) skipped: Vec<(PathBuf, &'static str)>,
}

/// Makes a plan of a wish.
pub(crate) fn plan(wish: &Wish) -> anyhow::Result<Plan> {
    let kind = std::fs::metadata(&wish.input).with_context(|| wish.input.display().to_string())?;
    if kind.is_dir() {
        return folder(wish);
    }
    let job = file(wish, &wish.input, &wish.output)?;
    Ok(Plan {
        jobs: vec![job],
        skipped: Vec::new(),
    })
}

fn file(wish: &Wish, input: &Path, output: &Path) -> anyhow::Result<Job> {
    let refuse = |path: &Path, why: &str| -> anyhow::Error {
        Failure::Refused(format!("{}: {why}", path.display())).into()
    };
    if same_file(input, output) {
        return Err(refuse(output, "is input and output; name another output"));
    }
    if output.is_dir() {
        return Err(refuse(output, "is a folder; name the file to be written"));
    }
    let media = sniff(input).with_context(|| input.display().to_string())?;
    let still = StillFormat::of(output);
    match (&media, still) {
        (Media::Empty, _) => anyhow::bail!("{}: the file is empty", input.display()),
        (Media::NoIndex, _) => anyhow::bail!("{}: {NO_INDEX}", input.display()),
        (Media::Other(Some(what)), _) => {
            anyhow::bail!("{}: is no video or picture but {what}", input.display())
        }
        (Media::Other(None), _) => anyhow::bail!(
            "{}: is no video or picture that GStreamer can read",
            input.display()
        ),
        (Media::Picture, None) => {
            return Err(refuse(
                output,
                "the input is a picture: the name must end in .png, .jpg or .jpeg",
            ));
        }
        (Media::Video, Some(_)) => {
            return Err(refuse(
                output,
                "the input is a video: the name must end in .mp4, .m4v or .mkv",
            ));
        }
        (Media::Picture, Some(_)) if wish.encode.compare == Compare::SideBySide => {
            return Err(refuse(
                input,
                "is a picture: --compare side-by-side is for videos",
            ));
        }
        (Media::Picture, Some(_)) => {}
        (Media::Video, None) => {
            Container::of(output).map_err(|error| Failure::Refused(error.to_string()))?;
        }
    }
    if output.exists() && !wish.overwrite {
        return Err(refuse(output, "exists already; --force replaces it"));
    }
    Ok(Job {
        input: input.to_owned(),
        output: output.to_owned(),
        still,
        overwrite: wish.overwrite,
        restore: wish.restore.clone(),
        encode: wish.encode.clone(),
    })
}

const NO_INDEX: &str =
    "its index is missing, as in a recording that was cut off: nothing in it can be found";

/// Whether both names lead to one file, links and all.
fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn folder(wish: &Wish) -> anyhow::Result<Plan> {
    if wish.output.exists() && !wish.output.is_dir() {
        return Err(Failure::Refused(format!(
            "{}: is a file; for a folder of inputs, name a folder",
            wish.output.display()
        ))
        .into());
    }
    if same_file(&wish.input, &wish.output) {
        return Err(Failure::Refused(format!(
            "{}: is input and output; name another folder",
            wish.output.display()
        ))
        .into());
    }
    let mut plan = Plan {
        jobs: Vec::new(),
        skipped: Vec::new(),
    };
    let mut taken = BTreeSet::new();
    for input in files(&wish.input, &wish.output)? {
        let relative = input.strip_prefix(&wish.input).unwrap_or(&input);
        let media = sniff(&input).with_context(|| input.display().to_string())?;
        let name = match media {
            Media::Video | Media::NoIndex => video_name(relative),
            Media::Picture => picture_name(relative),
            Media::Empty => {
                plan.skipped.push((input, "the file is empty"));
                continue;
            }
            Media::Other(_) => {
                plan.skipped.push((input, "no video or picture"));
                continue;
            }
        };
        let name = free_name(name, relative, &mut taken);
        plan.jobs.push(Job {
            still: StillFormat::of(&name),
            output: wish.output.join(name),
            input,
            overwrite: wish.overwrite,
            restore: wish.restore.clone(),
            encode: wish.encode.clone(),
        });
    }
    if plan.jobs.is_empty() {
        anyhow::bail!("{}: no video or picture in it", wish.input.display());
    }
    Ok(plan)
}

/// Matroska stays Matroska, WebM becomes it; all else becomes MP4.
fn video_name(input: &Path) -> PathBuf {
    let extension = input
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("mkv" | "webm") => input.with_extension("mkv"),
        _ => input.with_extension("mp4"),
    }
}

/// PNG and JPEG keep their names; all else becomes PNG.
fn picture_name(input: &Path) -> PathBuf {
    match StillFormat::of(input) {
        Some(_) => input.to_owned(),
        None => input.with_extension("png"),
    }
}

/// `name`, or where another input has it already, the input's whole name with the new extension.
fn free_name(name: PathBuf, input: &Path, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    if taken.insert(name.clone()) {
        return name;
    }
    let extension = name.extension().unwrap_or_default().to_string_lossy();
    let longer = PathBuf::from(format!("{}.{extension}", input.display()));
    taken.insert(longer.clone());
    longer
}

/// All files under `folder` in the order of their names, without hidden ones and without `except`.
fn files(folder: &Path, except: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .with_context(|| folder.display().to_string())?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') || same_file(&path, except) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, except)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_folders_outputs_are_playable_and_never_the_same() {
        let mut taken = BTreeSet::new();
        let mut name = |input: &str| {
            let input = Path::new(input);
            free_name(video_name(input), input, &mut taken)
                .display()
                .to_string()
        };
        assert_eq!(name("a/clip.mov"), "a/clip.mp4");
        assert_eq!(name("a/clip.avi"), "a/clip.avi.mp4");
        assert_eq!(name("clip.mov"), "clip.mp4");
        assert_eq!(name("clip.webm"), "clip.mkv");
        assert_eq!(picture_name(Path::new("b.JPG")), Path::new("b.JPG"));
        assert_eq!(picture_name(Path::new("b.tiff")), Path::new("b.png"));
    }
}
