//! From the sidecar's text to a validated [`ModelInfo`].

use std::ffi::OsStr;
use std::path::Path;

use ini::{Ini, Properties};

use super::section::{required, tensor};
use super::{ModelInfo, ModelKind, Role, check};
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
        blocks: None,
        inputs,
        outputs,
    };
    check::tensors(&info)?;
    info.alignment = alignment(header, &info)?;
    check::strides(&info)?;
    info.blocks = header
        .get("blocks")
        .map(|file| companion(file, info.kind()))
        .transpose()?;
    Ok(info)
}

fn companion(file: &str, kind: ModelKind) -> Result<String, String> {
    if kind != ModelKind::Planes {
        return Err(format!(
            "blocks={file}: only a model of luma, chroma-u and chroma-v has a companion on blocks"
        ));
    }
    if Path::new(file).file_name() != Some(OsStr::new(file)) {
        return Err(format!(
            "blocks={file}: use the name of a file beside the model"
        ));
    }
    Ok(file.to_owned())
}

fn range(header: &Properties) -> Result<Range, String> {
    match header.get("range") {
        None | Some("limited") => Ok(Range::Limited),
        Some("full") => Ok(Range::Full),
        Some(other) => Err(format!("range={other}: use limited or full")),
    }
}

fn alignment(header: &Properties, info: &ModelInfo) -> Result<usize, String> {
    let least = match info.kind() {
        ModelKind::Planes => 2,
        ModelKind::Blocks => {
            ModelInfo::find(&info.inputs, Role::Blocks).map_or(1, |blocks| blocks.stride)
        }
        ModelKind::Luma | ModelKind::Rgb => 1,
    };
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
                "[x] role=image: use luma, chroma-u, chroma-v, rgb, strength, blocks, residual, gain, \
                 state or degradation",
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
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=gain\ntype=float32\ndims=1,1,1,1\nreset=256\n",
                "[x] reset=256: use a whole number from 0 to 255",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=output\nrole=residual\ntype=uint8\ndims=1,-1,-1,24\n",
                "[x] has no ranges key (code values of 0 and 255)",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=output\nrole=residual\ntype=uint8\ndims=1,-1,-1,24\n\
                 ranges=0,255\ndead-zone=-1\n",
                "[x] dead-zone=-1: use code values from 0 to 255",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=output\nrole=residual\ntype=uint8\ndims=1,-1,-1,25\n\
                 ranges=0,255\nkeep=1\n",
                "[x] keep=1: use a share from 0 to below 1",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=blocks\ntype=uint8\ndims=1,-1,-1,48\n\
                 [r]\ndir=output\nrole=residual\ntype=uint8\ndims=1,-1,-1,24\nranges=0,255\n\
                 [g]\ndir=output\nrole=gain\ntype=float32\ndims=1,1,1,1\n",
                "[x] and [r] must have the same stride and dims but for the last: 24 and 24 or, with the past, 48 and 25 \
                 at stride 4; 96 and 96 or 192 and 97 at stride 8",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=blocks\ntype=uint8\ndims=1,-1,-1,48\n\
                 [r]\ndir=output\nrole=residual\ntype=uint8\ndims=1,-1,-1,25\nranges=0,255\n\
                 [g]\ndir=output\nrole=gain\ntype=float32\ndims=1,1,1,1\n",
                "[r] has a keep key above 0 where, and only where, [x] holds the past",
            ),
            (
                "[modelinfo]\nversion=1.0\n[x]\ndir=input\nrole=blocks\ntype=uint8\ndims=1,-1,-1,24\n",
                "an input of role Blocks needs an output of role Residual, and the other way round",
            ),
        ];
        for (text, problem) in cases {
            assert_eq!(parse(text, "m").unwrap_err(), problem, "for {text:?}");
        }
    }

    #[test]
    fn only_models_of_planes_have_a_companion_and_it_lies_beside_them() {
        let named = |file| {
            parse(
                &RGB.replace("1.0\n[", &format!("1.0\nblocks={file}\n[")),
                "m",
            )
        };
        assert_eq!(
            named("x.onnx").unwrap_err(),
            "blocks=x.onnx: only a model of luma, chroma-u and chroma-v has a companion on blocks"
        );
        assert_eq!(
            companion("../x.onnx", ModelKind::Planes).unwrap_err(),
            "blocks=../x.onnx: use the name of a file beside the model"
        );
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
