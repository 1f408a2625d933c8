//! The libraries that NVIDIA's providers need beside the driver, and their versions.
//!
//! Unsafe, since their versions are told by C functions.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};

use super::dynamic::Dynamic;

/// A library that a provider needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// What it is called.
    pub name: &'static str,
    /// The file that the dynamic loader is asked for.
    pub file: &'static str,
    /// Its version, or why it cannot be opened.
    pub version: Result<String, String>,
}

/// How a library tells its version.
enum Teller {
    /// `int f(int *)`.
    Writes(&'static CStr),
    /// `size_t f(void)`.
    Returns(&'static CStr),
    /// `int f(void)`.
    ReturnsInt(&'static CStr),
    /// Not at all.
    Silent,
}

/// Opens each, which takes a second where they are installed, and keeps them open.
#[must_use]
pub fn libraries() -> Vec<Library> {
    let ask = |name, file, teller, read: fn(usize) -> String| Library {
        name,
        file,
        version: Dynamic::open(file).and_then(|library| tell(&library, &teller, read)),
    };
    vec![
        ask(
            "CUDA runtime",
            "libcudart.so.13",
            Teller::Writes(c"cudaRuntimeGetVersion"),
            cuda,
        ),
        ask("cuBLAS", "libcublas.so.13", Teller::Silent, of_nothing),
        ask("cuRAND", "libcurand.so.10", Teller::Silent, of_nothing),
        ask(
            "cuDNN",
            "libcudnn.so.9",
            Teller::Returns(c"cudnnGetVersion"),
            ten_thousands,
        ),
        ask(
            "TensorRT",
            "libnvinfer.so.10",
            Teller::ReturnsInt(c"getInferLibVersion"),
            ten_thousands,
        ),
        ask(
            "TensorRT's ONNX parser",
            "libnvonnxparser.so.10",
            Teller::Silent,
            of_nothing,
        ),
    ]
}

fn tell(library: &Dynamic, teller: &Teller, read: fn(usize) -> String) -> Result<String, String> {
    // SAFETY: the signatures are those of cuda_runtime_api.h, cudnn_version.h and NvInferRuntimeBase.h.
    let version = unsafe {
        match *teller {
            Teller::Writes(symbol) => {
                let get: unsafe extern "C" fn(*mut c_int) -> c_int = library.function(symbol)?;
                let mut version = 0;
                get(&raw mut version);
                usize::try_from(version).unwrap_or_default()
            }
            Teller::Returns(symbol) => {
                let get: unsafe extern "C" fn() -> usize = library.function(symbol)?;
                get()
            }
            Teller::ReturnsInt(symbol) => {
                let get: unsafe extern "C" fn() -> c_int = library.function(symbol)?;
                usize::try_from(get()).unwrap_or_default()
            }
            Teller::Silent => 0,
        }
    };
    Ok(read(version))
}

/// CUDA's 13020 is 13.2.
fn cuda(version: usize) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

/// cuDNN's 91002 is 9.10.2, and TensorRT's 101303 is 10.13.3.
fn ten_thousands(version: usize) -> String {
    format!(
        "{}.{}.{}",
        version / 10_000,
        version % 10_000 / 100,
        version % 100
    )
}

fn of_nothing(_: usize) -> String {
    "there".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_their_makers_write_them() {
        assert_eq!(cuda(13_020), "13.2");
        assert_eq!(ten_thousands(91_002), "9.10.2");
        assert_eq!(ten_thousands(101_303), "10.13.3");
    }
}
