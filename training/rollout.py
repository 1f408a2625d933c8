"""Training and scoring over sequences, for networks with a memory."""

from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor

from training import losses
from training.batches import Shards, tensors, true_log_gain
from training.model import Network, State

LATE = 5  # frames from this one on have a past worth having
UNSEEN_CUT = 0.3  # share of scene cuts that the player does not notice


def forget(state: State | None, cut: Tensor) -> State | None:
    """`cut` [N] bool: those sequences start anew."""
    if state is None or not cut.any():
        return state
    keep = (~cut).float()[:, None, None, None]
    return State(state.y * keep, state.uv * keep, state.frame * keep)


def at(b: dict, t: int) -> dict:
    """Frame `t` of a batch of sequences [N,T,...]"""
    return {k: v[:, t] for k, v in b.items()}


def window(frames: int, learnt: int) -> int:
    """The first of `learnt` frames that are learnt from; those before it only make a past."""
    return int(torch.randint(max(frames - learnt, 0) + 1, ()))


def loss(
    model: Network, b: dict, train: dict, weights: dict, teacher: float, clip: float = 0.0
) -> tuple[Tensor, dict]:
    """Mean over a window of [train] `sequence_learnt` frames; gradients run through all of it.

    `flicker` of the [loss] table weighs what changes from frame to frame in the picture and not in the truth:
    the difference of two frames knows nothing of where things moved, and needs not.
    """
    frames = b["y"].shape[1]
    learnt = min(train.get("sequence_learnt", frames), frames)
    first = window(frames, learnt)
    jitter = train["gain_jitter"] * torch.randn(len(b["y"]), 1, 1, 1, device=b["y"].device)
    state, last, total, sums = None, None, 0.0, {}
    for t in range(first + learnt):
        f = at(b, t)
        wanted = true_log_gain(f["y"], f["ty"])
        seen = f["cut"].bool() & (torch.rand_like(f["cut"]) > UNSEEN_CUT)
        with nullcontext() if t >= first else torch.no_grad():
            out = model(f["y"], f["uv"], wanted + jitter, forget(state, seen))
        state = out["state"]
        if t < first:
            continue
        one, parts = losses.restoration(out, f, jitter.exp(), weights, teacher, clip)
        if weights.get("flicker", 0) > 0:
            now = out["y"], f["ty"] * jitter.exp()
            if last is not None:
                unrest = losses.unrest(*last, *now, ~f["cut"].bool())
                one, parts["flicker"] = one + weights["flicker"] * unrest, float(unrest.detach())
            last = now
        total = total + one / learnt
        sums = {k: sums.get(k, 0.0) + v / learnt for k, v in parts.items()}
    return total, sums


@torch.no_grad()
def validate(model: Network, shards: Shards) -> dict:
    """Luma PSNR in dB with the true gain over late frames: with the past, and each frame alone."""
    scores: dict[str, list] = {"late": [], "late_alone": []}
    for one in shards:
        b, state = tensors([one]), None
        for t in range(b["y"].shape[1]):
            f = at(b, t)
            wanted = true_log_gain(f["y"], f["ty"])
            state = forget(state, f["cut"].bool())
            kinds = {"late": state, "late_alone": None} if t >= LATE else {"late": state}
            for kind, past in kinds.items():
                out = model(f["y"], f["uv"], wanted, past)
                if t >= LATE:
                    scores[kind].append(losses.psnr(out["y"], f["ty"]))
                if kind == "late":
                    state = out["state"]
    return {k: float(np.mean(v)) for k, v in scores.items()}
