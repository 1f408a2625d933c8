"""Which runs of a clip are worth filming, and what is drawn from them."""

import cv2
import numpy as np
import pytest

from training import clips, prepare
from training.tests.test_flow import moved, texture

BIG = texture(5)


def clip(positions, change=lambda i, f: f) -> list[np.ndarray]:
    """A texture at these x positions, frame i passed through `change`."""
    return [change(i, moved(BIG, x, 0)) for i, x in enumerate(positions)]


def runs_in(frames) -> list[int]:
    return clips.starts(clips.steps_of(frames), 10)


PAN = [3 * i for i in range(8)]


def test_steady_motion_is_kept():
    steps = clips.steps_of(clip(PAN))
    assert steps["speed"] == pytest.approx(3, abs=0.5) and len(clips.starts(steps, 10)) == 1


def dark(i, f):
    return f // 5


def soft(i, f):
    return cv2.GaussianBlur(f, (0, 0), 4)


def cut(i, f):
    return f if i < 4 else 255 - f


@pytest.mark.parametrize("change", [dark, soft, cut])
def test_dark_soft_and_cut_runs_are_passed_over(change):
    assert runs_in(clip(PAN, change)) == []


@pytest.mark.parametrize(
    "positions",
    [[0] * 8, [0, 3, 6, 6, 9, 12, 15, 15], [40 * i for i in range(-3, 5)]],
    ids=["still", "doubled", "wild"],
)
def test_still_doubled_and_wild_runs_are_passed_over(positions):
    assert runs_in(clip(positions)) == []


def test_what_moves_must_itself_be_sharp():
    """A blurred thing before a sharp still ground: its truth would be blurred."""

    def thing(blur):
        grain = np.random.default_rng(6).integers(0, 256, (64, 64, 1)).repeat(3, 2).astype(np.uint8)
        patch = cv2.GaussianBlur(grain, (0, 0), blur)

        def put(i, _):
            f = moved(BIG, 0, 0)
            f[40:104, 20 + 4 * i : 84 + 4 * i] = patch
            return f

        return put

    assert runs_in(clip(PAN, thing(1))) != []
    assert runs_in(clip(PAN, thing(4))) == []


def test_runs_of_a_clip_keep_apart_and_the_best_come_first():
    n = 60
    steps = {
        "speed": np.full(n, 4.0),
        "change": np.ones(n),
        "detail": np.full(n, 100.0),
        "moving": np.r_[np.full(30, 150.0), np.full(30, 180.0)],
        "bright": np.ones(n),
    }
    two = clips.starts(steps, 2)
    assert min(two) >= 30 and two[1] - two[0] >= clips.SPACING


def test_held_out_clips_are_not_packed(tmp_path):
    """Nothing is even read of a test source: these files are no videos."""
    (tmp_path / "gpmf-parser__hero7.mp4").write_bytes(b"")
    (tmp_path / "sam2__02_cups.mp4").write_bytes(b"")
    assert list(clips.runs(tmp_path, 3)) == []


def test_a_drawn_window_has_its_size_whatever_the_clips(tmp_path):
    frames = [(f"sam2__01_dog.mp4#0+{i}", f) for i, f in enumerate(clip(PAN[: clips.RUN]))]
    prepare.pack(frames, tmp_path, clips.STEM)
    pool, rng = clips.load(tmp_path, "train"), np.random.default_rng(0)
    for size in ((96, 128), (288, 288), (160, 160)):
        run, inner = clips.draw(pool, rng, size, 16)
        assert len(run) == clips.RUN
        assert {f[inner].shape for f in run} == {(*size, 3)}
