/**
 * SECTION:element-lowlightrestore
 *
 * Restores dark, motion-blurred, noisy video frame by frame with a small neural network, through ONNX Runtime.
 *
 * The model is an `.onnx` file with a `.modelinfo` sidecar beside it. It is loaded on a thread of its own as soon as
 * caps are known; until it is there frames pass unrestored, or wait if `wait-for-model` is set. What the element is
 * doing is in the `state` property and in `lowlightrestore-state` element messages.
 *
 * ## Example launch line
 * ```text
 * gst-launch-1.0 videotestsrc num-buffers=100 ! lowlightdegrade ! lowlightrestore ! videoconvert ! autovideosink
 * gst-launch-1.0 filesrc location=night.mp4 ! decodebin ! lowlightrestore view=split ! videoconvert ! autovideosink
 * ```
 */
use gst::glib;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use lowlight_engine::Model;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::enums::{ExecutionProvider, OptimizationLevel, RestorerState, View};
use super::errors;
use super::interrupt::Interrupt;
use super::memory::{caps, gstcuda, pools};
use super::report::Report;
use super::settings::{FrameSettings, Settings};
use super::stats::Reason;
use super::stream::Stream;
use super::transform::Format;

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "lowlightrestore",
        gst::DebugColorFlags::empty(),
        Some("Low-light restoration"),
    )
});

#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::LowlightRestore)]
pub struct LowlightRestore {
    /// The property `model-file`.
    #[property(name = "model-file", get, set, type = Option<String>, member = model_file, mutable_ready,
        nick = "Model file", blurb = "The .onnx file, with its .modelinfo sidecar beside it, or a folder of models (default: search)")]
    /// The property `execution-provider`.
    #[property(name = "execution-provider", get, set, type = ExecutionProvider, member = execution_provider, mutable_ready,
        builder(Settings::default().execution_provider).nick("Execution provider").blurb("Where the network runs"))]
    /// The property `device`.
    #[property(name = "device", get, set, type = Option<String>, member = device, mutable_ready,
        nick = "Device", blurb = "The GPU to run on, as nvidia-smi -L lists them: an index (0) or a UUID (GPU-...) (default: the first)")]
    /// The property `optimization-level`.
    #[property(name = "optimization-level", get, set, type = OptimizationLevel, member = optimization_level, mutable_ready,
        builder(Settings::default().optimization_level).nick("Optimization level").blurb("How much ONNX Runtime rewrites the graph"))]
    /// The property `n-threads`.
    #[property(name = "n-threads", get, set, type = u32, member = n_threads, mutable_ready, default = Settings::default().n_threads,
        nick = "Number of threads", blurb = "Threads inside one operator of the network (0 = every core this process may use)")]
    /// The property `cache-dir`.
    #[property(name = "cache-dir", get, set, type = Option<String>, member = cache_dir, mutable_ready,
        nick = "Cache folder", blurb = "Folder for compiled models, for providers that compile (default: tapetum in the user's cache; empty: none)")]
    /// The property `cache-read-only`.
    #[property(name = "cache-read-only", get, set, type = bool, member = cache_read_only, mutable_ready,
        default = Settings::default().cache_read_only, nick = "Cache read-only", blurb = "Take compiled models from the cache folder, and write none")]
    /// The property `cache-max-size`.
    #[property(name = "cache-max-size", get, set, type = u64, member = cache_max_size, mutable_ready,
        default = Settings::default().cache_max_size, nick = "Cache maximum size",
        blurb = "Bytes that the cache folder may grow to before the least recently used models are removed (0 = no limit)")]
    /// The property `onnxruntime-library`.
    #[property(name = "onnxruntime-library", get, set, type = Option<String>, member = onnxruntime_library, mutable_ready,
        nick = "ONNX Runtime library", blurb = "libonnxruntime.so or its folder; the first load in a process decides for all (default: search)")]
    /// The property `strength`.
    #[property(name = "strength", get, set, type = f64, member = strength, minimum = 0.0, maximum = 1.0, controllable, mutable_playing,
        default = Settings::default().strength, nick = "Strength", blurb = "How much of the restoration to apply, from 0 (pass through, no model) to 1 (all of it)")]
    /// The property `view`.
    #[property(name = "view", get, set, type = View, member = view, mutable_playing,
        builder(Settings::default().view).nick("View").blurb("What to show"))]
    /// The property `inference-interval`.
    #[property(name = "inference-interval", get, set, type = u32, member = inference_interval, minimum = 1, mutable_playing,
        default = Settings::default().inference_interval, nick = "Inference interval", blurb = "Restore every n-th frame; the frames between show the last restored picture again")]
    /// The property `wait-for-model`.
    #[property(name = "wait-for-model", get, set, type = bool, member = wait_for_model, mutable_playing,
        default = Settings::default().wait_for_model, nick = "Wait for model", blurb = "Hold frames back until the model is loaded, instead of passing them unrestored")]
    pub(super) settings: Mutex<Settings>,
    /// From start to stop; locked by the streaming thread while it works, or waits.
    pub(super) stream: Mutex<Option<Stream>>,
    /// The property `active-provider`.
    #[property(name = "active-provider", get = |this: &Self| lock(&this.report).active_provider(), type = Option<String>,
        nick = "Active provider", blurb = "The execution provider in use; unset while there is none")]
    /// The property `state`.
    #[property(name = "state", get = |this: &Self| lock(&this.report).state, type = RestorerState,
        builder(RestorerState::default()).nick("State").blurb("What the element is doing about its model"))]
    pub(super) report: Mutex<Report>,
    pub(super) interrupt: Interrupt,
    /// The negotiated caps.
    pub(super) format: Mutex<Option<Format>>,
    /// Whether whatever layout upstream's buffers have may be passed on as it is.
    downstream_takes_any_layout: AtomicBool,
    /// Whether frames come from a live source, as upstream answered when latency was last asked for.
    pub(super) is_live: AtomicBool,
}

