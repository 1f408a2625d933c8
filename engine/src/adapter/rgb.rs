//! Models that work on RGB pictures, such as third-party image-to-image networks.

use super::{input, output};
use crate::convert;
use crate::error::{Error, Result};
use crate::frame::{Frame, FrameMut};
use crate::modelinfo::{ElementType, ModelInfo, Role};
use crate::session::{Inputs, Outputs};
use crate::tensor::rgb::{self, Layout};

/// Feeds frames to a model of kind [`crate::modelinfo::ModelKind::Rgb`].
#[derive(Debug)]
pub(crate) struct RgbAdapter {
    input: usize,
    output: String,
    output_shape: Vec<usize>,
    input_layout: Layout,
    output_layout: Layout,
    model: String,
    scratch: Vec<u8>,
}

impl RgbAdapter {
    pub(crate) fn new(info: &ModelInfo, (width, height): (usize, usize)) -> Result<Self> {
        let (index, from) = input(info, Role::Rgb)?;
        let to = output(info, Role::Rgb)?;
        if from.element != ElementType::F32 || to.element != ElementType::F32 {
            return Err(Error::Run {
                model: info.name.clone(),
                reason: "rgb tensors of type uint8 are not supported yet: use float32".into(),
            });
        }
        let layout = |tensor: &crate::modelinfo::TensorInfo| Layout {
            width,
            height,
            channels_last: tensor.channels_last(),
            value_range: tensor.value_range,
        };
        Ok(Self {
            input: index,
            output: to.name.clone(),
            output_shape: to.shape(width, height),
            input_layout: layout(from),
            output_layout: layout(to),
            model: info.name.clone(),
            scratch: Vec::new(),
        })
    }

    pub(crate) fn load(&mut self, frame: &Frame<'_>, inputs: &mut Inputs) -> Result<()> {
        self.scratch.resize(frame.width() * frame.height() * 3, 0);
        convert::to_rgb(frame, &mut self.scratch)?;
        let tensor = inputs.f32(self.input)?;
        rgb::load(
            &self.scratch,
            frame.width(),
            frame.height(),
            tensor,
            self.input_layout,
        );
        Ok(())
    }

    pub(crate) fn store(
        &mut self,
        outputs: &Outputs<'_>,
        input: &Frame<'_>,
        output: &mut FrameMut<'_>,
    ) -> Result<()> {
        let tensor = outputs.f32(&self.output, &self.output_shape)?;
        let not_finite = rgb::store(tensor, self.output_layout, &mut self.scratch, input.width());
        if not_finite > 0 {
            return Err(Error::Run {
                model: self.model.clone(),
                reason: format!(
                    "output {} holds {not_finite} values that are not finite",
                    self.output
                ),
            });
        }
        // Alpha and padding bytes come from the input.
        output.copy_from(input)?;
        convert::from_rgb(&self.scratch, output)
    }
}
