//! The two ends of a model that works in a GPU's memory: from NV12 to its planes, and back.
//!
//! Nothing waits for anything by stream or event here. ONNX Runtime waits for a session's own CUDA stream at the end of
//! each run, so that planes are there when the model reads them, the model's are when they are joined, and the frame is
//! when it is given away. A stream of the user's own would save two such waits, but belongs to one session at a time, and
//! a session is shared by elements that know nothing of each other.

use ort::memory::Allocator;
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, Session, SessionInputValue};
use ort::value::{DynTensor, Tensor, TensorElementType};

use super::borrowed::{self, Place};
use super::convert::{self, Geometry};
use super::resident::{Buffer, Planes, Resident};
use super::{Environment, Plan, run_error};
use crate::device::{self, DeviceFrame};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::modelinfo::ModelKind;
use crate::provider::{self, Provider, SessionOptions, Target};
use crate::quality::LumaSamples;
use crate::quality::luma_samples::SIDE;
use crate::tensor::lines::Luts;

/// The names of the model's planes in both graphs.
const PLANES: [&str; 3] = ["y_plane", "u_plane", "v_plane"];

/// Both ends. Memory goes before the sessions that it was taken from.
pub(crate) struct Ends {
    /// Names the planes, and the samples.
    split_options: RunOptions<HasSelectedOutputs>,
    samples: DynTensor,
    rows: Option<Rows>,
    /// What the handles in `split_options` and in the stream's tensors lead to.
    _input: Planes,
    output: Planes,
    split: Session,
    join: Session,
    place: Place,
    geometry: Geometry,
    model: String,
}

/// What the join reads besides planes, for output frames of these pitches.
struct Rows {
    pitches: [usize; 2],
    columns: [Tensor<i64>; 2],
}

/// What ends are opened for.
pub(crate) struct Wanted<'a> {
    pub(crate) model: &'a Model,
    pub(crate) options: &'a SessionOptions,
    /// Who runs the model.
    pub(crate) provider: Provider,
    /// Width and height of the frames.
    pub(crate) size: (usize, usize),
    /// From the frames' range to the model's, and back.
    pub(crate) luts: (Luts<'a>, Luts<'a>),
}

impl Ends {
    /// Builds both graphs, and has the tensors between them and the model made where the model runs. Slow.
    pub(crate) fn open(
        environment: &Environment,
        plan: &Plan,
        wanted: &Wanted<'_>,
    ) -> Result<(Self, Resident)> {
        let name = &plan.info().name;
        let refuse = |reason| Error::Run {
            model: name.clone(),
            reason,
        };
        if plan.info().kind() != ModelKind::Planes {
            return Err(refuse(
                "only models on planes, with chroma, take frames from GPU memory".into(),
            ));
        }
        let (place, helper) = place(wanted).map_err(refuse)?;
        let fail = |error: ort::Error| run_error(name, &error);
        let geometry = Geometry {
            frame: wanted.size,
            picture: plan.size(),
        };
        let (split, join) = sessions(environment, &geometry, helper, wanted)?;
        let info = place.info().map_err(fail)?;
        let allocator = Allocator::new(&split, info).map_err(fail)?;
        let planes = || planes(&allocator, place, &geometry).map_err(fail);
        let (input, output) = (planes()?, planes()?);
        let resident = Resident::new(plan, (&allocator, place), (&input, &output))?;
        let side = SIDE as i64;
        let shape = [1, 1, side, side];
        let samples = DynTensor::new(&Allocator::default(), TensorElementType::Uint8, shape);
        let samples = samples.map_err(fail)?;
        Ok((
            Self {
                place,
                geometry,
                split_options: split_options(&input, &samples).map_err(fail)?,
                split,
                samples,
                join,
                rows: None,
                _input: input,
                output,
                model: name.clone(),
            },
            resident,
        ))
    }

