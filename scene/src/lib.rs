//! A street at dusk and a conveyor with labelled boxes, drawn by arithmetic at any time and size.
//!
//! The demo's footage and the tests' fixture: the truth is known (every pixel, every number plate, every QR code),
//! it moves smoothly by fractions of a pixel, and it needs no files.
//!
//! ```
//! use lowlight_scene::{Scene, SceneKind, read_codes};
//!
//! let mut scene = Scene::new(SceneKind::Conveyor, 640, 360, 7)?;
//! let mut frame = vec![0; scene.frame_size()];
//! scene.render(1.25, &mut frame)?;
//! let seen = read_codes(&frame, 640, 360);
//! assert!(scene.codes(1.25).iter().all(|code| seen.contains(&code.payload)));
//! # Ok::<(), lowlight_scene::SceneError>(())
//! ```

mod baseline;
mod canvas;
mod codes;
mod conveyor;
mod font;
mod math;
mod noise;
mod panel;
mod placeholder;
mod raster;
mod scene;
mod street;
mod truth;

pub use baseline::{auto_gamma, luma};
pub use canvas::rgb_to_i420;
pub use codes::read_codes;
pub use panel::{Picture, sheet};
pub use placeholder::dim_and_label;
pub use scene::{Scene, SceneError, SceneKind};
pub use truth::{Mark, MarkKind};
