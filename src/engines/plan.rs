//! What is to be built: models at sizes, from the command line or from a pipeline file.

use super::size::PictureSize;
use crate::config::{Config, Crop, Provider, Restore, Source, Stream};
use lowlight_engine::{ProviderChoice, SessionOptions, discovery};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A model to build at a size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Want {
    /// The model; `None` is the default one.
    pub(crate) model: Option<PathBuf>,
    pub(crate) size: PictureSize,
    pub(crate) options: SessionOptions,
}

/// What the command line says of every model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// In the place of what a pipeline file says.
    pub(crate) provider: Option<Provider>,
    pub(crate) device: Option<String>,
    pub(crate) threads: Option<u32>,
    pub(crate) cache_dir: Option<PathBuf>,
}

impl Target {
    /// As `lowlightrestore` would open a session for `restore`.
    fn options(&self, restore: &Restore) -> SessionOptions {
        let provider = self.provider.unwrap_or(restore.execution_provider);
        let dir = self.cache_dir.as_ref().or(restore.cache_dir.as_ref());
        SessionOptions {
            provider: choice(provider),
            device: self.device.clone().or_else(|| restore.device.clone()),
            n_threads: self.threads.unwrap_or(restore.n_threads) as usize,
            cache_dir: dir.cloned().or_else(discovery::cache_dir),
            ..SessionOptions::default()
        }
    }
}

fn choice(provider: Provider) -> ProviderChoice {
    let engine = lowlight_engine::Provider::ALL.into_iter();
    let mut named = engine.filter(|engine| engine.name() == provider.nick());
    named
        .next()
        .map_or(ProviderChoice::Auto, ProviderChoice::Only)
}

/// Every one of `models` at every one of `sizes`; the default model if there is none.
pub(crate) fn of_models(
    models: &[PathBuf],
    sizes: &[PictureSize],
    target: &Target,
) -> Result<Vec<Want>, String> {
    if sizes.is_empty() {
        return Err("a model is built for one size: give --size, such as --size 1280x720".into());
    }
    let models: Vec<Option<PathBuf>> = match models {
        [] => vec![None],
        models => models.iter().cloned().map(Some).collect(),
    };
    let options = target.options(&Restore::default());
    let wants = models.into_iter().flat_map(|model| {
        sizes.iter().map({
            let options = options.clone();
            move |&size| Want {
                model: model.clone(),
                size,
                options: options.clone(),
            }
        })
    });
    Ok(wants.collect())
}

/// Every model of every stream of the pipeline file at `path`, each at its stream's size. `sizes` are for those whose
/// size nobody knows before they are there.
pub(crate) fn of_pipeline(
    path: &Path,
    config: &Config,
    sizes: &[PictureSize],
    target: &Target,
) -> Result<Vec<Want>, String> {
    let mut wants = Vec::new();
    for stream in &config.streams {
        let known: Vec<PictureSize> = known_size(&stream.source).into_iter().collect();
        let taken = if known.is_empty() { sizes } else { &known };
        if taken.is_empty() {
            return Err(format!(
                "{}: stream {:?}: how large its pictures are is not known before they come: give --size",
                path.display(),
                stream.name
            ));
        }
        for &size in taken {
            let size = cropped(size, stream.crop.as_ref()).ok_or_else(|| {
                format!(
                    "{}: stream {:?}: nothing of {size} is left when it is cropped",
                    path.display(),
                    stream.name
                )
            })?;
            wants.extend(models(stream).into_iter().map(|model| Want {
                model,
                size,
                options: target.options(&stream.restore),
            }));
        }
    }
    Ok(wants)
}

fn models(stream: &Stream) -> Vec<Option<PathBuf>> {
    let restore = &stream.restore;
    let smaller = restore.smaller_model_file.clone().map(Some);
    let first = restore.model_file.clone();
    std::iter::once(first).chain(smaller).collect()
}

/// The size of a source's pictures, if its settings say it.
fn known_size(source: &Source) -> Option<PictureSize> {
    let caps = match source {
        Source::Test(test) => {
            return Some(PictureSize {
                width: test.width as usize,
                height: test.height as usize,
            });
        }
        Source::V4l2(camera) => camera.caps.as_deref(),
        Source::Libcamera(camera) => camera.caps.as_deref(),
        _ => None,
    };
    let caps = gst::Caps::from_str(caps?).ok()?;
    let side = |name: &str| {
        let side: i32 = caps.structure(0)?.get(name).ok()?;
        usize::try_from(side).ok()
    };
    Some(PictureSize {
        width: side("width")?,
        height: side("height")?,
    })
}

