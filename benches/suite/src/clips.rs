//! The content: the project's own night street as an H.264 file, made once per size.

use crate::pipe::{fail_on_error, launch, named};
use crate::plan::{CONTENT_FPS, Size};
use crate::setting::quoted;
use anyhow::Context;
use gst::prelude::*;
use lowlight_scene::{Scene, SceneKind};
use std::path::{Path, PathBuf};

/// The same film every time.
const SEED: u32 = 7;

/// A clip of `frames` frames in `folder`; makes it if it is not there.
pub(crate) fn clip(folder: &Path, (width, height): Size, frames: usize) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("street-{width}x{height}-{frames}.mp4"));
    if path.is_file() {
        return Ok(path);
    }
    // Under another name until it is whole: a run may be interrupted.
    let draft = path.with_extension("draft");
    film(&draft, (width, height), frames)
        .with_context(|| format!("cannot make {}", path.display()))?;
    std::fs::rename(&draft, &path)?;
    Ok(path)
}

fn film(path: &Path, (width, height): Size, frames: usize) -> anyhow::Result<()> {
    let rate = CONTENT_FPS as i32;
    let pipeline = launch(&format!(
        "appsrc name=source format=time block=true max-buffers=3 \
         caps=video/x-raw,format=RGB,width={width},height={height},framerate={rate}/1 \
         ! videoconvert ! video/x-raw,format=I420 ! lowlightdegrade severity=medium \
         ! x264enc speed-preset=veryfast bitrate={} key-int-max={rate} ! h264parse ! mp4mux \
         ! filesink location={}",
        // Bits a pixel as a surveillance camera has them: 4 Mbit/s at 720p, 9 at 1080p.
        width * height / 230,
        quoted(path)
    ))?;
    let source = named(&pipeline, "source")?
        .downcast::<gst_app::AppSrc>()
        .map_err(|_| anyhow::anyhow!("appsrc is not an appsrc"))?;
    pipeline.set_state(gst::State::Playing)?;
    let mut scene = Scene::new(SceneKind::Street, width, height, SEED)?;
    for index in 0..frames {
        let mut rgb = vec![0; scene.frame_size()];
        scene.render(index as f64 / CONTENT_FPS, &mut rgb)?;
        let mut buffer = gst::Buffer::from_mut_slice(rgb);
        let timed = buffer.make_mut();
        timed.set_pts(gst::ClockTime::from_nseconds(
            (1e9 * index as f64 / CONTENT_FPS) as u64,
        ));
        timed.set_duration(gst::ClockTime::from_nseconds((1e9 / CONTENT_FPS) as u64));
        source.push_buffer(buffer)?;
        fail_on_error(&pipeline)?;
    }
    source.end_of_stream()?;
    let bus = pipeline.bus().context("a pipeline has a bus")?;
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &ends);
    pipeline.set_state(gst::State::Null)?;
    match end.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => anyhow::bail!("{}", error.error()),
        _ => anyhow::bail!("the encoder does not end"),
    }
}
