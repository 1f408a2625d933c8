"""Write shards of degraded/true pairs for training and validation.

    python -m training.pairs --split train --shards 30 --seed 1     # crops and small frames
    python -m training.pairs --split val --shards 1 --seed 9
    python -m training.pairs --clips-only --shards 12 --start 200 --seed 61   # all filmed from clips

Crops are 288x288 (train.py takes 256x256 windows of them), frames 640x352: the gain network must
see whole frames too, or it learns the brightness of crops. Shards appear one by one (written to a
temporary name, then renamed) and train.py picks up new ones while it runs.
"""

import argparse
import os
import time
from pathlib import Path

import cv2
import numpy as np

from training import clips, degrade, flow, procedural
from training.planes import to_planes
from training.prepare import WORK, load

CROP, FRAME = (288, 288), (352, 640)
PER_SHARD = {"crop": 200, "frame": 72, "view": 200}
FLOW_SHARE = 0.25  # of the pairs are filmed from clips, where clip shards exist
GROUPS = {"photo": 0.40, "street": 0.15, "video": 0.30, "drawn": 0.15}


class Scenes:
    """Draws sharp pictures of a wanted size from the sharp shards of one split."""

    def __init__(self, sharp: Path, split: str, rng: np.random.Generator):
        self.groups = load(sharp, split) if sharp.exists() else {}
        self.runs = clips.load(sharp, split) if sharp.exists() else []
        self.rng = rng
        self.names = [g for g in GROUPS if g == "drawn" or self.groups.get(g)]
        p = np.array([GROUPS[g] for g in self.names])
        self.p = p / p.sum()

    def draw(self, size: tuple[int, int]) -> np.ndarray:
        """-> BGR uint8 [h,w,3], a random window of a random picture at a random scale"""
        rng, (h, w) = self.rng, size
        group = rng.choice(self.names, p=self.p)
        if group == "drawn":
            return procedural.scene(rng, h, w)
        pool = self.groups[group]
        img = pool[rng.integers(len(pool))]
        fit = max(h / img.shape[0], w / img.shape[1])  # smallest scale that still covers
        scale = fit if fit >= 1 else float(rng.uniform(fit, max(fit, min(1.0, 2.4 * fit))))
        img = cv2.resize(
            img, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        )
        img = cv2.copyMakeBorder(
            img, 0, max(h - img.shape[0], 0), 0, max(w - img.shape[1], 0), cv2.BORDER_REFLECT
        )
        y, x = (int(rng.integers(n)) for n in (img.shape[0] - h + 1, img.shape[1] - w + 1))
        out = img[y : y + h, x : x + w].copy()
        if rng.random() < 0.5:
            out = out[:, ::-1].copy()
        if rng.random() < 0.2:
            procedural.decorate(out, rng)
        return out


def filmed(scenes: Scenes, rng: np.random.Generator, size: tuple[int, int], cam: degrade.Camera) -> dict:
    """A pair whose motion is that of a clip. It is there to show motion: only the untouched have none."""
    run, inner = clips.draw(scenes.runs, rng, size, flow.MARGIN)
    if cam.blur == 0 and "untouched" not in cam.tags:
        cam.blur = degrade.log_uniform(rng, 2, 12)
    frames = 2 if cam.codec == "h264" else 1
    shot = flow.expose(run, inner, cam.blur, frames, lambda f: degrade.scene_light(f, cam))
    return degrade.develop(*shot, rng, cam)


def sample(
    scenes: Scenes, rng: np.random.Generator, size: tuple[int, int], flow_share: float = FLOW_SHARE
) -> dict:
    cam = degrade.draw_camera(rng)
    if scenes.runs and rng.random() < flow_share:
        return filmed(scenes, rng, size, cam)
    kind = rng.random()
    img = scenes.draw(size)
    if kind < 0.06:
        cam.tags.append("clock")
    elif kind < 0.10:
        cam.tags.append("bars")
    elif kind < 0.115:  # lens cap on: black stays black, whatever the noise says
        img[:] = 0
        cam.exposure = 0.02
    other = scenes.draw(size) if cam.two_layers else None
    return degrade.simulate(img, rng, cam, other)


def view(scenes: Scenes) -> dict:
    """A sharp frame alone: train.py darkens it itself, for the exposure."""
    y, uv = to_planes(scenes.draw(FRAME).astype(np.float32) / 255)
    return {"ty": y, "tuv": uv}


def write_shard(path: Path, samples: list[dict]) -> None:
    write_arrays(path, {k: np.stack([s[k] for s in samples]) for k in samples[0]})


def write_arrays(path: Path, arrays: dict) -> None:
    """Under a temporary name first: train.py reads whatever bears the final one."""
    temporary = path.with_suffix(".tmp.npz")
    np.savez(temporary, **arrays)
    os.replace(temporary, path)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--split", default="train")
    p.add_argument("--shards", type=int, default=30)
    p.add_argument("--start", type=int, default=0, help="number of the first shard")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, help="samples per shard, for smoke runs")
    p.add_argument(
        "--views", action="store_true", help="sharp whole frames alone, from which the exposure learns"
    )
    p.add_argument("--clips-only", action="store_true", help="crops alone, all of them filmed from clips")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--out", type=Path, default=WORK / "pairs")
    a = p.parse_args()
    cv2.setNumThreads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((a.seed, a.start))
    scenes = Scenes(a.sharp, a.split, rng)
    if a.clips_only and not scenes.runs:
        p.error(f"no clips of split {a.split} in {a.sharp}: run python -m training.clips first")
    flow_share = 1.0 if a.clips_only else FLOW_SHARE
    for i in range(a.start, a.start + a.shards):
        kind = "view" if a.views else "frame" if i % 4 == 3 and not a.clips_only else "crop"
        t = time.time()
        n = a.count or PER_SHARD[kind]
        make = {
            "view": lambda: view(scenes),
            "frame": lambda: sample(scenes, rng, FRAME, flow_share),
            "crop": lambda: sample(scenes, rng, CROP, flow_share),
        }[kind]
        write_shard(a.out / f"{a.split}-{kind}-{i:03d}.npz", [make() for _ in range(n)])
        print(f"shard {i} ({kind}): {n} samples in {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
