//! Restores dark, motion-blurred, noisy video frames with a small neural network, through ONNX Runtime.
//!
//! One image, restored:
//!
//! ```
//! use lowlight_engine::{Colorimetry, Model, OwnedFrame, PixelFormat, Restorer, Runtime, SessionOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let checkout = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
//! # let (runtime_dir, model_dir) = (checkout.join(".runtime/onnxruntime"), checkout.join("models"));
//! # let dir = tempfile::tempdir()?;
//! # let path = |name: &str| dir.path().join(name);
//! # image::RgbImage::from_fn(61, 35, |x, y| image::Rgb([x as u8, y as u8, 9])).save(path("dark.png"))?;
//! let runtime = Runtime::load(Some(&runtime_dir))?; // `None` searches; see `discovery`
//! let model = Model::open(Some(&model_dir))?;
//!
//! let dark = image::open(path("dark.png"))?.to_rgb8();
//! let (width, height) = (dark.width() as usize, dark.height() as usize);
//! let input = OwnedFrame::packed(PixelFormat::Rgb, width, height, Colorimetry::default(), dark.into_raw())?;
//! let mut output = input.clone();
//!
//! let mut restorer = Restorer::open(&runtime, &model, &SessionOptions::default(), width, height)?;
//! restorer.restore(&input.as_frame(), &mut output.as_frame_mut(), 1.0)?;
//! image::save_buffer(path("restored.png"), output.data(0), width as u32, height as u32, image::ColorType::Rgb8)?;
//! # assert_eq!(image::image_dimensions(path("restored.png"))?, (61, 35));
//! # Ok(())
//! # }
//! ```
//!
//! Video is the same with one [`Restorer`] per stream: it keeps buffers and the network's recurrent state from
//! frame to frame; [`Restorer::reset`] starts a new scene. Several streams of one process share one loaded model with
//! [`Restorer::join`].

mod adapter;
mod bare;
mod blend;
pub mod cache;
mod convert;
mod cores;
mod crew;
pub mod device;
pub mod discovery;
mod error;
mod evidence;
mod frame;
pub mod gpu;
pub mod metrics;
mod missing;
mod model;
pub mod modelinfo;
mod pixel;
mod pool;
mod provider;
pub mod quality;
mod restorer;
mod runtime;
pub mod selftest;
mod session;
mod tensor;
pub mod view;

pub use bare::BareNetwork;
pub use error::{Error, Result};
pub use frame::{Frame, FrameMut, Image, OwnedFrame, Plane};
pub use model::Model;
pub use modelinfo::ModelInfo;
pub use pixel::{Colorimetry, Matrix, PixelFormat, Range};
pub use pool::Sharing;
pub use provider::{
    ActiveProvider, OptimizationLevel, PassedOver, Provider, ProviderChoice, SessionOptions,
};
pub use restorer::{DegradationMap, Restorer};
pub use runtime::Runtime;
