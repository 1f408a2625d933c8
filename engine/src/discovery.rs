//! Where libraries and models are looked for: one order, and one error that lists every place tried.
//!
//! 1. the path that was asked for (a property or an argument): it alone, so that a typing error never finds another file
//! 2. the environment variable
//! 3. beside the plugin or program, and in each folder above it (a checkout's `.runtime/` and `models/`)
//! 4. the system's folders
//!
//! The working directory is not among them: a library that lies beside somebody's video must never be loaded.

mod plugin;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::{Error, Result};
pub(crate) use plugin::Plugin;

/// Environment variable with the path of `libonnxruntime.so`, the one that the `ort` crate uses too.
pub const RUNTIME_VARIABLE: &str = "ORT_DYLIB_PATH";
/// Environment variable with the path of the OpenVINO plugin provider's library.
pub const OPENVINO_VARIABLE: &str = "TAPETUM_OPENVINO_PLUGIN";
/// Environment variable with the path of the plugin provider's library of TensorRT for RTX.
pub const TENSORRT_RTX_VARIABLE: &str = "TAPETUM_TENSORRT_RTX_PLUGIN";
/// Environment variable with the path of a model, or of a folder of models.
pub const MODEL_VARIABLE: &str = "TAPETUM_MODEL_PATH";

/// The models to take when none is named, best first.
const DEFAULT_MODELS: [&str; 2] = ["lowlight-nano-int8.onnx", "lowlight-nano-fp32.onnx"];
const RUNTIME_LIBRARY: &str = "libonnxruntime.so";
const SYSTEM_LIBRARY_DIRS: [&str; 5] = [
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
];
const SYSTEM_MODEL_DIRS: [&str; 2] = [
    "/usr/local/share/tapetum/models",
    "/usr/share/tapetum/models",
];

static PLUGIN_DIR: OnceLock<PathBuf> = OnceLock::new();

/// Says where this code's shared library lies, so that files beside it are found. The first call counts.
pub fn set_plugin_dir(dir: PathBuf) {
    // GStreamer hands on a relative GST_PLUGIN_PATH as it is, and a relative path has no folders above it.
    let _ = PLUGIN_DIR.set(std::path::absolute(&dir).unwrap_or(dir));
}

/// Finds the ONNX Runtime library.
///
/// # Errors
/// [`Error::RuntimeNotFound`] with every place tried.
pub fn runtime_library(asked_for: Option<&Path>) -> Result<PathBuf> {
    let mut search = Search::default();
    search
        .runtime_library(asked_for)
        .ok_or(Error::RuntimeNotFound {
            tried: search.tried,
        })
}

/// Finds the model: the one asked for, else the default one.
///
/// # Errors
/// [`Error::ModelNotFound`] with every place tried.
pub fn model(asked_for: Option<&Path>) -> Result<PathBuf> {
    let mut search = Search::default();
    search.model(asked_for).ok_or(Error::ModelNotFound {
        tried: search.tried,
    })
}

/// Finds a plugin provider; `runtime` is the ONNX Runtime library in use.
pub(crate) fn plugin(plugin: Plugin, runtime: &Path) -> Result<PathBuf, String> {
    let mut search = Search::default();
    search.plugin(plugin, runtime).ok_or_else(|| {
        format!(
            "its plugin library was not found (run {}); tried: {}",
            plugin.remedy(),
            search.tried.join("; ")
        )
    })
}

/// A search under way, and what it has tried.
#[derive(Default)]
struct Search {
    tried: Vec<String>,
}

impl Search {
    fn runtime_library(&mut self, asked_for: Option<&Path>) -> Option<PathBuf> {
        if let Some(path) = asked_for {
            return self.library_at("asked for", path, RUNTIME_LIBRARY);
        }
        if let Some(path) = std::env::var_os(RUNTIME_VARIABLE) {
            return self.library_at(RUNTIME_VARIABLE, Path::new(&path), RUNTIME_LIBRARY);
        }
        self.library_in_roots("onnxruntime", RUNTIME_LIBRARY)
            .or_else(|| self.library_in_system(RUNTIME_LIBRARY))
    }

    fn plugin(&mut self, plugin: Plugin, runtime: &Path) -> Option<PathBuf> {
        let library = plugin.library();
        if let Some(path) = std::env::var_os(plugin.variable()) {
            return self.library_at(plugin.variable(), Path::new(&path), library);
        }
        let beside = runtime
            .parent()
            .map(|dir| [dir.join("..").join(plugin.folder()), dir.to_path_buf()]);
        beside
            .into_iter()
            .flatten()
            .find_map(|dir| self.library_at("beside ONNX Runtime", &dir, library))
            .or_else(|| self.library_in_roots(plugin.folder(), library))
            .or_else(|| self.library_in_system(library))
    }

