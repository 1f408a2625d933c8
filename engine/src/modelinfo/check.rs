//! Whether the tensors of a sidecar make sense, each alone and together.

use super::{ElementType, ModelInfo, Role, TensorInfo};

/// Whether a tensor has the shape of its role.
pub(super) fn shape(tensor: &TensorInfo) -> Result<(), String> {
    // One frame, or as many as a run is given.
    let (1 | -1, dims) = tensor
        .dims
        .split_first()
        .map_or((0, &[][..]), |(&n, rest)| (n, rest))
    else {
        return Err(shape_fault(tensor));
    };
    let is_u8 = tensor.element == ElementType::U8;
    let fits = match tensor.role {
        Role::Luma | Role::ChromaU | Role::ChromaV => is_u8 && matches!(dims, [1, _, _]),
        Role::Rgb => matches!(dims, [3, _, _] | [_, _, 3]),
        Role::Strength => !is_u8 && dims.is_empty(),
        Role::Blocks => {
            is_u8
                && matches!(
                    (tensor.stride, dims),
                    (4, [_, _, 24 | 48]) | (8, [_, _, 96 | 192])
                )
        }
        Role::Residual => {
            is_u8
                && matches!(
                    (tensor.stride, dims),
                    (4, [_, _, 24 | 25]) | (8, [_, _, 96 | 97])
                )
        }
        Role::Gain => !is_u8 && matches!(dims, [1, 1, 1]),
        Role::State => dims.len() == 3,
        Role::Degradation => !is_u8 && matches!(dims, [3, _, _]),
    };
    match fits {
        true => Ok(()),
        false => Err(shape_fault(tensor)),
    }
}

fn shape_fault(tensor: &TensorInfo) -> String {
    format!(
        "does not have the shape of its role: planes are uint8 1,1,H,W; rgb is 1,3,H,W or 1,H,W,3; \
         strength is float32 1; blocks are uint8 1,H,W,24 at stride 4 or 1,H,W,96 at stride 8, twice as many with the \
         past; a residual has as many values as blocks, one more with the past; gain is float32 1,1,1,1; state has \
         four dims; degradation is float32 1,3,H,W; -1 instead of the first 1 where a run takes several frames (dims={:?})",
        tensor.dims
    )
}

/// Whether the tensors of a model belong together.
pub(super) fn tensors(info: &ModelInfo) -> Result<(), String> {
    let has = |tensors, role| ModelInfo::find(tensors, role).is_some();
    let both = |input, output| match (has(&info.inputs, input), has(&info.outputs, output)) {
        (true, true) => Ok(true),
        (false, false) => Ok(false),
        _ if input == output => Err(format!(
            "a tensor of role {input:?} needs both an input and an output section"
        )),
        _ => Err(format!(
            "an input of role {input:?} needs an output of role {output:?}, and the other way round"
        )),
    };
    let (luma, u, v, rgb) = (
        both(Role::Luma, Role::Luma)?,
        both(Role::ChromaU, Role::ChromaU)?,
        both(Role::ChromaV, Role::ChromaV)?,
        both(Role::Rgb, Role::Rgb)?,
    );
    let (blocks, gain) = (
        both(Role::Blocks, Role::Residual)?,
        both(Role::Blocks, Role::Gain)?,
    );
    let is_one_kind = [luma, rgb, blocks].iter().filter(|&&is| is).count() == 1;
    if !is_one_kind || u != v || (u && !luma) || blocks != gain {
        return Err(
            "the pictures are either luma, luma + chroma-u + chroma-v, rgb, or blocks".into(),
        );
    }
    blocks_agree(info)?;
    states_pair_up(info)?;
    batches_agree(info)
}

/// A run takes several frames of everything or of nothing.
fn batches_agree(info: &ModelInfo) -> Result<(), String> {
    let tensors = || info.inputs.iter().chain(&info.outputs);
    match (
        tensors().find(|t| t.is_batched()),
        tensors().find(|t| !t.is_batched()),
    ) {
        (Some(several), Some(one)) => Err(format!(
            "[{}] takes several frames in a run, [{}] takes one: the first of dims is -1 everywhere or nowhere",
            several.name, one.name
        )),
        _ => Ok(()),
    }
}

/// The residual goes block by block, with one value more where the past is seen, which says how much of it is kept.
fn blocks_agree(info: &ModelInfo) -> Result<(), String> {
    let (Some(blocks), Some(residual)) = (
        ModelInfo::find(&info.inputs, Role::Blocks),
        ModelInfo::find(&info.outputs, Role::Residual),
    ) else {
        return Ok(());
    };
    let sees_past = blocks.pictures() > 1;
    let more = residual.dims[3] % 2 > 0;
    let same_grid = (blocks.stride, &blocks.dims[..3]) == (residual.stride, &residual.dims[..3]);
    if !same_grid || sees_past != more {
        return Err(format!(
            "[{}] and [{}] must have the same stride and dims but for the last: 24 and 24 or, with the past, 48 and 25 \
             at stride 4; 96 and 96 or 192 and 97 at stride 8",
            blocks.name, residual.name
        ));
    }
    if (residual.keep > 0.0) != sees_past {
        return Err(format!(
            "[{}] has a keep key above 0 where, and only where, [{}] holds the past",
            residual.name, blocks.name
        ));
    }
    Ok(())
}

fn states_pair_up(info: &ModelInfo) -> Result<(), String> {
    let is_state = |tensor: &&TensorInfo| tensor.role == Role::State;
    let count = |tensors: &[TensorInfo]| tensors.iter().filter(is_state).count();
    if count(&info.inputs) != count(&info.outputs) {
        return Err("state inputs and state outputs must pair up".into());
    }
    let outputs = info.outputs.iter().filter(is_state);
    let mut pairs = info.inputs.iter().filter(is_state).zip(outputs);
    pairs.try_for_each(|(input, output)| same_shape(input, output))
}

fn same_shape(a: &TensorInfo, b: &TensorInfo) -> Result<(), String> {
    if (a.element, &a.dims, a.stride) == (b.element, &b.dims, b.stride) {
        return Ok(());
    }
    Err(format!(
        "[{}] and [{}] must have the same type, dims and stride",
        a.name, b.name
    ))
}

/// Whether padded frames can be cut to the tensors' grids.
pub(super) fn strides(info: &ModelInfo) -> Result<(), String> {
    for tensor in info.inputs.iter().chain(&info.outputs) {
        if tensor.follows_the_frame() && !info.alignment.is_multiple_of(tensor.stride) {
            return Err(format!(
                "alignment={} is no multiple of the stride {} of [{}]",
                info.alignment, tensor.stride, tensor.name
            ));
        }
    }
    Ok(())
}
