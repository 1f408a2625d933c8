"""Real encoders in the loop: what a camera's H.264 or MJPEG does to the planes, and what others would do."""

from fractions import Fraction

import av
import cv2
import numpy as np

Planes = tuple[np.ndarray, np.ndarray]

# Decoder: encoder and its options at a quality, all for one thread and no delay. Quality is the rate factor
# of x264 and x265 (0..51) and the quantiser of MPEG-2 (1..31) and VP8 (0..63): more is worse.
ENCODERS = {
    "h264": ("libx264", lambda q: {"crf": q, "preset": "superfast", "tune": "zerolatency"}),
    "hevc": (
        "libx265",
        lambda q: {
            "crf": q,
            "preset": "ultrafast",
            "tune": "zerolatency",
            "x265-params": "log-level=none:pools=none:frame-threads=1",
        },
    ),
    "mpeg2video": ("mpeg2video", lambda q: {"qmin": q, "qmax": q}),
    # The bitrate is more than a frame ever takes: the quantiser alone decides.
    "vp8": ("libvpx", lambda q: {"qmin": q, "qmax": q, "b": 10**8, "deadline": "realtime", "cpu-used": 4}),
}


def recode(frames: list[Planes], codec: str, quality: int) -> Planes:
    """Encode and decode planes (y [H,W], uv [2,H/2,W/2], uint8); -> the last frame."""
    return recode_all(frames if codec in ENCODERS else frames[-1:], codec, quality)[-1]


def recode_all(frames: list[Planes], codec: str, quality: int) -> list[Planes]:
    if codec == "none":
        return frames
    if codec == "jpeg":
        return [jpeg(f, quality) for f in frames]
    return video(frames, codec, quality)


def jpeg(frame: Planes, quality: int) -> Planes:
    """Each plane as a grey JPEG: the blocks and the ringing of MJPEG."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    once = lambda p: cv2.imdecode(cv2.imencode(".jpg", p, flags)[1], cv2.IMREAD_GRAYSCALE)
    y, uv = frame
    return once(y), np.stack([once(p) for p in uv])


def video(frames: list[Planes], codec: str, quality: int) -> list[Planes]:
    """One of ENCODERS at a constant quality, first frame intra, the rest predicted."""
    h, w = frames[0][0].shape
    encoder, options = ENCODERS[codec]
    enc = av.CodecContext.create(encoder, "w")
    enc.width, enc.height, enc.pix_fmt = w, h, "yuv420p"
    enc.framerate, enc.time_base = 25, Fraction(1, 25)
    enc.thread_count = 1
    enc.options = {k: str(v) for k, v in options(quality).items()}
    dec = av.CodecContext.create(codec, "r")
    dec.thread_count = 1
    out = []
    for i, (y, uv) in enumerate(frames):
        packed = np.concatenate([y.reshape(-1), uv.reshape(-1)]).reshape(h * 3 // 2, w)
        f = av.VideoFrame.from_ndarray(np.ascontiguousarray(packed), format="yuv420p")
        f.pts = i
        for packet in enc.encode(f):
            out += dec.decode(packet)
    for packet in enc.encode(None):
        out += dec.decode(packet)
    out += dec.decode(None)
    return [unpack(f) for f in out]


def unpack(frame: av.VideoFrame) -> Planes:
    y, u, v = (plane_array(p) for p in frame.planes)
    return y, np.stack([u, v])


def plane_array(p) -> np.ndarray:
    return np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, : p.width].copy()
