//! CUDA's driver API and NVML: the few functions that list GPUs, as `cuda.h` and `nvml.h` declare them.
//!
//! Unsafe, since these are C functions that write to what they are given.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint};

use super::dynamic::Dynamic;
use super::{Gpu, Survey};

const CAPABILITY_MAJOR: c_int = 75;
const CAPABILITY_MINOR: c_int = 76;
/// Bytes for a name or a version, with its end.
const TEXT: usize = 256;

type Init = unsafe extern "C" fn(c_uint) -> c_int;
type ErrorName = unsafe extern "C" fn(c_int, *mut *const c_char) -> c_int;
type GetInt = unsafe extern "C" fn(*mut c_int) -> c_int;
type DeviceGet = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
type DeviceName = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;
type DeviceUuid = unsafe extern "C" fn(*mut [u8; 16], c_int) -> c_int;
type DeviceMemory = unsafe extern "C" fn(*mut usize, c_int) -> c_int;
type DeviceAttribute = unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int;

/// The driver's own library.
pub(super) struct Driver {
    error_name: ErrorName,
    init: Init,
    version: GetInt,
    count: GetInt,
    device: DeviceGet,
    name: DeviceName,
    uuid: DeviceUuid,
    memory: DeviceMemory,
    attribute: DeviceAttribute,
}

impl Driver {
    pub(super) fn open() -> Result<Self, String> {
        let cuda = Dynamic::open("libcuda.so.1")?;
        // SAFETY: the signatures are cuda.h's. `_v2` are the 64-bit ones that the header's plain names stand for.
        unsafe {
            Ok(Self {
                error_name: cuda.function(c"cuGetErrorName")?,
                init: cuda.function(c"cuInit")?,
                version: cuda.function(c"cuDriverGetVersion")?,
                count: cuda.function(c"cuDeviceGetCount")?,
                device: cuda.function(c"cuDeviceGet")?,
                name: cuda.function(c"cuDeviceGetName")?,
                uuid: cuda.function(c"cuDeviceGetUuid")?,
                memory: cuda.function(c"cuDeviceTotalMem_v2")?,
                attribute: cuda.function(c"cuDeviceGetAttribute")?,
            })
        }
    }

    /// Starts CUDA and lists its GPUs.
    pub(super) fn survey(&self) -> Result<Survey, String> {
        // SAFETY: flags must be 0.
        self.check("cuInit", unsafe { (self.init)(0) })?;
        let version = self.int("cuDriverGetVersion", self.version)?;
        let count = self.int("cuDeviceGetCount", self.count)?;
        let gpus: Vec<Gpu> = (0..count)
            .map(|ordinal| self.gpu(ordinal))
            .collect::<Result<_, _>>()?;
        if gpus.is_empty() {
            return Err("the NVIDIA driver lists no GPU".into());
        }
        Ok(Survey {
            driver: driver_version(),
            cuda: (unsigned(version / 1000), unsigned(version % 1000 / 10)),
            gpus,
        })
    }

    fn gpu(&self, ordinal: c_int) -> Result<Gpu, String> {
        let (mut device, mut bytes, mut uuid) = (0, 0, [0; 16]);
        let mut name = [0; TEXT];
        // SAFETY: each call writes to a local of the type that it wants; the name's length is given, and leaves it its end.
        unsafe {
            self.check("cuDeviceGet", (self.device)(&raw mut device, ordinal))?;
            let length = TEXT as c_int - 1;
            let status = (self.name)(name.as_mut_ptr(), length, device);
            self.check("cuDeviceGetName", status)?;
            let status = (self.uuid)(&raw mut uuid, device);
            self.check("cuDeviceGetUuid", status)?;
            let status = (self.memory)(&raw mut bytes, device);
            self.check("cuDeviceTotalMem", status)?;
        }
        let attribute = |which| {
            let mut value = 0;
            // SAFETY: writes an int to a local.
            let status = unsafe { (self.attribute)(&raw mut value, which, device) };
            self.check("cuDeviceGetAttribute", status)
                .map(|()| unsigned(value))
        };
        Ok(Gpu {
            index: unsigned(ordinal),
            name: text(&name),
            uuid: uuid_text(uuid),
            memory: bytes as u64,
            capability: (attribute(CAPABILITY_MAJOR)?, attribute(CAPABILITY_MINOR)?),
        })
    }

    fn int(&self, name: &str, function: GetInt) -> Result<c_int, String> {
        let mut value = 0;
        // SAFETY: writes an int to a local.
        self.check(name, unsafe { function(&raw mut value) })?;
        Ok(value)
    }

    fn check(&self, name: &str, status: c_int) -> Result<(), String> {
        if status == 0 {
            return Ok(());
        }
        let mut words = std::ptr::null();
        // SAFETY: writes the address of a constant, or of nothing for a status that it does not know.
        let known = unsafe { (self.error_name)(status, &raw mut words) } == 0 && !words.is_null();
        let words = match known {
            // SAFETY: a constant text of the driver, with its end.
            true => unsafe { CStr::from_ptr(words) }
                .to_string_lossy()
                .into_owned(),
            false => format!("status {status}"),
        };
        Err(format!(
            "the NVIDIA driver is there, but {name} says {words}{}",
            remedy(status)
        ))
    }
}

/// What to do about the usual failures of `cuInit`.
fn remedy(status: c_int) -> &'static str {
    match status {
        100 => " (no GPU that this process may see: nvidia-smi -L, CUDA_VISIBLE_DEVICES)",
        803 | 804 => " (driver and kernel module differ: restart the machine)",
        999 => " (the kernel module does not answer: nvidia-smi says more)",
        _ => "",
    }
}

/// The driver's version, from NVML. It is only for reports: no NVML, no version.
fn driver_version() -> Option<String> {
    let nvml = Dynamic::open("libnvidia-ml.so.1").ok()?;
    let mut version = [0; TEXT];
    // SAFETY: the signatures are nvml.h's; the length leaves the text its end.
    unsafe {
        let init: unsafe extern "C" fn() -> c_int = nvml.function(c"nvmlInit_v2").ok()?;
        let get: unsafe extern "C" fn(*mut c_char, c_uint) -> c_int =
            nvml.function(c"nvmlSystemGetDriverVersion").ok()?;
        let shutdown: unsafe extern "C" fn() -> c_int = nvml.function(c"nvmlShutdown").ok()?;
        if init() != 0 {
            return None;
        }
        let status = get(version.as_mut_ptr(), TEXT as c_uint - 1);
        shutdown();
        (status == 0).then(|| text(&version))
    }
}

/// What a C function wrote to a text that has its end.
fn text(buffer: &[c_char; TEXT]) -> String {
    let bytes: Vec<u8> = buffer
        .iter()
        .map(|&byte| byte as u8)
        .take_while(|&byte| byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `GPU-` and the UUID as `nvidia-smi -L` writes it.
fn uuid_text(uuid: [u8; 16]) -> String {
    let mut text = String::from("GPU");
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 0 | 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn unsigned(value: c_int) -> u32 {
    u32::try_from(value).unwrap_or_default()
}
