/**
 * SECTION:element-lowlightdegrade
 *
 * `lowlightdegrade` is a simulated night camera: it turns daylight video into what a camera would have
 * recorded with little light, in linear light and in the order of a real one: motion blur, exposure, shot,
 * read and row noise, gain, clipping, transfer curve, 8 bits. It gives tests, demos and benches of
 * `lowlightrestore` an input whose truth is known. The same `seed` and input give the same output.
 *
 * `severity` sets the camera's properties together; each can be set alone afterwards. `accumulate=N` averages
 * N source frames into one, so a source at N times the wanted rate gives true motion blur.
 *
 * The model with its formulas and units is documented in `docs/reference/camera-model.md`.
 *
 * ## Example pipelines
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball ! lowlightdegrade severity=severe ! videoconvert ! autovideosink
 * ]| A noisy ball in the dark.
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball ! video/x-raw,framerate=240/1 ! lowlightdegrade accumulate=8 gain=4 ! videoconvert ! autovideosink
 * ]| 30 frames a second, each averaged from 8: the ball is blurred as it moves.
 */
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_transform::GenerateOutputSuccess;
use gst_base::subclass::prelude::*;
use gst_video::VideoFrameRef;
use gst_video::subclass::prelude::*;

use super::framerate;
use super::settings::{Knob, Settings, properties};
use super::shutter::Shutter;
use super::simulator::Simulator;
use super::video;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "lowlightdegrade",
        gst::DebugColorFlags::empty(),
        Some("Simulated night camera"),
    )
});

/// What exists while caps are set.
struct State {
    info: gst_video::VideoInfo,
    simulator: Simulator,
    /// Source frames per output frame that the caps were negotiated for.
    accumulate: u32,
    shutter: Shutter,
    /// The first buffer of the window under way: it becomes the output, so its timestamps, flags and metas stay.
    held: Option<gst::Buffer>,
    /// Number of the next output frame; goes on across caps changes so that noise does not repeat.
    frame: u64,
}

impl State {
    /// Forgets the window under way; returns how many source frames it had.
    fn restart(&mut self) -> u32 {
        let lost = self.shutter.pending();
        self.shutter.reset();
        self.simulator.discard();
        self.held = None;
        lost
    }

    /// Time of one source frame by the caps (the source's are on record); unknown at a variable rate.
    fn frame_duration(&self) -> Option<gst::ClockTime> {
        let fps = self.info.fps();
        let numer = u64::try_from(fps.numer()).ok().filter(|&n| n > 0)?;
        let denom = u64::try_from(fps.denom()).ok()?;
        gst::ClockTime::SECOND.mul_div_round(denom, numer)
    }

    /// Time from the arrival of a window's first frame to that of its last.
    fn latency(&self) -> gst::ClockTime {
        self.frame_duration().unwrap_or(gst::ClockTime::ZERO) * u64::from(self.accumulate - 1)
    }
}

#[derive(Default)]
pub struct LowlightDegrade {
    settings: Mutex<Settings>,
    state: Mutex<Option<State>>,
}

#[glib::object_subclass]
impl ObjectSubclass for LowlightDegrade {
    const NAME: &'static str = "GstLowlightDegrade";
    type Type = super::LowlightDegrade;
    type ParentType = gst_video::VideoFilter;
}

impl ObjectImpl for LowlightDegrade {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(properties);
        PROPERTIES.as_ref()
    }

    fn constructed(&self) {
        self.parent_constructed();
        // A camera does not skip frames because the viewer is slow, and a test must not depend on the load.
        self.obj().set_qos(false);
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let (identity, renegotiate) = {
            let mut settings = lock(&self.settings);
            let accumulate = settings.accumulate;
            match pspec.name() {
                "severity" => value.get().map(|severity| settings.apply(severity)),
                "accumulate" => value.get().map(|frames| settings.accumulate = frames),
                "seed" => value.get().map(|seed| settings.camera.seed = seed),
                name => value.get().map(|v| {
                    if let Some(knob) = Knob::find(name) {
                        knob.set(&mut settings, v);
                    }
                }),
            }
            .unwrap_or_else(|err| gst::error!(CAT, imp = self, "{} not set: {err}", pspec.name()));
            (settings.is_identity(), settings.accumulate != accumulate)
        };
        self.obj().set_passthrough(identity);
        if renegotiate {
            self.obj().reconfigure_src();
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = *lock(&self.settings);
        match pspec.name() {
            "severity" => settings.severity.to_value(),
            "accumulate" => settings.accumulate.to_value(),
            "seed" => settings.camera.seed.to_value(),
            name => Knob::find(name)
                .map_or(0.0, |knob| knob.get(&settings))
                .to_value(),
        }
    }
}

