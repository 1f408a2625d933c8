//! From the sidecar's text to a validated [`ModelInfo`].

use ini::{Ini, Properties};

use super::{ElementType, ModelInfo, ModelKind, Role, TensorInfo};
use crate::pixel::Range;

const HEADER: &str = "modelinfo";

pub(super) fn parse(text: &str, default_name: &str) -> Result<ModelInfo, String> {
    let ini = Ini::load_from_str(text).map_err(|error| format!("not an INI file: {error}"))?;
    let header = ini
        .section(Some(HEADER))
        .ok_or("the [modelinfo] section is missing")?;
    match header.get("version") {
        Some("1.0") => {}
        Some(other) => return Err(format!("version={other} is not known, only 1.0 is")),
        None => return Err("[modelinfo] has no version key (version=1.0)".into()),
    }

    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for (name, section) in &ini {
        let Some(name) = name.filter(|name| *name != HEADER) else {
            continue;
        };
        let tensor = tensor(name, section).map_err(|problem| format!("[{name}] {problem}"))?;
        match required(section, "dir").map_err(|problem| format!("[{name}] {problem}"))? {
            "input" => inputs.push(tensor),
            "output" => outputs.push(tensor),
            other => return Err(format!("[{name}] dir={other}: use input or output")),
        }
    }

    let mut info = ModelInfo {
        name: header.get("model-name").unwrap_or(default_name).to_owned(),
        precision: header.get("precision").unwrap_or("unknown").to_owned(),
        alignment: 1,
        range: range(header)?,
        inputs,
        outputs,
    };
    check_tensors(&info)?;
    info.alignment = alignment(header, info.kind())?;
    check_strides(&info)?;
    Ok(info)
}

fn required<'a>(section: &'a Properties, key: &str) -> Result<&'a str, String> {
    section.get(key).ok_or_else(|| format!("has no {key} key"))
}

fn tensor(name: &str, section: &Properties) -> Result<TensorInfo, String> {
    let role = match required(section, "role")? {
        "luma" => Role::Luma,
        "chroma-u" => Role::ChromaU,
        "chroma-v" => Role::ChromaV,
        "rgb" => Role::Rgb,
        "strength" => Role::Strength,
        "state" => Role::State,
        "degradation" => Role::Degradation,
        other => {
            return Err(format!(
                "role={other}: use luma, chroma-u, chroma-v, rgb, strength, state or degradation"
            ));
        }
    };
    let element = match required(section, "type")? {
        "uint8" => ElementType::U8,
        "float32" => ElementType::F32,
        other => return Err(format!("type={other}: use uint8 or float32")),
    };
    let tensor = TensorInfo {
        name: name.to_owned(),
        role,
        element,
        dims: dims(required(section, "dims")?)?,
        value_range: section.get("ranges").map_or(Ok((0.0, 1.0)), value_range)?,
        stride: section
            .get("stride")
            .map_or(Ok(default_stride(role)), stride)?,
    };
    check_shape(&tensor)?;
    Ok(tensor)
}

fn dims(text: &str) -> Result<Vec<i64>, String> {
    text.split(',')
        .map(|dim| match dim.trim().parse::<i64>() {
            Ok(dim) if dim == -1 || dim > 0 => Ok(dim),
            _ => Err(format!(
                "dims={text}: every dimension is -1 (any) or a positive number"
            )),
        })
        .collect()
}

fn value_range(text: &str) -> Result<(f32, f32), String> {
    let problem = || format!("ranges={text}: use black,white such as 0.0,1.0 or -1.0,1.0");
    let (black, white) = text.split_once(',').ok_or_else(problem)?;
    match (black.trim().parse::<f32>(), white.trim().parse::<f32>()) {
        (Ok(black), Ok(white)) if black.is_finite() && white.is_finite() && black < white => {
            Ok((black, white))
        }
        _ => Err(problem()),
    }
}

fn default_stride(role: Role) -> usize {
    match role {
        Role::Luma | Role::Rgb | Role::Strength => 1,
        Role::ChromaU | Role::ChromaV => 2,
        Role::State => 8,
        Role::Degradation => 16,
    }
}

fn stride(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(stride) if (1..=512).contains(&stride) => Ok(stride),
        _ => Err(format!("stride={text}: use a number from 1 to 512")),
    }
}

fn check_shape(tensor: &TensorInfo) -> Result<(), String> {
    let dims = tensor.dims.as_slice();
    let fits = match tensor.role {
        Role::Luma | Role::ChromaU | Role::ChromaV => {
            tensor.element == ElementType::U8 && matches!(dims, [1, 1, _, _])
        }
        Role::Rgb => matches!(dims, [1, 3, _, _] | [1, _, _, 3]),
        Role::Strength => tensor.element == ElementType::F32 && matches!(dims, [1]),
        Role::State => tensor.element == ElementType::F32 && dims.len() == 4,
        Role::Degradation => tensor.element == ElementType::F32 && matches!(dims, [1, 3, _, _]),
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "does not have the shape of its role: planes are uint8 1,1,H,W; rgb is 1,3,H,W or 1,H,W,3; \
         strength is float32 1; state is float32 with four dims; degradation is float32 1,3,H,W (dims={dims:?})"
    ))
}

