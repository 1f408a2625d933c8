//! Neural filters of others: looked for at every run, since one may turn up.

use crate::row::Outcome;
use std::process::Command;

/// The backend of FFmpeg's own format, which reads no ONNX.
const NATIVE: &str = "native";

pub(super) fn look() -> anyhow::Result<Outcome> {
    let help = Command::new("ffmpeg")
        .args(["-hide_banner", "-h", "filter=dnn_processing"])
        .output();
    let backends = help
        .map(|output| backends(&String::from_utf8_lossy(&output.stdout)))
        .unwrap_or_default();
    let usable: Vec<&str> = backends
        .iter()
        .map(String::as_str)
        .filter(|name| *name != NATIVE)
        .collect();
    let ffmpeg = match (backends.is_empty(), usable.is_empty()) {
        (true, _) => "no FFmpeg with dnn_processing".to_owned(),
        (false, true) => "FFmpeg's dnn_processing has only its native backend (no ONNX)".to_owned(),
        (false, false) => format!("FFmpeg's dnn_processing has {}", usable.join(", ")),
    };
    let has_nnstreamer = gst::ElementFactory::find("tensor_filter").is_some();
    let nnstreamer = if has_nnstreamer {
        "NNStreamer's tensor_filter is here"
    } else {
        "no NNStreamer"
    };
    let found = format!("{ffmpeg}; {nnstreamer}");
    if has_nnstreamer || !usable.is_empty() {
        anyhow::bail!(
            "{found}: a comparison can be written now (benches/suite/src/rows/rivals.rs)"
        );
    }
    Ok(Outcome::NotMeasurable(found))
}

/// The values of option `dnn_backend` in FFmpeg's help.
fn backends(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| !line.trim_start().starts_with("dnn_backend"))
        .skip(1)
        // Its values are indented further than options are.
        .take_while(|line| line.starts_with("     "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backends_are_read_from_the_help() {
        let help = "dnn_processing AVOptions:
   dnn_backend       <int>        ..FV....... DNN backend (default native)
     native          0            ..FV....... native backend flag
     openvino        2            ..FV....... openvino backend flag
   model             <string>     ..FV....... path to model file
";
        assert_eq!(backends(help), ["native", "openvino"]);
        assert!(backends("Unknown filter 'dnn_processing'.\n").is_empty());
    }
}
