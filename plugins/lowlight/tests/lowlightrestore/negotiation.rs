//! Caps: what is taken, what a fixed-size model leaves of it, and changes in mid-stream.

use crate::common::picture::{patterned, pixels};
use crate::common::{Rig, element, init};
use gst::prelude::*;
use lowlight_engine::PixelFormat;

/// What the sink pad takes.
fn taken(element: &gst::Element) -> gst::Caps {
    element.static_pad("sink").unwrap().query_caps(None)
}

fn takes(element: &gst::Element, format: &str, width: i32, height: i32) -> bool {
    let caps = format!("video/x-raw,format={format},width={width},height={height},framerate=25/1");
    taken(element).can_intersect(&caps.parse::<gst::Caps>().unwrap())
}

#[test]
fn every_format_of_the_engine_is_taken_and_no_other() {
    let rig = Rig::new("identity-planes");
    let mut wanted = PixelFormat::ALL.map(PixelFormat::name).to_vec();
    let template = rig.element.pad_template("sink").unwrap();
    let caps = template.caps();
    let structure = caps.structure(0).unwrap();
    let list = structure.get::<gst::List>("format").unwrap();
    let mut offered: Vec<&str> = list.iter().map(|value| value.get().unwrap()).collect();
    wanted.sort_unstable();
    offered.sort_unstable();
    assert_eq!(offered, wanted);
    let in_gpu_memory: gst::Caps = "video/x-raw(memory:CUDAMemory),format=NV12"
        .parse()
        .unwrap();
    assert_eq!(caps.size(), 2);
    assert!(caps.intersect(&in_gpu_memory).size() == 1, "{caps}");
}

#[test]
fn sizes_are_limited_only_by_the_pads() {
    let rig = Rig::new("identity-planes");
    for (width, height, wanted) in [
        (2, 2, true),
        (8192, 8192, true),
        (1, 2, false),
        (8194, 16, false),
    ] {
        assert_eq!(
            takes(&rig.element, "NV12", width, height),
            wanted,
            "{width}x{height}"
        );
    }
}

#[test]
fn any_framerate_passes_variable_ones_too() {
    for fps in ["0/1", "30000/1001", "1/1", "240/1"] {
        let caps = format!("video/x-raw,format=I420,width=33,height=47,framerate={fps}");
        let mut rig = Rig::new("identity-planes");
        rig.harness.set_src_caps_str(&caps);
        let input = patterned(PixelFormat::I420, 33, 47);
        let output = rig.through(&input);
        assert_eq!(pixels(&output), pixels(&input), "{fps}");
    }
}

#[test]
fn output_caps_are_the_input_caps() {
    let caps = "video/x-raw,format=NV12,width=640,height=360,framerate=25/1,\
        colorimetry=bt709,chroma-site=mpeg2,pixel-aspect-ratio=4/3,interlace-mode=mixed";
    let mut rig = Rig::new("identity-planes");
    rig.harness.set_src_caps_str(caps);
    let output = rig.element.static_pad("src").unwrap().current_caps();
    let input = rig.element.static_pad("sink").unwrap().current_caps();
    assert_eq!(output, input);
    assert!(
        input
            .unwrap()
            .is_subset(&caps.parse::<gst::Caps>().unwrap())
    );
}

#[test]
fn a_fixed_size_model_limits_the_caps() {
    let rig = Rig::new("identity-rgb-fixed");
    assert!(takes(&rig.element, "NV12", 64, 48));
    assert!(takes(&rig.element, "RGB", 33, 20));
    assert!(!takes(&rig.element, "NV12", 65, 48));
    assert!(!takes(&rig.element, "NV12", 64, 49));
}

#[test]
fn without_a_model_in_use_nothing_is_limited() {
    let rig = Rig::with("identity-rgb-fixed", &[("strength", "0")]);
    assert!(takes(&rig.element, "NV12", 640, 480));
}

#[test]
fn frames_smaller_than_a_fixed_size_model_are_padded() {
    let input = patterned(PixelFormat::Rgb, 33, 20);
    let output = Rig::new("identity-rgb-fixed")
        .for_frames(&input)
        .through(&input);
    assert_eq!(pixels(&output), pixels(&input));
}

#[test]
fn videoscale_adapts_to_a_fixed_size_model() {
    init();
    let (restorer, _bus) = element("identity-rgb-fixed", &[("wait-for-model", "true")]);
    let pipeline = gst::Pipeline::new();
    let parts = "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=640,height=480 ! videoscale name=scale";
    let head = gst::parse::bin_from_description(parts, false).unwrap();
    let scale = head.by_name("scale").unwrap().static_pad("src").unwrap();
    head.add_pad(&gst::GhostPad::with_target(&scale).unwrap())
        .unwrap();
    let sink = gst::ElementFactory::make("fakesink").build().unwrap();
    pipeline
        .add_many([head.upcast_ref(), &restorer, &sink])
        .unwrap();
    gst::Element::link_many([head.upcast_ref(), &restorer, &sink]).unwrap();
    let message = crate::pipelines::run(&pipeline);
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    let stats = restorer.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("frames-restored"), Ok(3));
}

#[test]
fn caps_may_change_at_any_frame() {
    let mut rig = Rig::new("invert-planes");
    let formats = [PixelFormat::I420, PixelFormat::Nv12];
    let sizes = [(64, 48), (33, 47), (33, 47), (640, 360), (16, 16)];
    for (&format, (width, height)) in formats.iter().cycle().zip(sizes) {
        let input = patterned(format, width, height);
        rig.set_caps(&input);
        for _ in 0..2 {
            let inverted: Vec<u8> = pixels(&input).iter().map(|value| 255 - value).collect();
            assert_eq!(
                pixels(&rig.through(&input)),
                inverted,
                "{format:?} {width}x{height}"
            );
        }
    }
    assert_eq!(rig.count("frames-passed"), 0);
}
