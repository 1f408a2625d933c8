//! Sound and subtitles stay what they are.

use crate::boxes::{change, find, put, word};
use crate::cli::{Folder, done, enhance};
use crate::media::{Streams, make, packets};
use std::path::{Path, PathBuf};

/// A copy of a file whose edit lists nobody sees, so that every packet is read.
fn unedited(folder: &Folder, file: &Path) -> PathBuf {
    let copy = folder.path(&format!(
        "unedited-{}",
        file.file_name().unwrap().to_str().unwrap()
    ));
    std::fs::copy(file, &copy).unwrap();
    change(&copy, |file| {
        for at in find(file, "moov/trak/edts") {
            file[at - 4..at].copy_from_slice(b"free");
        }
    });
    copy
}

#[track_caller]
fn bytes(streams: &Streams, name: &str) -> Vec<Vec<u8>> {
    streams[name]
        .iter()
        .map(|packet| packet.bytes.clone())
        .collect()
}

/// A clip whose sound starts with 1024 samples that are not shown, as most encoders write it.
fn with_lead_in(folder: &Folder) -> PathBuf {
    let input = folder.clip("in.mp4");
    change(&input, |file| {
        let list = find(file, "moov/trak/edts/elst")[1];
        assert_eq!(word(file, list + 4), 1, "one entry");
        let movie = find(file, "moov/mvhd")[0];
        let shown = word(file, movie + 12) * 9 / 10;
        put(file, list + 8, &[shown, 1024]);
    });
    input
}

#[test]
fn every_byte_of_sound_stays_and_starts_where_it_did() {
    let folder = Folder::new();
    let (input, output) = (with_lead_in(&folder), folder.path("out.mp4"));
    let said = done(&mut enhance(&input, &output));
    assert!(!said.contains("AAC"), "{said}");
    let (before, after) = (
        packets(&unedited(&folder, &input)),
        packets(&unedited(&folder, &output)),
    );
    assert_eq!(before["audio/mpeg"].len(), 44);
    assert_eq!(bytes(&before, "audio/mpeg"), bytes(&after, "audio/mpeg"));
    let edit = |file: &Path| {
        let file = std::fs::read(file).unwrap();
        let movie = find(&file, "moov/mvhd")[0];
        let list = find(&file, "moov/trak/edts/elst")[1];
        let seconds = f64::from(word(&file, list + 8)) / f64::from(word(&file, movie + 12));
        ((seconds * 1000.0).round() as u64, word(&file, list + 12))
    };
    assert_eq!(edit(&input), (900, 1024));
    assert_eq!(edit(&output), edit(&input));
}

#[test]
fn matroska_drops_only_sound_that_is_not_shown() {
    let folder = Folder::new();
    let (input, output) = (with_lead_in(&folder), folder.path("out.mkv"));
    done(&mut enhance(&input, &output));
    let (before, after) = (packets(&unedited(&folder, &input)), packets(&output));
    assert_eq!(
        bytes(&before, "audio/mpeg")[1..],
        bytes(&after, "audio/mpeg")
    );
    assert_eq!(after["audio/mpeg"][0].time, Some(0));
}

/// A clip as Matroska with this sound.
fn matroska(folder: &Folder, encoder: &str) -> PathBuf {
    let input = folder.path("in.mkv");
    let line = format!(
        "videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! x264enc ! h264parse ! mux. \
         audiotestsrc num-buffers=43 ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! {encoder} ! mux. \
         matroskamux name=mux !"
    );
    make(&line, &input);
    input
}

#[test]
fn sound_that_the_container_holds_is_not_touched() {
    for (encoder, name, output) in [
        ("flacenc", "audio/x-flac", "out.mkv"),
        ("vorbisenc", "audio/x-vorbis", "out.mkv"),
        ("audio/x-raw,format=S16LE", "audio/x-raw", "out.mkv"),
        ("avenc_ac3 ! ac3parse", "audio/x-ac3", "out.mp4"),
    ] {
        let folder = Folder::new();
        let input = matroska(&folder, encoder);
        let output = folder.path(output);
        let said = done(&mut enhance(&input, &output));
        assert_eq!(said.lines().count(), 1, "{said}");
        assert_eq!(
            bytes(&packets(&input), name),
            bytes(&packets(&output), name),
            "{name}"
        );
    }
}

#[test]
fn sound_that_the_container_cannot_hold_is_reencoded_and_that_is_said() {
    let folder = Folder::new();
    let input = matroska(&folder, "flacenc");
    let output = folder.path("out.mp4");
    let said = done(&mut enhance(&input, &output));
    let note = format!(
        "{}: MP4 cannot hold audio/x-flac: re-encoded as AAC",
        input.display()
    );
    assert_eq!(said.lines().next(), Some(note.as_str()));
    assert!(packets(&output)["audio/mpeg"].len() > 40);
}

/// Subtitles as Matroska, from text in a file.
fn subtitled(folder: &Folder) -> PathBuf {
    let text = "1\n00:00:00,100 --> 00:00:00,400\nLights & <i>signs</i>\n\n\
                2\n00:00:00,500 --> 00:00:00,900\nDark again\n\n";
    let (srt, input) = (folder.path("in.srt"), folder.path("in.mkv"));
    std::fs::write(&srt, text).unwrap();
    let line = format!(
        "videotestsrc num-buffers=30 ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! x264enc ! h264parse ! mux. \
         filesrc location={} ! subparse ! text/x-raw ! capssetter replace=true join=false caps=text/x-raw,format=utf8 ! mux. \
         matroskamux name=mux !",
        srt.display()
    );
    make(&line, &input);
    input
}

#[test]
fn subtitles_stay_in_both_containers() {
    let folder = Folder::new();
    let input = subtitled(&folder);
    let texts = |file: &Path| -> Vec<(Option<u64>, String)> {
        let streams = packets(file);
        let shown = streams["text/x-raw"]
            .iter()
            .filter(|packet| packet.bytes.len() > 2);
        shown
            .map(|packet| {
                (
                    packet.time,
                    String::from_utf8_lossy(&packet.bytes).into_owned(),
                )
            })
            .collect()
    };
    let before = texts(&input);
    assert_eq!(before.len(), 2, "the test's own file");
    done(&mut enhance(&input, &folder.path("out.mkv")));
    assert_eq!(texts(&folder.path("out.mkv")), before);
    done(&mut enhance(&input, &folder.path("out.mp4")));
    let times =
        |texts: &[(Option<u64>, String)]| texts.iter().map(|text| text.0).collect::<Vec<_>>();
    assert_eq!(times(&texts(&folder.path("out.mp4"))), times(&before));
}

#[test]
fn odd_sizes_lose_one_column_and_row_and_that_is_said() {
    let folder = Folder::new();
    let (input, output) = (folder.path("in.avi"), folder.path("out.mp4"));
    make(
        "videotestsrc num-buffers=5 ! video/x-raw,format=I420,width=101,height=77,framerate=25/1 ! jpegenc ! avimux !",
        &input,
    );
    let said = done(&mut enhance(&input, &output));
    let note = format!(
        "{}: 101x77 becomes 100x76: the encoder takes even sizes only",
        input.display()
    );
    assert_eq!(said.lines().next(), Some(note.as_str()));
    assert_eq!(crate::media::size(&output), (100, 76));
}