#[glib::object_subclass]
impl ObjectSubclass for LowlightRestore {
    const NAME: &'static str = "GstLowlightRestore";
    type Type = super::LowlightRestore;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for LowlightRestore {
    fn properties() -> &'static [glib::ParamSpec] {
        // The derive knows no structures.
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let stats = glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb("Frames restored, repeated and passed, by reason; times in ms; streams per session; provider, model, precision")
                .read_only();
            let derived = LowlightRestore::derived_properties();
            derived.iter().cloned().chain([stats.build()]).collect()
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, spec: &glib::ParamSpec) -> glib::Value {
        match spec.name() {
            "stats" => lock(&self.report).stats_structure().to_value(),
            _ => self.derived_property(id, spec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
        self.derived_set_property(id, value, spec);
    }

    fn constructed(&self) {
        self.parent_constructed();
        // Otherwise the base class takes the GAP flag off buffers.
        self.obj().set_gap_aware(true);
        // As video filters have it: late frames are not worth a run of the network.
        self.obj().set_property("qos", true);
    }
}

impl GstObjectImpl for LowlightRestore {}

impl ElementImpl for LowlightRestore {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Low-light restorer",
                "Filter/Effect/Video",
                "Restores dark, motion-blurred, noisy video with a small neural network",
                "The Tapetum contributors",
            )
        });
        Some(&*METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = caps::supported();
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
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::PausedToReady {
            // Pads are deactivated next, which waits for the streaming thread, which may wait for the model.
            self.interrupt.raise();
        }
        self.parent_change_state(transition)
    }
}

