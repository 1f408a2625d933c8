"""Muon for convolutions: momentum whose directions all count alike.

The update of each weight matrix (a convolution's is [out, in * k * k]) is replaced by the nearest orthogonal
one, found by five Newton-Schulz steps with the coefficients of K. Jordan et al., "Muon: an optimizer for
hidden layers in neural networks" (2024). Against AdamW: variant `adamw` of config/ablation.toml.
torch.optim.Muon takes matrices only; hence these lines. Biases go to AdamW.
"""

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5
# One orthogonal update of a [n, m] matrix has an RMS of about 1 / sqrt(max(n, m)): this much of it per unit
# of lr.
SCALE = 0.2


def orthogonal(g: Tensor) -> Tensor:
    """The matrix with the singular vectors of `g` and singular values near 1."""
    a, b, c = COEFFICIENTS
    x = g / (g.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(STEPS):
        y = x @ x.T
        x = a * x + (b * y + c * y @ y) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """For weights of two and more dimensions; the first one is the output's."""

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                buffer = self.state[p].setdefault("momentum", torch.zeros_like(p))
                buffer.mul_(group["momentum"]).add_(p.grad)
                ahead = p.grad + group["momentum"] * buffer
                update = orthogonal(ahead.reshape(len(p), -1))
                update *= max(1.0, update.shape[0] / update.shape[1]) ** 0.5 * SCALE * group["lr"]
                p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update.reshape(p.shape))
