"""Losses on planes in 0..1 (y [N,1,H,W], uv [N,2,H/2,W/2])."""

import torch
import torch.nn.functional as F
from torch import Tensor


def charbonnier(a: Tensor, b: Tensor, eps: float = 1e-3) -> Tensor:
    return torch.sqrt((a - b) ** 2 + eps * eps).mean()


def edges(y: Tensor) -> Tensor:
    """One level of a Laplacian pyramid, built from pooling alone (cheap on a CPU)."""
    return y - F.interpolate(F.avg_pool2d(y, 2), scale_factor=2, mode="nearest")


def laplacian(a: Tensor, b: Tensor, levels: int = 2) -> Tensor:
    total = a.new_zeros(())
    for _ in range(levels):
        total = total + charbonnier(edges(a), edges(b))
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return total / levels


def frequency(a: Tensor, b: Tensor) -> Tensor:
    """Mean distance of the spectra; blur shows here first."""
    fa, fb = torch.fft.rfft2(a, norm="ortho"), torch.fft.rfft2(b, norm="ortho")
    d = fa - fb
    return torch.sqrt(d.real**2 + d.imag**2 + 1e-6).mean()


def align(pred: Tensor, truth: Tensor) -> Tensor:
    """Scale each prediction to the truth's mean: what is left is not a brightness guess."""
    ratio = truth.mean((1, 2, 3), keepdim=True) / pred.mean((1, 2, 3), keepdim=True).clamp_min(0.02)
    return pred * ratio.clamp(0.4, 2.5)


def smoothness(gained: Tensor, truth: Tensor) -> Tensor:
    """The gained picture alone (before the residual) must already have the right brightness."""
    return charbonnier(F.avg_pool2d(gained, 16), F.avg_pool2d(truth, 16))


def do_no_harm(pred: Tensor, truth: Tensor, gained: Tensor) -> Tensor:
    """How much worse than plain gain each picture is (mean absolute error), zero where better."""
    ours = (pred - truth).abs().mean((1, 2, 3))
    plain = (gained.detach() - truth).abs().mean((1, 2, 3))
    return F.relu(ours - plain).mean()


def coarse(gained: tuple[Tensor, Tensor], ty: Tensor, tuv: Tensor) -> Tensor:
    """Gained planes at 1/16 against the truth's patch means."""
    return charbonnier(gained[0], F.avg_pool2d(ty, 16)) + 0.6 * charbonnier(gained[1], F.avg_pool2d(tuv, 8))


def total(out: dict, ty: Tensor, tuv: Tensor, label: Tensor, w: dict) -> tuple[Tensor, dict]:
    """Weighted sum and its parts; `w` holds the [loss] table of the TOML file."""
    y = out["y"]
    parts = {
        "y": charbonnier(y, ty),
        "uv": charbonnier(out["uv"], tuv),
        "aligned": charbonnier(align(y, ty), ty),
        "laplacian": laplacian(y, ty),
        "frequency": frequency(y, ty),
        "gained": smoothness(out["gained_y"], ty) + smoothness(out["gained_uv"], tuv),
        "harm": do_no_harm(y, ty, out["gained_y"]),
        "degradation": F.l1_loss(torch.sigmoid(out["degradation"]), label),
    }
    return sum(w[k] * v for k, v in parts.items()), {k: float(v.detach()) for k, v in parts.items()}
