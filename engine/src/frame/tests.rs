//! What a frame refuses.

use super::*;

#[test]
fn a_short_plane_is_refused_with_its_numbers() {
    let error = OwnedFrame::packed(PixelFormat::Rgb, 4, 2, Colorimetry::default(), vec![0; 23])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "RGB frame of 4x2: plane 0 has 23 bytes at stride 12, 2 rows of 12 need 24"
    );
}

#[test]
fn the_last_row_may_end_without_padding() {
    let plane = Plane {
        data: vec![1_u8; 8 + 5],
        stride: 8,
    };
    let frame = OwnedFrame::new(PixelFormat::Gray8, 5, 2, Colorimetry::default(), [plane]).unwrap();
    assert_eq!(frame.rows(0).map(<[u8]>::len).collect::<Vec<_>>(), [5, 5]);
}