impl GstObjectImpl for LowlightDegrade {}

impl ElementImpl for LowlightDegrade {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Low-light camera simulator",
                "Filter/Effect/Video",
                "Makes daylight video look as if a night camera had recorded it: dark, noisy, motion-blurred",
                "The Tapetum developers",
            )
        });
        Some(&*METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst_video::VideoCapsBuilder::new()
                .format_list(video::FORMATS)
                .build();
            [
                ("sink", gst::PadDirection::Sink),
                ("src", gst::PadDirection::Src),
            ]
            .into_iter()
            .filter_map(|(name, direction)| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
            })
            .collect()
        });
        TEMPLATES.as_ref()
    }
}

impl BaseTransformImpl for LowlightDegrade {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.restart("the element stops");
        *lock(&self.state) = None;
        Ok(())
    }

    fn transform_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let frames = lock(&self.settings).accumulate;
        let other = match direction {
            gst::PadDirection::Sink => framerate::scaled(caps, 1, frames),
            _ => framerate::scaled(caps, frames, 1),
        };
        gst::debug!(CAT, imp = self, "{direction:?} caps {caps} become {other}");
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&other, gst::CapsIntersectMode::First),
            None => other,
        })
    }

    fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
        let latency = lock(&self.state)
            .as_ref()
            .map(State::latency)
            .unwrap_or_default();
        if !BaseTransformImplExt::parent_query(self, direction, query) {
            return false;
        }
        if let gst::QueryViewMut::Latency(query) = query.view_mut() {
            let (live, min, max) = query.result();
            query.set(live, min + latency, max.map(|max| max + latency));
            gst::debug!(CAT, imp = self, "latency {min} + {latency}");
        }
        true
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::FlushStop(_) => self.restart("of a flush"),
            gst::EventView::Segment(_) => self.restart("a segment begins"),
            gst::EventView::Eos(_) => self.restart("the stream ends"),
            _ => (),
        }
        self.parent_sink_event(event)
    }

    fn before_transform(&self, buffer: &gst::BufferRef) {
        self.sync_controlled_properties(buffer);
    }

    fn transform_ip(
        &self,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let camera = lock(&self.settings).camera;
        let mut state = lock(&self.state);
        let state = state.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
        let State {
            simulator,
            frame,
            info,
            ..
        } = state;
        let mut picture = VideoFrameRef::from_buffer_ref_writable(buffer, info)
            .map_err(|_| self.unmappable(info))?;
        let strides = video::strides(&picture).ok_or_else(|| self.unmappable(info))?;
        simulator.snap(&camera, *frame, &mut picture.planes_data_mut(), &strides);
        gst::log!(CAT, imp = self, "frame {frame} exposed");
        *frame += 1;
        Ok(gst::FlowSuccess::Ok)
    }

    /// Windows of several frames are gathered here and not in `transform_ip`: a frame that it drops makes the
    /// base class mark the next one DISCONT, and every output would reset the elements downstream.
    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        if lock(&self.state)
            .as_ref()
            .is_none_or(|state| state.accumulate == 1)
        {
            return self.parent_generate_output();
        }
        let Some(buffer) = self.take_queued_buffer() else {
            return Ok(GenerateOutputSuccess::NoOutput);
        };
        if buffer.flags().contains(gst::BufferFlags::DISCONT) {
            self.restart("of a discontinuity");
        }
        self.sync_controlled_properties(&buffer);
        let output = self.gather(buffer)?;
        Ok(output.map_or(
            GenerateOutputSuccess::NoOutput,
            GenerateOutputSuccess::Buffer,
        ))
    }
}

