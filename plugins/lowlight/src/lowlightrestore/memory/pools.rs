//! Buffer pools: what upstream is offered, and where output frames come from.

use gst::prelude::*;
use gst::query::Allocation;
use gst_video::VideoInfo;

use crate::lowlightrestore::imp::CAT;

type Result<T> = std::result::Result<T, gst::LoggableError>;

/// Offers upstream a pool of frames in system memory, and takes whatever layout its own frames have.
pub(in crate::lowlightrestore) fn propose(query: &mut Allocation) -> Result<()> {
    let (caps, _) = query.get_owned();
    let caps = caps.ok_or_else(|| gst::loggable_error!(CAT, "an allocation query without caps"))?;
    if query.allocation_pools().len() == 0 {
        let size = frame_size(&caps)?;
        let pool = gst_video::VideoBufferPool::new();
        configure(pool.upcast_ref(), &caps, (size, 0, 0))?;
        query.add_allocation_pool(Some(&pool), size, 0, 0);
    }
    query.add_allocation_meta::<gst_video::VideoMeta>(None);
    Ok(())
}

/// Takes downstream's pool, or else makes one, for output frames in system memory.
pub(in crate::lowlightrestore) fn decide(query: &mut Allocation) -> Result<()> {
    let (caps, _) = query.get_owned();
    let caps = caps.ok_or_else(|| gst::loggable_error!(CAT, "an allocation query without caps"))?;
    let offered = query.allocation_pools().next();
    let is_offered = offered.is_some();
    let (pool, size, min, max) = match offered {
        Some((pool, size, min, max)) => (pool, size.max(frame_size(&caps)?), min, max),
        None => (None, frame_size(&caps)?, 0, 0),
    };
    let pool = pool.unwrap_or_else(|| gst_video::VideoBufferPool::new().upcast());
    configure(&pool, &caps, (size, min, max))?;
    match is_offered {
        true => query.set_nth_allocation_pool(0, Some(&pool), size, min, max),
        false => query.add_allocation_pool(Some(&pool), size, min, max),
    }
    Ok(())
}

fn configure(
    pool: &gst::BufferPool,
    caps: &gst::Caps,
    (size, min, max): (u32, u32, u32),
) -> Result<()> {
    let mut config = pool.config();
    config.set_params(Some(caps), size, min, max);
    config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
    pool.set_config(config)
        .map_err(|error| gst::loggable_error!(CAT, "a buffer pool refuses {caps}: {error}"))
}

fn frame_size(caps: &gst::Caps) -> Result<u32> {
    let info =
        VideoInfo::from_caps(caps).map_err(|error| gst::loggable_error!(CAT, "{caps}: {error}"))?;
    u32::try_from(info.size())
        .map_err(|_| gst::loggable_error!(CAT, "{caps}: frames are too large"))
}
