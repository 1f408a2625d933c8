//! What a model file expects and gives, from its `.modelinfo` sidecar.
//!
//! The sidecar is GStreamer's own INI format (`MODEL.onnx.modelinfo`): a `[modelinfo]` section and one section
//! per tensor with `dir`, `type`, `dims`, `ranges`. Tapetum adds `role` (what the tensor is) and, in
//! `[modelinfo]`, `alignment` (frame sides are padded to a multiple of it). `docs/reference/modelinfo.md` lists every key.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::pixel::Range;

mod check;
mod parse;
mod section;

/// What a tensor is, its `role` key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Y plane, uint8 `[1,1,H,W]`. Here as below, the first 1 can be −1: frames of several streams in one run.
    Luma,
    /// U plane, uint8 `[1,1,H/2,W/2]`.
    ChromaU,
    /// V plane, uint8 `[1,1,H/2,W/2]`.
    ChromaV,
    /// Whole picture, float32 or uint8, `[1,3,H,W]` or `[1,H,W,3]`.
    Rgb,
    /// How much of the restoration to apply, float32 `[1]`, 0–1.
    Strength,
    /// The whole frame as blocks, uint8 `[1,H/s,W/s,N]`: s × s pixels of luma and their chroma, N = 3·s²/2 values,
    /// or 2·N with those of the picture restored last.
    Blocks,
    /// What the network adds to the blocks, in steps of `ranges`, uint8 `[1,H/s,W/s,N]`; one value more says how much
    /// of the picture restored last the block keeps.
    Residual,
    /// What light in the blocks is multiplied by, float32 `[1,1,1,1]`.
    Gain,
    /// Recurrent state; inputs and outputs pair up in the order of their sections.
    State,
    /// Degradation map, float32 `[1,3,H/16,W/16]`: dark, blurred, noisy; 0–1.
    Degradation,
}

/// Element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    /// 8-bit code values.
    U8,
    /// 32-bit float.
    F32,
}

/// One tensor of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorInfo {
    /// Its name in the ONNX graph (the section's name).
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Element type.
    pub element: ElementType,
    /// Dimensions; −1 where any size goes.
    pub dims: Vec<i64>,
    /// Float values of black and white, the `ranges` key. Default 0, 1.
    pub value_range: (f32, f32),
    /// Picture pixels per element where `dims` is −1. Default by role: pictures 1, chroma 2, blocks 4, state 8,
    /// degradation 16.
    pub stride: usize,
    /// Of a residual: how many code values it is shrunk by. Default 0.
    pub dead_zone: f32,
    /// Of a residual: most that a block keeps of the picture restored last, 0 to 1. Default 0.
    pub keep: f32,
    /// Of a residual: code values by which a value is moved towards that picture at most. Default 255.
    pub keep_limit: f32,
    /// Of a state: the value it starts with. Default 0.
    pub reset: u8,
}

impl TensorInfo {
    /// Whether channels come last (`[1,H,W,C]`).
    #[must_use]
    pub fn channels_last(&self) -> bool {
        match self.role {
            Role::Blocks | Role::Residual => true,
            Role::Rgb => self.dims[3] == 3 && self.dims[1] != 3,
            _ => false,
        }
    }

    /// Of blocks: 1, or 2 where the picture restored last is among them.
    pub(crate) fn pictures(&self) -> usize {
        let values = self.stride * self.stride * 3 / 2;
        usize::try_from(self.dims[3]).map_or(1, |dim| dim / values)
    }

    /// Whether it takes the frames of several streams in one run, one behind the other.
    pub(crate) fn is_batched(&self) -> bool {
        self.dims.first() == Some(&-1)
    }

    /// Whether its size follows the frame's.
    pub(crate) fn follows_the_frame(&self) -> bool {
        self.dims.iter().skip(1).any(|&dim| dim == -1)
    }

    /// The tensor's shape for one picture of `width` × `height` (the padded size).
    #[must_use]
    pub fn shape(&self, width: usize, height: usize) -> Vec<usize> {
        self.shape_of(1, width, height)
    }

    /// The tensor's shape for `frames` pictures in one run, if it takes more than one.
    pub(crate) fn shape_of(&self, frames: usize, width: usize, height: usize) -> Vec<usize> {
        let width_axis = if self.channels_last() { 2 } else { 3 };
        let free = |axis: usize| match axis {
            0 => frames,
            _ if axis == width_axis => width / self.stride,
            _ => height / self.stride,
        };
        self.dims
            .iter()
            .enumerate()
            .map(|(axis, &dim)| usize::try_from(dim).unwrap_or_else(|_| free(axis)))
            .collect()
    }

