"""A teacher's answers: at the truth's brightness, for the turned pictures alike, beside the truth in the
shard."""

import numpy as np
import pytest
import torch

from training import distill, losses
from training.model import Config, Network
from training.pairs import write_arrays


@pytest.fixture(scope="module")
def teacher() -> Network:
    torch.manual_seed(1)
    net = Network(Config(channels=(16, 16, 16), encoder=(0, 0, 1), decoder=(0, 0), exposure=16))
    torch.nn.init.normal_(net.restoration.head.weight, std=0.03)
    return net.eval()


@pytest.mark.parametrize("how", distill.turns(square=True))
def test_every_turn_is_undone(how):
    x = torch.rand(1, 2, 6, 6)
    assert torch.equal(distill.turn(distill.turn(x, how), how, back=True), x)


def test_the_answer_turns_with_the_picture(teacher):
    y, uv, gain = torch.rand(1, 1, 64, 64), torch.randn(1, 2, 32, 32) * 0.1, torch.zeros(1, 1, 1, 1)
    how = (True, True, False)
    plain = distill.answer(teacher, y, uv, gain)[0]
    turned = distill.answer(teacher, distill.turn(y, how), distill.turn(uv, how), gain)[0]
    assert torch.allclose(distill.turn(plain, how), turned, atol=1e-5)


@pytest.mark.parametrize("frames", [None, 3])
def test_a_shard_keeps_what_it_had(tmp_path, teacher, frames):
    rng, lead = np.random.default_rng(0), (2,) if frames is None else (2, frames)
    plane = lambda *shape: rng.integers(16, 235, (*lead, *shape), dtype=np.uint8)
    arrays = {"y": plane(32, 32), "uv": plane(2, 16, 16), "ty": plane(32, 32), "tuv": plane(2, 16, 16)}
    if frames:
        arrays["cut"] = np.array([[True, False, False]] * 2)
    path = tmp_path / "train-crop-000.npz"
    write_arrays(path, arrays)
    distill.label(teacher, path, "cpu", 2)
    with np.load(path) as z:
        assert all(np.array_equal(z[k], v) for k, v in arrays.items())
        assert z["dy"].shape == arrays["ty"].shape and z["duv"].shape == arrays["tuv"].shape
        assert z["dy"].std() > 1


def test_time_backward_forgets_where_a_scene_ended():
    cut = torch.tensor([True, False, True, False])
    assert distill.order(cut, False) == [(0, True), (1, False), (2, True), (3, False)]
    assert distill.order(cut, True) == [(3, True), (2, False), (1, True), (0, False)]


def test_the_teacher_counts_by_its_share():
    w = {"y": 1.0, "uv": 0.0, "laplacian": 0.0, "decibel": 0.0, "degradation": 0.0}
    flat = lambda v, c=1: torch.full((1, c, 32, 32), v)
    out = {"y": flat(0.5), "uv": flat(0.0, 2), "degradation": torch.zeros(1, 3, 2, 2)}
    truth = {
        "ty": flat(0.3),
        "tuv": flat(0.0, 2),
        "dy": flat(0.4),
        "duv": flat(0.0, 2),
        "label": torch.zeros(1, 3, 2, 2),
    }
    one = torch.ones(1, 1, 1, 1)
    parts = [float(losses.restoration(out, truth, one, w, share)[0]) for share in (0.0, 0.7, 1.0)]
    assert parts == pytest.approx([0.2, 0.13, 0.1], abs=1e-4)
