"""The oracle's own answer scores as the oracle, the truth is never below it, and checkpoints are read."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training import families, heldout, pairs
from training.batches import tensors, true_log_gain
from training.model import BLACK, Config, Network, to_u8


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(0)
    scenes = pairs.Scenes(Path("nowhere"), "val", rng)
    rows = [pairs.held_out(scenes, (3, 0), k, (96, 128)) for k in range(len(families.NAMES) + 1)]
    pairs.write_shard(path / "val-heldout-000.npz", rows)
    return path


def by_luma(folder: Path, answer) -> heldout.Restorer:
    """A network that knows the truth of every picture it is shown."""
    known = {r["y"].tobytes(): r["ty"] for r in heldout.samples(folder, "val")}
    return lambda y, uv: answer(y, known[y.tobytes()])


def gained(y: np.ndarray, ty: np.ndarray) -> np.ndarray:
    b = tensors([{"y": y, "ty": ty}])
    return to_u8(b["y"] * true_log_gain(b["y"], b["ty"]).exp(), BLACK)[0, 0].numpy()


def test_the_truth_is_below_nothing(folder):
    result = heldout.score(by_luma(folder, lambda y, ty: ty), heldout.samples(folder, "val"))
    assert set(result["families"]) == {families.SEEN, *families.NAMES}
    assert result["held_out"]["out"] == 60 and not result["below"] and not result["below_aligned"]


def test_the_gained_input_scores_as_the_oracle(folder):
    result = heldout.score(by_luma(folder, gained), heldout.samples(folder, "val"))
    for s in result["families"].values():
        assert s["out"] == pytest.approx(s["oracle"], abs=0.1)
        assert s["aligned"] == pytest.approx(s["oracle_aligned"], abs=0.1)


def test_a_dark_answer_is_below_the_oracle_until_it_is_aligned(folder):
    half = lambda y, ty: ((ty.astype(int) - BLACK) // 2 + BLACK).astype(np.uint8)
    result = heldout.score(by_luma(folder, half), heldout.samples(folder, "val"))
    assert set(result["below"]) == set(families.NAMES) and not result["below_aligned"]
    assert "below the oracle: 11 of 11 families" in heldout.table(result)


def test_the_mean_leaves_out_what_training_knows(folder):
    rows = list(heldout.samples(folder, "val"))
    result = heldout.score(by_luma(folder, lambda y, ty: ty if y is rows[0]["y"] else y), rows)
    expected = np.mean([result["families"][n]["out"] for n in families.NAMES])
    assert result["held_out"]["out"] == pytest.approx(expected, abs=1e-3)
    assert result["families"][families.SEEN]["out"] == 60 > result["held_out"]["out"]


def test_a_checkpoint_answers_as_its_network(tmp_path):
    torch.manual_seed(0)
    network = Network(Config(channels=(16, 16, 16), encoder=(0, 0, 0), decoder=(0, 0), exposure=16)).eval()
    torch.save({"config": network.cfg.to_dict(), "model": network.state_dict()}, tmp_path / "ema.pt")
    rng = np.random.default_rng(0)
    y = rng.integers(16, 80, (32, 48), dtype=np.uint8)
    uv = rng.integers(110, 140, (2, 16, 24), dtype=np.uint8)
    b = tensors([{"y": y, "uv": uv}])
    with torch.no_grad():
        expected = to_u8(network(b["y"], b["uv"])["y"], BLACK)[0, 0].numpy()
    out = heldout.restorer(tmp_path / "ema.pt")(y, uv)
    assert out.dtype == np.uint8 and np.array_equal(out, expected)
