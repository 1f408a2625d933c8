//! Where frames lie: in system memory or in a GPU's, on either pad by itself.

pub(super) mod caps;
pub(super) mod gstcuda;
pub(super) mod mapped;
pub(super) mod pools;