fn check_tensors(info: &ModelInfo) -> Result<(), String> {
    let both = |role| match (
        ModelInfo::find(&info.inputs, role),
        ModelInfo::find(&info.outputs, role),
    ) {
        (Some(_), Some(_)) => Ok(true),
        (None, None) => Ok(false),
        _ => Err(format!(
            "a tensor of role {role:?} needs both an input and an output section"
        )),
    };
    let (luma, u, v, rgb) = (
        both(Role::Luma)?,
        both(Role::ChromaU)?,
        both(Role::ChromaV)?,
        both(Role::Rgb)?,
    );
    if luma == rgb || u != v || (u && !luma) {
        return Err("the pictures are either luma, luma + chroma-u + chroma-v, or rgb".into());
    }
    let states = |tensors: &[TensorInfo]| {
        tensors
            .iter()
            .filter(|tensor| tensor.role == Role::State)
            .count()
    };
    if states(&info.inputs) != states(&info.outputs) {
        return Err("state inputs and state outputs must pair up".into());
    }
    Ok(())
}

fn check_strides(info: &ModelInfo) -> Result<(), String> {
    for tensor in info.inputs.iter().chain(&info.outputs) {
        if tensor.dims.contains(&-1) && !info.alignment.is_multiple_of(tensor.stride) {
            return Err(format!(
                "alignment={} is no multiple of the stride {} of [{}]",
                info.alignment, tensor.stride, tensor.name
            ));
        }
    }
    Ok(())
}

fn range(header: &Properties) -> Result<Range, String> {
    match header.get("range") {
        None | Some("limited") => Ok(Range::Limited),
        Some("full") => Ok(Range::Full),
        Some(other) => Err(format!("range={other}: use limited or full")),
    }
}

fn alignment(header: &Properties, kind: ModelKind) -> Result<usize, String> {
    let least = if kind == ModelKind::Planes { 2 } else { 1 };
    let Some(text) = header.get("alignment") else {
        return Ok(least);
    };
    match text.parse::<usize>() {
        Ok(alignment) if alignment >= least && alignment <= 512 && alignment % least == 0 => {
            Ok(alignment)
        }
        _ => Err(format!(
            "alignment={text}: use a multiple of {least} up to 512"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RGB: &str = "[modelinfo]\nversion=1.0\n\
        [image]\ndir=input\ntype=float32\ndims=1,360,640,3\nranges=-1.0,1.0\nrole=rgb\n\
        [restored]\ndir=output\ntype=float32\ndims=1,360,640,3\nranges=-1.0,1.0\nrole=rgb\n";

    #[test]
    fn a_third_party_rgb_model_is_described_by_its_sidecar() {
        let info = parse(RGB, "lyt").unwrap();
        assert_eq!(info.name, "lyt");
        assert_eq!(info.kind(), ModelKind::Rgb);
        assert_eq!(info.fixed_size(), Some((640, 360)));
        assert_eq!(info.inputs[0].value_range, (-1.0, 1.0));
        assert!(info.inputs[0].channels_last());
    }

    #[test]
    fn a_frame_larger_than_a_fixed_model_is_refused() {
        let error = parse(RGB, "lyt")
            .unwrap()
            .padded_size(641, 360)
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("takes frames up to 640x360, this one is 641x360"),
            "{error}"
        );
    }

    #[test]
    fn every_fault_is_named_with_its_cure() {
        let cases = [
            ("", "the [modelinfo] section is missing"),
            (
                "[modelinfo]\n",
                "[modelinfo] has no version key (version=1.0)",
            ),
            (
                "[modelinfo]\nversion=2.0\n",
                "version=2.0 is not known, only 1.0 is",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=image\n",
                "[x] role=image: use luma, chroma-u, chroma-v, rgb, strength, state or degradation",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=rgb\ntype=int64\n",
                "[x] type=int64: use uint8 or float32",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=rgb\ntype=float32\ndims=1,0,2,3\n",
                "[x] dims=1,0,2,3: every dimension is -1 (any) or a positive number",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=rgb\ntype=float32\ndims=1,3,2,2\nranges=1,0\n",
                "[x] ranges=1,0: use black,white such as 0.0,1.0 or -1.0,1.0",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=rgb\ntype=float32\ndims=1,3,2,2\n",
                "a tensor of role Rgb needs both an input and an output section",
            ),
        ];
        for (text, problem) in cases {
            assert_eq!(parse(text, "m").unwrap_err(), problem, "for {text:?}");
        }
    }

    #[test]
    fn sides_are_padded_to_the_alignment() {
        let text = RGB
            .replace("360,640", "-1,-1")
            .replace("version=1.0", "version=1.0\nalignment=16");
        assert_eq!(
            parse(&text, "m").unwrap().padded_size(641, 360).unwrap(),
            (656, 368)
        );
    }
}
