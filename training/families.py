"""Degradations that no training shard holds. They serve validation alone: what is chosen on them generalises.

A network that has learnt the simulation instead of restoration does well on new pictures and badly here.
`degrade.draw_camera` never draws any of these; `hold_out` turns a drawn camera into one of them.

| where in the camera | families |
| --- | --- |
| motion and lens | defocus, shake, zoom, corner |
| sensor | hot-pixels, chroma-blotches |
| processing | denoised, banding |
| compression | mpeg2video, hevc, vp8 |

Pictures are float32 BGR [H,W,3], in linear light unless said otherwise; `amount` is 0 (weak) to 1 (strong).
"""

import cv2
import numpy as np

from training.planes import luma

SEEN = "seen"  # the same scenes and light with nothing but what training knows: what the rest is held against
LENGTH = (5.0, 24.0)  # pixels of blur at amount 0 and 1: about the upper half of what training sees


def between(low: float, high: float, amount: float) -> float:
    """Geometric: the middle amount is as many times `low` as `high` is times it."""
    return float(low * (high / low) ** amount)


# Motion and lens: (scene, rng, length in pixels) -> blurred scene, blur length map [H,W] in pixels.


def defocus(scene: np.ndarray, rng, length: float) -> tuple[np.ndarray, np.ndarray]:
    """A disc as wide as `length`, its edge softened over one pixel."""
    side = int(np.ceil(length / 2 + 0.5))
    y, x = np.mgrid[-side : side + 1, -side : side + 1]
    disc = np.clip(length / 2 + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    blurred = cv2.filter2D(scene, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT_101)
    return blurred, np.full(scene.shape[:2], length, np.float32)


def shake(scene: np.ndarray, rng, length: float) -> tuple[np.ndarray, np.ndarray]:
    """A hand-held camera: a wandering path whose two farthest points lie `length` apart."""
    turns = np.cumsum(rng.normal(0, 0.7, int(2 * length) + 2))
    walk = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1), 0)
    apart = np.hypot(*(walk[:, None] - walk[None]).transpose(2, 0, 1)).max()
    walk = (walk - walk.mean(0)) * (length / apart)
    shifts = (np.array([[1, 0, x], [0, 1, y]]) for x, y in walk)
    return swept(scene, shifts), np.full(scene.shape[:2], length, np.float32)


def zoom(scene: np.ndarray, rng, length: float) -> tuple[np.ndarray, np.ndarray]:
    """The lens zooms while the shutter is open: nothing moves in the centre, corners by `length`."""
    h, w = scene.shape[:2]
    centre, reach = (w / 2, h / 2), np.hypot(w, h) / 2
    warps = (cv2.getRotationMatrix2D(centre, 0, 1 + s / reach) for s in sub_steps(length))
    return swept(scene, warps), length * distance(h, w, centre) / reach


def corner(scene: np.ndarray, rng, length: float) -> tuple[np.ndarray, np.ndarray]:
    """The camera turns about one corner; the opposite one moves by `length`."""
    h, w = scene.shape[:2]
    pivot, reach = (float(rng.integers(2) * w), float(rng.integers(2) * h)), np.hypot(w, h)
    warps = (cv2.getRotationMatrix2D(pivot, np.degrees(s / reach), 1) for s in sub_steps(length))
    return swept(scene, warps), length * distance(h, w, pivot) / reach


def sub_steps(length: float) -> np.ndarray:
    """Positions along the longest trace, at most one pixel apart, zero in the middle."""
    return np.linspace(-length / 2, length / 2, int(np.ceil(length)) + 1)


def distance(h: int, w: int, point: tuple[float, float]) -> np.ndarray:
    y, x = np.mgrid[:h, :w]
    return np.hypot(x - point[0], y - point[1]).astype(np.float32)


def swept(scene: np.ndarray, warps) -> np.ndarray:
    """Mean of the scene under affine matrices [2,3]."""
    h, w = scene.shape[:2]
    how = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REFLECT_101}
    return np.mean([cv2.warpAffine(scene, m, (w, h), **how) for m in warps], 0)


# Sensor: (light [H,W,3] at the sensor, rng, amount) -> noise to add to it.


def hot_pixels(light: np.ndarray, rng, amount: float) -> np.ndarray:
    """Blinking pixels, each colour by itself; few, but with a heavy tail (Pareto) up to the full well."""
    hit = rng.random(light.shape) < between(1e-3, 1e-2, amount)
    return (hit * np.minimum(0.03 * (1 + rng.pareto(0.8, light.shape)), 1)).astype(np.float32)


def chroma_blotches(light: np.ndarray, rng, amount: float) -> np.ndarray:
    """Colour noise of low frequency: blotches of 8 to 24 pixels, 5 to 25 % of the mean light. Luma stays."""
    h, w = light.shape[:2]
    size = between(8, 24, rng.random())
    coarse = rng.standard_normal((int(h / size) + 2, int(w / size) + 2, 3), np.float32)
    colour = cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)
    colour -= luma(colour)[..., None]
    return colour * np.float32(between(0.05, 0.25, amount) * light.mean())


# Processing: (gamma-coded noisy picture 0..1, amount) -> the same.


def denoised(coded: np.ndarray, amount: float) -> np.ndarray:
    """The camera's own denoiser: a bilateral filter that knows its noise, then a median. What is left:
    smeared texture and specks."""
    noise = 1.5 * float(np.abs(coded - cv2.medianBlur(coded, 3)).mean())  # about its standard deviation
    smooth = cv2.bilateralFilter(coded, 7, max(between(1.5, 5, amount) * noise, 1e-3), 2.5)
    return cv2.medianBlur(smooth, 3)


def banding(coded: np.ndarray, amount: float) -> np.ndarray:
    """7 bits, at the most amount 6, after the denoiser (noise would hide the steps). The restorer's gain
    widens the steps."""
    levels = round(between(127, 63, amount))
    return (np.rint(denoised(coded, 0.5) * levels) / levels).astype(np.float32)


BLUR = {"defocus": defocus, "shake": shake, "zoom": zoom, "corner": corner}
SENSOR = {"hot-pixels": hot_pixels, "chroma-blotches": chroma_blotches}
PROCESSING = {"denoised": denoised, "banding": banding}
# Quality (see codec.ENCODERS) at amount 0 and 1.
CODECS = {"mpeg2video": (3, 20), "hevc": (22, 36), "vp8": (12, 50)}
NAMES = (*BLUR, *SENSOR, *PROCESSING, *CODECS)


def hold_out(cam, name: str, rng: np.random.Generator) -> None:
    """Turn a drawn camera into one of family `name` (or SEEN), in place; the rest of it stays as drawn."""
    cam.mono = cam.two_layers = False  # no blotches without colour; held-out motion is of one layer
    cam.amount = float(rng.random())
    if name in CODECS:
        cam.codec, cam.quality = name, round(between(*CODECS[name], cam.amount))
    elif name != SEEN:
        cam.family = name
    if name in BLUR:
        cam.blur = between(*LENGTH, cam.amount)


def expose(scene: np.ndarray, rng, cam, frames: int):
    """As degrade.expose, for BLUR. All frames show the same blurred scene: an exposure stands by itself."""
    blurred, blur_map = BLUR[cam.family](scene, rng, cam.blur)
    return np.stack([blurred] * frames), lambda i: scene, blur_map
