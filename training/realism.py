"""Image Realism Score (arXiv 2309.14756): five numbers of one picture, and how far they lie from daylight's.

    python -m training.realism --calibrate             # sharp pictures -> config/realism.json
    python -m training.realism night.png restored.png  # the five, in deviations from daylight, and the score

The paper rates a picture by Canny edge density, GLCM contrast, GLCM energy, variance of the Laplacian and
mean spectrum, and makes one number of them. The statistics are the paper's, the number is ours: how many
standard deviations the five lie from those of sharp daytime frames, root mean square. About 1 is an ordinary
photograph; a picture can be too smooth and too rough.

`distance` is the differentiable part of the same statistics, between outputs and truths: [loss] realism.
Why: docs/design/supervision.md.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.planes import luma
from training.prepare import ROOT, WORK, load_named, shrink

CALIBRATION = ROOT / "training" / "config" / "realism.json"
NAMES = ("edges", "contrast", "energy", "laplacian", "spectrum")
SHORT_SIDE = 352  # the statistics depend on the scale: larger pictures are shrunk to that of our frames
CANNY_LOW, CANNY_HIGH = 100, 200  # of |gx| + |gy|, unscaled Sobel of 8-bit luma
# Added before the logarithm, so that flat pictures have one: an edge through a tenth of a frame, one level.
EDGE_FLOOR, POWER_FLOOR = 1e-3, 1.0

WHITE = 219  # 8-bit levels between black and white of the planes
AGREE = 0.1  # relative error below which `distance` turns quadratic and leaves the pixels to the pixel losses


def glcm(grey: np.ndarray) -> np.ndarray:
    """Grey-level co-occurrence matrix [256,256] of neighbours to the right and below: symmetric, sum 1.

    By hand: scikit-image brings 49 MB of packages for it.
    """
    counts = np.zeros(256 * 256)
    for a, b in ((grey[:, :-1], grey[:, 1:]), (grey[:-1], grey[1:])):
        counts += np.bincount(a.ravel().astype(int) * 256 + b.ravel(), minlength=counts.size)
    counts = counts.reshape(256, 256)
    return (counts + counts.T) / (2 * counts.sum())


def statistics(grey: np.ndarray) -> dict[str, float]:
    """uint8 [H,W], full range -> the paper's five, by NAMES:

    edges      share of the pixels that Canny marks, 0..1
    contrast   GLCM contrast: mean squared difference of neighbours, levels²
    energy     GLCM energy: root of the sum of its squares, 0..1; 1 is a flat picture
    laplacian  variance of the 3x3 Laplacian, levels²
    spectrum   mean over all frequencies of log(1 + amplitude), amplitude of the orthonormal FFT in levels
    """
    together = glcm(grey)
    i, j = np.indices(together.shape)
    return {
        "edges": float((cv2.Canny(grey, CANNY_LOW, CANNY_HIGH) > 0).mean()),
        "contrast": float((together * (i - j) ** 2).sum()),
        "energy": float(np.sqrt((together**2).sum())),
        "laplacian": float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        "spectrum": float(np.log1p(np.abs(np.fft.fft2(grey, norm="ortho"))).mean()),
    }


def features(bgr: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] -> [5] in the order of NAMES, made comparable: the same scale, and logarithms.

    Of 573 daytime pictures, contrast has a skewness of 3.7 and its logarithm one of -0.4, and so on; the mean
    spectrum is one of logarithms already.
    """
    small = shrink(bgr, SHORT_SIDE / min(bgr.shape[:2])).astype(np.float32)
    s = statistics(np.rint(luma(small)).astype(np.uint8))
    return np.array(
        [
            np.log(s["edges"] + EDGE_FLOOR),
            np.log(s["contrast"] + POWER_FLOOR),
            np.log(s["energy"]),
            np.log(s["laplacian"] + POWER_FLOOR),
            s["spectrum"],
        ]
    )


def calibrate(rows: np.ndarray) -> dict:
    """Features [N,5] of daytime pictures -> what `deviations` wants"""
    return {
        "pictures": len(rows),
        "short_side": SHORT_SIDE,
        "mean": dict(zip(NAMES, rows.mean(0).round(4).tolist())),
        "deviation": dict(zip(NAMES, rows.std(0).round(4).tolist())),
    }


