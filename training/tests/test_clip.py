"""CLIP's maps: random weights in every published format, a rigged one whose answer is known, shards."""

import json
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from training import batches, clip, clip_model, losses
from training.distill import train_shards
from training.pairs import write_arrays

VISION, TEXT, OUT, PATCH, LAYERS, VOCABULARY = 128, 64, 32, 16, 2, 49408


def layers(prefix: str, width: int) -> dict:
    """Shapes of one transformer in the published layout"""
    shapes = {}
    for i in range(LAYERS):
        at = f"{prefix}transformer.resblocks.{i}."
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"{at}{norm}.weight": (width,), f"{at}{norm}.bias": (width,)}
        for name, sides in {
            "attn.in_proj_": (3 * width, width),
            "attn.out_proj.": (width, width),
            "mlp.c_fc.": (4 * width, width),
            "mlp.c_proj.": (width, 4 * width),
        }.items():
            shapes |= {f"{at}{name}weight": sides, f"{at}{name}bias": sides[:1]}
    return shapes


def published(seed: int = 0) -> dict[str, torch.Tensor]:
    """A small random CLIP under the names of OpenAI's and open_clip's state dicts"""
    shapes = {
        "positional_embedding": (77, TEXT),
        "text_projection": (TEXT, OUT),
        "logit_scale": (),
        "visual.class_embedding": (VISION,),
        "visual.positional_embedding": (1 + 4 * 4, VISION),
        "visual.proj": (VISION, OUT),
        "visual.conv1.weight": (VISION, 3, PATCH, PATCH),
        "token_embedding.weight": (VOCABULARY, TEXT),
        **layers("visual.", VISION),
        **layers("", TEXT),
    }
    for norm, width in (("visual.ln_pre", VISION), ("visual.ln_post", VISION), ("ln_final", TEXT)):
        shapes |= {f"{norm}.weight": (width,), f"{norm}.bias": (width,)}
    torch.manual_seed(seed)
    state = {k: 0.1 * torch.randn(s) for k, s in shapes.items()}
    for k in state:
        if ".ln_" in f".{k}" and k.endswith("weight"):
            state[k] += 1
    return state | {"logit_scale": torch.tensor(3.0)}


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return published()


class Tree(nn.Module):
    """A module that has the parameters of a state dict, as something to trace."""

    def __init__(self, state: dict):
        super().__init__()
        for name, value in state.items():
            at = self
            *path, last = name.split(".")
            for part in path:
                if part not in at._modules:
                    at.add_module(part, nn.Module())
                at = at._modules[part]
            at.register_buffer(last, value)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.logit_scale


def as_pickle(path, state):
    torch.save(state, path)


def as_checkpoint(path, state):
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in state.items()}}, path)


def as_torchscript(path, state):
    extras = {k: torch.tensor(1) for k in clip_model.OPENAI_EXTRAS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, and how OpenAI's files are
        torch.jit.save(torch.jit.trace(Tree(state | extras), torch.zeros(1)), path)


def as_safetensors(path, state):
    table, blob = {"__metadata__": {"format": "pt"}}, b""
    for k, v in state.items():
        raw = v.numpy().tobytes()
        offsets = [len(blob), len(blob) + len(raw)]
        table[k] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": offsets}
        blob += raw
    head = json.dumps(table).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + blob)


FORMATS = {
    "model.pt": as_pickle,
    "epoch_3.pt": as_checkpoint,
    "ViT.pt": as_torchscript,
    "model.safetensors": as_safetensors,
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORMATS)
def test_every_published_format_gives_the_same_weights(tmp_path, state, name):
    FORMATS[name](tmp_path / name, state)
    got = clip_model.load(tmp_path / name).state_dict()
    assert got.keys() == state.keys()
    assert all(torch.equal(got[k], v) for k, v in state.items())


