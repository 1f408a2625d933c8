//! Which provider got which share of a loaded graph: ONNX Runtime puts what a provider leaves over on its CPU kernels, and
//! says nothing.
//!
//! Unsafe, since `ort` has no safe words for this part of ONNX Runtime's C API.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char};

use ort::session::Session;
use ort::{AsPointer, Error, Result};

/// The session's setting without which nothing is recorded.
pub(super) const RECORD: &str = "session.record_ep_graph_assignment_info";

/// The names of the providers as ONNX Runtime spells them, and how many operators of the graph each got. The session was
/// opened with [`RECORD`] set to 1.
pub(super) fn of(session: &Session) -> Result<Vec<(String, usize)>> {
    let api = ort::api();
    let (mut parts, mut count) = (std::ptr::null(), 0);
    // SAFETY: both are written; the array and what it points to live as long as the session, which is borrowed here.
    let parts = unsafe {
        let status =
            (api.Session_GetEpGraphAssignmentInfo)(session.ptr(), &raw mut parts, &raw mut count);
        Error::result_from_status(status)?;
        slice(parts, count)
    };
    let mut shares: Vec<(String, usize)> = Vec::new();
    for &part in parts {
        let (mut name, mut nodes, mut count): (*const c_char, _, _) =
            (std::ptr::null(), std::ptr::null(), 0);
        // SAFETY: `part` is one of the session's; the name is a text with its end that lives as long.
        let name = unsafe {
            Error::result_from_status((api.EpAssignedSubgraph_GetEpName)(part, &raw mut name))?;
            let status = (api.EpAssignedSubgraph_GetNodes)(part, &raw mut nodes, &raw mut count);
            Error::result_from_status(status)?;
            CStr::from_ptr(name).to_string_lossy().into_owned()
        };
        match shares.iter_mut().find(|(known, _)| *known == name) {
            Some((_, share)) => *share += count,
            None => shares.push((name, count)),
        }
    }
    Ok(shares)
}

/// # Safety
/// `count` elements lie at `start` for as long as the slice is used, unless `start` is null.
unsafe fn slice<'a, T>(start: *const T, count: usize) -> &'a [T] {
    match start.is_null() {
        true => &[],
        // SAFETY: as the caller promises.
        false => unsafe { std::slice::from_raw_parts(start, count) },
    }
}
