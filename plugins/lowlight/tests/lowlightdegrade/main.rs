//! `lowlightdegrade` as a GStreamer element: negotiation, timing, metas, formats, and that the picture
//! it makes is the camera model's (`docs/reference/camera-model.md`).

// Clippy spares only the test functions themselves; their helpers fail a test the same way.
#![allow(clippy::unwrap_used)]

mod common;
mod picture;
mod timing;
