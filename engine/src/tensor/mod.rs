//! Frame ↔ tensor: pad and crop, interleave, code values and floats. Pure loops over rows.

pub(crate) mod bands;
pub(crate) mod blocks;
pub(crate) mod lines;
pub(crate) mod planes;
pub(crate) mod restore;
pub(crate) mod rgb;
pub(crate) mod round;
pub(crate) mod simd;
mod weave;
