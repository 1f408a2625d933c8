"""Picture metrics on BGR float32 0..1, [H,W,3] (psnr: any shape), whole picture, no border cropped."""

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


def de2000(a: np.ndarray, b: np.ndarray) -> float:
    """Mean CIEDE2000 colour difference (sRGB, D65)"""
    return float(ciede2000(*(cv2.cvtColor(p.astype(np.float32), cv2.COLOR_BGR2LAB) for p in (a, b))).mean())


def ciede2000(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Colour differences of CIE Lab colours [...,3], by the formulae and names of G. Sharma, W. Wu, E. Dalal,
    "The CIEDE2000 color-difference formula" (2005), with k_L = k_C = k_H = 1."""
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(p.astype(np.float64), -1, 0) for p in (one, two))
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    grey = c1 * c2 == 0
    dh = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    mean_l, c = (l1 + l2) / 2, (c1 + c2) / 2
    h = np.where(grey, h1 + h2, np.where(np.abs(h1 - h2) <= 180, (h1 + h2) / 2, (h1 + h2 + 360) / 2 % 360))
    cos = lambda degrees: np.cos(np.radians(degrees))
    t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63)
    turn = np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))
    r_t = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(turn)
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    x, y, z = d_l / s_l, d_c / (1 + 0.045 * c), d_h / (1 + 0.015 * c * t)
    return np.sqrt(x * x + y * y + z * z + r_t * y * z)
