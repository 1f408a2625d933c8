//! Subtitles as the plain text that muxers take.

use super::container::Container;
use super::error::PipelineError;
use super::make::{make, pad};
use gst::prelude::*;

/// What a rewritten subtitle has from the one that came.
const COPIED: gst::BufferCopyFlags = gst::BufferCopyFlags::FLAGS
    .union(gst::BufferCopyFlags::TIMESTAMPS)
    .union(gst::BufferCopyFlags::META);

/// Whether these subtitles can be turned into text.
pub(super) fn can_be_text(caps: &gst::Caps) -> bool {
    parser(caps).is_some()
}

/// What makes Pango markup of a subtitle format: `Some("")` for nothing needed.
fn parser(caps: &gst::Caps) -> Option<&'static str> {
    match caps.structure(0)?.name().as_str() {
        "text/x-raw" => Some(""),
        "application/x-ssa" | "application/x-ass" => Some("ssaparse"),
        "application/x-subtitle-vtt" => Some("subparse"),
        _ => None,
    }
}

/// Elements that turn subtitles of these caps into UTF-8 text for `container`.
pub(super) fn to_text(
    caps: &gst::Caps,
    container: Container,
) -> Result<Vec<gst::Element>, PipelineError> {
    let mut elements = Vec::new();
    if let Some(parser) = parser(caps).filter(|parser| !parser.is_empty()) {
        elements.push(make(parser)?);
    }
    // Pango's markup and SubRip's differ only in what is escaped: relabelled, then unescaped.
    let relabel = make("capssetter")?;
    relabel.set_property(
        "caps",
        gst::Caps::builder("text/x-raw")
            .field("format", "utf8")
            .build(),
    );
    relabel.set_property("replace", true);
    relabel.set_property("join", false);
    pad(&relabel, "src")?.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            rewrite(buffer, container);
        }
        gst::PadProbeReturn::Ok
    });
    elements.push(relabel);
    Ok(elements)
}

fn rewrite(buffer: &mut gst::Buffer, container: Container) {
    let Ok(markup) = buffer.map_readable().map(|map| map.to_vec()) else {
        return;
    };
    let text = plain(
        &String::from_utf8_lossy(&markup),
        container == Container::Mkv,
    );
    let mut rewritten = gst::Buffer::from_slice(text.into_bytes());
    // What was just made has one owner.
    if let Some(target) = rewritten.get_mut() {
        let _ = buffer.copy_into(target, COPIED, ..);
        *buffer = rewritten;
    }
}

/// Pango markup as text: entities resolved; `<b>`, `<i>` and `<u>` kept where `tags` says that the
/// container's text may have them, all others dropped.
fn plain(markup: &str, tags: bool) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let Some(length) = rest[open..].find('>') else {
            rest = &rest[open..];
            break;
        };
        let tag = &rest[open..=open + length];
        let name = tag.trim_matches(['<', '/', '>']);
        if tags && matches!(name, "b" | "i" | "u") {
            text.push_str(tag);
        }
        rest = &rest[open + length + 1..];
    }
    text.push_str(rest);
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        for (markup, with_tags, without) in [
            ("plain", "plain", "plain"),
            ("<i>a</i> &amp; b", "<i>a</i> & b", "a & b"),
            ("<span size='9'>x</span> &lt;3", "x <3", "x <3"),
            ("&amp;lt;", "&lt;", "&lt;"),
            ("a < b", "a < b", "a < b"),
        ] {
            assert_eq!(plain(markup, true), with_tags);
            assert_eq!(plain(markup, false), without);
        }
    }
}