    /// Width and height of the picture of a picture tensor, if they are fixed.
    #[must_use]
    pub fn picture_size(&self) -> Option<(usize, usize)> {
        let (height, width) = if self.channels_last() {
            (self.dims[1], self.dims[2])
        } else {
            (self.dims[2], self.dims[3])
        };
        let pixels = |dim: i64| Some(usize::try_from(dim).ok()? * self.stride);
        Some((pixels(width)?, pixels(height)?))
    }
}

/// The pictures a model works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// The decoder's own planes, luma and chroma.
    Planes,
    /// Luma only; chroma passes.
    Luma,
    /// Planes unshuffled into blocks; what is done at full resolution is left to the engine.
    Blocks,
    /// RGB pictures.
    Rgb,
}

/// A validated sidecar.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// The model's name, for messages and reports. Default: the file's name.
    pub name: String,
    /// Numeric precision as the file names it (`fp32`, `int8`, …). Default `unknown`.
    pub precision: String,
    /// Frame sides are padded up to a multiple of this many pixels. Default 1 (2 for [`ModelKind::Planes`]).
    pub alignment: usize,
    /// Y'CbCr range the model was trained on. Default limited.
    pub range: Range,
    /// Name of the file beside the model with the same network on blocks, for providers that run on the CPU.
    pub blocks: Option<String>,
    /// Inputs in the sidecar's order.
    pub inputs: Vec<TensorInfo>,
    /// Outputs in the sidecar's order.
    pub outputs: Vec<TensorInfo>,
}

impl ModelInfo {
    /// The sidecar's path: the model's, with `.modelinfo` after it.
    #[must_use]
    pub fn sidecar_path(model: &Path) -> PathBuf {
        let mut path = model.as_os_str().to_owned();
        path.push(".modelinfo");
        PathBuf::from(path)
    }

    /// Reads and validates the sidecar of the model at `model`.
    ///
    /// # Errors
    /// [`Error::Read`] if there is no readable sidecar, [`Error::ModelInfo`] if it is not valid.
    pub fn read(model: &Path) -> Result<Self> {
        let path = Self::sidecar_path(model);
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        let name = model
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Self::parse(&text, &name).map_err(|problem| Error::ModelInfo { path, problem })
    }

    /// Parses a sidecar's text. The error says what is wrong and what would be right.
    ///
    /// # Errors
    /// The problem, in words, without the file's name.
    pub fn parse(text: &str, default_name: &str) -> Result<Self, String> {
        parse::parse(text, default_name)
    }

    /// The first input or output of role `role`.
    #[must_use]
    pub fn find(tensors: &[TensorInfo], role: Role) -> Option<&TensorInfo> {
        tensors.iter().find(|tensor| tensor.role == role)
    }

    /// What kind of pictures the model works on.
    #[must_use]
    pub fn kind(&self) -> ModelKind {
        let has = |role| Self::find(&self.inputs, role).is_some();
        if has(Role::Rgb) {
            ModelKind::Rgb
        } else if has(Role::Blocks) {
            ModelKind::Blocks
        } else if has(Role::ChromaU) {
            ModelKind::Planes
        } else {
            ModelKind::Luma
        }
    }

    /// Whether one run takes the frames of several streams: every tensor has a free first dimension.
    pub(crate) fn is_batched(&self) -> bool {
        let mut tensors = self.inputs.iter().chain(&self.outputs);
        tensors.all(TensorInfo::is_batched)
    }

    /// Width and height that the model was built for, if they are fixed.
    #[must_use]
    pub fn fixed_size(&self) -> Option<(usize, usize)> {
        self.inputs
            .iter()
            .find(|tensor| matches!(tensor.role, Role::Luma | Role::Rgb | Role::Blocks))?
            .picture_size()
    }

    /// Size of the model's picture for a frame of `width` × `height`: the fixed size, or the frame's, padded to `alignment`.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`] if the frame does not fit the fixed size.
    pub fn padded_size(&self, width: usize, height: usize) -> Result<(usize, usize)> {
        match self.fixed_size() {
            Some((max_width, max_height)) if width > max_width || height > max_height => {
                Err(Error::FrameTooLarge {
                    model: self.name.clone(),
                    max_width,
                    max_height,
                    width,
                    height,
                })
            }
            Some(size) => Ok(size),
            None => Ok((
                width.next_multiple_of(self.alignment),
                height.next_multiple_of(self.alignment),
            )),
        }
    }
}
