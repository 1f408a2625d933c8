//! From a model file to a session: the graph's options, and the providers in their order.

use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use super::{Environment, assignment, compile};
use crate::cache::Origin;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::modelinfo::{ElementType, Role, TensorInfo};
use crate::provider::{self, OptimizationLevel, Provider, SessionOptions, Target};

/// What a session is opened for.
pub(crate) struct Request<'a> {
    pub(crate) model: &'a Model,
    pub(crate) options: &'a SessionOptions,
    /// Width and height of the frames.
    pub(crate) size: (usize, usize),
}

/// What came of a request.
pub(super) struct Loaded {
    pub(super) session: Session,
    /// The file that was loaded: the model, or its companion.
    pub(super) model: Model,
    /// Width and height of its picture (padded).
    pub(super) size: (usize, usize),
    /// Where its compiled model comes from.
    pub(super) engine: Origin,
}

/// Names and sizes of the symbolic dimensions that Tapetum's own models have: bound before the graph is optimised,
/// which makes every shape static. How many pixels an element covers is the sidecar's to say.
fn dimensions(model: &Model, (width, height): (usize, usize)) -> [(&'static str, usize); 10] {
    let info = model.info();
    let stride = |is_wanted: &dyn Fn(&TensorInfo) -> bool, default: usize| {
        let mut tensors = info.inputs.iter().chain(&info.outputs);
        tensors
            .find(|tensor| is_wanted(tensor) && tensor.dims.contains(&-1))
            .map_or(default, |tensor| tensor.stride)
    };
    let chroma = stride(&|tensor| tensor.role == Role::ChromaU, 2);
    let block = stride(&|tensor| tensor.role == Role::Blocks, 4);
    let grid = stride(&|tensor| tensor.role == Role::Degradation, 16);
    // States of code values are pictures, and take the names of the planes that they look like.
    let is_state = |t: &TensorInfo| t.role == Role::State && t.element == ElementType::F32;
    let state = stride(&is_state, 8);
    [
        ("width", width),
        ("height", height),
        ("chroma_width", width / chroma),
        ("chroma_height", height / chroma),
        ("block_width", width / block),
        ("block_height", height / block),
        ("state_width", width / state),
        ("state_height", height / state),
        ("grid_width", width / grid),
        ("grid_height", height / grid),
    ]
}

/// Loads the model on `candidate`.
pub(super) fn load_on(
    candidate: Provider,
    environment: &Environment,
    request: &Request<'_>,
) -> Result<Loaded> {
    let model = request.model.for_provider(candidate)?;
    let path = model.path();
    // A missing or unreadable file is the same fault on every provider: say it in plain words.
    std::fs::File::open(path).map_err(|source| {
        model.fault(Error::Read {
            path: path.to_path_buf(),
            source,
        })
    })?;
    let (session, size, engine) = compile::open(candidate, environment, request, &model)?;
    Ok(Loaded {
        session,
        model,
        size,
        engine,
    })
}

/// Whether `candidate` can be used here, as far as that shows without loading the model.
pub(crate) fn probe(
    candidate: Provider,
    environment: &Environment,
    request: &Request<'_>,
) -> Result<()> {
    let model = request.model.for_provider(candidate)?;
    let size = model.info().padded_size(request.size.0, request.size.1)?;
    let target = Target {
        environment,
        options: request.options,
        model: &model,
        size,
        cache: None,
    };
    prepare(candidate, &target).map(drop)
}

/// A builder for `target`'s model on `candidate`.
pub(super) fn prepare(candidate: Provider, target: &Target<'_>) -> Result<SessionBuilder> {
    let dimensions = dimensions(target.model, target.size);
    let builder = builder(target.environment, target.options, &dimensions);
    let builder = builder.map_err(|error| Error::Provider {
        provider: candidate.name(),
        reason: error.to_string(),
    })?;
    provider::configure(candidate, target, builder)
}

fn builder(
    environment: &Environment,
    options: &SessionOptions,
    dimensions: &[(&str, usize)],
) -> ort::Result<SessionBuilder> {
    let level = match options.optimization_level {
        OptimizationLevel::DisableAll => GraphOptimizationLevel::Disable,
        OptimizationLevel::EnableBasic => GraphOptimizationLevel::Level1,
        OptimizationLevel::EnableExtended => GraphOptimizationLevel::Level2,
        OptimizationLevel::EnableAll => GraphOptimizationLevel::All,
    };
    let mut builder = environment
        .builder()?
        .with_optimization_level(level)?
        .with_config_entry(assignment::RECORD, "1")?;
    for &(name, size) in dimensions {
        builder = builder.with_dimension_override(name, size as i64)?;
    }
    Ok(builder)
}