    /// Fills the model's planes from `frame`; gives what the CPU sees of it.
    pub(crate) fn load(&mut self, frame: &DeviceFrame) -> Result<LumaSamples<'_>> {
        let fail = |error: ort::Error| run_error(&self.model, &error);
        let inputs = self.handles(frame).map_err(fail)?;
        let inputs = inputs.map(SessionInputValue::from);
        let given = self
            .split
            .run_with_options(&inputs[..], &self.split_options);
        drop(given.map_err(fail)?);
        let (_, samples) = self.samples.try_extract_tensor::<u8>().map_err(fail)?;
        LumaSamples::new(samples).ok_or_else(|| Error::Run {
            model: self.model.clone(),
            reason: "the luma's samples have another shape".into(),
        })
    }

    /// Fills `frame` from the model's planes.
    pub(crate) fn store(&mut self, frame: &DeviceFrame) -> Result<()> {
        self.join_into(frame)
            .map_err(|error| run_error(&self.model, &error))
    }

    fn join_into(&mut self, frame: &DeviceFrame) -> ort::Result<()> {
        let [y, uv] = self.handles(frame)?;
        let pitches = frame.planes().map(|plane| plane.stride);
        let rows = match self.rows.take() {
            Some(rows) if rows.pitches == pitches => self.rows.insert(rows),
            _ => self.rows.insert(Rows::new(&self.geometry, pitches)?),
        };
        let selector = OutputSelector::no_default().with("y").preallocate("y", y);
        let selector = selector.with("uv").preallocate("uv", uv);
        let options = RunOptions::new()?.with_outputs(selector);
        let planes = [0, 1, 2].map(|index: usize| self.output[index].tensor());
        let [y, u, v] = planes;
        let inputs: [SessionInputValue<'_>; 5] = [
            y?.into(),
            u?.into(),
            v?.into(),
            (&rows.columns[0]).into(),
            (&rows.columns[1]).into(),
        ];
        self.join.run_with_options(&inputs[..], &options).map(drop)
    }

    /// The planes of `frame` as tensors, pitch and all.
    fn handles(&self, frame: &DeviceFrame) -> ort::Result<[DynTensor; 2]> {
        let heights = [self.geometry.frame.1, self.geometry.chroma().1];
        let [y, uv] = frame.planes();
        Ok([
            borrowed::plane(self.place, y, heights[0])?,
            borrowed::plane(self.place, uv, heights[1])?,
        ])
    }
}

impl Rows {
    fn new(geometry: &Geometry, pitches: [usize; 2]) -> ort::Result<Self> {
        Ok(Self {
            pitches,
            columns: [
                convert::columns(geometry, pitches[0])?,
                convert::uv_columns(geometry, pitches[1])?,
            ],
        })
    }
}

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut ends = f.debug_struct("Ends");
        ends.field("place", &self.place)
            .field("geometry", &self.geometry)
            .finish_non_exhaustive()
    }
}

/// Both graphs, on provider `helper`.
fn sessions(
    environment: &Environment,
    geometry: &Geometry,
    helper: Provider,
    wanted: &Wanted<'_>,
) -> Result<(Session, Session)> {
    let fail = |error: ort::Error| run_error(&wanted.model.info().name, &error);
    let target = Target {
        environment,
        options: wanted.options,
        model: wanted.model,
        size: geometry.picture,
        cache: None,
    };
    let builder = || {
        let builder = environment.builder().map_err(fail)?;
        provider::configure(helper, &target, builder)
    };
    let split = convert::split(&builder()?, geometry, wanted.luts.0).map_err(fail)?;
    let join = convert::join(&builder()?, geometry, wanted.luts.1).map_err(fail)?;
    Ok((split, join))
}

/// Where the model's provider keeps its tensors, and who runs what stands around the model there.
fn place(wanted: &Wanted<'_>) -> std::result::Result<(Place, Provider), String> {
    match wanted.provider {
        // What TensorRT works on is CUDA's, and these graphs are not worth an engine.
        Provider::Cuda | Provider::TensorRt => {
            let ordinal = wanted.options.device_ordinal()?;
            Ok((Place::Gpu(ordinal), Provider::Cuda))
        }
        Provider::Cpu if device::host_stands_in() => Ok((Place::Host, Provider::Cpu)),
        other => Err(format!(
            "provider {} takes frames from system memory only",
            other.name()
        )),
    }
}

fn planes(allocator: &Allocator, place: Place, geometry: &Geometry) -> ort::Result<Planes> {
    let make = |(width, height): (usize, usize)| {
        let shape = [1, 1, height, width];
        Buffer::new(allocator, place, TensorElementType::Uint8, &shape)
    };
    let chroma = geometry.picture_chroma();
    Ok([make(geometry.picture)?, make(chroma)?, make(chroma)?])
}

fn split_options(
    input: &Planes,
    samples: &DynTensor,
) -> ort::Result<RunOptions<HasSelectedOutputs>> {
    let mut selector = OutputSelector::no_default();
    for (name, buffer) in PLANES.into_iter().zip(input) {
        selector = selector.with(name).preallocate(name, buffer.tensor()?);
    }
    let seen = borrowed::alias(samples, Place::Host)?;
    let selector = selector.with("samples").preallocate("samples", seen);
    Ok(RunOptions::new()?.with_outputs(selector))
}
