//! Libraries that are not there, in words that say what to do.

/// The dynamic loader's words, or ONNX Runtime's about them: cut down to the library that is missing if one is, else to
/// the first line.
pub(crate) fn explain(message: &str) -> String {
    match missing_library(message) {
        Some(library) => format!("{library} was not found{}", owner(library)),
        None => message.lines().next().unwrap_or_default().trim().to_owned(),
    }
}

/// The library that the dynamic loader did not find, as glibc words it.
fn missing_library(message: &str) -> Option<&str> {
    const MISSING: &str = ": cannot open shared object file";
    let before = &message[..message.find(MISSING)?];
    let name = before.rsplit(|c: char| c.is_whitespace() || c == '\'' || c == '"');
    name.into_iter().next().filter(|name| name.contains(".so"))
}

/// Which package brings `library`.
fn owner(library: &str) -> &'static str {
    const OWNERS: [(&str, &str); 6] = [
        ("libnvinfer", ": install TensorRT 10 for CUDA 13"),
        ("libnvonnxparser", ": install TensorRT 10 for CUDA 13"),
        (
            "libtensorrt_rtx",
            ": it lies beside the plugin of TensorRT for RTX",
        ),
        ("libcudnn", ": install cuDNN 9 for CUDA 13"),
        ("libcuda.so", ": install the NVIDIA driver"),
        ("libcu", ": install the CUDA 13 runtime libraries"),
    ];
    let known = OWNERS.iter().find(|(start, _)| library.starts_with(start));
    known.map_or("", |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_library_is_named_with_where_it_comes_from() {
        let text = "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1844 onnxruntime::Provider& \
                    onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library \
                    libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object file: \
                    No such file or directory";
        assert_eq!(
            explain(text),
            "libcudnn.so.9 was not found: install cuDNN 9 for CUDA 13"
        );
    }

    #[test]
    fn each_library_is_told_from_the_others() {
        for (library, owner) in [
            ("libnvinfer.so.10", "TensorRT 10"),
            ("libcublasLt.so.13", "CUDA 13 runtime"),
            ("libcudart.so.13", "CUDA 13 runtime"),
            ("libcuda.so.1", "driver"),
        ] {
            let text = format!(
                "error: {library}: cannot open shared object file: No such file or directory"
            );
            let reason = explain(&text);
            assert!(
                reason.starts_with(library) && reason.contains(owner),
                "{reason}"
            );
        }
    }

    #[test]
    fn other_failures_keep_their_first_line() {
        assert_eq!(
            explain("CUDA failure 100: no device\n  at x\n"),
            "CUDA failure 100: no device"
        );
    }
}
