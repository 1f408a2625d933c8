"""The exposure learns alone from what it looks at, and its answers stay the same."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

from training import exposure as alone
from training.batches import darken, raised
from training.model import GRID, Config, Network
from training.pairs import write_arrays

CONFIG = Path(alone.__file__).resolve().parent / "config" / "exposure.toml"


def planes(n: int, seed: int = 1) -> tuple:
    g = torch.Generator().manual_seed(seed)
    return torch.rand(n, 1, 64, 96, generator=g) / 4, torch.rand(n, 2, 32, 48, generator=g) / 8


def test_what_it_looks_at_is_all_it_needs():
    torch.manual_seed(2)
    net = Network(Config(exposure=16)).exposure
    torch.nn.init.normal_(net.head.weight, std=0.1)
    y, uv = planes(2)
    whole = net(y, uv)
    with alone.looking_at_all(net):
        part = net(alone.looked_at(y, GRID), alone.looked_at(uv, GRID // 2))
    assert torch.allclose(whole, part, atol=1e-6) and net.stem_y.stride == (GRID, GRID)


def test_highlights_stay_white_in_a_darkened_room_with_a_window():
    ty = torch.full((1, 1, 32, 32), 0.3)
    ty[..., :8] = 219 / 255  # white: it may have been far brighter
    view = {"ty": ty, "tuv": torch.zeros(1, 2, 16, 16)}
    windows = [darken(view, np.random.default_rng(s))["y"][..., :8].mean() for s in range(40)]
    rooms = [darken(view, np.random.default_rng(s))["y"][..., 8:].mean() for s in range(40)]
    assert sum(w > 0.8 and r < 0.2 for w, r in zip(windows, rooms)) >= 3


def test_only_what_has_clipped_is_raised():
    linear = torch.tensor([[[0.5, 1.0]]]).expand(1, 2, 2)
    out = [raised(linear, torch.zeros(2, 1, 1), np.random.default_rng(s)) for s in range(20)]
    assert all(torch.equal(o[..., 0], linear[..., 0]) for o in out)
    assert max(float(o[..., 1].max()) for o in out) > 1.5


@pytest.fixture
def pairs(tmp_path):
    rng = np.random.default_rng(3)
    y, uv = rng.integers(16, 120, (4, 64, 96), np.uint8), rng.integers(120, 136, (4, 2, 32, 48), np.uint8)
    write_arrays(tmp_path / "train-view-000.npz", {"ty": 2 * y - 16, "tuv": uv})
    write_arrays(tmp_path / "train-frame-000.npz", {"y": y, "uv": uv, "ty": 2 * y - 16, "tuv": uv})
    return tmp_path


def test_it_is_trained_and_put_into_another_network(pairs, tmp_path):
    config = tomllib.loads(CONFIG.read_text())
    config["train"] |= {"steps": 3, "frame_batch": 2, "view_batch": 2}
    network = Network(Config(exposure=32))
    trained = alone.train(network.exposure.train(), config, pairs, tmp_path).state_dict()
    torch.save({"model": Network(Config(exposure=32)).state_dict(), "config": {}}, tmp_path / "ema.pt")
    alone.put(trained, tmp_path / "ema.pt", tmp_path / "ema.pt")
    got = torch.load(tmp_path / "ema.pt", weights_only=True)["model"]
    assert all(torch.equal(got[f"exposure.{k}"], v) for k, v in trained.items())
