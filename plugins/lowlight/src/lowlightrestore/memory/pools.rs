//! Buffer pools: what upstream is offered, and where output frames come from.

use gst::prelude::*;
use gst::query::Allocation;
use gst_video::VideoInfo;

use super::caps::is_cuda;
use super::gstcuda::Context;
use crate::lowlightrestore::imp::CAT;

type Result<T> = std::result::Result<T, gst::LoggableError>;

/// Gives the context of the GPU whose memory frames lie in.
type Find<'a> = &'a dyn Fn() -> std::result::Result<&'static Context, String>;

/// Offers upstream a pool of frames in the memory that was negotiated, and takes whatever layout its own frames have.
pub(in crate::lowlightrestore) fn propose(query: &mut Allocation, context: Find<'_>) -> Result<()> {
    let caps = caps_of(query)?;
    if query.allocation_pools().len() == 0 {
        let pool = new_pool(&caps, context)?;
        let size = configure(&pool, &caps, (frame_size(&caps)?, 0, 0))?;
        query.add_allocation_pool(Some(&pool), size, 0, 0);
    }
    query.add_allocation_meta::<gst_video::VideoMeta>(None);
    Ok(())
}

/// Chooses where output frames come from: in system memory downstream's pool, if it has one. Frames in a GPU's memory
/// come from a pool of this element's own, since they have to lie in the context that the network works in.
pub(in crate::lowlightrestore) fn decide(query: &mut Allocation, context: Find<'_>) -> Result<()> {
    let caps = caps_of(query)?;
    let offered = query.allocation_pools().next();
    let is_offered = offered.is_some();
    let (offered, size, min, max) = offered.unwrap_or((None, 0, 0, 0));
    let pool = match offered.filter(|_| !is_cuda(&caps)) {
        Some(pool) => pool,
        None => new_pool(&caps, context)?,
    };
    let size = configure(&pool, &caps, (size.max(frame_size(&caps)?), min, max))?;
    match is_offered {
        true => query.set_nth_allocation_pool(0, Some(&pool), size, min, max),
        false => query.add_allocation_pool(Some(&pool), size, min, max),
    }
    Ok(())
}

fn caps_of(query: &Allocation) -> Result<gst::Caps> {
    let (caps, _) = query.get_owned();
    caps.ok_or_else(|| gst::loggable_error!(CAT, "an allocation query without caps"))
}

fn new_pool(caps: &gst::Caps, context: Find<'_>) -> Result<gst::BufferPool> {
    if !is_cuda(caps) {
        return Ok(gst_video::VideoBufferPool::new().upcast());
    }
    let context = context().map_err(|error| gst::loggable_error!(CAT, "{error}"))?;
    Ok(context.new_pool())
}

/// Gives the size of the pool's buffers: in a GPU's memory it is the pool that knows.
fn configure(
    pool: &gst::BufferPool,
    caps: &gst::Caps,
    (size, min, max): (u32, u32, u32),
) -> Result<u32> {
    let mut config = pool.config();
    config.set_params(Some(caps), size, min, max);
    config.add_option(gst_video::BUFFER_POOL_OPTION_VIDEO_META);
    pool.set_config(config)
        .map_err(|error| gst::loggable_error!(CAT, "a buffer pool refuses {caps}: {error}"))?;
    let params = pool.config().params();
    Ok(params.map_or(size, |(_, size, _, _)| size))
}

fn frame_size(caps: &gst::Caps) -> Result<u32> {
    let info =
        VideoInfo::from_caps(caps).map_err(|error| gst::loggable_error!(CAT, "{caps}: {error}"))?;
    u32::try_from(info.size())
        .map_err(|_| gst::loggable_error!(CAT, "{caps}: frames are too large"))
}
