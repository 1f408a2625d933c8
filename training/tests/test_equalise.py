"""Equalised channels: the same network, with ranges nearer to each other."""

import pytest
import torch

from training import bench
from training.equalise import equalised, ranges
from training.model import BLACK, NEUTRAL, Config, Network, to_float

SHAPES = {
    "4": Config(channels=(16, 32, 16), encoder=(1, 1, 1), decoder=(1, 1), exposure=16),
    "8": Config(stem=8, channels=(32, 16), encoder=(0, 1), decoder=(1,), exposure=16, past=False),
}


@pytest.fixture(params=SHAPES)
def network(request) -> Network:
    """One whose channels lie far apart."""
    torch.manual_seed(2)
    net = Network(SHAPES[request.param]).eval()
    r = net.restoration
    heads = [r.head, r.degradation] + ([r.keep, r.past_y, r.past_uv] if r.cfg.past else [])
    for layer in heads:
        torch.nn.init.normal_(layer.weight, std=0.03)
    spread = torch.exp(2 * torch.randn(r.stem_y.weight.shape[0], 1, 1, 1))
    r.stem_y.weight.data.mul_(spread)
    return net


@pytest.fixture(scope="module")
def sequences() -> list[list[dict]]:
    frames = [bench.picture((96, 64), seed=s) for s in range(4)]
    return [[{"y": y, "uv": uv} for y, uv in frames[:2]], [{"y": y, "uv": uv} for y, uv in frames[2:]]]


def test_the_answers_stay(network, sequences):
    other, states = equalised(network, sequences), [None, None]
    for f in sequences[0]:
        y = to_float(torch.from_numpy(f["y"])[None, None], BLACK)
        uv = to_float(torch.from_numpy(f["uv"])[None], NEUTRAL)
        with torch.no_grad():
            outs = [m(y, uv, state=s) for m, s in zip((network, other), states)]
        for name in ("y", "uv", "degradation", "log_gain"):
            assert torch.allclose(outs[0][name], outs[1][name], atol=2e-4), name
        states = [o["state"] for o in outs]


def test_the_ranges_come_together(network, sequences):
    def spread(m: Network) -> float:
        width = ranges(m, sequences)[m.restoration.head]
        return float(width.max() / width.median())

    assert spread(equalised(network, sequences)) < 0.7 * spread(network)
