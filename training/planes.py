"""Colour planes: BGR float 0..1 <-> uint8 4:2:0 limited-range BT.709 (y [H,W], uv [2,H/2,W/2])."""

import cv2
import numpy as np

KR, KB = 0.2126, 0.0722


def luma(bgr: np.ndarray) -> np.ndarray:
    """[H,W,3] -> [H,W]"""
    return bgr @ np.array([KB, 1 - KR - KB, KR], np.float32)


def to_planes(bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = luma(bgr)
    small = cv2.resize(bgr, (bgr.shape[1] // 2, bgr.shape[0] // 2), interpolation=cv2.INTER_AREA)
    ys = luma(small)
    u = (small[..., 0] - ys) / (2 * (1 - KB))
    v = (small[..., 2] - ys) / (2 * (1 - KR))
    y8 = np.clip(np.rint(y * 219 + 16), 0, 255).astype(np.uint8)
    uv = np.clip(np.rint(np.stack([u, v]) * 224 + 128), 0, 255).astype(np.uint8)
    return y8, uv


def to_bgr(y: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """-> [H,W,3] float32 0..1, clipped"""
    h, w = y.shape
    yf = (y.astype(np.float32) - 16) / 219
    u, v = (
        cv2.resize((p.astype(np.float32) - 128) / 224, (w, h), interpolation=cv2.INTER_LINEAR) for p in uv
    )
    b = yf + 2 * (1 - KB) * u
    r = yf + 2 * (1 - KR) * v
    g = (yf - KB * b - KR * r) / (1 - KR - KB)
    return np.clip(np.stack([b, g, r], -1), 0, 1)
