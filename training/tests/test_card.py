"""The card's tables are what was measured, and say so when it is not good."""

import copy

import pytest

from training import card


def test_the_shipped_card_says_what_the_results_say():
    text, results = card.README.read_text(), card.known(card.RESULTS)
    assert {m[1] for m in card.MARKED.findall(text)} == set(card.TABLES)
    assert card.filled(text, results) == text, "run python -m training.card"


@pytest.fixture
def results() -> dict:
    return copy.deepcopy(card.known(card.RESULTS))


def test_a_missed_bar_is_called_missed(results):
    held = card.scored_bars(results["evaluate"]["result"])[0]
    for severity in card.DEGRADED:
        results["evaluate"]["result"][severity][card.model("nano")]["psnr"] = 1.0
    missed = card.scored_bars(results["evaluate"]["result"])[0]
    assert held[0] == missed[0] and not missed[3]
    assert "**missed**" in card.bars(results)


def test_words_around_the_tables_stay():
    text = "before\n<!-- card: past -->\nold\n<!-- end -->\nafter\n"
    new = card.filled(text, {"past": {"lowlight-nano-int8, tripod": {"past": 30.0, "alone": 28.5}}})
    assert new.startswith("before\n") and new.endswith("<!-- end -->\nafter\n")
    assert "| nano-int8 | tripod | 30.00 | 28.50 | +1.50 |" in new
