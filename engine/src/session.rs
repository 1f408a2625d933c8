//! ONNX Runtime behind a narrow door: outside this file and `provider/`, nothing names `ort`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::session::SessionInputValue;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{DynTensor, DynValue, TensorElementType};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::modelinfo::{ElementType, ModelInfo, Role, TensorInfo};
use crate::provider::{
    self, ActiveProvider, OptimizationLevel, Provider, ProviderChoice, SessionOptions,
};

/// The process's ONNX Runtime environment and the plugins registered with it.
#[derive(Debug)]
pub(crate) struct Environment {
    inner: ort::environment::Environment,
    library: PathBuf,
    plugins: Mutex<Vec<&'static str>>,
}

impl Environment {
    pub(crate) fn load(library: &Path) -> Result<Self> {
        let fail = |reason: String| Error::RuntimeLoad {
            path: library.to_path_buf(),
            reason,
        };
        let inner = ort::init_from(library)
            .map_err(|error| fail(error.to_string()))?
            .with_name("tapetum")
            .with_telemetry(false)
            .build()
            .map_err(|error| fail(error.to_string()))?;
        Ok(Self {
            inner,
            library: library.to_path_buf(),
            plugins: Mutex::default(),
        })
    }

    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    pub(crate) fn devices(&self) -> impl Iterator<Item = ort::device::Device<'_>> {
        self.inner.devices()
    }

    /// Registers a plugin provider once per process.
    pub(crate) fn register_plugin(
        &self,
        name: &'static str,
        find: impl FnOnce() -> Result<PathBuf, String>,
    ) -> Result<(), String> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if plugins.contains(&name) {
            return Ok(());
        }
        let path = find()?;
        self.inner
            .register_ep_library(name, &path)
            .map_err(|error| format!("{} does not load: {error}", path.display()))?;
        plugins.push(name);
        Ok(())
    }
}

/// What a session is opened for.
pub(crate) struct Request<'a> {
    pub(crate) model: &'a Model,
    pub(crate) options: &'a SessionOptions,
    /// Width and height of the model's picture (padded).
    pub(crate) size: (usize, usize),
}

impl Request<'_> {
    /// Names and sizes of the symbolic dimensions that Tapetum's own models have: bound before the graph is
    /// optimised, which makes every shape static.
    fn dimensions(&self) -> [(&'static str, usize); 6] {
        let (width, height) = self.size;
        [
            ("width", width),
            ("height", height),
            ("chroma_width", width / 2),
            ("chroma_height", height / 2),
            ("state_width", width / 8),
            ("state_height", height / 8),
        ]
    }
}

/// A loaded model, its input tensors, and its recurrent state among them.
#[derive(Debug)]
pub(crate) struct Session {
    inner: ort::session::Session,
    inputs: Vec<(String, DynTensor)>,
    /// Index of a state input, and the output that becomes its next value.
    states: Vec<(usize, String)>,
    active: ActiveProvider,
    model: String,
}

