//! From a model file to a session: the graph's options, and the providers in their order.

use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use super::Environment;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::modelinfo::Role;
use crate::provider::{
    self, ActiveProvider, OptimizationLevel, Provider, ProviderChoice, SessionOptions,
};

/// What a session is opened for.
pub(crate) struct Request<'a> {
    pub(crate) model: &'a Model,
    pub(crate) options: &'a SessionOptions,
    /// Width and height of the model's picture (padded).
    pub(crate) size: (usize, usize),
}

impl Request<'_> {
    /// Names and sizes of the symbolic dimensions that Tapetum's own models have: bound before the graph is
    /// optimised, which makes every shape static. How many pixels an element covers is the sidecar's to say.
    fn dimensions(&self) -> [(&'static str, usize); 8] {
        let (width, height) = self.size;
        let info = self.model.info();
        let stride = |role: Role, default: usize| {
            let mut tensors = info.inputs.iter().chain(&info.outputs);
            tensors
                .find(|tensor| tensor.role == role && tensor.dims.contains(&-1))
                .map_or(default, |tensor| tensor.stride)
        };
        let chroma = stride(Role::ChromaU, 2);
        let state = stride(Role::State, 8);
        let grid = stride(Role::Degradation, 16);
        [
            ("width", width),
            ("height", height),
            ("chroma_width", width / chroma),
            ("chroma_height", height / chroma),
            ("state_width", width / state),
            ("state_height", height / state),
            ("grid_width", width / grid),
            ("grid_height", height / grid),
        ]
    }
}

/// Loads the model on the first provider that takes it, and says which one that was and why.
pub(super) fn load(
    environment: &Environment,
    request: &Request<'_>,
) -> Result<(Session, ActiveProvider)> {
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
) -> Result<Session> {
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
    let mut builder = environment.builder()?.with_optimization_level(level)?;
    for (name, size) in request.dimensions() {
        builder = builder.with_dimension_override(name, size as i64)?;
    }
    Ok(builder)
}

/// ONNX Runtime's errors can run over many lines of stack; the first says what happened.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}
