//! One section of the sidecar, and the tensor that it describes.

use ini::Properties;

use super::{ElementType, Role, TensorInfo, check};

pub(super) fn required<'a>(section: &'a Properties, key: &str) -> Result<&'a str, String> {
    section.get(key).ok_or_else(|| format!("has no {key} key"))
}

pub(super) fn tensor(name: &str, section: &Properties) -> Result<TensorInfo, String> {
    let role = match required(section, "role")? {
        "luma" => Role::Luma,
        "chroma-u" => Role::ChromaU,
        "chroma-v" => Role::ChromaV,
        "rgb" => Role::Rgb,
        "strength" => Role::Strength,
        "blocks" => Role::Blocks,
        "residual" => Role::Residual,
        "gain" => Role::Gain,
        "state" => Role::State,
        "degradation" => Role::Degradation,
        other => {
            return Err(format!(
                "role={other}: use luma, chroma-u, chroma-v, rgb, strength, blocks, residual, gain, \
                 state or degradation"
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
        value_range: match section.get("ranges") {
            Some(text) => value_range(text)?,
            None if role == Role::Residual => {
                return Err("has no ranges key (code values of 0 and 255)".into());
            }
            None => (0.0, 1.0),
        },
        stride: section
            .get("stride")
            .map_or(Ok(default_stride(role)), stride)?,
        dead_zone: section
            .get("dead-zone")
            .map_or(Ok(0.0), |text| code_values("dead-zone", text))?,
        keep: section.get("keep").map_or(Ok(0.0), keep)?,
        keep_limit: section
            .get("keep-limit")
            .map_or(Ok(255.0), |text| code_values("keep-limit", text))?,
        reset: section.get("reset").map_or(Ok(0), reset)?,
    };
    check::shape(&tensor)?;
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
        Role::Luma | Role::Rgb | Role::Strength | Role::Gain => 1,
        Role::ChromaU | Role::ChromaV => 2,
        Role::Blocks | Role::Residual => 4,
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

fn code_values(key: &str, text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(values) if (0.0..=255.0).contains(&values) => Ok(values),
        _ => Err(format!("{key}={text}: use code values from 0 to 255")),
    }
}

fn keep(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err(format!("keep={text}: use a share from 0 to below 1")),
    }
}

fn reset(text: &str) -> Result<u8, String> {
    text.parse()
        .map_err(|_| format!("reset={text}: use a whole number from 0 to 255"))
}
