"""Held-out families change what they say, never reach training, and leave the ordinary draw as it was."""

import sys
from pathlib import Path

import numpy as np
import pytest

from training import codec, degrade, families, pairs, prepare, procedural
from training.planes import luma, to_planes

NOWHERE = Path("nowhere")


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return procedural.scene(np.random.default_rng(4), 96, 128)


def simulate(scene: np.ndarray, family: str, seed: int = 0) -> dict:
    cam = degrade.Camera(exposure=0.2, shot_noise=1e-3, read_noise=1e-3)
    families.hold_out(cam, family, np.random.default_rng(7))
    return degrade.simulate(scene, np.random.default_rng(seed), cam)


# Both tables were written down before there were families.
@pytest.mark.parametrize(
    "seed,drawn",
    [
        (0, (0.1345, 0.0, "none", 0)),
        (1, (0.28411, 7.1427, "h264", 27)),
        (2, (0.40204, 0.0, "h264", 28)),
        (3, (1.00002, 0.0, "h264", 20)),
        (5, (0.07662, 0.0, "h264", 29)),
        (8, (0.79008, 9.0715, "h264", 22)),
    ],
)
def test_the_ordinary_draw_is_what_it_was(seed, drawn):
    c = degrade.draw_camera(np.random.default_rng(seed))
    assert (round(c.exposure, 5), round(c.blur, 4), c.codec, c.quality) == drawn


@pytest.mark.parametrize(
    "seed,after",
    [
        (20, 986748704),
        (21, 311344710),
        (22, 346475702),
        (23, 649780180),
        (30, 993389663),
        (37, 575336525),
    ],
)
def test_an_ordinary_sample_takes_as_many_random_numbers_as_it_did(seed, after):
    rng = np.random.default_rng((seed, 3))
    pairs.sample(pairs.Scenes(NOWHERE, "val", rng), rng, (96, 96))
    assert rng.integers(1 << 30) == after


def test_training_never_draws_a_family():
    cameras = [degrade.draw_camera(np.random.default_rng(i)) for i in range(500)]
    assert {c.family for c in cameras} == {""}
    assert not {c.codec for c in cameras} & set(families.CODECS)


