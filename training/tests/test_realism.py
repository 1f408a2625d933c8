"""Realism: statistics of pictures with known answers, the score's zero, a loss that pulls the right way."""

import csv

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from training import losses, realism, train

FLAT = {"edges": 0, "contrast": 0, "energy": 1, "laplacian": 0}


def test_a_flat_picture_has_no_edges_and_all_its_energy():
    got = realism.statistics(np.full((16, 16), 90, np.uint8))
    assert {k: got[k] for k in FLAT} == pytest.approx(FLAT)
    # 90 everywhere: one frequency, of amplitude 90 * sqrt(16 * 16)
    assert got["spectrum"] == pytest.approx(np.log(1 + 90 * 16) / 256)


def test_the_matrix_counts_neighbours_both_ways():
    """0 0 over 0 2: right 00, 02; below 00, 02. Symmetric: (0,0) 4 of 8, (0,2) and (2,0) 2 of 8 each."""
    together = realism.glcm(np.array([[0, 0], [0, 2]], np.uint8))
    assert (together[0, 0], together[0, 2], together[2, 0]) == (0.5, 0.25, 0.25)
    got = realism.statistics(np.array([[0, 0], [0, 2]], np.uint8))
    assert got["contrast"] == pytest.approx(0.5 * 2**2)
    assert got["energy"] == pytest.approx(np.sqrt(0.5**2 + 2 * 0.25**2))


def test_a_checkerboard_by_hand():
    """Neighbours always differ by 10, so does the Laplacian: 4 * 10 up or down."""
    board = (np.indices((32, 32)).sum(0) % 2 * 10 + 100).astype(np.uint8)
    got = realism.statistics(board)
    assert got["contrast"] == pytest.approx(100) and got["laplacian"] == pytest.approx(1600)
    assert got["energy"] == pytest.approx(np.sqrt(0.5))


def test_one_step_is_one_line_of_edges():
    step = np.zeros((64, 64), np.uint8)
    step[:, 32:] = 200
    assert realism.statistics(step)["edges"] == pytest.approx(1 / 64, abs=1 / 640)


