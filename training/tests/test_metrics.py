"""Metrics give the answers that are known."""

import numpy as np
import pytest

from training import cases, metrics
from training.planes import luma


def test_metrics_known_answers():
    a = np.full((16, 16, 3), 0.2, np.float32)
    assert metrics.psnr(a, a + 0.1) == pytest.approx(20, abs=0.01)
    assert metrics.aligned_psnr(a, 2 * a) == pytest.approx(60, abs=0.01)
    assert metrics.ssim(a, a) == pytest.approx(1)
    assert luma(a).shape == (16, 16)


@pytest.mark.parametrize(
    "one,two,difference",
    [  # of Sharma, Wu and Dalal's test data: hues across the axis, greys, small and large differences
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_colour_differences_of_the_published_table(one, two, difference):
    assert metrics.ciede2000(np.array(one), np.array(two)) == pytest.approx(difference, abs=1e-4)


def test_masks_tell_blurred_from_intact_patches():
    y = np.full((32, 32), 100, np.uint8)
    d = {
        "y": y,
        "ty": y.copy(),
        "uv": np.full((2, 16, 16), 128, np.uint8),
        "tuv": np.full((2, 16, 16), 128, np.uint8),
    }
    d["ty"][:16, :16] = 180
    d["label"] = np.zeros((3, 2, 2), np.float16)
    d["label"][1, 0, 1] = 0.5
    found = cases.masks(d)
    assert found["blurred"][:16, 16:].all() and not found["blurred"][16:].any()
    assert not found["intact"][:16, :16].any() and found["intact"][16:].all()