impl BaseTransformImpl for LowlightRestore {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let is_off = settings.frame().is_off();
        // The sidecar alone, which is quick: caps depend on it, and a wrong path fails the state change.
        let model = match is_off {
            true => Ok(None),
            false => Model::open(settings.model_path().as_deref()).map(Some),
        };
        let model = model.map_err(|error| errors::message(&error))?;
        lock(&self.report).begin(model);
        *lock(&self.stream) = Some(Stream::default());
        self.interrupt.clear();
        self.downstream_takes_any_layout
            .store(true, Ordering::Relaxed);
        self.obj().set_passthrough(is_off);
        gst::info!(CAT, imp = self, "started");
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let stream = lock(&self.stream).take();
        *lock(&self.format) = None;
        // Waits a moment for a load that is under way; one that takes longer is left to end by itself.
        drop(stream);
        let was_idle = lock(&self.report).state == RestorerState::Idle;
        lock(&self.report).end();
        if !was_idle {
            self.announce("stopped");
        }
        let stats = lock(&self.report).stats_structure();
        gst::info!(CAT, imp = self, "stopped: {stats}");
        Ok(())
    }

    fn transform_caps(
        &self,
        _direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let fixed_size = lock(&self.report).fixed_size();
        let caps = match fixed_size {
            Some((width, height)) => caps::across(caps).intersect(&caps::sized(width, height)),
            None => caps::across(caps),
        };
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&caps, gst::CapsIntersectMode::First),
            None => caps,
        })
    }

    fn accept_caps(&self, direction: gst::PadDirection, caps: &gst::Caps) -> bool {
        let is_accepted = self.parent_accept_caps(direction, caps);
        if !is_accepted && let Some(objection) = caps::objection(caps) {
            gst::element_imp_warning!(self, gst::CoreError::Negotiation, ("{objection}"));
        }
        let fixed_size = lock(&self.report).fixed_size();
        if !is_accepted && let Some((width, height)) = fixed_size {
            gst::warning!(
                CAT,
                imp = self,
                "the model takes frames up to {width}x{height} (videoscale brings them there), not {caps}"
            );
        }
        is_accepted
    }

    fn set_caps(&self, incaps: &gst::Caps, outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.begin_format(incaps, outcaps)
    }

    fn unit_size(&self, caps: &gst::Caps) -> Option<usize> {
        let info = gst_video::VideoInfo::from_caps(caps).ok()?;
        Some(info.size())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        use gst::EventView;
        match event.view() {
            EventView::FlushStart(_) => self.interrupt.raise(),
            EventView::FlushStop(_) => {
                self.interrupt.clear();
                self.reset("flush");
            }
            EventView::Segment(_) => self.reset("segment"),
            EventView::Gap(_) => self.reset("gap"),
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
        if gstcuda::is_asked_for(query)
            && let Ok(context) = self.cuda_context()
            && context.answer(self.obj().upcast_ref(), query)
        {
            return true;
        }
        let is_answered = BaseTransformImplExt::parent_query(self, direction, query);
        // Overheard rather than asked for: the pipeline asks when it starts, and whenever something changes.
        if is_answered && let gst::QueryView::Latency(latency) = query.view() {
            self.is_live.store(latency.result().0, Ordering::Relaxed);
        }
        is_answered
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let takes_video_meta = query
            .find_allocation_meta::<gst_video::VideoMeta>()
            .is_some();
        self.downstream_takes_any_layout
            .store(takes_video_meta, Ordering::Relaxed);
        pools::decide(query, &|| self.cuda_context())?;
        self.parent_decide_allocation(query)
    }

    fn propose_allocation(
        &self,
        decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.parent_propose_allocation(decide_query, query)?;
        // Without a query of its own, the element passes buffers through: downstream has answered.
        match decide_query {
            Some(_) => pools::propose(query, &|| self.cuda_context()),
            None => Ok(()),
        }
    }

    fn transform(
        &self,
        inbuf: &gst::Buffer,
        outbuf: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.render(inbuf, outbuf)
    }

    fn transform_meta<'a>(
        &self,
        _outbuf: &mut gst::BufferRef,
        meta: gst::MetaRef<'a, gst::Meta>,
        _inbuf: &'a gst::BufferRef,
    ) -> bool {
        // The picture keeps its size, place and colours, so whatever is said about it stays true. Metas about the
        // memory (the base class leaves out those about its layout) would hold the input back for nothing.
        !meta.has_tag::<gst::meta::tags::MemoryReference>()
    }

    fn before_transform(&self, inbuf: &gst::BufferRef) {
        let segment = self.obj().segment();
        let stream_time = segment
            .downcast_ref::<gst::ClockTime>()
            .and_then(|segment| segment.to_stream_time(inbuf.pts()));
        if let Some(stream_time) = stream_time
            && let Err(error) = self.obj().sync_values(stream_time)
        {
            gst::warning!(CAT, imp = self, "control bindings: {error}");
        }
        if inbuf.flags().contains(gst::BufferFlags::DISCONT) {
            self.reset("discontinuity");
        }
        let settings = lock(&self.settings).frame();
        self.choose_mode(&settings);
        if !settings.is_off() {
            self.ensure_model();
        }
    }
}

impl LowlightRestore {
    /// Passes buffers through untouched where nothing is to be done to them.
    fn choose_mode(&self, settings: &FrameSettings) {
        let obj = self.obj();
        let is_off = settings.is_off();
        let is_moved = lock(&self.format)
            .as_ref()
            .is_some_and(|format| format.is_moved);
        // A downstream that knows no video meta needs the layout that caps imply: then frames are copied.
        let takes_any_layout = self.downstream_takes_any_layout.load(Ordering::Relaxed);
        let pass_through = is_off && takes_any_layout && !is_moved;
        if pass_through != obj.is_passthrough() {
            gst::debug!(CAT, imp = self, "pass through: {pass_through}");
            obj.set_passthrough(pass_through);
            // Out of pass through a buffer pool is needed.
            if !pass_through {
                obj.reconfigure_src();
            }
        }
        if pass_through {
            lock(&self.report).stats.passed(Reason::Off);
        }
    }

    fn reset(&self, reason: &str) {
        if let Some(stream) = &mut *lock(&self.stream) {
            gst::debug!(CAT, imp = self, "reset: {reason}");
            stream.reset();
        }
    }
}

/// Locks `mutex`; what a panicking thread left behind is still the best there is.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
