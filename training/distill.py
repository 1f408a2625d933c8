"""Write a teacher's answers into training shards: `dy` and `duv` beside the truth.

    python -m training.distill --teacher training/work/runs/teacher/ema.pt
    python -m training.distill --teacher ema.pt --shards 0:4      # part of them, for several processes

The teacher is given the true gain, so it answers at the truth's brightness, and answers eight times: mirrored
both ways and turned. The mean goes into the shard. train.py then mixes teacher and truth, see [train] teacher
in the TOML. A teacher with a past goes through a sequence twice, forward and backward, and the two answers to
a frame are averaged: it knows what comes as well as what was.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.batches import tensors, true_log_gain
from training.export import load_checkpoint
from training.model import BLACK, NEUTRAL, Network, to_u8
from training.pairs import write_arrays
from training.prepare import WORK

KINDS = ("crop", "sequence")


def train_shards(pairs: Path, part: str) -> list[Path]:
    """Sorted shards of the restoration; `part` is a slice of them, FROM:TO."""
    found = (path for kind in KINDS for path in pairs.glob(f"train-{kind}-*.npz"))
    # A simulator that was stopped leaves half a file.
    paths = sorted(path for path in found if ".tmp" not in path.name)
    first, last = (int(v) if v else None for v in part.split(":"))
    return paths[first:last]


def turns(square: bool) -> list[tuple[bool, bool, bool]]:
    """Transposed, mirrored in width, mirrored in height; a picture that is not square is not transposed."""
    return [
        (t, w, h)
        for t in ((False, True) if square else (False,))
        for w in (False, True)
        for h in (False, True)
    ]


def turn(x: Tensor, how: tuple, back: bool = False) -> Tensor:
    transpose, *mirrors = how
    axes = [a for a, m in zip((-1, -2), mirrors) if m]
    if back:
        x = x.flip(axes) if axes else x
        return x.transpose(-1, -2) if transpose else x
    x = x.transpose(-1, -2) if transpose else x
    return x.flip(axes) if axes else x


@torch.no_grad()
def answer(teacher: Network, y: Tensor, uv: Tensor, log_gain: Tensor) -> tuple[Tensor, Tensor]:
    """Mean over the turned pictures: y [N,1,H,W], uv [N,2,H/2,W/2]"""
    sums, ways = [torch.zeros_like(y), torch.zeros_like(uv)], turns(y.shape[-1] == y.shape[-2])
    for how in ways:
        out = teacher(turn(y, how).contiguous(), turn(uv, how).contiguous(), log_gain)
        for total, k in zip(sums, ("y", "uv")):
            total += turn(out[k].float(), how, back=True) / len(ways)
    return sums[0], sums[1]


def order(cut: Tensor, backward: bool) -> list[tuple[int, bool]]:
    """(frame, whether the past is forgotten before it); cut [T] marks the first frame of each scene"""
    frames = len(cut)
    if not backward:
        return [(t, bool(cut[t])) for t in range(frames)]
    return [(t, t == frames - 1 or bool(cut[t + 1])) for t in reversed(range(frames))]


@torch.no_grad()
def answer_sequence(teacher: Network, b: dict) -> tuple[Tensor, Tensor]:
    """Mean of the answers forward and backward in time: y [1,T,1,H,W], uv [1,T,2,H/2,W/2]"""
    sums = [torch.zeros_like(b["y"]), torch.zeros_like(b["uv"])]
    for backward in (False, True):
        state = None
        for t, forget in order(b["cut"][0], backward):
            y, uv = b["y"][:, t], b["uv"][:, t]
            out = teacher(y, uv, true_log_gain(y, b["ty"][:, t]), None if forget else state)
            state = out["state"]
            for total, k in zip(sums, ("y", "uv")):
                total[:, t] += out[k].float() / 2
    return sums[0], sums[1]


def label(teacher: Network, path: Path, device: str, batch: int) -> None:
    """Rewrite one shard with the teacher's answers."""
    with np.load(path) as z:
        arrays = {k: z[k] for k in z.files}
    count, dy, duv = len(arrays["y"]), np.empty_like(arrays["ty"]), np.empty_like(arrays["tuv"])
    sequences = arrays["y"].ndim == 4
    step = 1 if sequences else batch
    for i in range(0, count, step):
        rows = [
            {k: arrays[k][j] for k in ("y", "uv", "ty", "cut") if k in arrays}
            for j in range(i, min(i + step, count))
        ]
        b = {k: v.to(device) for k, v in tensors(rows).items()}
        if sequences and teacher.cfg.past:
            y, uv = answer_sequence(teacher, b)
        else:
            flat = {k: v.flatten(0, 1) if sequences else v for k, v in b.items() if k != "cut"}
            y, uv = answer(teacher, flat["y"], flat["uv"], true_log_gain(flat["y"], flat["ty"]))
        dy[i : i + step] = to_u8(y, BLACK).cpu().numpy().reshape(dy[i : i + step].shape)
        duv[i : i + step] = to_u8(uv, NEUTRAL).cpu().numpy().reshape(duv[i : i + step].shape)
    write_arrays(path, arrays | {"dy": dy, "duv": duv})


def add_labelling_arguments(p: argparse.ArgumentParser) -> None:
    """Of every program that writes something into training shards."""
    p.add_argument("--pairs", type=Path, default=WORK / "pairs")
    p.add_argument("--shards", default=":", help="slice of the sorted shards, FROM:TO")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument(
        "--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu"
    )


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--teacher", type=Path, required=True)
    add_labelling_arguments(p)
    a = p.parse_args()
    teacher = load_checkpoint(a.teacher)[0].to(a.device)
    for path in train_shards(a.pairs, a.shards):
        label(teacher, path, a.device, a.batch)
        print(f"{path.name}: labelled", flush=True)


if __name__ == "__main__":
    main()
