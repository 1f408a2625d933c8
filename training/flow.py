"""What a shutter makes of real motion: frames between two frames, and their mean in linear light.

Dense flow both ways between neighbours (OpenCV's DIS, on the gamma-coded grey pictures), mended at the edges
of moving things; going there and back finds the points that only one of the two shows. A frame in between is
drawn by carrying every point along its motion, the fastest in front, then fetching its light from the nearer
of the frames that show it: nothing is cross-faded where one frame will do, so nothing is doubled.

Flow is float32 [H,W,2] in pixels, x then y, from a point of the first frame to the same point in the second.
Light is float32 BGR [H,W,3], linear, highlights may exceed 1. Time runs from 0 (first frame) to 1 (second).
Recipe of LOL-Blur (Zhou et al., ECCV 2022): interpolate until no step exceeds about a pixel, then average.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

MOST_STEPS = 24  # sub-frames of an exposure; the exposure is shortened where they would step over a pixel
MARGIN = (
    16  # pixels around a window that an exposure can fetch light from: half of the longest blur, and some
)
STILL = 0.15  # pixels: slower is the footage's compression, and a still background must stay as it is
PATCH, REACH = 7, 8  # pixels: what a motion must explain; how far off a neighbour's motion is taken from
CLEARLY, AS_WELL = 1.0, 0.6  # mean grey levels of a patch: explained better than; no worse than
STANDS = 0.1  # share of a picture that must stand still for the camera to
BESIDE = [(0, -1), (0, 1), (-1, 0), (1, 0)]
AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def fetch(img: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The picture at positions [H,W,2] (x, y)."""
    return cv2.remap(img, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def grid(shape: tuple) -> np.ndarray:
    y, x = np.indices(shape[:2], np.float32)
    return np.stack([x, y], -1)


def length(flow: np.ndarray) -> np.ndarray:
    return cv2.magnitude(flow[..., 0], flow[..., 1])


def sharpen(a: np.ndarray, b: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Mends what smooth flow does beside moving things and in flat places (a, b grey float32, 0 to 255).

    It drags the background along with whatever moves before it: each pixel takes the motion of a neighbour
    where that explains the patch around it clearly better. It wanders where nothing is to be seen: if the
    camera stands, what stands still as well as it moves, stands still.
    """
    at, (h, w) = grid(a.shape), a.shape

    def cost(f):
        return cv2.blur(cv2.absdiff(fetch(b, at + f), a), (PATCH, PATCH))

    best, least = flow, cost(flow)
    wide = cv2.copyMakeBorder(flow, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE)
    rivals = [(wide[REACH * (1 + y) :, REACH * (1 + x) :][:h, :w], CLEARLY) for y, x in BESIDE]
    if (length(flow) < 0.5).mean() > STANDS:
        rivals.append((np.zeros_like(flow), -AS_WELL))
    for f, better_by in rivals:
        c = cost(f) + better_by
        better = c < least
        best, least = np.where(better[..., None], f, best), np.where(better, c - better_by, least)
    best = np.stack([cv2.medianBlur(np.ascontiguousarray(best[..., i]), 5) for i in (0, 1)], -1)
    best[length(best) < STILL] = 0
    return best


def hidden(there: np.ndarray, back: np.ndarray) -> np.ndarray:
    """[H,W] bool: points that the other frame does not show, for going there and back ends elsewhere."""
    at = grid(there.shape) + there
    h, w = there.shape[:2]
    returned = fetch(back, at)
    gap = length(there + returned)
    outside = (at < -0.5).any(-1) | (at[..., 0] > w - 0.5) | (at[..., 1] > h - 0.5)
    return outside | (gap > 0.7 + 0.05 * (length(there) + length(returned)))


def behind(flow: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """What is hidden moves as the background beside it: of the visible motions 4 to 16 pixels around, the one
    nearest to the picture's median."""
    common = np.median(flow.reshape(-1, 2), 0)
    best, least = flow.copy(), np.full(lost.shape, np.inf, np.float32)
    ys, xs = np.nonzero(lost)
    h, w = lost.shape
    for r in (4, 8, 16):
        for dy, dx in AROUND:
            y, x = (ys + r * dy).clip(0, h - 1), (xs + r * dx).clip(0, w - 1)
            f = flow[y, x]
            d = np.where(lost[y, x], np.inf, np.hypot(*(f - common).T))
            better = d < least[ys, xs]
            best[ys[better], xs[better]] = f[better]
            least[ys[better], xs[better]] = d[better]
    return best


@dataclass
class Between:
    """Two neighbouring frames (BGR uint8) and their light; `at` draws the frames between them."""

    first: np.ndarray
    second: np.ndarray
    light: tuple[np.ndarray, np.ndarray]

    @cached_property
    def flows(self) -> tuple[np.ndarray, np.ndarray]:
        """First to second, second to first; what is hidden not yet mended."""
        dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        a, b = (cv2.cvtColor(f, cv2.COLOR_BGR2GRAY) for f in (self.first, self.second))
        fa, fb = a.astype(np.float32), b.astype(np.float32)
        return sharpen(fa, fb, dis.calc(a, b, None)), sharpen(fb, fa, dis.calc(b, a, None))

    @cached_property
    def points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every point that either frame shows: where it is at time 0 [N,2], its motion [N,2], the share of it
        that the second frame shows (0: the first alone, 1: the second alone, 0.5: both). In this order; those
        that both show are in the order in which they cover each other, slow before fast as seen from the
        median motion: a thing that moves by itself is nearer than what it moves before.
        """
        there, back = self.flows
        lost, found = hidden(there, back), hidden(back, there)
        there, back = behind(there, lost), behind(back, found)
        at = grid(there.shape)
        own = length(there - np.median(there.reshape(-1, 2), 0).astype(np.float32))
        order = np.argsort(own[~lost], kind="stable")
        parts = [
            (at[lost], there[lost], 0.0),
            ((at + back)[found], -back[found], 1.0),
            (at[~lost][order], there[~lost][order], 0.5),
        ]
        share = np.concatenate([np.full(len(p), s, np.float32) for p, _, s in parts])
        return np.concatenate([p for p, _, _ in parts]), np.concatenate([m for _, m, _ in parts]), share

    def motion(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """-> flow of whatever is seen at time t [H,W,2], and share of the second frame [H,W] (see points)"""
        position, motion, share = self.points
        h, w = self.first.shape[:2]
        x, y = np.rint(position + t * motion).astype(np.int32).T
        inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
        nobody = np.float32(1 << 24)  # float32 counts to here
        top = np.full((h, w), nobody)  # number of the point in front
        for s in (0.0, 1.0, 0.5) if t >= 0.5 else (1.0, 0.0, 0.5):  # the nearer frame knows its own better
            i = np.flatnonzero(inside & (share == s))
            top[y[i], x[i]] = i
        for _ in range(max(h, w)):  # cracks: the rearmost of the neighbours
            empty = top >= nobody
            if not empty.any():
                break
            top = np.where(empty, cv2.erode(top, np.ones((3, 3), np.uint8)), top)
        front = top.astype(np.int32)
        planes = (p.take(front) for p in (motion[:, 0], motion[:, 1], share))
        fx, fy, s = (cv2.medianBlur(p, 3) for p in planes)  # single points that show through cracks
        return cv2.merge([fx, fy]), s

    def at(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """-> light at time t [H,W,3], and how fast whatever is seen there moves [H,W], pixels a frame"""
        flow, share = self.motion(t)
        at = grid(flow.shape)
        nearer = np.float32(np.clip((t - 0.4) / 0.2, 0, 1))  # which of two that show it; changes halfway
        weight = np.where(share == 0.5, nearer, share)
        weight = cv2.GaussianBlur(weight, (3, 3), 0)[..., None]
        a = fetch(self.light[0], at - np.float32(t) * flow)
        if not weight.any():
            return a, length(flow)
        b = fetch(self.light[1], at + np.float32(1 - t) * flow)
        return a + weight * (b - a), length(flow)


def exposure(before: Between, after: Between, half: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean light from `half` frames before to `half` frames after the frame that both share, 0 to 1.

    -> light [H,W,3], blur length [H,W] in pixels: the longest of what passes there while the shutter is open.
    """
    if steps < 2:
        return after.light[0], np.zeros(after.first.shape[:2], np.float32)
    total, fastest = np.zeros_like(after.light[0]), np.zeros(after.first.shape[:2], np.float32)
    for t in np.linspace(-half, half, steps):
        light, speed = after.at(t) if t >= 0 else before.at(1 + t)
        total += light
        fastest = np.maximum(fastest, speed)
    return total / steps, fastest * np.float32(2 * half)


def open_for(before: Between, after: Between, inner: tuple, blur: float) -> tuple[float, int]:
    """How long the shutter is open so that the fastest tenth of what moves blurs by `blur` pixels.

    -> half of it in frames, at most 1, for footage cannot be hurried; and sub-frames, at most a pixel apart.
    """
    speed = np.maximum(length(before.flows[1]), length(after.flows[0]))[inner]
    if blur <= 0 or not (moving := speed[speed > 0.5]).size:
        return 0.0, 1
    half = min(1.0, blur / float(np.percentile(moving, 90)) / 2)
    fastest = float(np.percentile(moving, 99.5))
    half = min(half, (MOST_STEPS - 1) / fastest / 2)
    return half, int(np.clip(np.ceil(2 * half * fastest) + 1, 3, MOST_STEPS))


def expose(
    run: list[np.ndarray], inner: tuple, blur: float, frames: int, light: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Film a run of five frames (BGR uint8) with a camera that takes every frame, or every second one where
    `blur` pixels of motion need that long. degrade.expose does the same to a still.

    The frame kept is the fourth as it was filmed, in the middle of its exposure; the frame before is for the
    codec to predict from.

    -> as degrade.expose, cut to `inner`: blurred light [frames,H,W,3], frame 3's own light, blur length [H,W]
    """
    shines = [light(f) for f in run]
    pair = [Between(a, b, lights) for a, b, lights in zip(run, run[1:], zip(shines, shines[1:]))]
    half, steps = open_for(pair[2], pair[3], inner, blur)
    shots = [exposure(pair[2], pair[3], half, steps)]
    if frames > 1:
        k = 3 - (2 if half > 0.5 else 1)
        shots.insert(0, exposure(pair[k - 1], pair[k], half, steps))
    return np.stack([s[inner] for s, _ in shots[-frames:]]), shines[3][inner], shots[-1][1][inner]