fn cropped(size: PictureSize, crop: Option<&Crop>) -> Option<PictureSize> {
    let Some(crop) = crop else {
        return Some(size);
    };
    let less = |side: usize, cut: [u16; 2]| {
        let cut = cut.map(usize::from).iter().sum();
        side.checked_sub(cut).filter(|side| *side >= 2)
    };
    Some(PictureSize {
        width: less(size.width, [crop.left, crop.right])?,
        height: less(size.height, [crop.top, crop.bottom])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> PictureSize {
        text.parse().unwrap()
    }

    fn wanted(config: &str, sizes: &[PictureSize]) -> Result<Vec<String>, String> {
        gst::init().unwrap();
        let config = Config::parse(config).unwrap();
        let wants = of_pipeline(Path::new("p.toml"), &config, sizes, &Target::default())?;
        let told = wants.iter().map(|want| {
            let model = want
                .model
                .as_ref()
                .map_or("default", |m| m.to_str().unwrap());
            format!("{model} {}", want.size)
        });
        Ok(told.collect())
    }

    const SINK: &str = "[[stream.sink]]\nkind = 'display'\n";

    #[test]
    fn a_pipeline_file_says_models_and_sizes() {
        let test = format!(
            "[[stream]]\nname = 'a'\nsource = {{ kind = 'test', width = 640, height = 360 }}\n\
             restore = {{ model-file = 'm.onnx', smaller-model-file = 's.onnx' }}\n\
             crop = {{ left = 40, bottom = 60 }}\n{SINK}\
             [[stream]]\nname = 'b'\n\
             source = {{ kind = 'v4l2', caps = 'image/jpeg,width=1280,height=720,framerate=30/1' }}\n{SINK}"
        );
        let told = wanted(&test, &[]).unwrap();
        assert_eq!(
            told,
            ["m.onnx 600x300", "s.onnx 600x300", "default 1280x720"]
        );
    }

    #[test]
    fn what_a_camera_sends_has_to_be_said() {
        let camera = format!(
            "[[stream]]\nname = 'a'\nsource = {{ kind = 'rtsp', location = 'rtsp://host/a' }}\n{SINK}"
        );
        let error = wanted(&camera, &[]).unwrap_err();
        assert!(
            error.contains("\"a\"") && error.contains("--size"),
            "{error}"
        );
        let told = wanted(&camera, &[size("640x360"), size("1280x720")]).unwrap();
        assert_eq!(told, ["default 640x360", "default 1280x720"]);
    }

    #[test]
    fn a_crop_that_leaves_nothing_is_an_error() {
        let test = format!(
            "[[stream]]\nname = 'a'\nsource = {{ kind = 'test', width = 64, height = 64 }}\n\
             crop = {{ left = 40, right = 30 }}\n{SINK}"
        );
        assert!(wanted(&test, &[]).unwrap_err().contains("64x64"));
    }

    #[test]
    fn every_model_is_wanted_at_every_size() {
        let models = ["a.onnx", "b.onnx"].map(PathBuf::from);
        let sizes = [size("64x48"), size("32x32")];
        let wants = of_models(&models, &sizes, &Target::default()).unwrap();
        assert_eq!(wants.len(), 4);
        assert!(of_models(&models, &[], &Target::default()).is_err());
        assert_eq!(of_models(&[], &sizes, &Target::default()).unwrap().len(), 2);
    }

    #[test]
    fn the_command_line_wins_over_the_pipeline_file() {
        let target = Target {
            provider: Some(Provider::Openvino),
            device: None,
            threads: Some(3),
            cache_dir: Some("there".into()),
        };
        let restore = Restore {
            execution_provider: Provider::Cpu,
            n_threads: 1,
            ..Restore::default()
        };
        let options = target.options(&restore);
        let openvino = ProviderChoice::Only(lowlight_engine::Provider::OpenVino);
        assert_eq!((options.provider, options.n_threads), (openvino, 3));
        assert_eq!(options.cache_dir, Some("there".into()));
        assert_eq!(choice(Provider::Auto), ProviderChoice::Auto);
    }
}
