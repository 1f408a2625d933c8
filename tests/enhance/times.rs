//! Every frame stays, at its time.

use crate::boxes::{change, find, put, word};
use crate::cli::{Folder, done, enhance};
use crate::media::{decoded, frame_times, keep_frames, make, make_with, orientation};
use std::path::Path;

/// Frames at irregular times, as MP4 or Matroska.
fn variable(path: &Path, muxer: &str) {
    let line = format!(
        "videotestsrc name=source num-buffers=60 ! video/x-raw,format=I420,width=160,height=120,framerate=30000/1001 ! \
         x264enc bframes=2 b-adapt=false key-int-max=20 ! h264parse ! {muxer} !"
    );
    make_with(&line, path, |pipeline| {
        keep_frames(pipeline, "source", |number| {
            number % 7 < 2 || number % 3 == 0
        });
    });
}

#[track_caller]
fn same_times(input: &Path, output: &Path, within: u64) {
    let (before, after) = (frame_times(input), frame_times(output));
    assert_eq!(before.len(), after.len());
    for (index, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(
            before.abs_diff(*after) <= within,
            "frame {index}: {before} ns became {after} ns"
        );
    }
}

#[test]
fn variable_frame_rate_stays_in_every_codec() {
    let folder = Folder::new();
    let input = folder.path("in.mp4");
    variable(&input, "mp4mux");
    for codec in ["h264", "h265"] {
        let output = folder.path(&format!("{codec}.mp4"));
        done(enhance(&input, &output).args(["--codec", codec]));
        same_times(&input, &output, 0);
    }
}

#[test]
fn matroska_keeps_times_to_its_millisecond() {
    let folder = Folder::new();
    let (mp4, mkv) = (folder.path("in.mp4"), folder.path("in.mkv"));
    variable(&mp4, "mp4mux");
    variable(&mkv, "matroskamux");
    done(&mut enhance(&mp4, &folder.path("a.mkv")));
    same_times(&mp4, &folder.path("a.mkv"), 500_000);
    done(&mut enhance(&mkv, &folder.path("b.mkv")));
    same_times(&mkv, &folder.path("b.mkv"), 0);
    done(&mut enhance(&mkv, &folder.path("c.mp4")));
    same_times(&mkv, &folder.path("c.mp4"), 0);
}

#[test]
fn comparisons_show_every_frame_at_its_time() {
    let folder = Folder::new();
    let input = folder.path("in.mp4");
    variable(&input, "mp4mux");
    for (compare, size) in [("split", 160 * 120), ("side-by-side", 320 * 120)] {
        let output = folder.path(&format!("{compare}.mp4"));
        done(enhance(&input, &output).args(["--compare", compare]));
        same_times(&input, &output, 0);
        assert_eq!(
            decoded(&output)["video/x-raw"][0].bytes.len(),
            size * 3 / 2,
            "{compare}"
        );
    }
}

#[test]
fn output_counts_in_the_inputs_ticks_and_is_as_long() {
    let folder = Folder::new();
    let (input, output) = (folder.clip("in.mp4"), folder.path("out.mp4"));
    done(&mut enhance(&input, &output));
    let (before, after) = (
        std::fs::read(&input).unwrap(),
        std::fs::read(&output).unwrap(),
    );
    let tracks = "moov/trak/mdia/mdhd";
    let ticks = |file: &[u8]| word(file, find(file, tracks)[0] + 12);
    assert_eq!(ticks(&before), ticks(&after));
    let seconds = |file: &[u8]| {
        let movie = find(file, "moov/mvhd")[0];
        f64::from(word(file, movie + 16)) / f64::from(word(file, movie + 12))
    };
    let longer = seconds(&after) - seconds(&before);
    assert!(longer.abs() < 0.001, "{longer} s longer");
}

#[test]
fn late_start_stays_late() {
    let folder = Folder::new();
    let (input, output) = (folder.path("in.mp4"), folder.path("out.mp4"));
    let line =
        crate::cli::CLIP.replace("num-buffers=30", "num-buffers=30 timestamp-offset=20000000");
    make(&line, &input);
    assert_eq!(frame_times(&input)[0], 20_000_000);
    done(&mut enhance(&input, &output));
    same_times(&input, &output, 33_334);
}

/// MP4's matrices, as phones write them, but for the one that GStreamer's demuxer does not know.
const TURNED: [(&str, [i32; 4]); 6] = [
    ("rotate-90", [0, 1, -1, 0]),
    ("rotate-180", [-1, 0, 0, -1]),
    ("rotate-270", [0, -1, 1, 0]),
    ("flip-rotate-0", [-1, 0, 0, 1]),
    ("flip-rotate-180", [1, 0, 0, -1]),
    ("flip-rotate-270", [0, 1, 1, 0]),
];

fn turn(path: &Path, [a, b, c, d]: [i32; 4]) {
    change(path, |file| {
        let matrix = find(file, "moov/trak/tkhd")[0] + 40;
        let fixed = |value: i32| (value << 16) as u32;
        put(
            file,
            matrix,
            &[fixed(a), fixed(b), 0, fixed(c), fixed(d), 0],
        );
    });
}

#[test]
fn rotation_stays() {
    let folder = Folder::new();
    let (input, output) = (folder.clip("in.mp4"), folder.path("out.mp4"));
    for (name, matrix) in TURNED {
        turn(&input, matrix);
        assert_eq!(
            orientation(&input, "qtdemux").as_deref(),
            Some(name),
            "the test's own file"
        );
        done(enhance(&input, &output).arg("--force"));
        assert_eq!(orientation(&output, "qtdemux").as_deref(), Some(name));
    }
}

#[test]
fn rotation_is_made_where_it_cannot_be_noted() {
    let folder = Folder::new();
    let input = folder.clip("in.mp4");
    turn(&input, TURNED[0].1);
    let compared = folder.path("out.mp4");
    done(enhance(&input, &compared).args(["--compare", "split"]));
    assert_eq!(orientation(&compared, "qtdemux"), None);
    done(&mut enhance(&input, &folder.path("out.mkv")));
    for output in [compared, folder.path("out.mkv")] {
        let file = crate::media::size(&output);
        assert_eq!(file, (120, 160), "{}", output.display());
    }
}