impl Session {
    /// Loads a model on the first provider that takes it. Inputs start as zeros.
    pub(crate) fn open(environment: &Environment, request: &Request<'_>) -> Result<Self> {
        let (path, info) = (request.model.path(), request.model.info());
        // A missing or unreadable file is the same fault on every provider: say it once, in plain words.
        std::fs::File::open(path).map_err(|source| Error::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let (inner, active) = load(environment, request)?;
        check_signature(&inner, path, info)?;
        let (width, height) = request.size;
        let inputs = info
            .inputs
            .iter()
            .map(|tensor| input(&info.name, tensor, &tensor.shape(width, height)));
        let state_inputs = info
            .inputs
            .iter()
            .enumerate()
            .filter(|(_, tensor)| tensor.role == Role::State);
        let state_outputs = info
            .outputs
            .iter()
            .filter(|tensor| tensor.role == Role::State);
        let states = state_inputs
            .zip(state_outputs)
            .map(|((index, _), output)| (index, output.name.clone()));
        Ok(Self {
            inputs: inputs.collect::<Result<_>>()?,
            states: states.collect(),
            inner,
            active,
            model: info.name.clone(),
        })
    }

    pub(crate) fn active_provider(&self) -> &ActiveProvider {
        &self.active
    }

    /// The values of 8-bit input `index`.
    pub(crate) fn input_u8(&mut self, index: usize) -> Result<&mut [u8]> {
        self.input(index)
    }

    /// The values of two 8-bit inputs at once; `first` comes before `second` in the sidecar or after it.
    pub(crate) fn two_inputs_u8(
        &mut self,
        first: usize,
        second: usize,
    ) -> Result<(&mut [u8], &mut [u8])> {
        let model = &self.model;
        let [(_, first), (_, second)] =
            self.inputs
                .get_disjoint_mut([first, second])
                .map_err(|error| Error::Run {
                    model: model.clone(),
                    reason: error.to_string(),
                })?;
        let first = first
            .try_extract_tensor_mut()
            .map_err(|error| run_error(model, &error))?;
        let second = second
            .try_extract_tensor_mut()
            .map_err(|error| run_error(model, &error))?;
        Ok((first.1, second.1))
    }

    /// The values of float input `index`.
    pub(crate) fn input_f32(&mut self, index: usize) -> Result<&mut [f32]> {
        self.input(index)
    }

    fn input<T: ort::value::PrimitiveTensorElementType>(
        &mut self,
        index: usize,
    ) -> Result<&mut [T]> {
        let (_, tensor) = &mut self.inputs[index];
        let values = tensor.try_extract_tensor_mut::<T>();
        values
            .map(|(_, values)| values)
            .map_err(|error| run_error(&self.model, &error))
    }

    /// Runs the model once, and carries its state over to the next run.
    pub(crate) fn run(&mut self) -> Result<Outputs<'_>> {
        let inputs: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = self
            .inputs
            .iter()
            .map(|(name, tensor)| (Cow::from(name), tensor.into()))
            .collect();
        let outputs = self
            .inner
            .run(inputs)
            .map_err(|error| run_error(&self.model, &error))?;
        let outputs = Outputs {
            inner: outputs,
            model: &self.model,
        };
        for (index, name) in &self.states {
            let (shape, next) = self.inputs[*index]
                .1
                .try_extract_tensor_mut::<f32>()
                .map_err(|error| run_error(&self.model, &error))?;
            let shape: Vec<usize> = shape.iter().map(|&dim| dim as usize).collect();
            next.copy_from_slice(outputs.f32(name, &shape)?);
        }
        Ok(outputs)
    }

    /// Sets the recurrent state to zero: the next frame starts a new scene.
    pub(crate) fn reset_state(&mut self) -> Result<()> {
        for (index, _) in &self.states {
            let (_, values) = self.inputs[*index]
                .1
                .try_extract_tensor_mut::<f32>()
                .map_err(|error| run_error(&self.model, &error))?;
            values.fill(0.0);
        }
        Ok(())
    }
}

/// What a run gave. Valid until the next one.
pub(crate) struct Outputs<'a> {
    inner: ort::session::SessionOutputs<'a>,
    model: &'a str,
}

impl Outputs<'_> {
    pub(crate) fn u8(&self, name: &str, shape: &[usize]) -> Result<&[u8]> {
        self.values(name, shape)
    }

    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<&[f32]> {
        self.values(name, shape)
    }

    /// Shape of output `name`.
    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let tensor = self.tensor(name)?;
        Ok(tensor
            .shape()
            .iter()
            .map(|&dim| usize::try_from(dim).unwrap_or(0))
            .collect())
    }

    fn tensor(&self, name: &str) -> Result<&DynValue> {
        self.inner.get(name).ok_or_else(|| Error::Run {
            model: self.model.to_owned(),
            reason: format!("gave no output {name}"),
        })
    }

    fn values<T: ort::value::PrimitiveTensorElementType>(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<&[T]> {
        let (got, values) = self
            .tensor(name)?
            .try_extract_tensor::<T>()
            .map_err(|error| run_error(self.model, &error))?;
        let same = got.len() == shape.len()
            && got
                .iter()
                .zip(shape)
                .all(|(&got, &want)| usize::try_from(got).is_ok_and(|got| got == want));
        if same {
            return Ok(values);
        }
        Err(Error::Run {
            model: self.model.to_owned(),
            reason: format!("output {name} has shape {got:?}, {shape:?} was expected"),
        })
    }
}

fn run_error(model: &str, error: &ort::Error) -> Error {
    Error::Run {
        model: model.to_owned(),
        reason: error.to_string(),
    }
}

fn input(model: &str, tensor: &TensorInfo, shape: &[usize]) -> Result<(String, DynTensor)> {
    let element = match tensor.element {
        ElementType::U8 => TensorElementType::Uint8,
        ElementType::F32 => TensorElementType::Float32,
    };
    let dims: Vec<i64> = shape.iter().map(|&dim| dim as i64).collect();
    let mut value = DynTensor::new(&ort::memory::Allocator::default(), element, dims)
        .map_err(|error| run_error(model, &error))?;
    if let Ok((_, values)) = value.try_extract_tensor_mut::<f32>() {
        values.fill(0.0);
    }
    Ok((tensor.name.clone(), value))
}

