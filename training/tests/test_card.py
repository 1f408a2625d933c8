"""The card's tables are what was measured, and say so when it is not good."""

import copy

import pytest

from training import card

GOOD = {
    "psnr": 22.0,
    "aligned": 28.0,
    "ssim": 0.8,
    "de2000": 5.0,
    "blurred": 22.0,
    "intact": 50.0,
    "kept": 40.0,
}
BAD = {
    "psnr": 18.0,
    "aligned": 22.0,
    "ssim": 0.7,
    "de2000": 9.0,
    "blurred": 18.0,
    "intact": 50.0,
    "kept": 30.0,
}


def test_the_shipped_card_says_what_the_results_say():
    text, results = card.README.read_text(), card.known(card.RESULTS)
    marked = {m[1] for m in card.MARKED.findall(text)}
    assert marked <= set(card.TABLES)
    assert card.filled(text, results) == text, "run python -m training.card"


@pytest.fixture
def results() -> dict:
    scores = {"lowlight-nano-int8 (cpu)": GOOD, "LYT-Net": BAD, card.ORACLE: BAD, card.INPUT: BAD}
    severities = ("untouched", *card.DEGRADED, card.MEAN)
    return {
        "evaluate": {"result": copy.deepcopy(dict.fromkeys(severities, scores))},
        "quantize": {"lowlight-nano-int8": {"fp32": 24.8, "int8": 24.7}},
        "past": {"lowlight-nano-int8, tripod": {"past": 30.0, "alone": 28.5}},
        "steadiness": {
            "static scene, lowlight-nano-int8 (cpu)": {
                "frames": 1000,
                "pixel_flicker_p95": 3.8,
                "psnr_frame_10": 29.2,
                "psnr_frame_1000": 29.3,
            }
        },
    }


def test_bars_are_held_and_missed_as_measured(results):
    lines = card.bars(results).splitlines()
    line = lambda what: next(row for row in lines if what in row)
    assert "+4.00 / +4.00 / +4.00 | held" in line("best rival, PSNR")
    assert "3.8 | **missed**" in line("flicker")
    assert "+1.50 | held" in line("tripod") and "0.10 | held" in line("int8 against fp32")


def test_one_bad_severity_misses_a_bar(results):
    results["evaluate"]["result"] = copy.deepcopy(results["evaluate"]["result"])
    results["evaluate"]["result"]["severe"] = {
        **results["evaluate"]["result"]["severe"],
        card.model("nano"): {**GOOD, "psnr": 20.9},
    }
    assert not card.scored_bars(results["evaluate"]["result"])[0][3]


def test_the_methods_stand_from_worst_to_best(results):
    rows = [line.split(" | ")[0] for line in card.methods(results).splitlines()]
    assert rows[-2] == "| nano int8"


def test_words_around_the_tables_stay(results):
    text = "before\n<!-- card: past -->\nold\n<!-- end -->\nafter\n"
    new = card.filled(text, results)
    assert new.startswith("before\n") and new.endswith("<!-- end -->\nafter\n")
    assert "| nano-int8 | tripod | 30.00 | 28.50 | +1.50 |" in new and "old" not in new
