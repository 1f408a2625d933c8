"""Write CLIP's opinion of each patch into training shards: `clip_label` beside the simulation's `label`.

    python -m training.clip --clip-weights ViT-B-16.pt
    python -m training.clip --clip-weights open_clip_model.safetensors --shards 0:4   # part of them

After DAP-LED (arXiv 2409.13496): dark, blurred and noisy are read off the similarity of patch embeddings
with pairs of opposite prompts, at two scales, on the 16x16 grid of the network's degradation map. train.py
mixes them into what that map learns, see [train] clip. Weights are not fetched: ViT-B or ViT-L by OpenAI or
open_clip.
Why: docs/design/supervision.md.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.clip_model import Clip, load
from training.distill import add_labelling_arguments, train_shards
from training.model import GRID
from training.pairs import write_arrays
from training.planes import to_bgr

# The pairs of CLIP-IQA (arXiv 2207.12396), what is wrong first, in the order of the degradation map. The
# numbers are `open_clip.tokenize(text)` (3.3.0) up to the end of the text: shipping the 1.3 MB vocabulary for
# six sentences would be silly. test_clip.py compares them where open_clip is installed.
PROMPTS = {
    "dark": {
        "Dark photo.": (49406, 3144, 1125, 269, 49407),
        "Bright photo.": (49406, 4852, 1125, 269, 49407),
    },
    "blurred": {
        "Blurry photo.": (49406, 21977, 1125, 269, 49407),
        "Sharp photo.": (49406, 8157, 1125, 269, 49407),
    },
    "noisy": {
        "Noisy photo.": (49406, 33495, 1125, 269, 49407),
        "Clean photo.": (49406, 3772, 1125, 269, 49407),
    },
}
# Sides in grid elements of what one token covers: 16 pixels say where, 32 show more of a blur's surroundings.
SCALES = (1, 2)
# CLIP's own normalisation of RGB 0..1.
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@torch.no_grad()
def directions(clip: Clip, device: str = "cpu") -> Tensor:
    """[3,out]: from the good to the bad end of each pair, scaled so that a patch's product is a logit."""
    tokens = torch.tensor([list(pair.values()) for pair in PROMPTS.values()], device=device)
    ends = F.normalize(clip.text(tokens.flatten(0, 1)), dim=-1).unflatten(0, tokens.shape[:2])
    return clip.logit_scale.exp() * (ends[:, 0] - ends[:, 1])


@torch.no_grad()
def heat_maps(clip: Clip, towards: Tensor, rgb: Tensor) -> Tensor:
    """RGB 0..1 [N,3,H,W] (multiples of 16) -> [N,3,H/16,W/16] in 0..1: the probability of the bad prompt of
    each pair, mean over SCALES."""
    grid = tuple(side // GRID for side in rgb.shape[-2:])
    mean, deviation = (torch.tensor(v, device=rgb.device).view(3, 1, 1) for v in (MEAN, DEVIATION))
    x, total = (rgb - mean) / deviation, 0.0
    for scale in SCALES:
        # Enlarged or shrunk until one of CLIP's patches is `scale` grid elements wide.
        size = [max(1, round(n / scale)) * clip.visual.patch for n in grid]
        small = F.interpolate(x, size, mode="bicubic", align_corners=False, antialias=True)
        seen = F.normalize(clip.visual.patches(small), dim=1)
        heat = torch.sigmoid(torch.einsum("nchw,kc->nkhw", seen, towards))
        total = total + F.interpolate(heat, grid, mode="bilinear", align_corners=False)
    return total / len(SCALES)


def label(clip: Clip, path: Path, device: str, batch: int) -> None:
    """Rewrite one shard with the maps of its degraded pictures: float16 [N,3,H/16,W/16], sequences
    [N,T,3,H/16,W/16]."""
    with np.load(path) as z:
        arrays = {k: z[k] for k in z.files}
    lead = arrays["y"].shape[:-2]
    y, uv = (arrays[k].reshape(-1, *arrays[k].shape[len(lead) :]) for k in ("y", "uv"))
    towards, maps = directions(clip, device), []
    for i in range(0, len(y), batch):
        rgb = np.stack([to_bgr(*planes)[..., ::-1] for planes in zip(y[i : i + batch], uv[i : i + batch])])
        x = torch.from_numpy(np.ascontiguousarray(rgb.transpose(0, 3, 1, 2))).to(device)
        maps.append(heat_maps(clip, towards, x).cpu().numpy())
    found = np.concatenate(maps).astype(np.float16)
    write_arrays(path, arrays | {"clip_label": found.reshape(*lead, *found.shape[1:])})


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--clip-weights", type=Path, required=True)
    p.add_argument("--quick-gelu", action="store_true", help="OpenAI's weights, but not their own archive")
    add_labelling_arguments(p)
    a = p.parse_args()
    clip = load(a.clip_weights, a.quick_gelu).to(a.device)
    for path in train_shards(a.pairs, a.shards):
        label(clip, path, a.device, a.batch)
        print(f"{path.name}: labelled", flush=True)


if __name__ == "__main__":
    main()
