"""Sequences of the shards, as plain arrays: what graphs are calibrated and checked on."""

import math
from pathlib import Path

import numpy as np

from training import pairs
from training.batches import mapped


def stored(folder: Path, split: str, count: int) -> list[list[dict]]:
    """`count` evenly spaced sequences of a split, or single frames as sequences of one, or drawn scenes."""
    kinds = ("sequence", "frame", "crop")
    found = next((f for k in kinds if (f := sorted(folder.glob(f"{split}-{k}-*.npz")))), [])
    out = []
    for path in found:
        held = mapped(path)  # a few of hundreds: not worth reading all
        still = held["y"].ndim == 3
        arrays = {k: held[k][:, None] if still else held[k] for k in ("y", "uv", "ty", "tuv")}
        n = len(arrays["y"])
        for i in np.linspace(0, n - 1, min(n, math.ceil(count / len(found)))).astype(int):
            out.append([{k: v[i, t] for k, v in arrays.items()} for t in range(arrays["y"].shape[1])])
    if out:
        return out[:count]
    rng = np.random.default_rng(5)
    scenes = pairs.Scenes(Path("nowhere"), split, rng)
    return [[pairs.sample(scenes, rng, (192, 320))] for _ in range(count)]
