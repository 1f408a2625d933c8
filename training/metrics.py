"""Picture metrics on BGR float32 0..1, [H,W,3], whole picture, no border cropped."""

import cv2
import numpy as np


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """dB, capped at 60 (equal pictures)"""
    return float(min(60.0, -10 * np.log10(float(((a - b) ** 2).mean()) + 1e-12)))


def gain_to(a: np.ndarray, b: np.ndarray) -> float:
    """The one factor on `a` that brings it nearest to `b`."""
    return float((a * b).sum() / max(float((a * a).sum()), 1e-9))


def aligned_psnr(a: np.ndarray, b: np.ndarray) -> float:
    """PSNR after the best single factor: what remains is not a guess of brightness."""
    return psnr(np.clip(a * gain_to(a, b), 0, 1), b)


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity of luma, 11x11 Gaussian window of sigma 1.5, data range 1."""
    x, y = (cv2.cvtColor(p.astype(np.float32), cv2.COLOR_BGR2GRAY) for p in (a, b))
    blur = lambda p: cv2.GaussianBlur(p, (11, 11), 1.5)
    mx, my = blur(x), blur(y)
    vx, vy, cov = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return float((((2 * mx * my + c1) * (2 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))).mean())
