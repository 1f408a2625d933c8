//! Models that work on the decoder's own 8-bit planes.

use super::planar::Planar;
use super::{input, output};
use crate::error::Result;
use crate::frame::{Frame, FrameMut};
use crate::modelinfo::{ModelInfo, ModelKind, Role};
use crate::pixel::{NEUTRAL_CHROMA, PixelFormat};
use crate::session::{Inputs, Outputs};
use crate::tensor::lines::Luts;
use crate::tensor::planes;

/// Index of an input, name of its output, and the shape of both.
#[derive(Debug)]
struct Port {
    input: usize,
    output: String,
    shape: Vec<usize>,
}

impl Port {
    fn new(info: &ModelInfo, role: Role, size: (usize, usize)) -> Result<Self> {
        let (index, tensor) = input(info, role)?;
        Ok(Self {
            input: index,
            output: output(info, role)?.name.clone(),
            shape: tensor.shape(size.0, size.1),
        })
    }

    fn width(&self) -> usize {
        self.shape[3]
    }
}

/// Feeds frames to a model of kind [`ModelKind::Planes`] or [`ModelKind::Luma`].
#[derive(Debug)]
pub(crate) struct PlanesAdapter {
    ports: Ports,
    planar: Planar,
}

#[derive(Debug)]
struct Ports {
    luma: Port,
    chroma: Option<(Port, Port)>,
}

impl PlanesAdapter {
    pub(crate) fn new(info: &ModelInfo, size: (usize, usize)) -> Result<Self> {
        let chroma = if info.kind() == ModelKind::Planes {
            Some((
                Port::new(info, Role::ChromaU, size)?,
                Port::new(info, Role::ChromaV, size)?,
            ))
        } else {
            None
        };
        let luma = Port::new(info, Role::Luma, size)?;
        Ok(Self {
            ports: Ports { luma, chroma },
            planar: Planar::new(info.range),
        })
    }

    pub(crate) fn load(&mut self, frame: &Frame<'_>, inputs: &mut Inputs) -> Result<()> {
        let ports = &self.ports;
        self.planar
            .load(frame, |frame, luts| ports.load(frame, inputs, luts))
    }

    pub(crate) fn store(
        &mut self,
        outputs: &Outputs<'_>,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
    ) -> Result<()> {
        let ports = &self.ports;
        if ports.chroma.is_none() {
            output.copy_from(input)?;
        }
        self.planar.store(input, output, |frame, luts| {
            ports.store(outputs, frame, luts)
        })
    }
}

impl Ports {
    fn load(&self, frame: &Frame<'_>, inputs: &mut Inputs, luts: Luts<'_>) -> Result<()> {
        let pad = |index, port: &Port, inputs: &mut Inputs, lut| -> Result<()> {
            planes::pad(frame.rows(index), inputs.u8(port.input)?, port.width(), lut);
            Ok(())
        };
        pad(0, &self.luma, inputs, luts.luma)?;
        let Some((u, v)) = &self.chroma else {
            return Ok(());
        };
        match frame.format() {
            PixelFormat::I420 => {
                pad(1, u, inputs, luts.chroma)?;
                pad(2, v, inputs, luts.chroma)?;
            }
            PixelFormat::Nv12 => {
                let (u_values, v_values) = inputs.two_u8(u.input, v.input)?;
                planes::deinterleave(frame.rows(1), u_values, v_values, u.width(), luts.chroma);
            }
            _ => {
                inputs.u8(u.input)?.fill(NEUTRAL_CHROMA);
                inputs.u8(v.input)?.fill(NEUTRAL_CHROMA);
            }
        }
        Ok(())
    }

    fn store(&self, outputs: &Outputs<'_>, frame: &mut FrameMut<'_>, luts: Luts<'_>) -> Result<()> {
        let values = |port: &Port| outputs.u8(&port.output, &port.shape);
        let width = self.luma.width();
        planes::crop(values(&self.luma)?, width, frame.rows_mut(0), luts.luma);
        let Some((u, v)) = &self.chroma else {
            return Ok(());
        };
        let (width, lut) = (u.width(), luts.chroma);
        match frame.format() {
            PixelFormat::I420 => {
                planes::crop(values(u)?, width, frame.rows_mut(1), lut);
                planes::crop(values(v)?, width, frame.rows_mut(2), lut);
            }
            PixelFormat::Nv12 => {
                planes::interleave(values(u)?, values(v)?, width, frame.rows_mut(1), lut);
            }
            _ => {}
        }
        Ok(())
    }
}
