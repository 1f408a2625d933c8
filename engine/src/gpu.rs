//! The NVIDIA GPUs of this machine, as its driver lists them.
//!
//! The driver's libraries are opened when they are asked for: nothing here is linked, and a machine without a GPU
//! gets a reason in words.

mod driver;
mod dynamic;
mod libraries;
mod names;

pub use libraries::{Library, libraries};

use std::fmt::{self, Display, Formatter};

use crate::error::{Error, Result};

/// A GPU that CUDA can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Its place in CUDA's order, from 0. `CUDA_VISIBLE_DEVICES` and `CUDA_DEVICE_ORDER` change that order.
    pub index: u32,
    /// Its name, such as `NVIDIA H100 80GB HBM3`.
    pub name: String,
    /// `GPU-` and a UUID, in lower case. Stays the same whatever else is plugged in.
    pub uuid: String,
    /// Bytes of its memory.
    pub memory: u64,
    /// Compute capability, major and minor: 9.0 is Hopper.
    pub capability: (u32, u32),
}

impl Display for Gpu {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} ({})", self.index, self.name, self.uuid)
    }
}

/// What the driver says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The driver's version, such as `580.65.06`, where NVML tells it.
    pub driver: Option<String>,
    /// The newest CUDA that the driver knows, major and minor.
    pub cuda: (u32, u32),
    /// The GPUs, in CUDA's order; at least one.
    pub gpus: Vec<Gpu>,
}

/// Asks the driver. The first call of a process starts CUDA, which takes some tenths of a second with a GPU: not for a
/// streaming thread.
///
/// # Errors
/// [`Error::Gpu`]: no driver (with the library that is missing), or none that works, or no GPU.
pub fn survey() -> Result<Survey> {
    let driver = driver::Driver::open().map_err(|reason| Error::Gpu { reason })?;
    driver.survey().map_err(|reason| Error::Gpu { reason })
}

/// The GPU that `device` names by index, by UUID or by the start of its UUID; the first one if it is `None`.
///
/// # Errors
/// [`Error::Gpu`], as [`survey`], or with a list of the GPUs there are.
pub fn find(device: Option<&str>) -> Result<Gpu> {
    let survey = survey()?;
    names::choose(&survey.gpus, device)
        .cloned()
        .map_err(|reason| Error::Gpu { reason })
}
