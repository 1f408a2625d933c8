"""Camera simulation: a sharp daylight picture becomes a dark, shaken, noisy, compressed one.

Order of events, as in a camera: scene light (linear, highlights raised above clipping) -> motion
during the exposure (the mean of many sub-frames along a path) -> less light -> shot, read and row
noise -> analogue gain -> clipping -> gamma -> 8 bits, 4:2:0 -> overlay -> codec.

Pictures are float32 BGR in linear light, 0..1 (highlights may exceed 1 before clipping).
Planes are uint8 limited-range BT.709: y [H,W], uv [2,H/2,W/2].
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from training import families
from training.codec import ENCODERS, recode
from training.planes import luma, to_planes

GRID = 16


@dataclass
class Camera:
    """One simulated camera setting; the names are those of the reference camera model."""

    exposure: float = 1.0  # light collected, 1 = daylight reference
    blur: float = 0.0  # path length during the exposure, pixels
    shot_noise: float = 0.0  # variance per unit of linear light
    read_noise: float = 0.0  # standard deviation, linear
    row_noise: float = 0.0  # standard deviation of one value per row, linear
    gain: float = 1.0  # applied after the noise
    gamma: float = 2.2
    codec: str = "none"  # none, jpeg, h264; held-out ones: families.CODECS
    quality: int = 0  # jpeg quality, or that of codec.ENCODERS
    highlight: float = 1.0  # light of clipped highlights before clipping
    shading: float = 0.0  # strength of a smooth uneven darkening, log units
    grain: float = 0.0  # blur of the noise, as demosaicing leaves it (sigma in pixels)
    tint: tuple = (1.0, 1.0, 1.0)  # residual white-balance error, BGR
    mono: bool = False  # infrared night mode: no colour
    two_layers: bool = False  # a patch moves differently from the background
    tags: list = field(default_factory=list)
    family: str = ""  # a degradation that training never sees: see families.py
    amount: float = 0.0  # of the family, 0 (weak) to 1 (strong)


# Range of the exposure for each severity.
LIGHT = {"untouched": (1, 1.0001), "mild": (0.3, 0.8), "medium": (0.1, 0.3), "severe": (0.025, 0.1)}
SEVERITIES = tuple(LIGHT)


def log_uniform(rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_camera(rng: np.random.Generator, severity: str | None = None) -> Camera:
    """A random camera setting. Many are mild: a restorer must know when to do nothing."""
    s = severity or rng.choice(SEVERITIES, p=(0.10, 0.24, 0.36, 0.30))
    c = Camera(exposure=log_uniform(rng, *LIGHT[str(s)]), gamma=float(rng.uniform(2.0, 2.4)), tags=[str(s)])
    blur_scale = {"untouched": 0.0, "mild": 0.5, "medium": 0.9, "severe": 1.0}[s]
    kind = rng.random()
    if kind > 0.3:
        c.blur = blur_scale * (log_uniform(rng, 1, 6) if kind < 0.65 else log_uniform(rng, 5, 22))
    electrons = log_uniform(rng, 700, 12000)  # full well of a small to a decent sensor
    if s != "untouched" or rng.random() < 0.3:
        c.shot_noise = 1 / electrons
        c.read_noise = log_uniform(rng, 1.5, 7) / electrons
        c.row_noise = c.read_noise * float(rng.uniform(0, 0.5)) * (rng.random() < 0.4)
    if rng.random() < 0.4:
        c.gain = log_uniform(rng, 1, np.clip(1 / c.exposure, 1, 6))
    c.grain = float(rng.choice([0, 0, 0.5, 0.8]))
    kind = rng.random()
    if kind < 0.5:
        c.codec, c.quality = "h264", int(rng.integers(18, 36))
    elif kind < 0.62:
        c.codec, c.quality = "jpeg", int(rng.integers(35, 95))
    if rng.random() < 0.6:
        c.highlight = log_uniform(rng, 1.5, 25)
    if s != "untouched":
        c.shading = float(rng.uniform(0, 0.35)) * (rng.random() < 0.5)
        c.tint = tuple(np.exp(rng.normal(0, 0.05, 3)).clip(0.85, 1.18)) if rng.random() < 0.5 else c.tint
    c.mono = bool(rng.random() < 0.08)
    c.two_layers = bool(rng.random() < 0.3)
    return c


def to_linear(bgr: np.ndarray, gamma: float = 2.2) -> np.ndarray:
    return (bgr.astype(np.float32) / 255) ** gamma


def scene_light(bgr: np.ndarray, cam: Camera) -> np.ndarray:
    """uint8 -> linear; clipped pixels were brighter than the file can say"""
    scene = to_linear(bgr, cam.gamma)
    if cam.highlight > 1:
        scene = np.where(scene.max(2, keepdims=True) > 0.98, scene * cam.highlight, scene)
    return scene


def smooth_field(rng, h: int, w: int, amount: float) -> np.ndarray:
    """exp of a smooth random field [h,w,1]: the light does not fall evenly."""
    grid = rng.normal(0, amount, (4, 5)).astype(np.float32)
    return np.exp(cv2.resize(grid, (w, h), interpolation=cv2.INTER_CUBIC))[..., None]


def path(rng, length: float, frames: int) -> np.ndarray:
    """A camera path in pixels: [frames, steps, 3] of x, y, rotation (radians), centred per frame.

    Steps are at most one pixel apart; the path bends a little and goes on between frames.
    """
    steps = int(np.clip(np.ceil(length) + 1, 1, 24))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.4 else rng.normal(0, 0.3) + np.pi * rng.integers(2)
    bend = rng.normal(0, 0.5) if rng.random() < 0.6 else rng.normal(0, 2.0)
    roll = rng.normal(0, 0.0006) * length
    shutter = rng.uniform(0.25, 1.0)  # share of the frame time that the shutter is open
    f = np.arange(frames)[:, None] + (np.linspace(-0.5, 0.5, steps) if steps > 1 else np.zeros(1)) * shutter
    speed = length / shutter
    a = angle + bend * (f - (frames - 1) / 2) / 2
    x = speed * f * np.cos(a)
    y = speed * f * np.sin(a)
    return np.stack([x, y, roll * f], -1).astype(np.float32)


def move(img: np.ndarray, pose: np.ndarray, zoom: float = 1.0) -> np.ndarray:
    h, w = img.shape[:2]
    m = cv2.getRotationMatrix2D((w / 2, h / 2), np.degrees(float(pose[2])), zoom)
    m[:, 2] += pose[:2]
    return cv2.warpAffine(img, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def blob_mask(rng, h: int, w: int) -> np.ndarray:
    """A soft-edged random polygon [h,w,1] in 0..1: the thing that moves by itself."""
    n = int(rng.integers(4, 9))
    a = np.sort(rng.uniform(0, 2 * np.pi, n))
    r = rng.uniform(0.12, 0.4, n) * min(h, w)
    centre = rng.uniform(0.25, 0.75, 2) * (w, h)
    pts = (centre + np.stack([np.cos(a), np.sin(a)], 1) * r[:, None]).astype(np.int32)
    mask = cv2.fillPoly(np.zeros((h, w), np.float32), [pts], 1.0)
    return cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None]


def expose(scene: np.ndarray, rng, cam: Camera, frames: int, other: np.ndarray | None, still: bool = False):
    """-> (blurred frames [frames,H,W,3] linear, function giving frame i sharp, blur length map [H,W])

    `still`: the camera stands on a tripod; only the second layer moves.
    """
    h, w = scene.shape[:2]
    poses = path(rng, 0.0 if still else cam.blur, frames)
    poses[..., :2] -= poses[-1].mean(0)[:2]  # the last frame, the one that is kept, stays in place
    blur_map = np.full((h, w), 0.0 if still else cam.blur, np.float32)
    layers = None
    if cam.two_layers and other is not None:
        layers = blob_mask(rng, h, w)
        speed = cam.blur * float(rng.uniform(0, 2)) + float(rng.uniform(0, 6)) * (cam.exposure < 0.9)
        fore = path(rng, min(speed, 24), frames)
        fore[..., :2] -= fore[-1].mean(0)[:2]

    def render(i: int, k: float) -> np.ndarray:
        """The scene at sub-step k (0..1) of frame i."""
        pick = lambda p: p[i, round(k * (p.shape[1] - 1))]
        out = move(scene, pick(poses))
        if layers is not None:
            pose = pick(fore)
            m = move(layers, pose)
            m = m[..., None] if m.ndim == 2 else m
            out = out * (1 - m) + move(other, pose) * m
        return out

    result = []
    for i in range(frames):
        steps = max(poses.shape[1], fore.shape[1]) if layers is not None else poses.shape[1]
        acc = np.zeros_like(scene)
        for k in np.linspace(0, 1, steps) if steps > 1 else [0.0]:
            acc += render(i, k)
        result.append(acc / steps)
    if layers is not None:
        swept = move(layers, fore[-1, 0]) + move(layers, fore[-1, -1])
        blur_map = np.where(swept > 0.1, min(speed, 24), blur_map).astype(np.float32)
    return np.stack(result), lambda i: render(i, 0.5), blur_map


def sense(light: np.ndarray, rng, cam: Camera, shade: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exposure, noise, gain, clipping, gamma. -> (noisy, noise-free), BGR gamma-coded 0..1"""
    x = np.clip(light * (cam.exposure * shade), 0, None) * np.array(cam.tint, np.float32)
    if cam.mono:
        x = np.repeat(luma(x)[..., None], 3, 2)
    x = np.minimum(x, 1.0)
    sigma = np.sqrt(cam.shot_noise * x + cam.read_noise**2)
    shape = x.shape[:2] + ((1,) if cam.mono else (3,))
    n = rng.standard_normal(shape, np.float32)
    if cam.grain > 0:
        k = cv2.getGaussianKernel(5, cam.grain)
        n = cv2.sepFilter2D(n, -1, k, k).reshape(shape) / float((k * k).sum())
    n = n * sigma + cam.row_noise * rng.standard_normal((x.shape[0], 1, 1), np.float32)
    if cam.family in families.SENSOR:
        n = n + families.SENSOR[cam.family](x, rng, cam.amount)
    noisy = np.clip((x + n) * cam.gain, 0, 1) ** (1 / cam.gamma)
    if cam.family in families.PROCESSING:
        noisy = families.PROCESSING[cam.family](noisy, cam.amount)
    return noisy.astype(np.float32), (np.clip(x * cam.gain, 0, 1) ** (1 / cam.gamma)).astype(np.float32)


