"""How much of the past should be kept? The head's answer times a factor, chosen on validation sequences.

    python -m training.share training/checkpoints/nano.pt --factors 1 1.2 1.4      # scores them
    python -m training.share training/checkpoints/nano.pt --factors 1.3 --out new.pt

A network that has learnt on sequences of eight frames keeps what is best over eight frames; a camera on a
wall stands still for years. One factor says so without a step of training: 1 is the network as it is.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from training import losses, rollout
from training.batches import Shards, tensors, true_log_gain
from training.export import load_checkpoint
from training.model import Network
from training.prepare import WORK
from training.train import save

STILL = 2e-3  # mean change of the truth from frame to frame, below which nothing moves


@torch.no_grad()
def scaled(model: Network, factor: float) -> Network:
    """Changes `model`: it keeps `factor` times as much, up to the most."""
    model.restoration.keep.weight.mul_(factor)
    model.restoration.keep.bias.mul_(factor)
    return model


@torch.no_grad()
def watch(model: Network, b: dict) -> tuple[list[float], list[float]]:
    """Of one sequence's second half, at the true gain: luma PSNR in dB, and the standard deviation in code
    values of what changes from frame to frame and not in the truth."""
    decibels, unrest, state, last = [], [], None, None
    frames = b["y"].shape[1]
    for t in range(frames):
        f = rollout.at(b, t)
        out = model(f["y"], f["uv"], true_log_gain(f["y"], f["ty"]), rollout.forget(state, f["cut"].bool()))
        state, error = out["state"], out["y"] - f["ty"]
        if t > frames // 2:
            decibels.append(losses.psnr(out["y"], f["ty"]))
            if last is not None and not f["cut"].bool():
                unrest.append(float((error - last).std()) * 255)
        last = error
    return decibels, unrest


def score(model: Network, shards: Shards) -> dict[str, tuple]:
    """{still or moving: mean PSNR, mean unrest, frames}"""
    found: dict[str, tuple] = {"still": ([], []), "moving": ([], [])}
    for one in shards:
        b = tensors([one])
        moves = float((b["ty"][:, 1:] - b["ty"][:, :-1]).abs().mean((2, 3, 4)).median()) >= STILL
        for all_of, own in zip(found["moving" if moves else "still"], watch(model, b)):
            all_of.extend(own)
    return {k: (float(np.mean(d)), float(np.mean(u)), len(d)) for k, (d, u) in found.items() if d}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--factors", type=float, nargs="+", default=[1.0])
    p.add_argument("--pairs", type=Path, default=WORK / "pairs", help="validation sequences: --split val")
    p.add_argument("--out", type=Path, help="write the checkpoint with the last factor, score nothing")
    a = p.parse_args()
    if a.out:
        checkpoint = torch.load(a.checkpoint, map_location="cpu", weights_only=True)
        checkpoint["model"] = scaled(load_checkpoint(a.checkpoint)[0], a.factors[-1]).state_dict()
        save(a.out, **checkpoint)
        return
    torch.set_num_threads(1)
    shards = Shards(a.pairs, "val", "sequence")
    for factor in a.factors:
        scores = score(scaled(load_checkpoint(a.checkpoint)[0], factor), shards)
        said = (f"{k} {db:.2f} dB, unrest {u:.2f} ({n} frames)" for k, (db, u, n) in scores.items())
        print(f"{factor:g}: {'; '.join(said)}", flush=True)


if __name__ == "__main__":
    main()
