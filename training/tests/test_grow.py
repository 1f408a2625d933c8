"""A grown network answers as the small one did, and can learn with what is new."""

import pytest
import torch

from training.grow import grown
from training.model import Config, Network

SMALL = Config(channels=(16, 16, 16), encoder=(0, 0, 1), decoder=(1, 1), exposure=16)
LARGE = Config(channels=(32, 32, 48), encoder=(1, 1, 2), decoder=(2, 1), exposure=32)


def lively(config: Config) -> Network:
    torch.manual_seed(3)
    net = Network(config)
    r = net.restoration
    for layer in (r.head, r.keep, r.degradation, r.past_y, r.past_uv, net.exposure.head):
        torch.nn.init.normal_(layer.weight, std=0.05)
    return net.eval()


def frames(count: int) -> list:
    torch.manual_seed(4)
    return [(torch.rand(1, 1, 48, 64) / 4, torch.rand(1, 2, 24, 32) / 8) for _ in range(count)]


@pytest.mark.parametrize("config", [LARGE, SMALL])
def test_a_grown_network_answers_as_the_small_one_frame_after_frame(config):
    small = lively(SMALL)
    large, states = grown(small, config), [None, None]
    for y, uv in frames(3):
        with torch.no_grad():
            answers = [m(y, uv, state=s) for m, s in zip((small, large), states)]
        for k in ("y", "uv", "degradation", "log_gain"):
            assert torch.allclose(answers[0][k], answers[1][k], atol=1e-5), k
        states = [a["state"] for a in answers]


def test_what_is_new_learns():
    large = grown(lively(SMALL), LARGE).train()
    (y, uv), second = frames(1)[0], large.restoration.decoder[0][1].second
    large(y, uv)["y"].square().mean().backward()
    assert second.weight.grad.abs().max() > 0, "a new block"
    assert large.restoration.head.weight.grad[:, 16:].abs().max() > 0, "a new channel"


def test_nothing_may_shrink():
    with pytest.raises(ValueError, match="nothing may"):
        grown(lively(LARGE), SMALL)
