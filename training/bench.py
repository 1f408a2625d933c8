"""Milliseconds a frame of a model file, per execution provider.

    python -m training.bench models/lowlight-nano-int8.onnx --size 1280x720 --threads 2

Prints the median and the 99th percentile of the run times of the graph alone: of a self-contained one, and of
its companion for CPUs, whose rest the engine does (`cargo bench -p lowlight-engine`). Dimensions are fixed
before loading, as the engine does. The graphs take turns, so that a slower minute of the machine meets all of
them. Stop other work first: two busy cores lie.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from training.contract import blocks_path
from training.player import BlocksPlayer, PlanesPlayer
from training.session import padded, providers, sidecar

ROUND = 5  # runs of one graph before the next one's turn; the first of them is not counted


def picture(size: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A dark, noisy picture with some structure: y [H,W], uv [2,H/2,W/2]"""
    w, h = padded(size)
    rng = np.random.default_rng(seed)
    y = 24 + 20 * np.sin(np.arange(w) / 40)[None] ** 2 + rng.normal(0, 4, (h, w))
    uv = 128 + rng.normal(0, 3, (2, h // 2, w // 2))
    return np.clip(y, 16, 235).astype(np.uint8), np.clip(uv, 16, 240).astype(np.uint8)


def measure(
    paths: list[Path], size: tuple[int, int], threads: int, runs: int, kinds: list[str]
) -> dict[tuple[Path, str], np.ndarray]:
    """-> (file, provider): milliseconds of each run"""
    sessions = {}
    for path in paths:
        player = BlocksPlayer if sidecar(path).has_section("blocks") else PlanesPlayer
        for provider in kinds:
            p = player(path, provider, padded(size), threads)
            sessions[path, provider] = p.session, p.feed(*picture(size))
    times: dict = {key: [] for key in sessions}
    for _ in range(-(-runs // (ROUND - 1))):
        for key, (s, x) in sessions.items():
            for i in range(ROUND):
                t = time.perf_counter()
                s.run(None, x)
                times[key] += [(time.perf_counter() - t) * 1e3] if i else []
    return {key: np.array(t) for key, t in times.items()}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("models", nargs="+", type=Path)
    p.add_argument("--size", default="1280x720")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--runs", type=int, default=60)
    a = p.parse_args()
    size = tuple(int(v) for v in a.size.split("x"))
    paths = [f for m in a.models for f in (m, blocks_path(m)) if f.exists()]
    paths = list(dict.fromkeys(paths))
    for (path, provider), ms in measure(paths, size, a.threads, a.runs, providers()).items():
        times = f"p50={np.median(ms):.1f} p99={np.percentile(ms, 99):.1f} min={ms.min():.1f} ms"
        print(f"{path.name:34} {a.size} {provider:9} threads={a.threads} {times}")


if __name__ == "__main__":
    main()