fn load(
    environment: &Environment,
    request: &Request<'_>,
) -> Result<(ort::session::Session, ActiveProvider)> {
    let options = request.options;
    let mut passed_over = Vec::new();
    let mut last = None;
    for &candidate in provider::candidates(options.provider) {
        match load_on(candidate, environment, request) {
            Ok(session) => {
                let reason = match (options.provider, passed_over.is_empty()) {
                    (ProviderChoice::Only(_), _) => "asked for".to_owned(),
                    (ProviderChoice::Auto, true) => "first choice of auto".to_owned(),
                    (ProviderChoice::Auto, false) => passed_over.join("; "),
                };
                return Ok((
                    session,
                    ActiveProvider {
                        provider: candidate,
                        reason,
                    },
                ));
            }
            Err(error) => {
                tracing::info!(provider = candidate.name(), %error, "provider passed over");
                passed_over.push(error.to_string());
                last = Some(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| Error::Provider {
        provider: "auto",
        reason: "none is built in".into(),
    }))
}

fn load_on(
    candidate: Provider,
    environment: &Environment,
    request: &Request<'_>,
) -> Result<ort::session::Session> {
    let path = request.model.path();
    let builder = builder(environment, request).map_err(|error| Error::Provider {
        provider: candidate.name(),
        reason: error.to_string(),
    })?;
    let mut builder = provider::configure(candidate, environment, builder, request.options)?;
    builder
        .commit_from_file(path)
        .map_err(|error| Error::ModelLoad {
            path: path.to_path_buf(),
            reason: first_line(error.message()),
        })
}

fn builder(environment: &Environment, request: &Request<'_>) -> ort::Result<SessionBuilder> {
    let level = match request.options.optimization_level {
        OptimizationLevel::DisableAll => GraphOptimizationLevel::Disable,
        OptimizationLevel::EnableBasic => GraphOptimizationLevel::Level1,
        OptimizationLevel::EnableExtended => GraphOptimizationLevel::Level2,
        OptimizationLevel::EnableAll => GraphOptimizationLevel::All,
    };
    let mut builder =
        ort::session::Session::builder(&environment.inner)?.with_optimization_level(level)?;
    for (name, size) in request.dimensions() {
        builder = builder.with_dimension_override(name, size as i64)?;
    }
    Ok(builder)
}

/// ONNX Runtime's errors can run over many lines of stack; the first says what happened.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

/// The sidecar's tensors must be the graph's, with the types it says.
fn check_signature(session: &ort::session::Session, path: &Path, info: &ModelInfo) -> Result<()> {
    let fail = |problem| {
        Err(Error::ModelMismatch {
            path: path.to_path_buf(),
            problem,
        })
    };
    let sides = [
        ("input", session.inputs(), &info.inputs),
        ("output", session.outputs(), &info.outputs),
    ];
    for (side, graph, described) in sides {
        for tensor in described {
            let Some(outlet) = graph.iter().find(|outlet| outlet.name() == tensor.name) else {
                let names: Vec<_> = graph.iter().map(ort::value::Outlet::name).collect();
                return fail(format!(
                    "the sidecar's {side} {} is not in the graph, which has {}",
                    tensor.name,
                    names.join(", ")
                ));
            };
            if let Err(problem) = check_tensor(outlet, tensor) {
                return fail(format!("{side} {}: {problem}", tensor.name));
            }
        }
    }
    let missing = session
        .inputs()
        .iter()
        .find(|outlet| info.inputs.iter().all(|t| t.name != outlet.name()));
    match missing {
        Some(outlet) => fail(format!(
            "input {} is not described in the sidecar",
            outlet.name()
        )),
        None => Ok(()),
    }
}

fn check_tensor(outlet: &ort::value::Outlet, tensor: &TensorInfo) -> Result<(), String> {
    let wanted = match tensor.element {
        ElementType::U8 => TensorElementType::Uint8,
        ElementType::F32 => TensorElementType::Float32,
    };
    let element = outlet.dtype().tensor_type();
    if element != Some(wanted) {
        let got = element.map_or_else(|| "no tensor".to_owned(), |element| format!("{element}"));
        return Err(format!("the sidecar says {wanted}, the graph says {got}"));
    }
    let Some(shape) = outlet.dtype().tensor_shape() else {
        return Ok(());
    };
    let fits = shape.len() == tensor.dims.len()
        && shape
            .iter()
            .zip(&tensor.dims)
            .all(|(&graph, &described)| graph == described || graph < 0 || described < 0);
    if fits || shape.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the sidecar says dims {:?}, the graph says {shape:?}",
        tensor.dims
    ))
}
