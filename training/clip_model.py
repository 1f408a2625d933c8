"""CLIP (arXiv 2103.00020) from its published weights, with torch alone: vision transformers only.

Modules bear the names of the published state dicts (OpenAI's and open_clip's are the same), so loading them
strictly is the whole conversion.

Why not a library: open_clip_torch would bring 18 packages (89 MB unpacked) and transformers 25, for
tokenizers, hubs and image loaders, into a venv that is installed from a lock with hashes. What is needed are
two plain transformers and the tokens of six fixed prompts, which clip.py holds. test_clip.py compares with
open_clip where that is installed.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HEAD_WIDTH = 64  # of every ViT-B and ViT-L, and of their text halves
WIDEST = 1024  # ViT-L; ViT-H and larger have heads of other widths
# Numbers beside the weights in OpenAI's own archives, and how those are told from others.
OPENAI_EXTRAS = ("input_resolution", "context_length", "vocab_size")


class QuickGELU(nn.Module):
    """OpenAI's approximation of GELU; weights trained with one of the two do not work with the other."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class Block(nn.Module):
    """One layer of a transformer, normalised first; x [N,L,width]"""

    def __init__(self, width: int, activation: type[nn.Module]):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, max(1, width // HEAD_WIDTH), batch_first=True)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", activation())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        h = self.ln_1(x)
        x = x + self.attn(h, h, h, attn_mask=mask, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))

    def alone(self, x: Tensor) -> Tensor:
        """The same with each token attending to itself only: its own value, and nobody else's."""
        width = x.shape[-1]
        value = F.linear(self.ln_1(x), self.attn.in_proj_weight[-width:], self.attn.in_proj_bias[-width:])
        x = x + self.attn.out_proj(value)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width: int, layers: int, activation: type[nn.Module]):
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, activation) for _ in range(layers))


class Vision(nn.Module):
    def __init__(self, width: int, layers: int, patch: int, positions: int, out: int, activation):
        super().__init__()
        self.patch = patch
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(positions, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = Transformer(width, layers, activation)
        self.proj = nn.Parameter(torch.empty(width, out))

    def positions(self, h: int, w: int) -> Tensor:
        """[1+h*w,width]: those of the trained square, resampled to a grid of another shape"""
        one, grid = self.positional_embedding[:1], self.positional_embedding[1:]
        side = round(len(grid) ** 0.5)
        if (h, w) == (side, side):
            return self.positional_embedding
        grid = grid.T.reshape(1, -1, side, side)
        grid = F.interpolate(grid, (h, w), mode="bicubic", align_corners=False)
        return torch.cat([one, grid.flatten(2)[0].T])

    def tokens(self, picture: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """What enters the last layer, [N,1+h*w,width], and (h, w)"""
        x = self.conv1(picture)
        h, w = x.shape[-2:]
        first = self.class_embedding.expand(len(x), 1, -1)
        x = torch.cat([first, x.flatten(2).transpose(1, 2)], 1) + self.positions(h, w)
        x = self.ln_pre(x)
        for block in self.transformer.resblocks[:-1]:
            x = block(x)
        return x, (h, w)

    def forward(self, picture: Tensor) -> Tensor:
        """[N,3,H,W], normalised as CLIP wants it -> one embedding of the whole, [N,out]"""
        x = self.transformer.resblocks[-1](self.tokens(picture)[0])
        return self.ln_post(x[:, 0]) @ self.proj

    def patches(self, picture: Tensor) -> Tensor:
        """[N,3,H,W], H and W multiples of `patch` -> an embedding of each patch, [N,out,H/patch,W/patch]

        The last layer's attention gathers the whole picture in the class token and spoils the others as local
        descriptions; left alone they lie in the space of the text without any training (MaskCLIP,
        arXiv 2112.01071).
        """
        x, (h, w) = self.tokens(picture)
        x = self.transformer.resblocks[-1].alone(x[:, 1:])
        return (self.ln_post(x) @ self.proj).transpose(1, 2).unflatten(2, (h, w))


class Clip(nn.Module):
    """Built to the shapes of a published state dict and filled from it, float32."""

    def __init__(self, state: dict[str, Tensor], quick_gelu: bool = False):
        super().__init__()
        if "visual.proj" not in state or "token_embedding.weight" not in state:
            raise ValueError("no CLIP with a vision transformer in OpenAI's or open_clip's layout")
        activation = QuickGELU if quick_gelu or OPENAI_EXTRAS[0] in state else nn.GELU
        state = {k: v.float() for k, v in state.items() if k not in OPENAI_EXTRAS}
        width, out = state["visual.proj"].shape
        text_width = state["token_embedding.weight"].shape[1]
        if width > WIDEST:
            raise ValueError(f"vision transformer of width {width}: only ViT-B and ViT-L are known here")
        layers = lambda prefix: sum(k.startswith(prefix) and k.endswith(".ln_1.weight") for k in state)
        patch, positions = state["visual.conv1.weight"].shape[-1], len(state["visual.positional_embedding"])
        self.visual = Vision(width, layers("visual."), patch, positions, out, activation)
        self.transformer = Transformer(text_width, layers("transformer."), activation)
        self.token_embedding = nn.Embedding(*state["token_embedding.weight"].shape)
        self.positional_embedding = nn.Parameter(torch.empty_like(state["positional_embedding"]))
        self.ln_final = nn.LayerNorm(text_width)
        self.text_projection = nn.Parameter(torch.empty_like(state["text_projection"]))
        self.logit_scale = nn.Parameter(torch.empty(()))
        self.load_state_dict(state)
        self.eval()

    def text(self, tokens: Tensor) -> Tensor:
        """Token numbers [N,L], the last one the end of the text -> embeddings [N,out]

        No padding to 77 tokens: attention looks back only, so what follows the end changes nothing.
        """
        length = tokens.shape[1]
        x = self.token_embedding(tokens) + self.positional_embedding[:length]
        mask = torch.full((length, length), float("-inf"), device=tokens.device).triu(1)
        for block in self.transformer.resblocks:
            x = block(x, mask)
        return self.ln_final(x[:, -1]) @ self.text_projection


def safetensors(path: Path) -> dict[str, Tensor]:
    """The format is a length, a JSON table and the bytes: no package needed for that."""
    types = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
    raw = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(raw[:8], "little")
    state = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name != "__metadata__":
            first, last = (start + o for o in entry["data_offsets"])
            values = torch.frombuffer(raw[first:last], dtype=types[entry["dtype"]])
            state[name] = values.reshape(entry["shape"])
    return state


def archived(path: Path) -> dict[str, Tensor]:
    """OpenAI publishes TorchScript archives, open_clip pickled state dicts and training checkpoints."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except RuntimeError as e:
        if "TorchScript" not in str(e):
            raise
        return torch.jit.load(path, map_location="cpu").state_dict()
    state = state.get("state_dict", state)
    return {k.removeprefix("module."): v for k, v in state.items()}


def load(path: Path, quick_gelu: bool = False) -> Clip:
    """`quick_gelu`: OpenAI's weights in a file that does not say so; their own archives do."""
    return Clip(safetensors(path) if path.suffix == ".safetensors" else archived(path), quick_gelu)
