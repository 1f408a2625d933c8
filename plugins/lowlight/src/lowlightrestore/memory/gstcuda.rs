//! GStreamer's CUDA library, and CUDA's driver, loaded at run time: the plugin runs where neither is.
//!
//! Unsafe, since it calls C functions by name. They are those that 1.22 has and later releases keep; the signature of each
//! stands in [`Api`].
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock};

use gst::glib::ffi::{GFALSE, gboolean};
use gst::glib::translate::{ToGlibPtr, from_glib_full};
use libloading::Library;

use crate::lowlightrestore::imp::lock;

/// The type of context that CUDA elements ask their neighbours for.
const CONTEXT_TYPE: &str = "gst.cuda.context";

/// What is called. A `GstCudaContext` and a `CUcontext` are addresses here.
struct Api {
    // gboolean gst_is_cuda_memory(GstMemory *)
    is_cuda_memory: unsafe extern "C" fn(*mut gst::ffi::GstMemory) -> gboolean,
    // void gst_cuda_memory_sync(GstCudaMemory *), since 1.24. Before, elements wait for their own streams.
    sync: Option<unsafe extern "C" fn(*mut gst::ffi::GstMemory)>,
    // gpointer gst_cuda_context_get_handle(GstCudaContext *)
    handle: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    // GstCudaContext *gst_cuda_context_new_wrapped(CUcontext, CUdevice)
    wrap: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
    // gboolean gst_cuda_handle_context_query(GstElement *, GstQuery *, GstCudaContext *)
    answer: unsafe extern "C" fn(
        *mut gst::ffi::GstElement,
        *mut gst::ffi::GstQuery,
        *mut c_void,
    ) -> gboolean,
    // GstBufferPool *gst_cuda_buffer_pool_new(GstCudaContext *)
    new_pool: unsafe extern "C" fn(*mut c_void) -> *mut gst::ffi::GstBufferPool,
    // CUresult cuDeviceGet(CUdevice *, int), cuDevicePrimaryCtxRetain(CUcontext *, CUdevice)
    device: unsafe extern "C" fn(*mut c_int, c_int) -> c_int,
    retain_primary: unsafe extern "C" fn(*mut *mut c_void, c_int) -> c_int,
    /// Kept loaded, since the functions are in them.
    _libraries: [Library; 2],
}

/// What a `GstCudaMemory` begins with.
#[repr(C)]
struct CudaMemory {
    memory: gst::ffi::GstMemory,
    context: *mut c_void,
}

/// The libraries, or why they cannot be used. Asked once per process.
fn api() -> Result<&'static Api, String> {
    static API: OnceLock<Result<Api, String>> = OnceLock::new();
    let api =
        API.get_or_init(|| load().map_err(|error| format!("CUDA memory cannot be used: {error}")));
    api.as_ref().map_err(Clone::clone)
}

fn load() -> Result<Api, String> {
    let open = |name: &str| {
        // SAFETY: both libraries' initialisers may run on any thread; neither is ever unloaded.
        unsafe { Library::new(name) }.map_err(|error| error.to_string())
    };
    let (gst, cuda) = (open("libgstcuda-1.0.so.0")?, open("libcuda.so.1")?);
    /// A function of library `$from`.
    macro_rules! function {
        ($from:expr, $name:literal) => {
            // SAFETY: the type is the one that `Api` gives, which is the C declaration's.
            *unsafe { $from.get($name) }.map_err(|error| error.to_string())?
        };
    }
    let load_driver: unsafe extern "C" fn() -> gboolean = function!(gst, "gst_cuda_load_library");
    let start_driver: unsafe extern "C" fn(u32) -> c_int = function!(cuda, "cuInit");
    // SAFETY: both take no pointer, and may be called more than once.
    let (is_loaded, status) = unsafe { (load_driver(), start_driver(0)) };
    if is_loaded == GFALSE || status != 0 {
        return Err(format!("the driver does not start (cuInit gives {status})"));
    }
    Ok(Api {
        is_cuda_memory: function!(gst, "gst_is_cuda_memory"),
        // SAFETY: as `function!`.
        sync: unsafe { gst.get("gst_cuda_memory_sync") }
            .ok()
            .map(|symbol| *symbol),
        handle: function!(gst, "gst_cuda_context_get_handle"),
        wrap: function!(gst, "gst_cuda_context_new_wrapped"),
        answer: function!(gst, "gst_cuda_handle_context_query"),
        new_pool: function!(gst, "gst_cuda_buffer_pool_new"),
        device: function!(cuda, "cuDeviceGet"),
        retain_primary: function!(cuda, "cuDevicePrimaryCtxRetain"),
        _libraries: [gst, cuda],
    })
}