def test_held_out_shards_are_refused_for_training(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["pairs", "--held-out", "--split", "train", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        pairs.main()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("family", families.NAMES)
def test_a_family_changes_the_picture_and_not_the_truth(scene, family):
    seen, other = (simulate(scene, f) for f in (families.SEEN, family))
    apart = lambda k: np.abs(other[k].astype(int) - seen[k])
    assert max(apart("y").max(), apart("uv").max()) > 8
    assert apart("y").mean() + apart("uv").mean() > 0.2
    assert not apart("ty").any() and not apart("tuv").any()


@pytest.mark.parametrize("family", families.NAMES)
def test_a_family_repeats_for_a_seed(scene, family):
    one, same, other = (simulate(scene, family, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one[k], same[k]) for k in one)
    assert not np.array_equal(one["y"], other["y"])


@pytest.mark.parametrize("family", families.BLUR)
@pytest.mark.parametrize("at", [(48, 64), (20, 30), (80, 100)])
def test_a_point_spreads_as_far_as_the_blur_map_says(family, at):
    dot = np.zeros((96, 128, 3), np.float32)
    dot[at] = 1
    blurred, blur_map = families.BLUR[family](dot, np.random.default_rng(0), 12.0)
    lit = np.argwhere(blurred[..., 0] > 1e-4)
    spread = np.hypot(*(lit[:, None] - lit[None]).transpose(2, 0, 1)).max()
    assert blur_map[at] - 0.5 <= spread <= blur_map[at] + 3, "interpolation adds up to a pixel at either end"


@pytest.mark.parametrize("family", families.BLUR)
def test_blur_neither_loses_nor_makes_light(family):
    flat = np.full((96, 128, 3), 0.3, np.float32)
    blurred, _ = families.BLUR[family](flat, np.random.default_rng(0), 12.0)
    assert np.abs(blurred - 0.3).max() < 1e-4


def test_a_zoom_leaves_the_centre_and_moves_the_corners():
    _, blur_map = families.zoom(np.zeros((96, 128, 3), np.float32), np.random.default_rng(0), 12.0)
    assert blur_map[48, 64] == 0 and blur_map[0, 0] == pytest.approx(12)


def test_hot_pixels_are_few_and_reach_white():
    light = np.full((256, 256, 3), 0.05, np.float32)
    noise = families.hot_pixels(light, np.random.default_rng(0), 1.0)
    assert (noise > 0).mean() == pytest.approx(1e-2, rel=0.1)
    assert noise.max() == 1 and np.median(noise[noise > 0]) < 0.1


def test_blotches_are_colour_alone_and_coarse():
    light = np.full((192, 256, 3), 0.05, np.float32)
    noise = families.chroma_blotches(light, np.random.default_rng(0), 1.0)
    assert np.abs(luma(noise)).max() < 1e-6
    coarse = noise.reshape(48, 4, 64, 4, 3).mean((1, 3))
    assert noise.std() > 1e-3 and coarse.std() > 0.8 * noise.std()


def test_the_denoiser_takes_noise_and_texture():
    rng = np.random.default_rng(0)
    flat = np.full((64, 64, 3), 0.4, np.float32)
    noise = 0.05 * rng.standard_normal(flat.shape, np.float32)
    left = families.denoised(flat + noise, 0.5)
    assert left.mean() == pytest.approx(0.4, abs=0.005) and left.std() < 0.5 * noise.std()


@pytest.mark.parametrize("amount,levels", [(0.0, 128), (1.0, 64)])
def test_banding_leaves_few_levels(amount, levels):
    ramp = np.repeat(np.linspace(0, 1, 4096, dtype=np.float32).reshape(1, -1, 1), 16, 0).repeat(3, 2)
    assert len(np.unique(families.banding(ramp, amount))) == levels


@pytest.mark.parametrize("name", families.CODECS)
def test_a_codec_loses_more_at_a_higher_amount(scene, name):
    frame = to_planes(scene.astype(np.float32) / 255)
    weak, strong = (codec.recode([frame, frame], name, q) for q in families.CODECS[name])
    loss = lambda out: np.abs(out[0].astype(int) - frame[0]).mean()
    assert weak[0].shape == frame[0].shape and weak[1].shape == frame[1].shape
    assert 0 < loss(weak) < loss(strong) < 20


def test_every_family_meets_the_same_scene_and_light():
    scenes = pairs.Scenes(NOWHERE, "val", np.random.default_rng(0))
    count = len(families.NAMES) + 1
    found = [pairs.held_out(scenes, (9, 0), k, (96, 128)) for k in (0, count - 1, count)]
    assert [str(f["family"]) for f in found] == [families.SEEN, families.NAMES[-1], families.SEEN]
    assert np.array_equal(found[0]["ty"], found[1]["ty"]) and not np.array_equal(found[0]["y"], found[1]["y"])
    assert not np.array_equal(found[0]["ty"], found[2]["ty"]), "the next turn shows another scene"


def test_few_pictures_means_few_backgrounds(tmp_path):
    names = [
        f"wallpapers__{n:03d}.jpg" for n in range(1, 60, 2) if not prepare.skipped(f"wallpapers__{n:03d}.jpg")
    ]
    prepare.pack([(n, np.full((64, 64, 3), 60 + 6 * i, np.uint8)) for i, n in enumerate(names)], tmp_path)
    rng = np.random.default_rng(0)
    scenes = pairs.Scenes(tmp_path, "train", rng, pictures=5)
    shades = {round(float(scenes.draw((48, 48)).mean())) // 3 for _ in range(60)}
    assert len(shades) == 5
