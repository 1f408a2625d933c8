//! Where frames lie: what the base class `VideoFilter` did while that was system memory alone.

pub(super) mod pools;
