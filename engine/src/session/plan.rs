//! What a stream needs to know of a session to make its tensors.

use ort::session::Session;

use crate::modelinfo::{ElementType, ModelInfo, TensorInfo};

/// The tensors of a loaded file at one size.
#[derive(Debug)]
pub(crate) struct Plan {
    info: ModelInfo,
    size: (usize, usize),
    /// Where the sidecar's inputs come in the graph.
    places: Vec<usize>,
    outputs: Vec<Output>,
}

/// An output that the sidecar describes.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) element: ElementType,
    pub(super) shape: Vec<usize>,
    /// Whether the graph says another shape. Then ONNX Runtime makes it at every run, and whoever reads it objects.
    pub(super) is_disputed: bool,
}

impl Plan {
    /// For a session whose graph has the sidecar's tensors, and its picture of `size` (padded).
    pub(super) fn new(session: &Session, info: &ModelInfo, size: (usize, usize)) -> Self {
        let place = |tensor: &TensorInfo| {
            let mut graph = session.inputs().iter();
            graph.position(|outlet| outlet.name() == tensor.name)
        };
        let outputs = info.outputs.iter();
        Self {
            places: info.inputs.iter().filter_map(place).collect(),
            outputs: outputs
                .map(|tensor| output(session, tensor, size))
                .collect(),
            info: info.clone(),
            size,
        }
    }

    /// What the loaded file expects and gives. Not the requested model's where its companion was loaded.
    pub(crate) fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Width and height of the model's picture (padded).
    pub(crate) fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Whether the tensors of one are those of the other.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        (&self.info, self.size, &self.places) == (&other.info, other.size, &other.places)
    }

    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    pub(super) fn outputs(&self) -> &[Output] {
        &self.outputs
    }
}

fn output(session: &Session, tensor: &TensorInfo, (width, height): (usize, usize)) -> Output {
    let shape = tensor.shape(width, height);
    let mut outlets = session.outputs().iter();
    let graph = outlets
        .find(|outlet| outlet.name() == tensor.name)
        .and_then(|outlet| outlet.dtype().tensor_shape());
    // A dimension that the graph leaves open shows only when it runs.
    let agrees = |(&graph, &wanted): (&i64, &usize)| graph < 0 || graph == wanted as i64;
    let is_same = |graph: &ort::value::Shape| {
        graph.len() == shape.len() && graph.iter().zip(&shape).all(agrees)
    };
    Output {
        name: tensor.name.clone(),
        element: tensor.element,
        is_disputed: graph.is_some_and(|graph| !is_same(graph)),
        shape,
    }
}
