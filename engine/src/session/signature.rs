//! Whether graph and sidecar speak of the same tensors.

use std::path::Path;

use ort::session::Session;
use ort::value::{Outlet, TensorElementType};

use crate::error::{Error, Result};
use crate::modelinfo::{ElementType, ModelInfo, TensorInfo};

/// The sidecar's tensors must be the graph's, with the types it says.
pub(super) fn check(session: &Session, path: &Path, info: &ModelInfo) -> Result<()> {
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
                let names: Vec<_> = graph.iter().map(Outlet::name).collect();
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

fn check_tensor(outlet: &Outlet, tensor: &TensorInfo) -> Result<(), String> {
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
