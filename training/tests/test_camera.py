"""The camera simulation does to light what it says, and repeats itself for a seed."""

from pathlib import Path

import numpy as np
import pytest

from training import codec, degrade, pairs, procedural
from training.planes import to_bgr, to_planes


@pytest.fixture
def scene() -> np.ndarray:
    return procedural.scene(np.random.default_rng(4), 96, 128)


def simulate(scene, **camera) -> dict:
    return degrade.simulate(scene, np.random.default_rng(0), degrade.Camera(**camera))


def test_untouched_passes_the_picture(scene):
    d = simulate(scene)
    assert np.abs(d["y"].astype(int) - d["ty"]).max() <= 1
    assert d["label"].max() < 0.05


def test_exposure_darkens_by_its_gamma(scene):
    d = simulate(scene, exposure=0.1)
    ratio = (d["y"].mean() - 16) / (d["ty"].mean() - 16)
    assert ratio == pytest.approx(0.1 ** (1 / 2.2), rel=0.03)
    assert d["label"][0].mean() > 0.5, "labelled dark"


def test_highlights_stay_bright(scene):
    scene[:32, :32] = 255
    d = simulate(scene, exposure=0.1, highlight=20)
    assert d["y"][4:28, 4:28].min() > 225


def test_blur_softens_and_is_labelled(scene):
    d = simulate(scene, blur=12.0)
    edges = lambda p: np.abs(np.diff(p.astype(int), axis=1)).mean()
    assert edges(d["y"]) < 0.8 * edges(d["ty"])
    assert d["label"][1].mean() == pytest.approx(12 / 16, abs=0.02)


def test_noise_has_the_stated_strength():
    grey = np.full((128, 128, 3), 128, np.uint8)
    cam = degrade.Camera(shot_noise=1 / 4000, read_noise=0.002)
    light = degrade.to_linear(grey)
    noisy, _ = degrade.sense(light, np.random.default_rng(0), cam, np.float32(1))
    x = float(light.mean())
    assert (noisy**2.2).std() == pytest.approx(np.sqrt(x / 4000 + 0.002**2), rel=0.05)


def test_monochrome_has_no_colour(scene):
    d = simulate(scene, mono=True, exposure=0.2, shot_noise=1e-3, read_noise=1e-3)
    assert np.abs(d["uv"].astype(int) - 128).max() <= 1
    assert np.abs(d["tuv"].astype(int) - 128).max() <= 1


@pytest.mark.parametrize("name,quality", [("h264", 24), ("jpeg", 80)])
def test_codecs_change_a_little(scene, name, quality):
    planes = to_planes(scene.astype(np.float32) / 255)
    y, uv = codec.recode([planes, planes], name, quality)
    assert y.shape == planes[0].shape and uv.shape == planes[1].shape
    assert 0 < np.abs(y.astype(int) - planes[0]).mean() < 8


def test_same_seed_same_sample():
    def draw():
        rng = np.random.default_rng(3)
        return pairs.sample(pairs.Scenes(Path("nowhere"), "train", rng), rng, (96, 96))

    a, b = draw(), draw()
    assert all(np.array_equal(a[k], b[k]) for k in a)
    assert a["label"].shape == (3, 6, 6) and 0 <= a["label"].min() and a["label"].max() <= 1


def test_planes_round_trip(scene):
    flat = np.repeat(np.repeat(scene[::8, ::8], 8, 0), 8, 1)
    back = to_bgr(*to_planes(flat.astype(np.float32) / 255))
    inner = np.abs(back * 255 - flat)[3:5, 3:5]
    assert inner.max() < 3


def test_black_and_white_are_video_range():
    y, _ = to_planes(np.zeros((16, 16, 3), np.float32))
    assert y.max() == 16
    y, _ = to_planes(np.ones((16, 16, 3), np.float32))
    assert y.min() == 235
