"""Sources never cross splits; shards give back what went in."""

import numpy as np

from training import prepare


def test_one_road_is_one_split():
    names = [
        "CarND-Vehicle-Detection__a.mp4#1",
        "CarND-LaneLines-P1__b.mp4",
        "advanced_lane_lines_detection__s.mp4",
    ]
    assert {prepare.split_of(n) for n in names} == {"train"}


def test_frames_of_a_clip_share_its_split():
    assert {prepare.split_of(f"gpmf-parser__hero7.mp4#{i}") for i in range(9)} == {"test"}


def test_photo_sets_reach_every_split():
    splits = {prepare.split_of(f"wallpapers__{i:03d}.jpg") for i in range(1, 45)}
    assert splits == {"train", "val", "test"}


def test_screenshots_are_skipped():
    assert prepare.skipped("codec-corpus__012.jpg") and not prepare.skipped("codec-corpus__013.jpg")


def test_pack_and_load(tmp_path):
    rng = np.random.default_rng(0)
    imgs = [(f"wallpapers__{i:03d}.jpg", rng.integers(0, 255, (40, 60, 3)).astype(np.uint8)) for i in (1, 4)]
    assert prepare.pack(imgs, tmp_path) == 2
    ((name, img),) = prepare.load_named(tmp_path, "test")
    assert name == "wallpapers__004.jpg" and img.shape == (40, 60, 3)
    assert np.abs(img.astype(int) - imgs[1][1]).mean() < 8
    assert list(prepare.load(tmp_path, "train")) == ["photo"]
