//! The picture that is shown while there is none.

use gst_video::{VideoConverter, VideoFormat, VideoFrame, VideoInfo};

/// Makes the placeholder of a lost signal: `last`, dimmed, with `text` on it; black of the size `size` if there was none.
/// `None` if memory or the format do not allow it.
pub(crate) fn placeholder(
    last: Option<&gst::Sample>,
    size: (u32, u32),
    text: &str,
) -> Option<gst::Sample> {
    let source = last.and_then(|sample| {
        let info = VideoInfo::from_caps(sample.caps()?).ok()?;
        let frame = VideoFrame::from_buffer_readable(sample.buffer_owned()?, &info).ok()?;
        Some((info, frame))
    });
    let (width, height) = source
        .as_ref()
        .map_or(size, |(info, _)| (info.width(), info.height()));
    let mut info = VideoInfo::builder(VideoFormat::Rgb, width, height);
    if let Some((from, _)) = &source {
        // The converter converts neither rates nor fields.
        info = info.fps(from.fps()).interlace_mode(from.interlace_mode());
    }
    let info = info.build().ok()?;
    let mut buffer = gst::Buffer::with_size(info.size()).ok()?;
    buffer.get_mut()?.map_writable().ok()?.fill(0);
    let mut picture = VideoFrame::from_buffer_writable(buffer, &info).ok()?;
    if let Some((from, frame)) = &source {
        VideoConverter::new(from, &info, None)
            .ok()?
            .frame(frame, &mut picture);
    }
    let stride = usize::try_from(*info.stride().first()?).ok()?;
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    lowlight_scene::dim_and_label(picture.plane_data_mut(0).ok()?, width, height, stride, text);
    let caps = info.to_caps().ok()?;
    let buffer = picture.into_buffer();
    Some(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(value: u8) -> gst::Sample {
        gst::init().unwrap();
        let info = VideoInfo::builder(VideoFormat::Gray8, 64, 36)
            .fps(gst::Fraction::new(15, 1))
            .build()
            .unwrap();
        let mut buffer = gst::Buffer::with_size(info.size()).unwrap();
        buffer
            .get_mut()
            .unwrap()
            .map_writable()
            .unwrap()
            .fill(value);
        gst::Sample::builder()
            .buffer(&buffer)
            .caps(&info.to_caps().unwrap())
            .build()
    }

    fn first_byte(sample: &gst::Sample) -> u8 {
        sample.buffer().unwrap().map_readable().unwrap()[0]
    }

    #[test]
    fn last_picture_is_dimmed_and_keeps_its_size() {
        let shown = placeholder(Some(&grey(200)), (1, 1), "X").unwrap();
        let info = VideoInfo::from_caps(shown.caps().unwrap()).unwrap();
        assert_eq!((info.width(), info.height()), (64, 36));
        assert!(
            (1..120).contains(&first_byte(&shown)),
            "{}",
            first_byte(&shown)
        );
    }

    #[test]
    fn without_a_last_picture_it_is_black_of_the_size_asked_for() {
        gst::init().unwrap();
        let shown = placeholder(None, (32, 18), "").unwrap();
        let info = VideoInfo::from_caps(shown.caps().unwrap()).unwrap();
        assert_eq!(
            (info.width(), info.height(), first_byte(&shown)),
            (32, 18, 0)
        );
    }
}
