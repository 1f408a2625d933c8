"""Write shards of short degraded/true sequences, for networks with a memory.

    python -m training.sequences --split train --shards 12 --seed 1
    python -m training.sequences --split val --shards 1 --seed 9
    python -m training.sequences --shards 16 --start 100 --seed 31 --frames 16 --noisy 0.7

Each sequence is 8 frames of 160x160, or --frames: a memory is only taught to average a still picture by
sequences on which that pays. Half stand on a tripod. The light drifts slowly, some sequences have
a scene cut, a dropped frame or one frame of strong noise: what makes memories fail.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from training import degrade
from training.codec import recode_all
from training.pairs import Scenes, write_shard
from training.planes import luma, to_planes
from training.prepare import WORK

FRAMES, SIDE, MARGIN = 8, 160, 48
PER_SHARD = 80
CUT, DROP, BURST, STILL = 0.12, 0.15, 0.1, 0.5  # shares of sequences
# Share of sequences from a small sensor at night, and its full well in electrons: where a past is worth most,
# and where motion hides in noise.
NOISY, SMALL_WELL = 0.4, (700, 2500)
MOST_PATH = 64.0  # pixels over a sequence: the picture must not run out


def one_take(scenes: Scenes, rng: np.random.Generator, cam: degrade.Camera, frames: int) -> list[dict]:
    """`frames` frames of one scene before the codec: planes, true planes and labels."""
    size = (SIDE + 2 * MARGIN,) * 2
    scene = degrade.to_linear(scenes.draw(size), cam.gamma)
    other = degrade.to_linear(scenes.draw(size), cam.gamma) if cam.two_layers else None
    if cam.highlight > 1:
        scene = np.where(scene.max(2, keepdims=True) > 0.98, scene * cam.highlight, scene)
    dropped = rng.random() < DROP
    total = frames + dropped
    light, sharp, blur = degrade.expose(scene, rng, cam, total, other, still=rng.random() < STILL)
    order = [i for i in range(total) if not (dropped and i == total // 2)]
    inner = (slice(MARGIN, MARGIN + SIDE),) * 2
    shade = degrade.smooth_field(rng, SIDE, SIDE, cam.shading) if cam.shading > 0 else np.float32(1)
    drift = np.exp(np.cumsum(rng.normal(0, 0.02, total)) * (rng.random() < 0.5))
    burst = rng.integers(frames) if rng.random() < BURST else -1
    read_noise, out = cam.read_noise, []
    for k, i in enumerate(order):
        cam.read_noise = read_noise * (4 if k == burst else 1)
        noisy, clean = degrade.sense(light[i][inner] * np.float32(drift[i]), rng, cam, shade)
        truth = degrade.daylight(sharp(i)[inner], cam)
        label = degrade.labels(luma(truth), luma(noisy), luma(clean), blur[inner])
        out.append({"planes": to_planes(noisy), "truth": to_planes(truth), "label": label})
    cam.read_noise = read_noise
    return out


def sequence(
    scenes: Scenes, rng: np.random.Generator, frames: int = FRAMES, noisy_share: float = NOISY
) -> dict:
    """-> y, uv, ty, tuv, label, each [frames, ...], and cut [frames] (True where the scene is another than
    before)"""
    noisy = rng.random() < noisy_share
    cam = degrade.draw_camera(rng, "severe" if noisy else None)
    if noisy:
        electrons = degrade.log_uniform(rng, *SMALL_WELL)
        cam.shot_noise, cam.read_noise = 1 / electrons, degrade.log_uniform(rng, 2, 6) / electrons
    cam.blur = min(cam.blur, MOST_PATH / frames)
    first = int(rng.integers(2, frames - 1)) if rng.random() < CUT else frames
    takes = one_take(scenes, rng, cam, first)
    if first < frames:
        takes += one_take(scenes, rng, cam, frames - first)
    coded = recode_all([t["planes"] for t in takes], cam.codec, cam.quality)
    cut = np.zeros(frames, bool)
    cut[[0, first % frames]] = True
    return {
        "y": np.stack([y for y, _ in coded]),
        "uv": np.stack([uv for _, uv in coded]),
        "ty": np.stack([t["truth"][0] for t in takes]),
        "tuv": np.stack([t["truth"][1] for t in takes]),
        "label": np.stack([t["label"] for t in takes]),
        "cut": cut,
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--split", default="train")
    p.add_argument("--shards", type=int, default=12)
    p.add_argument("--start", type=int, default=0, help="number of the first shard")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=PER_SHARD, help="sequences per shard")
    p.add_argument("--frames", type=int, default=FRAMES, help="per sequence")
    p.add_argument("--noisy", type=float, default=NOISY, help="share from a small sensor at night")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--out", type=Path, default=WORK / "pairs")
    a = p.parse_args()
    cv2.setNumThreads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((a.seed, a.start, 77))
    scenes = Scenes(a.sharp, a.split, rng)
    for i in range(a.start, a.start + a.shards):
        t = time.time()
        made = [sequence(scenes, rng, a.frames, a.noisy) for _ in range(a.count)]
        write_shard(a.out / f"{a.split}-sequence-{i:03d}.npz", made)
        print(f"shard {i}: {a.count} sequences in {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
