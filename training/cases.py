"""What methods are scored on: one picture per held-out source, each at every severity."""

import zlib
from pathlib import Path

import cv2
import numpy as np

from training import degrade, procedural
from training.prepare import load_named

SIZE = (352, 640)
BLURRED = 2.0  # pixels of blur from which a patch counts as blurred
INTACT = 1.5  # code values of mean error up to which a patch counts as not degraded


def fit(img: np.ndarray) -> np.ndarray:
    """Centre window of the wanted shape, shrunk to 640x352."""
    h, w = SIZE
    scale = max(h / img.shape[0], w / img.shape[1])
    img = cv2.resize(
        img, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    y, x = (img.shape[0] - h) // 2, (img.shape[1] - w) // 2
    return np.ascontiguousarray(img[y : y + h, x : x + w])


def contents(sharp: Path, split: str, per_clip: int, limit: int | None) -> list[tuple[str, np.ndarray]]:
    """(name, picture) of held-out sources; drawn scenes where there is no footage."""
    seen: dict[str, int] = {}
    found = []
    for name, img in load_named(sharp, split):
        source = name.split("#")[0]
        seen[source] = seen.get(source, 0) + 1
        if seen[source] <= per_clip:
            found.append((name, fit(img)))
    if not found:
        found = [(f"drawn-{i}", procedural.scene(np.random.default_rng(100 + i), *SIZE)) for i in range(4)]
    return found[:limit]


def case(name: str, img: np.ndarray, severity: str) -> dict:
    """A degraded picture; the same for the same name and severity, on every machine."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {severity}".encode()))
    cam = degrade.draw_camera(rng, severity)
    cam.mono = cam.two_layers = False
    return degrade.simulate(img, rng, cam)


def masks(d: dict) -> dict[str, np.ndarray]:
    """Pixels that are blurred, and pixels that a restorer should leave alone: bool [H,W], by 16x16
    patches."""
    apart = lambda a, b: np.abs(a.astype(np.float32) - b)
    chroma = sum(apart(a, b) for a, b in zip(d["uv"], d["tuv"]))
    error = degrade.patch_mean(apart(d["y"], d["ty"]) + np.kron(chroma, np.ones((2, 2), np.float32)))
    patches = {"blurred": d["label"][1] * degrade.GRID > BLURRED, "intact": error <= INTACT}
    return {k: np.kron(v, np.ones((degrade.GRID,) * 2, bool)) for k, v in patches.items()}