    fn model(&mut self, asked_for: Option<&Path>) -> Option<PathBuf> {
        if let Some(path) = asked_for {
            return self.model_at("asked for", path);
        }
        if let Some(path) = std::env::var_os(MODEL_VARIABLE) {
            return self.model_at(MODEL_VARIABLE, Path::new(&path));
        }
        let roots = roots();
        let in_roots = roots
            .iter()
            .map(|(reason, root)| (*reason, root.join("models")));
        let in_system = SYSTEM_MODEL_DIRS
            .iter()
            .map(|dir| ("system", PathBuf::from(dir)));
        in_roots
            .chain(in_system)
            .find_map(|(reason, dir)| self.model_at(reason, &dir))
    }

    fn library_in_roots(&mut self, folder: &str, name: &str) -> Option<PathBuf> {
        roots().into_iter().find_map(|(reason, root)| {
            let runtime = root.join(".runtime");
            // The GPU build runs on CPUs too, and is there because somebody asked for it.
            [
                root,
                runtime.join("nvidia").join(folder),
                runtime.join(folder),
            ]
            .iter()
            .find_map(|dir| self.library_at(reason, dir, name))
        })
    }

    fn library_in_system(&mut self, name: &str) -> Option<PathBuf> {
        let paths = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let from_variable =
            std::env::split_paths(&paths).filter(|path| !path.as_os_str().is_empty());
        let found = from_variable
            .into_iter()
            .find_map(|dir| self.library_at("LD_LIBRARY_PATH", &dir, name));
        found.or_else(|| {
            SYSTEM_LIBRARY_DIRS
                .iter()
                .find_map(|dir| self.library_at("system", Path::new(dir), name))
        })
    }

    /// `place` itself if it is a file, else the newest `name*` in it.
    fn library_at(&mut self, reason: &str, place: &Path, name: &str) -> Option<PathBuf> {
        self.note(reason, place);
        if place.is_file() {
            return Some(place.to_path_buf());
        }
        let entries = std::fs::read_dir(place).ok()?;
        let versions = entries
            .filter_map(std::result::Result::ok)
            .map(|entry| entry.path());
        versions
            .filter(|path| {
                path.is_file()
                    && path
                        .file_name()
                        .is_some_and(|file| file.to_string_lossy().starts_with(name))
            })
            .max()
    }

    /// `place` itself if it is a file, else the first default model in it.
    fn model_at(&mut self, reason: &str, place: &Path) -> Option<PathBuf> {
        self.note(reason, place);
        if place.is_file() {
            return Some(place.to_path_buf());
        }
        DEFAULT_MODELS
            .iter()
            .map(|name| place.join(name))
            .find(|path| path.is_file())
    }

    fn note(&mut self, reason: &str, place: &Path) {
        let line = format!("{reason}: {}", place.display());
        if !self.tried.contains(&line) {
            self.tried.push(line);
        }
    }
}

/// The folders that a checkout or an unpacked release may start at: the plugin's and the program's, each with the
/// folders above it.
fn roots() -> Vec<(&'static str, PathBuf)> {
    let program = std::env::current_exe()
        .ok()
        .and_then(|path| path.parent().map(Path::to_path_buf));
    let starts = [
        ("beside the plugin", PLUGIN_DIR.get().cloned()),
        ("beside the program", program),
    ];
    let mut roots: Vec<(&'static str, PathBuf)> = Vec::new();
    for (reason, start) in starts {
        for root in start.iter().flat_map(|start| start.ancestors()) {
            // Libraries of the root folder are the system's business.
            if root.parent().is_some() && !roots.iter().any(|(_, known)| known == root) {
                roots.push((reason, root.to_path_buf()));
            }
        }
    }
    roots
}

/// The user's folder for compiled models: `tapetum` in `$XDG_CACHE_HOME`, or in `~/.cache`. It may not be there yet; `None`
/// for a user without a home.
#[must_use]
pub fn cache_dir() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(base.join("tapetum"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_was_asked_for_is_the_only_one_tried() {
        let error = runtime_library(Some(Path::new("/nowhere/libonnxruntime.so"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ONNX Runtime was not found (run scripts/setup, or point ORT_DYLIB_PATH at libonnxruntime.so); \
             tried: asked for: /nowhere/libonnxruntime.so"
        );
    }

    #[test]
    fn the_newest_library_of_a_folder_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "libonnxruntime.so.1.30.0",
            "libonnxruntime.so.1.31.1",
            "libonnxruntime_providers_shared.so",
        ] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let found = runtime_library(Some(dir.path())).unwrap();
        assert_eq!(found, dir.path().join("libonnxruntime.so.1.31.1"));
    }

    #[test]
    fn a_model_folder_gives_its_default_model() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lowlight-nano-fp32.onnx"), "").unwrap();
        assert_eq!(
            model(Some(dir.path())).unwrap(),
            dir.path().join("lowlight-nano-fp32.onnx")
        );
    }

    #[test]
    fn a_missing_model_is_named() {
        let error = model(Some(Path::new("/nowhere/x.onnx"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no model was found (set model-file, or TAPETUM_MODEL_PATH); tried: asked for: /nowhere/x.onnx"
        );
    }
}
