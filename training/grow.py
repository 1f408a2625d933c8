"""Begin a larger network with a smaller one's weights: at first it answers as the smaller one did.

    python -m training.grow training/checkpoints/small.pt training/config/base.toml --out base.pt
    python -m training.train training/config/base.toml --start base.pt

What is known keeps its place at the front of every weight. New channels see the old ones by fresh random
weights, and no old one reads them yet; a new block adds nothing yet (T. Chen et al., Net2Net,
arXiv 1511.05641).
"""

import argparse
import tomllib
from pathlib import Path

import torch
from torch import Tensor, nn

from training.export import load_checkpoint
from training.model import Block, Config, Network


def widened(fresh: Tensor, known: Tensor) -> Tensor:
    """`known` at the front of `fresh`; its outputs read nothing of the new inputs."""
    if any(a < b for a, b in zip(fresh.shape, known.shape)):
        raise ValueError(
            f"a weight {tuple(known.shape)} does not fit into {tuple(fresh.shape)}: nothing may shrink"
        )
    out = fresh.clone()
    out[: len(known)] = 0
    out[tuple(slice(n) for n in known.shape)] = known
    return out


@torch.no_grad()
def grown(small: Network, config: Config, seed: int = 0) -> Network:
    """A network of `config`, nowhere narrower or shallower than `small`, with the same answers."""
    torch.manual_seed(seed)
    net = Network(config)
    known, own = small.state_dict(), net.state_dict()
    if missing := known.keys() - own.keys():
        raise ValueError(f"the larger network lacks {sorted(missing)}: nothing may be left out")
    net.load_state_dict({k: widened(v, known[k]) if k in known else v for k, v in own.items()})
    old_blocks = {name for name, m in small.named_modules() if isinstance(m, Block)}
    for name, m in net.named_modules():
        if isinstance(m, Block) and name not in old_blocks:
            nn.init.zeros_(m.second.weight)
            nn.init.zeros_(m.second.bias)
    return net.eval()


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("checkpoint", type=Path, help="of the smaller network")
    p.add_argument("config", type=Path, help="of the larger one")
    p.add_argument("--out", type=Path, required=True, help="checkpoint for train.py --start")
    a = p.parse_args()
    small, ck = load_checkpoint(a.checkpoint)
    wanted = tomllib.loads(a.config.read_text())["model"]
    config = Config(**{k: tuple(v) if isinstance(v, list) else v for k, v in wanted.items()})
    net = grown(small, config)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": net.state_dict(), "config": config.to_dict(), "step": 0, "spent": 0.0}, a.out)
    count = sum(v.numel() for v in net.parameters()) / 1e6
    print(f"{a.out}: {count:.2f} M parameters, {ck['step']} steps of the smaller one behind them")


if __name__ == "__main__":
    main()
