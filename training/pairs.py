"""Write shards of degraded/true pairs for training and validation.

    python -m training.pairs --split train --shards 30 --seed 1     # crops and small frames
    python -m training.pairs --split val --shards 1 --seed 9
    python -m training.pairs --split val --held-out --shards 2 --seed 9
    python -m training.pairs --clips-only --shards 12 --start 200 --seed 61   # all filmed from clips

Crops are 288x288 (train.py takes 256x256 windows of them), frames 640x352: the gain network must
see whole frames too, or it learns the brightness of crops. Shards appear one by one (written to a
temporary name, then renamed) and train.py picks up new ones while it runs.

Held-out shards are whole frames for heldout.py, with what training never simulates (families.py). Their array
`family` names it.
"""

import argparse
import os
import time
from pathlib import Path

import cv2
import numpy as np

from training import clips, degrade, families, flow, procedural
from training.planes import to_planes
from training.prepare import WORK, load

CROP, FRAME = (288, 288), (352, 640)
PER_SHARD = {"crop": 200, "frame": 72, "view": 200, "heldout": 72}
FLOW_SHARE = 0.25  # of the pairs are filmed from clips, where clip shards exist
GROUPS = {"photo": 0.40, "street": 0.15, "video": 0.30, "drawn": 0.15}


class Scenes:
    """Draws sharp pictures of a wanted size from the sharp shards of one split.

    `pictures`: so many different ones at most, spread over all, and nothing drawn, which would be ever new.
    """

    def __init__(self, sharp: Path, split: str, rng: np.random.Generator, pictures: int | None = None):
        self.groups = load(sharp, split) if sharp.exists() else {}
        self.rng, self.drawn = rng, pictures is None
        if pictures is not None:
            self.groups = spread(self.groups, pictures)
        self.runs = clips.load(sharp, split) if sharp.exists() and self.drawn else []
        self.names = [g for g in GROUPS if self.groups.get(g) or (g == "drawn" and self.drawn)]
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
        if self.drawn and rng.random() < 0.2:
            procedural.decorate(out, rng)
        return out


def spread(groups: dict[str, list], count: int) -> dict[str, list]:
    """`count` pictures in the proportions of the groups, at least one of each, evenly over each group (frames
    of a clip lie side by side). All of them where there are not so many."""
    total = sum(map(len, groups.values()))
    share = min(1.0, count / max(total, 1))
    out = {}
    for name, pool in groups.items():
        chosen = np.linspace(0, len(pool) - 1, max(1, round(share * len(pool))))
        out[name] = [pool[round(i)] for i in chosen]
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
    scenes: Scenes,
    rng: np.random.Generator,
    size: tuple[int, int],
    camera=degrade.draw_camera,
    flow_share: float = FLOW_SHARE,
) -> dict:
    """`camera`: draws one, given `rng`"""
    cam = camera(rng)
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


def held_out(scenes: Scenes, seed: tuple, number: int, size: tuple[int, int] = FRAME) -> dict:
    """Sample `number` of the shard: families take turns, and every family meets the same scenes and cameras,
    so that scores of two families differ by the families alone."""
    names = (families.SEEN, *families.NAMES)
    turn, name = number // len(names), names[number % len(names)]
    scenes.rng = rng = np.random.default_rng((*seed, turn))
    cam = degrade.draw_camera(rng, degrade.SEVERITIES[1:][turn % 3])
    img = scenes.draw(size)
    families.hold_out(cam, name, rng)
    return {**degrade.simulate(img, rng, cam), "family": np.array(name)}


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
    p.add_argument("--held-out", action="store_true", help="whole frames with what training never simulates")
    p.add_argument("--clips-only", action="store_true", help="crops alone, all of them filmed from clips")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--out", type=Path, default=WORK / "pairs")
    a = p.parse_args()
    if a.held_out and a.split == "train":
        p.error("--held-out is never for training: give --split val or test")
    cv2.setNumThreads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((a.seed, a.start))
    scenes = Scenes(a.sharp, a.split, rng)
    if a.clips_only and not scenes.runs:
        p.error(f"no clips of split {a.split} in {a.sharp}: run python -m training.clips first")
    flow_share = 1.0 if a.clips_only else FLOW_SHARE
    for i in range(a.start, a.start + a.shards):
        kind = "view" if a.views else "heldout" if a.held_out else "frame" if i % 4 == 3 else "crop"
        kind = "crop" if a.clips_only else kind
        t = time.time()
        n = a.count or PER_SHARD[kind]
        make = {
            "view": lambda _: view(scenes),
            "heldout": lambda k, i=i: held_out(scenes, (a.seed, i), k),
            "frame": lambda _: sample(scenes, rng, FRAME, flow_share=flow_share),
            "crop": lambda _: sample(scenes, rng, CROP, flow_share=flow_share),
        }[kind]
        write_shard(a.out / f"{a.split}-{kind}-{i:03d}.npz", [make(k) for k in range(n)])
        print(f"shard {i} ({kind}): {n} samples in {time.time() - t:.0f} s", flush=True)


if __name__ == "__main__":
    main()