impl VideoFilterImpl for LowlightDegrade {
    fn set_info(
        &self,
        incaps: &gst::Caps,
        in_info: &gst_video::VideoInfo,
        outcaps: &gst::Caps,
        _out_info: &gst_video::VideoInfo,
    ) -> Result<(), gst::LoggableError> {
        gst::info!(CAT, imp = self, "takes {incaps}, gives {outcaps}");
        self.restart("caps change");
        let settings = *lock(&self.settings);
        let latency_changed = {
            let mut state = lock(&self.state);
            let old_latency = state.as_ref().map(State::latency).unwrap_or_default();
            let new = State {
                info: in_info.clone(),
                simulator: Simulator::new(video::geometry(in_info)),
                accumulate: settings.accumulate,
                shutter: Shutter::default(),
                held: None,
                frame: state.as_ref().map_or(0, |state| state.frame),
            };
            state.insert(new).latency() != old_latency
        };
        self.obj().set_passthrough(settings.is_identity());
        if latency_changed {
            let message = gst::message::Latency::builder().src(&*self.obj()).build();
            self.obj().post_message(message).ok();
        }
        Ok(())
    }
}

impl LowlightDegrade {
    /// Adds a frame to the window under way; returns the output frame if that completes it.
    fn gather(&self, buffer: gst::Buffer) -> Result<Option<gst::Buffer>, gst::FlowError> {
        let settings = *lock(&self.settings);
        let mut state = lock(&self.state);
        let state = state.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
        let duration = buffer.duration().or_else(|| state.frame_duration());
        let step = state.shutter.advance(
            state.accumulate,
            settings.shutter,
            duration.map(gst::ClockTime::nseconds),
        );
        let State {
            simulator,
            frame,
            info,
            held,
            ..
        } = state;
        if step.open {
            let picture = VideoFrameRef::from_buffer_ref_readable(&buffer, info)
                .map_err(|_| self.unmappable(info))?;
            let strides = video::strides(&picture).ok_or_else(|| self.unmappable(info))?;
            simulator.expose(&settings.camera, picture.planes_data(), &strides);
        }
        if step.first {
            *held = Some(buffer);
        }
        if !step.last {
            return Ok(None);
        }
        let Some(mut output) = held.take() else {
            return Ok(None);
        };
        let target = output.make_mut();
        target.set_duration(step.duration.map(gst::ClockTime::from_nseconds));
        let mut picture = VideoFrameRef::from_buffer_ref_writable(target, info)
            .map_err(|_| self.unmappable(info))?;
        let strides = video::strides(&picture).ok_or_else(|| self.unmappable(info))?;
        simulator.develop(
            &settings.camera,
            *frame,
            &mut picture.planes_data_mut(),
            &strides,
        );
        drop(picture);
        gst::log!(
            CAT,
            imp = self,
            "frame {frame} exposed over {} frames",
            state.accumulate
        );
        *frame += 1;
        Ok(Some(output))
    }

    fn restart(&self, because: &str) {
        let lost = lock(&self.state).as_mut().map_or(0, State::restart);
        if lost > 0 {
            gst::info!(
                CAT,
                imp = self,
                "{lost} source frames of an unfinished exposure dropped: {because}"
            );
        }
    }

    fn sync_controlled_properties(&self, buffer: &gst::BufferRef) {
        let segment = self.obj().segment();
        let time = segment
            .downcast_ref::<gst::ClockTime>()
            .and_then(|segment| segment.to_stream_time(buffer.pts()));
        if let Some(time) = time
            && let Err(err) = self.obj().sync_values(time)
        {
            gst::warning!(
                CAT,
                imp = self,
                "controlled properties not updated for {time}: {err}"
            );
        }
    }

    fn unmappable(&self, info: &gst_video::VideoInfo) -> gst::FlowError {
        let (format, width, height) = (info.format(), info.width(), info.height());
        gst::element_imp_error!(
            self,
            gst::ResourceError::Read,
            ["cannot map a buffer as a {format:?} frame of {width}x{height} with top-down rows"]
        );
        gst::FlowError::Error
    }
}

/// A panic while a lock is held has already stopped the element; the data behind it is plain values.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
