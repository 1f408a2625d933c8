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


def local_mean(x: Tensor, patch: int) -> Tensor:
    """Means of patches, enlarged bilinearly: brightness without detail."""
    return F.interpolate(F.avg_pool2d(x, patch), scale_factor=patch, mode="bilinear")


def detail_target(gained: Tensor, truth: Tensor) -> Tensor:
    """The truth's luma detail at the gained picture's local brightness.

    Brightness guesses are off by 0.1, noise by 0.03: measured against the truth itself, a pixel's error has
    the sign of the brightness guess whatever its noise. That is the reasoning; what revived the U-Net was this together
    with sums in its decoder (this loss alone did not), and the sums without this loss have not been tried.
    """
    black, least = 16 / 255, 0.02
    ratio = (local_mean(gained, 16) - black).clamp_min(0) + least
    ratio = ratio / ((local_mean(truth, 16) - black).clamp_min(0) + least)
    return black + (truth - black) * ratio.clamp(0.2, 5.0)


def colour_target(gained: Tensor, truth: Tensor) -> Tensor:
    """The truth's chroma detail around the gained picture's local colour."""
    return truth - local_mean(truth, 8) + local_mean(gained, 8)


def smoothness(gained: Tensor, truth: Tensor) -> Tensor:
    """The gained picture alone (before the residual) must already have the right brightness."""
    return charbonnier(F.avg_pool2d(gained, 16), F.avg_pool2d(truth, 16))


def coarse(gained: tuple[Tensor, Tensor], ty: Tensor, tuv: Tensor) -> Tensor:
    """Gained planes at 1/16 against the truth's patch means."""
    return charbonnier(gained[0], F.avg_pool2d(ty, 16)) + 0.6 * charbonnier(gained[1], F.avg_pool2d(tuv, 8))


def total(out: dict, ty: Tensor, tuv: Tensor, label: Tensor, w: dict) -> tuple[Tensor, dict]:
    """Weighted sum and its parts; `w` holds the [loss] table of the TOML file."""
    gained_y, gained_uv = out["gained_y"].detach(), out["gained_uv"].detach()
    y, uv = gained_y + out["residual_y"], gained_uv + out["residual_uv"]
    want_y, want_uv = detail_target(gained_y, ty), colour_target(gained_uv, tuv)
    parts = {
        "y": charbonnier(y, want_y),
        "uv": charbonnier(uv, want_uv),
        "laplacian": laplacian(y, want_y),
        "frequency": frequency(y, want_y),
        "gained": smoothness(out["gained_y"], ty) + smoothness(out["gained_uv"], tuv),
        "degradation": F.l1_loss(torch.sigmoid(out["degradation"]), label),
    }
    return sum(w[k] * v for k, v in parts.items()), {k: float(v.detach()) for k, v in parts.items()}
