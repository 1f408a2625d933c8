//! Frame ↔ tensor: pad and crop, interleave, code values and floats. Pure loops over rows.

pub(crate) mod planes;
pub(crate) mod rgb;
