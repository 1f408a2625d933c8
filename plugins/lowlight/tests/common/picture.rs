//! Frames as buffers and back.

use gst_video::prelude::*;
use lowlight_engine::{Colorimetry, OwnedFrame, PixelFormat, Plane, Range};

/// A frame whose bytes all differ from their neighbours', within the limited range.
pub fn patterned(format: PixelFormat, width: usize, height: usize) -> OwnedFrame {
    let planes = (0..format.n_planes()).map(|index| {
        let (row_bytes, rows) = format.plane_size(index, width, height);
        let bytes = (0..row_bytes * rows).map(|i| {
            let (x, y) = (i % row_bytes, i / row_bytes);
            16 + ((x * 7 + y * 13 + index * 29) % 200) as u8
        });
        Plane {
            data: bytes.collect(),
            stride: row_bytes,
        }
    });
    OwnedFrame::new(format, width, height, Colorimetry::default(), planes).unwrap()
}

/// A frame with every byte `value`.
pub fn flat(format: PixelFormat, width: usize, height: usize, value: u8) -> OwnedFrame {
    let mut frame = patterned(format, width, height);
    (0..format.n_planes()).for_each(|index| frame.data_mut(index).fill(value));
    frame
}

/// All pixels of a frame, without row padding.
pub fn pixels(frame: &OwnedFrame) -> Vec<u8> {
    (0..frame.format().n_planes())
        .flat_map(|index| frame.rows(index).flatten().copied())
        .collect()
}

/// Caps for `frame`, at 25 frames a second.
pub fn info(frame: &OwnedFrame) -> gst_video::VideoInfo {
    let format = gst_video::VideoFormat::from_string(frame.format().name());
    let is_full = frame.colorimetry().range == Range::Full;
    let is_planar = matches!(frame.format(), PixelFormat::I420 | PixelFormat::Nv12);
    let builder =
        gst_video::VideoInfo::builder(format, frame.width() as u32, frame.height() as u32)
            .fps(gst::Fraction::new(25, 1));
    let full_range = "1:3:5:1".parse().unwrap();
    match is_full && is_planar {
        true => builder.colorimetry(&full_range).build().unwrap(),
        false => builder.build().unwrap(),
    }
}

/// `frame` in the layout that caps imply.
pub fn buffer(frame: &OwnedFrame) -> gst::Buffer {
    let info = info(frame);
    let buffer = gst::Buffer::with_size(info.size()).unwrap();
    fill(buffer, &info, frame)
}

/// `frame` with `padding` more bytes in every row than needed and between planes, said in a video meta.
pub fn padded_buffer(frame: &OwnedFrame, padding: usize) -> gst::Buffer {
    let info = info(frame);
    let (mut offsets, mut strides, mut size) = (Vec::new(), Vec::new(), padding);
    for index in 0..frame.format().n_planes() {
        let (row_bytes, rows) = frame
            .format()
            .plane_size(index, frame.width(), frame.height());
        offsets.push(size);
        strides.push((row_bytes + padding) as i32);
        size += (row_bytes + padding) * rows + padding;
    }
    let mut buffer = gst::Buffer::from_mut_slice(vec![0xEE; size]);
    gst_video::VideoMeta::add_full(
        buffer.get_mut().unwrap(),
        gst_video::VideoFrameFlags::empty(),
        info.format(),
        info.width(),
        info.height(),
        &offsets,
        &strides,
    )
    .unwrap();
    fill(buffer, &info, frame)
}

fn fill(buffer: gst::Buffer, info: &gst_video::VideoInfo, frame: &OwnedFrame) -> gst::Buffer {
    let mut mapped = gst_video::VideoFrame::from_buffer_writable(buffer, info).unwrap();
    for index in 0..frame.format().n_planes() {
        let stride = mapped.plane_stride()[index] as usize;
        let data = mapped.plane_data_mut(index as u32).unwrap();
        for (to, from) in data.chunks_mut(stride).zip(frame.rows(index)) {
            to[..from.len()].copy_from_slice(from);
        }
    }
    mapped.into_buffer()
}

/// The picture in `buffer`.
#[track_caller]
pub fn frame(buffer: &gst::Buffer, info: &gst_video::VideoInfo) -> OwnedFrame {
    let mapped = gst_video::VideoFrame::from_buffer_readable(buffer.clone(), info).unwrap();
    let format = PixelFormat::from_name(info.format().to_str()).unwrap();
    let (width, height) = (info.width() as usize, info.height() as usize);
    let planes = (0..format.n_planes()).map(|index| {
        let (row_bytes, rows) = format.plane_size(index, width, height);
        let stride = mapped.plane_stride()[index] as usize;
        let data = mapped.plane_data(index as u32).unwrap();
        let rows = data.chunks(stride).take(rows);
        Plane {
            data: rows.flat_map(|row| &row[..row_bytes]).copied().collect(),
            stride: row_bytes,
        }
    });
    OwnedFrame::new(format, width, height, Colorimetry::default(), planes).unwrap()
}

/// The largest difference of two pictures' bytes.
pub fn largest_difference(a: &OwnedFrame, b: &OwnedFrame) -> u8 {
    let pairs = pixels(a).into_iter().zip(pixels(b));
    pairs.map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0)
}
