//! RTCP sender reports with the camera's absolute time.
//!
//! gst-rtsp-server writes the time at which a frame is sent, by this machine's clock. A recorder that joins several cameras wants
//! to know when a frame was captured, by the camera's.

use crate::stream::CameraClock;
use gst::prelude::*;
use gst_rtsp_server::RTSPMedia;
use gst_rtsp_server::prelude::*;
use std::sync::Arc;

/// The type of a sender report.
const SENDER_REPORT: u8 = 200;
/// Where its 64 bits of NTP time are.
const NTP: std::ops::Range<usize> = 8..16;

/// Keeps the camera's absolute time in what `media`, which is prepared, sends to its readers.
pub(super) fn keep(media: &RTSPMedia, clock: &Arc<CameraClock>) {
    let pipeline = media.element().parent().and_downcast::<gst::Bin>();
    let Some(pipeline) = pipeline else { return };
    for element in pipeline.iterate_elements().into_iter().flatten() {
        let is_rtpbin = element
            .factory()
            .is_some_and(|factory| factory.name() == "rtpbin");
        if !is_rtpbin {
            continue;
        }
        // Otherwise the time of sending goes with a frame's timestamp: later, by what the restoration takes.
        element.set_property("rtcp-sync-send-time", false);
        for pad in element.src_pads() {
            if pad.name().starts_with("send_rtcp_src") {
                rewrite(&pad, Arc::clone(clock));
            }
        }
    }
}

fn rewrite(pad: &gst::Pad, clock: Arc<CameraClock>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(ahead) = clock.ahead()
            && let Some(buffer) = info.buffer_mut()
            && let Ok(mut packet) = buffer.make_mut().map_writable()
        {
            shift(&mut packet, ahead);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Moves the NTP time of an RTCP packet that starts with a sender report by `ahead` nanoseconds.
fn shift(packet: &mut [u8], ahead: i64) {
    let is_report = packet.get(1) == Some(&SENDER_REPORT);
    let Some(field) = packet.get_mut(NTP).filter(|_| is_report) else {
        return;
    };
    let mut bytes = [0; 8];
    bytes.copy_from_slice(field);
    // Seconds in the upper 32 bits, their fraction in the lower. The era turns over in 2036, and so does this.
    let shift = (i128::from(ahead) << 32) / 1_000_000_000;
    let moved = i128::from(u64::from_be_bytes(bytes)).wrapping_add(shift);
    field.copy_from_slice(&(moved as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, seconds: u32, fraction: u32) -> Vec<u8> {
        let mut packet = vec![0x80, kind, 0, 6, 1, 2, 3, 4];
        packet.extend(seconds.to_be_bytes());
        packet.extend(fraction.to_be_bytes());
        packet.extend([9; 12]);
        packet
    }

    #[test]
    fn a_sender_reports_time_is_moved_either_way() {
        for (ahead, seconds, fraction) in [
            (3_600_000_000_000, 3_900_003_600, 1 << 31),
            (500_000_000, 3_900_000_001, 0),
            (-1_000_000_000, 3_899_999_999, 1 << 31),
        ] {
            let mut report = packet(200, 3_900_000_000, 1 << 31);
            shift(&mut report, ahead);
            assert_eq!(report, packet(200, seconds, fraction), "{ahead}");
        }
    }

    #[test]
    fn other_packets_and_broken_ones_are_left_alone() {
        for original in [packet(201, 7, 7), vec![0x80, 200, 0, 6], Vec::new()] {
            let mut same = original.clone();
            shift(&mut same, 1_000_000_000);
            assert_eq!(same, original);
        }
    }
}