def test_the_activation_is_openai_s_for_openai_s_files_alone(state):
    gelu = lambda *a: type(clip_model.Clip(*a).visual.transformer.resblocks[0].mlp.gelu)
    assert gelu(state) is nn.GELU
    assert gelu(state, True) is clip_model.QuickGELU
    assert gelu(state | {"input_resolution": torch.tensor(64)}) is clip_model.QuickGELU


@pytest.mark.parametrize("lost", ["visual.proj", "visual.transformer.resblocks.1.mlp.c_fc.bias"])
def test_weights_that_are_no_such_clip_are_refused(state, lost):
    with pytest.raises((ValueError, RuntimeError)):
        clip_model.Clip({k: v for k, v in state.items() if k != lost})


@torch.no_grad()
def test_embeddings_equal_those_of_open_clip(state):
    open_clip = pytest.importorskip("open_clip")
    model = open_clip.model
    theirs = model.CLIP(
        OUT,
        model.CLIPVisionCfg(layers=LAYERS, width=VISION, patch_size=PATCH, image_size=64),
        model.CLIPTextCfg(layers=LAYERS, width=TEXT, heads=1, vocab_size=VOCABULARY),
    ).eval()
    theirs.load_state_dict(state)
    ours, picture = clip_model.Clip(state), torch.randn(2, 3, 64, 64)
    assert torch.allclose(ours.visual(picture), theirs.encode_image(picture), atol=1e-5)
    for pair in clip.PROMPTS.values():
        for text, numbers in pair.items():
            padded = open_clip.tokenize(text)
            assert padded[0, : len(numbers)].tolist() == list(numbers) and not padded[0, len(numbers) :].any()
            assert torch.allclose(ours.text(torch.tensor([numbers])), theirs.encode_text(padded), atol=1e-5)


@torch.no_grad()
def test_a_layer_left_alone_is_the_layer_of_one_token(state):
    block = clip_model.Clip(state).visual.transformer.resblocks[0]
    x = torch.randn(2, 5, VISION)
    one_by_one = torch.stack([block(x[:, i : i + 1])[:, 0] for i in range(5)], 1)
    assert torch.allclose(block.alone(x), one_by_one, atol=1e-5)


def test_positions_keep_their_places_on_a_wider_grid(state):
    vision = clip_model.Clip(state).visual
    ramp = torch.linspace(0, 1, 4).repeat(4)[:, None].expand(-1, VISION)  # grows from left to right
    vision.positional_embedding.data[1:] = ramp
    grid = vision.positions(6, 8)[1:].detach().unflatten(0, (6, 8))[..., 0]
    assert vision.positions(6, 8).shape == (1 + 6 * 8, VISION)
    assert torch.allclose(grid, grid[:1].expand(6, -1), atol=1e-6) and (grid.diff(dim=1) > 0).all()


