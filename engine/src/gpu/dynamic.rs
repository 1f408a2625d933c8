//! Libraries that are opened while the program runs, by the name that the dynamic loader knows them by.
//!
//! Unsafe, since nobody can check what a library does when it is opened, or which signature a function in it has: the
//! callers are this folder's files, with the vendor's own headers beside them.
#![allow(unsafe_code)]

use std::ffi::CStr;

use crate::missing;

/// An open library. Never closed: drivers keep threads and state.
#[derive(Debug)]
pub(super) struct Dynamic {
    name: &'static str,
    library: &'static libloading::Library,
}

impl Dynamic {
    /// Opens `name` from where the loader looks for it (`LD_LIBRARY_PATH`, then the system's folders).
    pub(super) fn open(name: &'static str) -> Result<Self, String> {
        // SAFETY: the vendor's own library, whose initialisers every program that uses it runs.
        let library = unsafe { libloading::Library::new(name) };
        let library = library.map_err(|error| {
            // The error itself says only that it is one; the loader's words are its cause.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            missing::explain(&cause.unwrap_or_else(|| error.to_string()))
        })?;
        Ok(Self {
            name,
            library: Box::leak(Box::new(library)),
        })
    }

    /// The function `symbol`.
    ///
    /// # Safety
    /// `F` is a function pointer of the signature that the library's header gives `symbol`.
    pub(super) unsafe fn function<F: Copy>(&self, symbol: &CStr) -> Result<F, String> {
        // SAFETY: as the caller promises.
        let found = unsafe { self.library.get::<F>(symbol) };
        found
            .map(|function| *function)
            .map_err(|_| format!("{} lacks {}", self.name, symbol.to_string_lossy()))
    }
}