def deviations(row: np.ndarray, daylight: dict) -> np.ndarray:
    """[5], signed, in standard deviations of daytime frames"""
    mean, deviation = (np.array([daylight[k][n] for n in NAMES]) for k in ("mean", "deviation"))
    return (row - mean) / deviation


def score(bgr: np.ndarray, daylight: dict) -> float:
    """Distance from daylight: 0 its very centre, 1 an ordinary photograph, more the further."""
    return float(np.sqrt((deviations(features(bgr), daylight) ** 2).mean()))


def derivatives(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """[N,1,H,W] -> unscaled Sobel in x and in y, 3x3 Laplacian, each [N,1,H-2,W-2]

    Sums of shifted pictures: a convolution of one channel to three took four times as long on a CPU.
    """
    wide, high = x[..., 2:] - x[..., :-2], x[..., 2:, :] - x[..., :-2, :]
    gx = wide[..., :-2, :] + 2 * wide[..., 1:-1, :] + wide[..., 2:, :]
    gy = high[..., :-2] + 2 * high[..., 1:-1] + high[..., 2:]
    inner = x[..., 1:-1, 1:-1]
    crosswise = x[..., 1:-1, 2:] + x[..., 1:-1, :-2] + x[..., 2:, 1:-1] + x[..., :-2, 1:-1]
    return gx, gy, crosswise - 4 * inner


def soft_statistics(y: Tensor) -> Tensor:
    """Luma in the networks' unit [N,1,H,W] -> [N,4]: logarithms of edge density, contrast at offset 1 and
    variance of the Laplacian, and the mean spectrum, each with a gradient.

    Edges are a sigmoid around the middle of Canny's two thresholds in place of its hysteresis, and thicker,
    as nothing thins them. Contrast needs no matrix: it is the mean squared difference of neighbours. Energy
    counts equal pairs of grey levels; without levels there is none, so it has no part.
    """
    levels = y.float() * (255 * 255 / WHITE)
    gx, gy, curved = derivatives(levels)
    middle, width = (CANNY_LOW + CANNY_HIGH) / 2, (CANNY_HIGH - CANNY_LOW) / 4
    edges = torch.sigmoid((gx.abs() + gy.abs() - middle) / width).mean((1, 2, 3))
    right, below = (levels.diff(dim=d).square() for d in (-1, -2))
    contrast = (right.sum((1, 2, 3)) + below.sum((1, 2, 3))) / (right[0].numel() + below[0].numel())
    spectrum = torch.log1p(torch.fft.fft2(levels, norm="ortho").abs()).mean((1, 2, 3))
    powers = torch.stack([contrast, curved.var((1, 2, 3), unbiased=False)], 1)
    return torch.cat(
        [torch.log(edges + EDGE_FLOOR)[:, None], torch.log(powers + POWER_FLOOR), spectrum[:, None]], 1
    )


def distance(out: Tensor, truth: Tensor) -> Tensor:
    """Mean relative error of the soft statistics of `out` against those of its own `truth`, both [N,1,H,W].

    Against the truth and not against daylight: a wall is smooth and a hedge is not.
    """
    with torch.autocast(out.device.type, enabled=False):  # sums of squares do not fit bfloat16
        return F.smooth_l1_loss(soft_statistics(out), soft_statistics(truth.detach()), beta=AGREE)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("pictures", type=Path, nargs="*")
    p.add_argument("--calibrate", action="store_true", help="on sharp pictures of the train split")
    p.add_argument("--sharp", type=Path, default=WORK / "sharp")
    p.add_argument("--calibration", type=Path, default=CALIBRATION)
    a = p.parse_args()
    cv2.setNumThreads(1)
    if a.calibrate:
        rows = [features(bgr) for _, bgr in load_named(a.sharp, "train")]
        if not rows:
            raise SystemExit(f"no sharp pictures in {a.sharp}: run python -m training.prepare first")
        a.calibration.write_text(json.dumps(calibrate(np.array(rows)), indent=2) + "\n")
        print(a.calibration.read_text(), end="")
    daylight = json.loads(a.calibration.read_text())
    for path in a.pictures:
        bgr = cv2.imread(str(path))
        if bgr is None:
            raise SystemExit(f"{path}: not a picture")
        each = zip(NAMES, deviations(features(bgr), daylight))
        print(f"{path}: {score(bgr, daylight):.2f}  " + "  ".join(f"{n} {v:+.2f}" for n, v in each))


if __name__ == "__main__":
    main()
