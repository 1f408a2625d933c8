"""A factor on the share of the past does what it says, and steadies what stands still."""

import torch

from training import share
from training.model import MOST_KEPT, Config, Network, State

CONFIG = Config(channels=(16, 16, 16), exposure=16)


def network(bias: float) -> Network:
    torch.manual_seed(1)
    net = Network(CONFIG).eval()
    torch.nn.init.constant_(net.restoration.keep.bias, bias)
    return net


def test_the_share_is_multiplied_up_to_the_most():
    g = torch.Generator().manual_seed(2)
    y, uv = torch.rand(1, 1, 32, 32, generator=g) / 4, torch.rand(1, 2, 16, 16, generator=g) / 8
    past = State(y, uv, torch.ones(1, 2, 1, 1))
    kept = lambda net: net.restoration(y, uv, torch.ones(1, 1, 1, 1), past)[1]
    with torch.no_grad():
        before, after = kept(network(0.05)), kept(share.scaled(network(0.05), 1.5))
        assert torch.allclose(after, (1.5 * before).clamp(max=MOST_KEPT), atol=1e-6)
        assert kept(share.scaled(network(0.15), 9.0)).max() == MOST_KEPT


def test_keeping_more_steadies_a_still_picture():
    g = torch.Generator().manual_seed(3)
    truth = torch.full((1, 8, 1, 32, 32), 0.3)
    seen = truth / 2 + 0.02 * torch.randn(truth.shape, generator=g)
    uv = torch.zeros(1, 8, 2, 16, 16)
    b = {"y": seen, "uv": uv, "ty": truth, "tuv": uv, "cut": torch.zeros(1, 8)}
    little, much = (share.watch(share.scaled(network(0.04), f), b) for f in (1.0, 3.0))
    mean = lambda v: sum(v) / len(v)
    assert mean(much[1]) < mean(little[1]) and mean(much[0]) > mean(little[0])
