"""Ranges shrink towards the middle and nothing else changes; a cell's row says what its scores say."""

import copy
import json
import tomllib

import numpy as np
import pytest

from training import ablate, balance, degrade, families
from training.prepare import ROOT

SPEC = tomllib.loads((ROOT / "training" / "config" / "balance.toml").read_text())


def cameras(share: float) -> list[degrade.Camera]:
    rngs = (np.random.default_rng(i) for i in range(100))
    return [balance.narrowed(degrade.draw_camera(r), share, r) for r in rngs]


def test_the_full_range_is_the_ordinary_draw():
    rng = np.random.default_rng(1)
    drawn = degrade.draw_camera(rng)
    before = rng.bit_generator.state
    assert balance.narrowed(copy.deepcopy(drawn), 1.0, rng) == drawn and rng.bit_generator.state == before


def test_half_the_range_is_half_as_wide():
    width = lambda share: np.log([c.exposure for c in cameras(share)]).std()
    assert width(0.5) == pytest.approx(width(1.0) / 2)
    spread = lambda share: np.std([c.blur for c in cameras(share)])
    assert spread(0.5) == pytest.approx(spread(1.0) / 2)


def test_no_range_is_one_camera():
    settings = {str({**vars(c), "tags": []}) for c in cameras(0.0)}
    assert len(settings) == 1 and "h264" in settings.pop()


def test_the_shipped_sweep_is_three_by_three_and_trains_alike():
    found = balance.cells(SPEC)
    assert len(found) == 9 and found["all-full"] == (None, 1.0) and found["30-narrow"] == (30, 0.1)
    config = ablate.merged(tomllib.loads((ROOT / SPEC["base"]).read_text()), SPEC["all"])
    assert config["train"]["workers"] == 1 and SPEC["side"] >= config["train"]["crop"]
    assert tomllib.loads(ablate.toml(config)) == config


def test_a_row_tells_lift_over_the_oracle(tmp_path):
    score = lambda out, aligned: {"out": out, "oracle": 25.0, "aligned": aligned, "oracle_aligned": 24.0}
    result = {
        "families": {families.SEEN: score(22.0, 25.5), "vp8": score(21.0, 23.0)},
        "held_out": score(21.0, 23.0),
        "below": ["vp8"],
        "below_aligned": ["vp8"],
    }
    (tmp_path / "200-medium").mkdir()
    (tmp_path / "200-medium" / "scores.json").write_text(json.dumps(result))
    (tmp_path / "200-medium" / "curve.csv").write_text("minutes,step\n1,40\n3,90\n")
    assert balance.row("200-medium", SPEC, tmp_path) == {
        "pictures": "200",
        "range": "medium",
        "share": 0.5,
        "steps": 90,
        "seen_out": 22.0,
        "seen_lift": 1.5,
        "held_out_out": 21.0,
        "held_out_lift": -1.0,
        "families_below": 1,
    }