def daylight(sharp: np.ndarray, cam: Camera) -> np.ndarray:
    """What the same camera would have shown by day: linear light -> gamma-coded 0..1"""
    sharp = np.clip(sharp, 0, 1)
    if cam.mono:
        sharp = np.repeat(luma(sharp)[..., None], 3, 2)
    return sharp ** (1 / cam.gamma)


def patch_mean(x: np.ndarray) -> np.ndarray:
    h, w = x.shape
    return x.reshape(h // GRID, GRID, w // GRID, GRID).mean((1, 3))


def labels(truth: np.ndarray, noisy: np.ndarray, clean: np.ndarray, blur_map: np.ndarray) -> np.ndarray:
    """[3,H/16,W/16] in 0..1: light lost, blur length / 16 px, noise against signal.

    All inputs gamma-coded luma [H,W] except blur_map (pixels). Exact, from the simulation.
    """
    t, c = patch_mean(truth), patch_mean(clean)
    dark = 1 - (c + 0.01) / (t + 0.01)
    noise = np.sqrt(patch_mean((noisy - clean) ** 2)) / (c + 0.03)
    return np.clip(np.stack([dark, patch_mean(blur_map) / 16, 2 * noise]), 0, 1).astype(np.float16)


def stamp(planes: list[tuple[np.ndarray, np.ndarray]], rng) -> None:
    """The camera's own clock, painted after the sensor: it is never dark. In place, all frames."""
    h, w = planes[0][0].shape
    date = f"{rng.integers(2000, 2030)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    text = f"{date} {rng.integers(24):02d}:{rng.integers(60):02d}"
    at = (int(rng.integers(2, max(w // 2, 3))), int(rng.choice([16, h - 8])))
    size = float(rng.uniform(0.35, 0.7))
    for y, _ in planes:
        cv2.putText(y, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, 16, 3)
        cv2.putText(y, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, 235, 1, cv2.LINE_AA)


def letterbox(planes, rng) -> None:
    h = planes[0][0].shape[0]
    bar = int(rng.integers(1, 3)) * GRID if h < 300 else int(rng.integers(1, 4)) * GRID
    for y, uv in planes:
        y[:bar], y[h - bar :] = 16, 16
        uv[:, : bar // 2], uv[:, (h - bar) // 2 :] = 128, 128


def simulate(bgr: np.ndarray, rng, cam: Camera, other: np.ndarray | None = None, frames: int = 2) -> dict:
    """One training or test sample from a sharp BGR uint8 picture (sides multiples of 16).

    -> y, uv: degraded planes of the last frame; ty, tuv: the truth; label [3,H/16,W/16] float16.
    `other` is a second picture of the same size for the independently moving layer.
    """
    second = None if other is None else to_linear(other, cam.gamma)
    if cam.codec not in ENCODERS:
        frames = 1
    if cam.family in families.BLUR:
        light, sharp, blur_map = families.expose(scene_light(bgr, cam), rng, cam, frames)
    else:
        light, sharp, blur_map = expose(scene_light(bgr, cam), rng, cam, frames, second)
    return develop(light, sharp(frames - 1), blur_map, rng, cam)


def develop(light: np.ndarray, sharp: np.ndarray, blur_map: np.ndarray, rng, cam: Camera) -> dict:
    """All that comes after the motion.

    Light of the frames [frames,H,W,3], the last one's truth [H,W,3] and blur length [H,W] -> as simulate.
    """
    shade = smooth_field(rng, *sharp.shape[:2], cam.shading) if cam.shading > 0 else np.float32(1)
    shots = [sense(x, rng, cam, shade) for x in light]
    sharp = daylight(sharp, cam)
    noisy, clean = shots[-1]
    label = labels(luma(sharp), luma(noisy), luma(clean), blur_map)
    planes = [to_planes(n) for n, _ in shots]
    truth = to_planes(sharp)
    both = [*planes, truth]
    if "bars" in cam.tags:
        letterbox(both, rng)
    if "clock" in cam.tags:
        stamp(both, rng)
    y, uv = recode(planes, cam.codec, cam.quality)
    return {"y": y, "uv": uv, "ty": truth[0], "tuv": truth[1], "label": label}
