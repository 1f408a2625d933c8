"""Real encoders in the loop: what a camera's H.264 or MJPEG does to the planes."""

from fractions import Fraction

import av
import cv2
import numpy as np

Planes = tuple[np.ndarray, np.ndarray]


def recode(frames: list[Planes], codec: str, quality: int) -> Planes:
    """Encode and decode planes (y [H,W], uv [2,H/2,W/2], uint8); -> the last frame."""
    return recode_all(frames if codec == "h264" else frames[-1:], codec, quality)[-1]


def recode_all(frames: list[Planes], codec: str, quality: int) -> list[Planes]:
    if codec == "none":
        return frames
    if codec == "jpeg":
        return [jpeg(f, quality) for f in frames]
    return h264(frames, quality)


def jpeg(frame: Planes, quality: int) -> Planes:
    """Each plane as a grey JPEG: the blocks and the ringing of MJPEG."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    once = lambda p: cv2.imdecode(cv2.imencode(".jpg", p, flags)[1], cv2.IMREAD_GRAYSCALE)
    y, uv = frame
    return once(y), np.stack([once(p) for p in uv])


def h264(frames: list[Planes], crf: int, preset: str = "superfast") -> list[Planes]:
    """libx264 at a constant rate factor, first frame intra, the rest predicted."""
    h, w = frames[0][0].shape
    enc = av.CodecContext.create("libx264", "w")
    enc.width, enc.height, enc.pix_fmt = w, h, "yuv420p"
    enc.framerate, enc.time_base = 25, Fraction(1, 25)
    enc.thread_count = 1
    enc.options = {"crf": str(crf), "preset": preset, "tune": "zerolatency"}
    dec = av.CodecContext.create("h264", "r")
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
