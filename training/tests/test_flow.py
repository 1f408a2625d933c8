"""A shutter over real frames: motion known to the test comes out as it was put in."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from training import clips, degrade, flow, pairs, prepare

SIDE = 160
INNER = (slice(flow.MARGIN, SIDE - flow.MARGIN),) * 2


def texture(seed: int, side: int = 3 * SIDE) -> np.ndarray:
    """As much of every size, as in nature, and smooth enough that a fraction of a pixel means something.

    Grey levels 20 to 235, BGR uint8.
    """
    noise = np.random.default_rng(seed).normal(0, 1, (side, side)).astype(np.float32)
    sizes = (cv2.GaussianBlur(noise, (0, 0), s) * s for s in (1.5, 3, 6, 12, 24))
    soft = np.sum(list(sizes), 0)
    return np.repeat(np.clip(128 + 45 * soft / soft.std(), 20, 235).astype(np.uint8)[..., None], 3, 2)


def moved(big: np.ndarray, x: float, y: float) -> np.ndarray:
    """What a SIDE window sees of the texture that has moved by (x, y)."""
    m = np.array([[1, 0, x - SIDE], [0, 1, y - SIDE]], np.float32)
    return cv2.warpAffine(big, m, (SIDE, SIDE), flags=cv2.INTER_CUBIC)


def square(x: float, side: int = 48) -> np.ndarray:
    """A textured square, left edge at 40 + x, before a still textured ground."""
    out = moved(texture(1), 0, 0)
    left = 40 + round(x)
    out[56 : 56 + side, left : left + side] = texture(2)[:side, :side]
    return out


def between(a: np.ndarray, b: np.ndarray) -> flow.Between:
    return flow.Between(a, b, (a.astype(np.float32) / 255, b.astype(np.float32) / 255))


def error(light: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """[h,w] grey levels, inside the margin"""
    return np.abs(light * 255 - truth).mean(-1)[INNER]


@pytest.mark.parametrize("t", [0.25, 0.5, 0.8])
def test_a_frame_in_between_is_the_translation_by_that_share(t):
    big = texture(0)
    pair = between(moved(big, 0, 0), moved(big, 7, -4))
    light, speed = pair.at(t)
    assert error(light, moved(big, 7 * t, -4 * t)).mean() < 1.0
    assert error(light, moved(big, 0, 0)).mean() > 10, "the test can fail"
    assert np.abs(speed[INNER] - np.hypot(7, 4)).max() < 0.5


def test_the_ends_are_the_frames_themselves():
    pair = between(square(0), square(8))
    assert error(pair.at(0.0)[0], square(0)).max() < 1e-3
    assert error(pair.at(1.0)[0], square(8)).max() < 1e-3


def test_what_is_covered_does_not_smear():
    """Halfway the square stands halfway, and the ground that it has left and not yet reached is whole."""
    wrong = error(between(square(0), square(12)).at(0.5)[0], square(6))
    assert (wrong > 12).mean() < 0.02, "torn or doubled pixels"
    assert wrong.mean() < 0.6


def filmed(speed: float, blur: float) -> tuple:
    run = [square(speed * i) for i in range(clips.RUN)]
    return flow.expose(run, INNER, blur, 2, lambda f: f.astype(np.float32) / 255)


def test_a_still_ground_stays_as_it_is():
    light, sharp, blur = filmed(6, 5.0)
    far = np.ones((SIDE, SIDE), bool)
    far[48:112, 40 + 12 - 8 : 40 + 24 + 48 + 8] = False
    far = far[INNER]
    assert np.abs(light[1] - sharp)[far].max() < 1e-5
    assert blur[far].max() == 0


def test_the_map_states_the_length_of_the_blur():
    _, _, blur = filmed(6, 5.0)
    core = np.zeros((SIDE, SIDE), bool)
    core[62:98, 40 + 18 + 6 : 40 + 18 + 42] = True
    assert np.median(blur[core[INNER]]) == pytest.approx(5, abs=0.3)
    assert np.quantile(blur[core[INNER]], 0.05) > 4


def error_inner(light: np.ndarray, truth: np.ndarray) -> float:
    """Mean error in grey levels where the square passes."""
    wrong = np.abs(light * 255 - truth[INNER]).mean(-1)
    return float(wrong[56 - flow.MARGIN : 104 - flow.MARGIN, 50 - flow.MARGIN : 112 - flow.MARGIN].mean())


def test_the_blur_is_the_mean_along_the_path():
    light, sharp, _ = filmed(6, 4.0)
    truth = np.mean([square(18 + d) for d in (-2, -1, 0, 1, 2)], 0)
    assert error_inner(light[1], truth) < 1
    assert error_inner(sharp, truth) > 3 * error_inner(light[1], truth)


def test_the_frame_before_was_taken_before():
    """The codec predicts from it: there the square stood a step behind."""
    light, _, _ = filmed(6, 4.0)
    truth = np.mean([square(12 + d) for d in (-2, -1, 0, 1, 2)], 0)
    assert error_inner(light[0], truth) < 1


@pytest.mark.parametrize("speed,blur", [(2, 20.0), (14, 60.0)])
def test_no_sub_frame_steps_over_more_than_a_pixel_or_so(speed, blur):
    """Slow footage is not hurried, fast footage gets a shorter shutter."""
    big = texture(0)
    run = [moved(big, speed * i, 0) for i in range(clips.RUN)]
    pair = [between(a, b) for a, b in zip(run[2:], run[3:])]
    half, steps = flow.open_for(pair[0], pair[1], INNER, blur)
    assert half <= 1 and steps <= flow.MOST_STEPS
    assert 2 * half * speed / (steps - 1) < 1.1


@pytest.fixture
def folder(tmp_path) -> Path:
    items = [(f"sam2__01_dog.mp4#0+{i}", square(4 * i)) for i in range(clips.RUN)]
    prepare.pack(items, tmp_path, clips.STEM)
    return tmp_path


def sample(sharp: Path, share: float) -> tuple[dict, float]:
    rng = np.random.default_rng(3)
    out = pairs.sample(pairs.Scenes(sharp, "train", rng), rng, (96, 96), flow_share=share)
    return out, rng.random()


def test_without_clips_nothing_has_changed(tmp_path):
    """Not even how many random numbers are drawn."""
    rng = np.random.default_rng(3)
    scenes, cam = pairs.Scenes(tmp_path, "train", rng), degrade.draw_camera(rng)
    kind = rng.random()
    assert kind > 0.115, "neither clock, bars nor cap"
    img = scenes.draw((96, 96))
    other = scenes.draw((96, 96)) if cam.two_layers else None
    expected, after = degrade.simulate(img, rng, cam, other), rng.random()
    got, got_after = sample(tmp_path, 1.0)
    assert got_after == after and all(np.array_equal(got[k], expected[k]) for k in expected)


def test_with_clips_a_share_is_filmed_from_them(folder):
    still, from_clip, again = sample(folder, 0.0)[0], sample(folder, 1.0)[0], sample(folder, 1.0)[0]
    assert not np.array_equal(still["ty"], from_clip["ty"])
    assert all(np.array_equal(from_clip[k], again[k]) for k in again)
    assert {k: v.shape for k, v in from_clip.items()} == {k: v.shape for k, v in still.items()}
    assert {k: v.dtype for k, v in from_clip.items()} == {k: v.dtype for k, v in still.items()}


def test_readers_of_sharp_pictures_pass_clips_by(folder):
    assert prepare.load(folder, "train") == {}
    assert len(clips.load(folder, "train")) == 1 and clips.load(folder, "val") == []