class Lightmeter(clip_model.Clip):
    """Rigged: its first output grows with a patch's light; 1 for "Bright photo.", -1 for "Dark photo."."""

    def __init__(self):
        state = {k: torch.zeros_like(v) for k, v in published().items()}
        for k in state:
            if ".ln_" in f".{k}" and k.endswith("weight"):
                state[k] += 1
        # Light moves one half of the features up and the other down; normalising keeps the sign.
        half = torch.cat([torch.ones(VISION // 2), -torch.ones(VISION // 2)])
        state["visual.conv1.weight"] += half[:, None, None, None] / (3 * PATCH**2)
        state["visual.proj"][:, 0] = half / VISION
        super().__init__(state | {"logit_scale": torch.tensor(2.0)})

    def text(self, tokens):
        dark, bright = (numbers[1] for numbers in clip.PROMPTS["dark"].values())
        sides = (tokens == bright).any(1).float() - (tokens == dark).any(1).float()
        return sides[:, None] * torch.eye(OUT)[0]


def test_the_dark_half_of_a_picture_is_marked_dark_and_nothing_else():
    model = Lightmeter()
    rgb = torch.cat([torch.full((1, 3, 64, 64), 0.05), torch.full((1, 3, 64, 64), 0.95)], -1)
    got = clip.heat_maps(model, clip.directions(model), rgb)
    assert got.shape == (1, 3, 4, 8)
    dark, others = got[0, 0], got[0, 1:]
    assert dark[:, :3].min() > 0.9 and dark[:, 5:].max() < 0.1
    assert torch.allclose(others, torch.full_like(others, 0.5))


@pytest.mark.parametrize("lead", [(3,), (2, 2)])
def test_a_shard_keeps_what_it_had(tmp_path, state, lead):
    rng = np.random.default_rng(0)
    plane = lambda *shape: rng.integers(16, 235, (*lead, *shape), dtype=np.uint8)
    arrays = {"y": plane(32, 48), "uv": plane(2, 16, 24), "dy": plane(32, 48)}
    path = tmp_path / "train-crop-000.npz"
    write_arrays(path, arrays)
    clip.label(clip_model.Clip(state), path, "cpu", 2)
    with np.load(path) as z:
        assert all(np.array_equal(z[k], v) for k, v in arrays.items())
        maps = z["clip_label"]
    assert maps.shape == (*lead, 3, 2, 3) and maps.dtype == np.float16
    assert 0 <= maps.min() < maps.max() <= 1


def test_half_written_shards_and_whole_frames_are_left_alone(tmp_path):
    names = ("train-sequence-001", "train-crop-000", "train-crop-002.tmp", "train-frame-003", "val-crop-000")
    for name in names:
        (tmp_path / f"{name}.npz").touch()
    assert [p.stem for p in train_shards(tmp_path, ":")] == ["train-crop-000", "train-sequence-001"]
    assert [p.stem for p in train_shards(tmp_path, "1:")] == ["train-sequence-001"]


def test_the_maps_are_cut_and_mirrored_with_the_picture(tmp_path):
    """Each element says the mean of its patch, before and after."""
    rng = np.random.default_rng(1)
    maps = rng.integers(16, 235, (4, 1, 6, 6)).repeat(3, 1).astype(np.float16)
    y = maps[:, 0].repeat(16, -2).repeat(16, -1).astype(np.uint8)
    uv = np.full((4, 2, 48, 48), 128, np.uint8)
    arrays = {"y": y, "ty": y, "uv": uv, "tuv": uv, "label": maps, "clip_label": maps}
    write_arrays(tmp_path / "train-crop-000.npz", arrays)
    b = batches.Shards(tmp_path, "train", "crop").batch(rng, 8, 64)
    assert b["clip_label"].shape == (8, 3, 4, 4)
    means = torch.nn.functional.avg_pool2d(b["y"], 16) * 255 + 16
    assert torch.allclose(means.expand(-1, 3, -1, -1), b["clip_label"], atol=1e-3)


def test_a_batch_of_labelled_and_other_shards_does_without():
    row = {"y": np.zeros((32, 32), np.uint8), "label": np.zeros((3, 2, 2), np.float16)}
    more = row | {"clip_label": row["label"]}
    assert batches.tensors([more, row]).keys() == batches.tensors([row, more]).keys() == row.keys()


@pytest.mark.parametrize("share,wanted", [(0.0, 0.2), (0.5, 0.5), (1.0, 0.8)])
def test_the_degradation_map_learns_the_share_it_is_told(share, wanted):
    w = {"y": 0.0, "uv": 0.0, "laplacian": 0.0, "decibel": 0.0, "degradation": 1.0}
    flat = lambda v, c, side: torch.full((1, c, side, side), v)
    out = {"y": flat(0.5, 1, 32), "uv": flat(0.0, 2, 16), "degradation": flat(wanted, 3, 2).logit()}
    truth = {"ty": out["y"], "tuv": out["uv"], "label": flat(0.2, 3, 2), "clip_label": flat(0.8, 3, 2)}
    part = lambda t: losses.restoration(out, t, torch.ones(1, 1, 1, 1), w, 0.0, share)[1]["degradation"]
    assert part(truth) == pytest.approx(0, abs=1e-6)
    truth.pop("clip_label")
    assert part(truth) == pytest.approx(abs(wanted - 0.2), abs=1e-6)
