//! What the properties hold, and their defaults.

use std::path::PathBuf;

use lowlight_engine::{SessionOptions, discovery};

use super::enums::{ExecutionProvider, OptimizationLevel, View};

/// Values of the writable properties.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) model_file: Option<String>,
    pub(super) execution_provider: ExecutionProvider,
    pub(super) device: Option<String>,
    pub(super) optimization_level: OptimizationLevel,
    pub(super) n_threads: u32,
    pub(super) cache_dir: Option<String>,
    pub(super) cache_read_only: bool,
    pub(super) cache_max_size: u64,
    pub(super) onnxruntime_library: Option<String>,
    pub(super) strength: f64,
    pub(super) view: View,
    pub(super) inference_interval: u32,
    pub(super) wait_for_model: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model_file: None,
            execution_provider: ExecutionProvider::Auto,
            device: None,
            optimization_level: OptimizationLevel::EnableAll,
            n_threads: 0,
            cache_dir: None,
            cache_read_only: false,
            cache_max_size: 4 << 30,
            onnxruntime_library: None,
            strength: 1.0,
            view: View::Restored,
            inference_interval: 1,
            wait_for_model: false,
        }
    }
}

/// The settings that may change from frame to frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FrameSettings {
    pub(super) strength: f32,
    pub(super) view: View,
    pub(super) inference_interval: u32,
    pub(super) wait_for_model: bool,
}

impl FrameSettings {
    /// Whether the picture passes as it is, and no model is needed.
    pub(super) fn is_off(&self) -> bool {
        self.strength <= 0.0 || self.view == View::Original
    }
}

impl Settings {
    pub(super) fn frame(&self) -> FrameSettings {
        FrameSettings {
            strength: self.strength as f32,
            view: self.view,
            inference_interval: self.inference_interval,
            wait_for_model: self.wait_for_model,
        }
    }

    pub(super) fn session_options(&self) -> SessionOptions {
        SessionOptions {
            provider: self.execution_provider.into(),
            device: self.device.clone().filter(|name| !name.is_empty()),
            n_threads: self.n_threads as usize,
            optimization_level: self.optimization_level.into(),
            cache_dir: match self.cache_dir.as_deref() {
                None => discovery::cache_dir(),
                Some(dir) => path(Some(dir)),
            },
            cache_read_only: self.cache_read_only,
            cache_max_size: (self.cache_max_size > 0).then_some(self.cache_max_size),
        }
    }

    /// The model that was asked for; `None` takes the default one.
    pub(super) fn model_path(&self) -> Option<PathBuf> {
        path(self.model_file.as_deref())
    }

    /// The ONNX Runtime that was asked for; `None` searches.
    pub(super) fn library_path(&self) -> Option<PathBuf> {
        path(self.onnxruntime_library.as_deref())
    }
}

/// An empty string is how `gst-launch-1.0` unsets a property.
fn path(value: Option<&str>) -> Option<PathBuf> {
    value.filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lowlightrestore::LowlightRestore;
    use gst::glib;
    use gst::prelude::*;

    #[test]
    fn property_defaults_are_the_settings_defaults() {
        gst::init().unwrap();
        let element = glib::Object::new::<LowlightRestore>();
        let declared = Settings {
            model_file: default_of(&element, "model-file"),
            execution_provider: default_of(&element, "execution-provider"),
            device: default_of(&element, "device"),
            optimization_level: default_of(&element, "optimization-level"),
            n_threads: default_of(&element, "n-threads"),
            cache_dir: default_of(&element, "cache-dir"),
            cache_read_only: default_of(&element, "cache-read-only"),
            cache_max_size: default_of(&element, "cache-max-size"),
            onnxruntime_library: default_of(&element, "onnxruntime-library"),
            strength: default_of(&element, "strength"),
            view: default_of(&element, "view"),
            inference_interval: default_of(&element, "inference-interval"),
            wait_for_model: default_of(&element, "wait-for-model"),
        };
        assert_eq!(declared, Settings::default());
    }

    /// The declared default of property `name`, which must be its value in a fresh element too.
    #[track_caller]
    fn default_of<T>(element: &LowlightRestore, name: &str) -> T
    where
        T: for<'a> glib::value::FromValue<'a> + PartialEq + std::fmt::Debug + 'static,
    {
        let spec = element.find_property(name).unwrap();
        let declared = spec.default_value().get::<T>().unwrap();
        assert_eq!(element.property::<T>(name), declared, "{name}");
        declared
    }

    #[test]
    fn no_strength_or_the_original_view_needs_no_model() {
        let frame = |strength, view| {
            Settings {
                strength,
                view,
                ..Settings::default()
            }
            .frame()
        };
        assert!(frame(0.0, View::Restored).is_off());
        assert!(frame(1.0, View::Original).is_off());
        assert!(!frame(0.01, View::Restored).is_off());
        assert!(!frame(1.0, View::Degradation).is_off());
    }

    #[test]
    fn empty_paths_are_no_paths() {
        let settings = Settings {
            model_file: Some(String::new()),
            cache_dir: Some("somewhere".into()),
            ..Settings::default()
        };
        assert_eq!(settings.model_path(), None);
        assert_eq!(
            settings.session_options().cache_dir,
            Some(PathBuf::from("somewhere"))
        );
    }

    #[test]
    fn a_cache_of_size_0_has_no_limit() {
        let limit = |cache_max_size| {
            let settings = Settings {
                cache_max_size,
                ..Settings::default()
            };
            settings.session_options().cache_max_size
        };
        assert_eq!((limit(0), limit(7)), (None, Some(7)));
    }

    #[test]
    fn compiled_models_go_to_the_users_cache_unless_told_otherwise() {
        let cache = |dir: Option<&str>| {
            let cache_dir = dir.map(str::to_owned);
            let settings = Settings {
                cache_dir,
                ..Settings::default()
            };
            settings.session_options().cache_dir
        };
        assert_eq!(cache(None), discovery::cache_dir());
        assert_eq!(cache(Some("")), None);
    }
}
