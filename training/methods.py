"""What is compared: classical chains, public networks, our model. Each maps planes to BGR 0..1."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from training.metrics import gain_to
from training.planes import luma, to_bgr

TARGET_MEAN = 0.45  # mean luma of the training truths; auto-gamma aims there


def auto_gamma(bgr: np.ndarray) -> np.ndarray:
    """The exponent that brings the mean luma to TARGET_MEAN."""
    low, high = 0.08, 3.0
    small = cv2.resize(bgr, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    for _ in range(20):
        mid = (low + high) / 2
        if luma(small**mid).mean() > TARGET_MEAN:
            low = mid
        else:
            high = mid
    return bgr ** ((low + high) / 2)


def chain(bgr: np.ndarray) -> np.ndarray:
    """Auto-gamma, non-local means, CLAHE on luma, unsharp mask: the usual classical remedy."""
    g = (auto_gamma(bgr) * 255).astype(np.uint8)
    g = cv2.fastNlMeansDenoisingColored(g, None, 6, 6, 5, 15)
    lab = cv2.cvtColor(g, cv2.COLOR_BGR2LAB)
    lab[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(lab[..., 0])
    g = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
    sharp = cv2.addWeighted(g, 1.5, cv2.GaussianBlur(g, (0, 0), 1.5), -0.5, 0)
    return sharp.astype(np.float32) / 255


def oracle_gain(bgr: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Input times the best single factor, which only the truth can tell."""
    return np.clip(bgr * gain_to(bgr, truth), 0, 1)


def restored(player, y: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """One picture without a past, by a player of training.player."""
    player.reset()
    return to_bgr(*player.planes(y, uv)[:2])


class Rival:
    """A public RGB enhancer at a fixed size; the picture is padded by reflection to fit."""

    def __init__(
        self, path: Path, size: tuple[int, int], nhwc_in: bool, nhwc_out: bool, signed: bool, threads: int
    ):
        self.h, self.w = size
        self.nhwc_in, self.nhwc_out, self.signed = nhwc_in, nhwc_out, signed
        o = ort.SessionOptions()
        o.log_severity_level, o.intra_op_num_threads = 3, threads
        self.session = ort.InferenceSession(str(path), o, providers=["CPUExecutionProvider"])
        self.name = self.session.get_inputs()[0].name

    def __call__(self, bgr: np.ndarray) -> np.ndarray:
        h, w = bgr.shape[:2]
        x = cv2.copyMakeBorder(bgr, 0, self.h - h, 0, self.w - w, cv2.BORDER_REFLECT_101)[..., ::-1]
        x = x * 2 - 1 if self.signed else x
        x = np.ascontiguousarray((x if self.nhwc_in else x.transpose(2, 0, 1))[None], np.float32)
        out = self.session.run(None, {self.name: x})[-1][0]
        out = out if self.nhwc_out else out.transpose(1, 2, 0)
        out = (out + 1) / 2 if self.signed else out
        return np.clip(out[:h, :w, ::-1], 0, 1).astype(np.float32)


def rivals(folder: Path, threads: int = 2) -> dict[str, Rival]:
    """Those of the known public models that lie in `folder`."""
    known = {
        "SCI": ("sci_360x640.onnx", False, False, False),
        "LYT-Net": ("lyt_net_lolv2_real_640x360.onnx", True, True, True),
        "TBEFN": ("tbefn_360x640.onnx", False, True, False),
    }
    return {
        name: Rival(folder / file, (360, 640), *layout, threads)
        for name, (file, *layout) in known.items()
        if (folder / file).exists()
    }
