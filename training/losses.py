"""Losses on planes in the networks' unit (y [N,1,H,W], uv [N,2,H/2,W/2])."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training import realism

HEADROOM = (255 - 16) / 255  # the brightest value that uint8 can hold
TOO_BRIGHT = 1.2


def charbonnier(a: Tensor, b: Tensor, eps: float = 1e-3) -> Tensor:
    return torch.sqrt((a - b) ** 2 + eps * eps).mean()


def psnr(out: Tensor, truth: Tensor) -> float:
    """dB over all of a batch, `out` clipped as uint8 clips it; at most 80."""
    d = out.clamp(-16 / 255, HEADROOM) - truth
    return float(-10 * torch.log10((d**2).mean() + 1e-8))


def edges(y: Tensor) -> Tensor:
    """One level of a Laplacian pyramid, built from pooling alone (cheap on a CPU)."""
    return y - F.interpolate(F.avg_pool2d(y, 2), scale_factor=2, mode="nearest")


def laplacian(a: Tensor, b: Tensor, levels: int = 2) -> Tensor:
    total = a.new_zeros(())
    for _ in range(levels):
        total = total + charbonnier(edges(a), edges(b))
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return total / levels


def decibel(a: Tensor, b: Tensor) -> Tensor:
    """Mean of the samples' logarithmic squared errors, in nepers of amplitude: PSNR itself, upside down."""
    mse = ((a - b) ** 2).mean((1, 2, 3))
    return 0.5 * torch.log(mse + 1e-5).mean()


def unrest(before: Tensor, truth_before: Tensor, now: Tensor, truth: Tensor, same: Tensor) -> Tensor:
    """Change from frame to frame that the truth does not have; `same` [N] bool: both show one scene."""
    d = (now - before) - (truth.clamp(max=HEADROOM) - truth_before.clamp(max=HEADROOM))
    d = d * same[:, None, None, None]
    return charbonnier(d, torch.zeros_like(d))


def exposure(log_gain: Tensor, wanted: Tensor) -> Tensor:
    """Relative brightness error. Its logarithmic part rewards being right often over being less wrong at
    worst. Too bright counts more: what clips is lost, what is too dark can still be seen."""
    d = log_gain - wanted
    d = torch.where(d > 0, TOO_BRIGHT * d, -d)
    return d.mean() + 0.1 * torch.log(d + 0.03).mean()


def restoration(
    out: dict, truth: dict, brightness: Tensor, w: dict, teacher: float = 0.0, clip: float = 0.0
) -> tuple[Tensor, dict]:
    """Weighted sum and its parts; `w` holds the [loss] table of the TOML file.

    `clip`: share of CLIP's opinion (`clip_label` of the truth, see clip.py) in what the degradation map
    learns.

    `teacher`: share of the pixel losses that is measured against the teacher's answers (`dy`, `duv` of the
    truth).

    `brightness` [N,1,1,1]: the factor between the gain that was used and the true one. The target follows it,
    so that a wrong guess of brightness is the exposure's fault alone and a pixel's error has the sign of its
    noise.
    """
    y, uv = out["y"], out["uv"]
    want_y = (truth["ty"] * brightness).clamp(max=HEADROOM)
    want_uv = truth["tuv"] * brightness
    y = torch.minimum(y, torch.where(want_y >= HEADROOM, want_y, y))  # beyond white all is white
    if share := teacher * ("dy" in truth):
        taught_y = charbonnier(y, (truth["dy"] * brightness).clamp(max=HEADROOM))
        taught_uv = charbonnier(uv, truth["duv"] * brightness)
    else:
        taught_y = taught_uv = 0.0
    wanted_map = truth["label"]
    if clip and "clip_label" in truth:
        # One mixed target: of two L1 losses the larger share alone would decide, patch by patch.
        wanted_map = torch.lerp(wanted_map, truth["clip_label"], clip)
    parts = {
        "y": (1 - share) * charbonnier(y, want_y) + share * taught_y,
        "uv": (1 - share) * charbonnier(uv, want_uv) + share * taught_uv,
        "laplacian": laplacian(y, want_y),
        "decibel": decibel(y, want_y),
        "degradation": F.l1_loss(torch.sigmoid(out["degradation"]), wanted_map),
    }
    if w.get("realism", 0) > 0:
        parts["realism"] = realism.distance(y, want_y)
    return sum(w[k] * v for k, v in parts.items()), {k: float(v.detach()) for k, v in parts.items()}