def picture(seed: int = 0) -> np.ndarray:
    """BGR uint8 [96,128,3] with structure at every scale"""
    rng, out = np.random.default_rng(seed), np.zeros((96, 128))
    for step in (2, 4, 8, 16, 32):
        out += step * cv2.resize(rng.random((96 // step, 128 // step)), (128, 96))
    out = (out - out.min()) / (out.max() - out.min())
    return np.repeat(np.uint8(255 * out)[..., None], 3, 2)


def test_the_score_is_small_at_home_and_grows_with_blur_and_with_noise():
    daylight = realism.calibrate(np.array([realism.features(picture(s)) for s in range(12)]))
    home = realism.score(picture(99), daylight)
    blurred = [realism.score(cv2.GaussianBlur(picture(99), (0, 0), s), daylight) for s in (1, 3)]
    noise = np.random.default_rng(1).normal(0, 1, (96, 128, 1))
    noisy = [realism.score(np.uint8(np.clip(picture(99) + s * noise, 0, 255)), daylight) for s in (8.0, 25.0)]
    assert home < 3
    assert home < blurred[0] < blurred[1] and home < noisy[0] < noisy[1]


def test_the_mean_picture_scores_zero():
    rows = np.array([realism.features(picture(s)) for s in range(2)])
    daylight = realism.calibrate(rows)
    assert np.abs(realism.deviations(rows.mean(0), daylight)).max() < 0.01


def luma(seed: int = 0) -> torch.Tensor:
    """A picture in the networks' unit, [1,1,96,128]"""
    grey = torch.from_numpy(picture(seed)[..., 0].astype(np.float32))
    return (grey / 255 * realism.WHITE / 255)[None, None]


def blur(y: torch.Tensor, sigma: float) -> torch.Tensor:
    k = torch.from_numpy(cv2.getGaussianKernel(9, sigma)).float()
    return F.conv2d(F.pad(y, (4, 4, 4, 4), mode="reflect"), (k @ k.T)[None, None])


def test_soft_contrast_and_laplacian_are_those_of_the_picture():
    grey = picture()[..., 0]
    hard = realism.statistics(grey)
    _, contrast, curved, spectrum = realism.soft_statistics(luma())[0].tolist()
    assert contrast == pytest.approx(np.log(hard["contrast"] + realism.POWER_FLOOR), abs=0.01)
    inner = cv2.Laplacian(grey, cv2.CV_64F)[1:-1, 1:-1].var()
    assert curved == pytest.approx(np.log(inner + realism.POWER_FLOOR), abs=0.01)
    assert spectrum == pytest.approx(hard["spectrum"], abs=0.01)


def test_the_truth_is_at_no_distance():
    assert realism.distance(luma(), luma()).item() == 0


def test_sharpening_a_blurred_picture_brings_it_nearer():
    sharp, soft = luma(), blur(luma(), 1.5)
    steps = [realism.distance(soft + k * (sharp - soft), sharp).item() for k in (0, 0.5, 1)]
    assert steps[0] > steps[1] > steps[2]


def test_noise_takes_the_truth_away():
    noise = torch.randn(1, 1, 96, 128, generator=torch.Generator().manual_seed(2))
    steps = [realism.distance(luma() + s * noise, luma()).item() for s in (0.0, 0.01, 0.04)]
    assert steps[0] < steps[1] < steps[2]


@pytest.mark.parametrize("sigma,sharper", [(1.5, True), (0.0, False)])
def test_following_the_gradient_sharpens_what_is_blurred_and_calms_what_is_noisy(sigma, sharper):
    noise = 0.03 * torch.randn(1, 1, 96, 128, generator=torch.Generator().manual_seed(3))
    start = blur(luma(), sigma) if sharper else luma() + noise
    y = start.clone().requires_grad_()
    steps = torch.optim.Adam([y], lr=1e-3)
    before = realism.distance(y, luma()).item()
    for _ in range(20):
        steps.zero_grad()
        realism.distance(y, luma()).backward()
        assert torch.isfinite(y.grad).all()
        steps.step()
    assert realism.distance(y, luma()).item() < 0.7 * before
    curved = lambda x: realism.soft_statistics(x)[0, 2].item()
    assert (curved(y) > curved(start)) == sharper


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_a_flat_output_has_a_finite_gradient(level):
    y = torch.full((2, 1, 32, 32), level, requires_grad=True)
    realism.distance(y, torch.rand(2, 1, 32, 32)).backward()
    assert torch.isfinite(y.grad).all()


def restored(weights: dict) -> dict:
    flat = lambda v, c=1: torch.full((1, c, 32, 32), v)
    out = {"y": flat(0.5), "uv": flat(0.0, 2), "degradation": torch.zeros(1, 3, 2, 2)}
    truth = {"ty": torch.rand(1, 1, 32, 32), "tuv": flat(0.0, 2), "label": torch.zeros(1, 3, 2, 2)}
    return losses.restoration(out, truth, torch.ones(1, 1, 1, 1), weights)[1]


def test_it_is_computed_only_where_it_counts(monkeypatch):
    weights = dict.fromkeys(("y", "uv", "laplacian", "decibel", "degradation"), 1.0)
    assert "realism" in train.FIELDS and restored(weights | {"realism": 0.1})["realism"] > 0
    monkeypatch.setattr(realism, "distance", None)
    assert "realism" not in restored(weights) and "realism" not in restored(weights | {"realism": 0})


def test_a_curve_keeps_the_columns_it_began_with(tmp_path):
    curve = tmp_path / "curve.csv"
    curve.write_text("step,loss,val_out\n10,0.5,\n")
    train.append(curve, {"step": 20, "realism": 0.3, "loss": 0.4})
    with open(curve) as f:
        assert list(csv.DictReader(f))[1] == {"step": "20", "loss": "0.4", "val_out": ""}
