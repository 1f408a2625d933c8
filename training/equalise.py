"""Channels of equal range, before 8 bits.

An activation has one scale for all its channels, so the widest one decides how coarse the others are. Nothing
on the trunk of the U-Net is rectified and a ReLU does not mind a factor: a channel can be scaled where it is
made and scaled back where it is read, and the network stays the same (Nagel et al., Data-Free Quantization,
arXiv 1906.04721).
"""

import copy

import torch
from torch import Tensor, nn

from training.model import BLACK, NEUTRAL, Block, Network, Restoration, to_float

QUANTILE = 0.999  # of a channel's magnitudes: what is its range
MOST = 32.0  # a channel that is nearly silent is not blown up beyond this


def levels(r: Restoration) -> list[tuple[list[nn.Conv2d], list[nn.Conv2d]]]:
    """Per level of the trunk: the convolutions that make its channels, and those that read them."""
    found, last = [], len(r.down)
    for i in range(last + 1):
        at_level = [*r.encoder[i], *(r.decoder[i] if i < last else [])]
        makers = [b.second for b in at_level]
        readers = [b.first for b in at_level]
        if i == 0:
            makers += [r.stem_y, r.stem_uv] + ([r.past_y, r.past_uv] if r.cfg.past else [])
            readers += [r.head] + ([r.keep] if r.cfg.past else [])
        else:
            makers.append(r.down[i - 1])
            readers.append(r.up[i - 1].conv)
        if i < last:
            makers.append(r.up[i].conv)
            readers.append(r.down[i])
        else:
            makers += [r.from_gain, r.condition]
            readers.append(r.degradation)
        found.append((makers, readers))
    return found


def insides(r: Restoration) -> list[tuple[list[nn.Conv2d], list[nn.Conv2d]]]:
    """The same between the two convolutions of every block."""
    return [([b.first], [b.second]) for b in r.modules() if isinstance(b, Block)]


@torch.no_grad()
def ranges(m: Network, sequences: list[list[dict]]) -> dict[nn.Conv2d, Tensor]:
    """Of what every convolution reads, per channel [C]; sequences as quantize.py's `stored` gives them"""
    seen: dict[nn.Conv2d, Tensor] = {}

    def watch(conv: nn.Conv2d, inputs: tuple, _) -> None:
        x = inputs[0].abs().transpose(0, 1).flatten(1)
        now = x.kthvalue(max(1, round(QUANTILE * x.shape[1])), dim=1).values
        seen[conv] = torch.maximum(seen.get(conv, now), now)

    handles = [c.register_forward_hook(watch) for c in m.restoration.modules() if isinstance(c, nn.Conv2d)]
    for frames in sequences:
        state = None
        for f in frames:
            y = to_float(torch.from_numpy(f["y"])[None, None], BLACK)
            uv = to_float(torch.from_numpy(f["uv"])[None], NEUTRAL)
            state = m(y, uv, state=state)["state"]
    for h in handles:
        h.remove()
    return seen


@torch.no_grad()
def equalised(network: Network, sequences: list[list[dict]]) -> Network:
    """The same network with channels of equal range; its answers differ by float's rounding alone."""
    m = copy.deepcopy(network).eval()
    known = ranges(m, sequences)
    for makers, readers in levels(m.restoration) + insides(m.restoration):
        width = torch.stack([known[c] for c in readers]).amax(0)
        factor = (width.median() / width.clamp_min(1e-6)).clamp(1 / MOST, MOST)
        for c in makers:
            c.weight.mul_(factor[:, None, None, None])
            if c.bias is not None:
                c.bias.mul_(factor)
        for c in readers:
            c.weight.div_(factor[None, :, None, None])
    return m