/// A GPU's primary context, which is the one that ONNX Runtime works in, as a `GstCudaContext`. Memory of another context
/// means nothing there.
#[derive(Debug)]
pub(in crate::lowlightrestore) struct Context {
    object: NonNull<c_void>,
    handle: *mut c_void,
    api: &'static Api,
}

// SAFETY: a GObject that any thread may use, and an address that is only compared.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("libgstcuda")
    }
}

/// The context of the GPU at place `ordinal` in CUDA's order, made when it is first asked for. A process has one for each
/// GPU: elements compare contexts by address.
pub(in crate::lowlightrestore) fn context(ordinal: i32) -> Result<&'static Context, String> {
    static CONTEXTS: Mutex<Vec<(i32, &'static Context)>> = Mutex::new(Vec::new());
    let mut contexts = lock(&CONTEXTS);
    if let Some((_, context)) = contexts.iter().find(|(known, _)| *known == ordinal) {
        return Ok(context);
    }
    let context: &'static Context = Box::leak(Box::new(Context::new(ordinal)?));
    contexts.push((ordinal, context));
    Ok(context)
}

impl Context {
    fn new(ordinal: i32) -> Result<Self, String> {
        let api = api()?;
        let (mut device, mut handle) = (0, std::ptr::null_mut());
        let fault = |what: &str, status| format!("GPU {ordinal}: {what} gives {status}");
        // SAFETY: pointers to locals; the driver is started.
        match unsafe { (api.device)(&raw mut device, ordinal) } {
            0 => {}
            status => return Err(fault("cuDeviceGet", status)),
        }
        // SAFETY: as above. The context is never released, so that what wraps it stays valid.
        match unsafe { (api.retain_primary)(&raw mut handle, device) } {
            0 => {}
            status => return Err(fault("cuDevicePrimaryCtxRetain", status)),
        }
        // SAFETY: a context of the driver's, which outlives what is made of it.
        let object = NonNull::new(unsafe { (api.wrap)(handle, device) });
        let object = object
            .ok_or_else(|| format!("GPU {ordinal}: GStreamer cannot use its primary context"))?;
        Ok(Self {
            object,
            handle,
            api,
        })
    }

    /// Answers a neighbour that asks for a context, so that its memory is made in this one. Says whether it asked for one.
    pub(in crate::lowlightrestore) fn answer(
        &self,
        element: &gst::Element,
        query: &mut gst::QueryRef,
    ) -> bool {
        // SAFETY: both live through the call, and the query is writable.
        let answered = unsafe {
            (self.api.answer)(
                element.to_glib_none().0,
                query.as_mut_ptr(),
                self.object.as_ptr(),
            )
        };
        answered != GFALSE
    }

    /// A pool of buffers in this context's memory.
    pub(in crate::lowlightrestore) fn new_pool(&self) -> gst::BufferPool {
        // SAFETY: gives a pool that is nobody else's.
        unsafe { from_glib_full((self.api.new_pool)(self.object.as_ptr())) }
    }

    /// Whether `buffer` is one piece of this context's memory. What somebody else is still writing to it is waited for.
    pub(super) fn holds(&self, buffer: &gst::BufferRef) -> bool {
        if buffer.n_memory() != 1 {
            return false;
        }
        // SAFETY: there is a memory 0, which the buffer keeps; it is looked at as CUDA memory once it is known to be that.
        unsafe {
            let memory = gst::ffi::gst_buffer_peek_memory(buffer.as_mut_ptr(), 0);
            if (self.api.is_cuda_memory)(memory) == GFALSE {
                return false;
            }
            let context = (*memory.cast::<CudaMemory>()).context;
            if (self.api.handle)(context) != self.handle {
                return false;
            }
            if let Some(sync) = self.api.sync {
                sync(memory);
            }
        }
        true
    }
}

/// Whether a neighbour asks for a CUDA context. Nothing is loaded before one does.
pub(in crate::lowlightrestore) fn is_asked_for(query: &gst::QueryRef) -> bool {
    match query.view() {
        gst::QueryView::Context(query) => query.context_type() == CONTEXT_TYPE,
        _ => false,
    }
}
