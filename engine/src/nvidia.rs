//! What NVIDIA's libraries say of themselves and of a GPU, as far as compiled models depend on it.
//!
//! Unsafe, since it calls functions of libraries that are loaded at run time: a program that links them would not start
//! on a machine without a GPU. Each is a documented C function, and its signature stands beside the call.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};

use libloading::{Library, Symbol};

/// A GPU and its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gpu {
    /// Such as `NVIDIA L4`.
    pub(crate) name: String,
    /// Compute capability, such as 8 and 9.
    pub(crate) capability: (i32, i32),
    /// The driver's version.
    pub(crate) driver: String,
}

/// The GPU at place `ordinal` in CUDA's order.
pub(crate) fn gpu(ordinal: i32) -> Result<Gpu, String> {
    const MAJOR: c_int = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    const MINOR: c_int = 76;
    let cuda = load("libcuda.so.1")?;
    // CUresult cuInit(unsigned int flags)
    let init: Symbol<'_, unsafe extern "C" fn(u32) -> c_int> = symbol(&cuda, "cuInit")?;
    // CUresult cuDeviceGet(CUdevice *device, int ordinal)
    let get: Symbol<'_, unsafe extern "C" fn(*mut c_int, c_int) -> c_int> =
        symbol(&cuda, "cuDeviceGet")?;
    // CUresult cuDeviceGetName(char *name, int len, CUdevice dev)
    let name: Symbol<'_, unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int> =
        symbol(&cuda, "cuDeviceGetName")?;
    // CUresult cuDeviceGetAttribute(int *pi, CUdevice_attribute attrib, CUdevice dev)
    let attribute: Symbol<'_, unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int> =
        symbol(&cuda, "cuDeviceGetAttribute")?;
    let mut device = 0;
    let mut text = [0_u8; 256];
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the signatures are the driver API's; every pointer is to a local that outlives its call, and the name is
    // cut to the length that is passed, with its NUL.
    unsafe {
        check("cuInit", init(0))?;
        check("cuDeviceGet", get(&raw mut device, ordinal))?;
        check(
            "cuDeviceGetName",
            name(text.as_mut_ptr().cast(), text.len() as c_int, device),
        )?;
        check(
            "cuDeviceGetAttribute",
            attribute(&raw mut major, MAJOR, device),
        )?;
        check(
            "cuDeviceGetAttribute",
            attribute(&raw mut minor, MINOR, device),
        )?;
    }
    let name = CStr::from_bytes_until_nul(&text).map_err(|error| error.to_string())?;
    Ok(Gpu {
        name: name.to_string_lossy().into_owned(),
        capability: (major, minor),
        driver: driver_version(),
    })
}

/// The version of the CUDA runtime in use.
pub(crate) fn cuda_version() -> Result<String, String> {
    let cudart = load("libcudart.so.13").or_else(|error| {
        let older = load("libcudart.so.12");
        older.map_err(|_| error)
    })?;
    // cudaError_t cudaRuntimeGetVersion(int *runtimeVersion)
    let get: Symbol<'_, unsafe extern "C" fn(*mut c_int) -> c_int> =
        symbol(&cudart, "cudaRuntimeGetVersion")?;
    let mut version = 0;
    // SAFETY: the runtime API's signature; the pointer is to a local.
    check("cudaRuntimeGetVersion", unsafe { get(&raw mut version) })?;
    Ok(format!("{}.{}", version / 1000, version % 1000 / 10))
}

/// The version of TensorRT.
pub(crate) fn tensorrt_version() -> Result<String, String> {
    let nvinfer = load("libnvinfer.so.10")?;
    // int32_t getInferLibVersion()
    let get: Symbol<'_, unsafe extern "C" fn() -> i32> = symbol(&nvinfer, "getInferLibVersion")?;
    // SAFETY: TensorRT's signature; it takes nothing.
    let version = unsafe { get() };
    Ok(format!(
        "{}.{}.{}",
        version / 10_000,
        version % 10_000 / 100,
        version % 100
    ))
}

fn load(name: &str) -> Result<Library, String> {
    // SAFETY: NVIDIA's libraries have initialisers that ONNX Runtime's provider runs too, when it loads them.
    unsafe { Library::new(name) }.map_err(|error| format!("{name}: {error}"))
}

fn symbol<'a, T>(library: &'a Library, name: &str) -> Result<Symbol<'a, T>, String> {
    // SAFETY: callers name a function's type as its header does.
    unsafe { library.get(name) }.map_err(|error| error.to_string())
}

fn check(call: &str, result: c_int) -> Result<(), String> {
    match result {
        0 => Ok(()),
        code => Err(format!("{call} fails with {code}")),
    }
}

/// The kernel module's version. Where it does not say, the driver's libraries are of the same version by rule, and the
/// capability and CUDA version have to do.
fn driver_version() -> String {
    let text = std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    module_version(&text).unwrap_or("unknown").to_owned()
}

/// The version in the first line of `/proc/driver/nvidia/version`: the first word of numbers and dots.
fn module_version(text: &str) -> Option<&str> {
    let is_version = |word: &&str| {
        word.contains('.')
            && word
                .bytes()
                .all(|byte| byte == b'.' || byte.is_ascii_digit())
    };
    text.lines().next()?.split_whitespace().find(is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_says_its_version_in_two_manners() {
        for (text, expected) in [
            (
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90.07  Fri May 31 09:35:42 UTC 2024\nGCC version: 12.2.0\n",
                Some("550.90.07"),
            ),
            (
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (x@y)\n",
                Some("580.95.05"),
            ),
            ("", None),
            ("no numbers here\n", None),
        ] {
            assert_eq!(module_version(text), expected, "{text}");
        }
    }

    #[test]
    fn a_machine_without_the_library_says_which_one() {
        let error = load("libtapetum-has-no-such.so.1").unwrap_err();
        assert!(error.contains("libtapetum-has-no-such.so.1"), "{error}");
    }
}
