"""The networks of the family: one exposure for the whole frame, then a U-Net on the gained picture.

Planes are float32; a u8 value v is (v - middle) / 255 with middle 16 for luma (black of limited
range) and 128 for chroma (grey), so that light is a factor and zero padding is black and grey.

    y [N,1,H,W], uv [N,2,H/2,W/2], H and W multiples of 16

* Exposure sees statistics of 8x8 blocks of the raw planes and pools them over the frame into one number,
  the logarithm of the gain. One number cannot paint clouds: a gain map lost 3 dB after gain
  alignment (docs/design/network.md).
* Restoration sees the gained picture, so its noise and contrast are normalised whatever the darkness,
  and predicts a pixel residual (depth-to-space) and the degradation map (dark, blurred, noisy).

    out = y + strength * (gain * y + residual - y)

With `memory`, a network also carries a state from frame to frame: what the stem saw so far, and the gain.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLACK, NEUTRAL = 16, 128  # the u8 values of zero
SQRT_EPS = 4e-3
MEAN_EPS = 1e-2
MAX_LOG_GAIN = 3.2
MIN_LOG_GAIN = -0.7
DEAD_ZONE = 0.2  # raw log gains this small mean "well exposed": the gain is exactly 1
LEAST_SHARE, FULL_STEP = 0.1, 0.25  # of the eased gain: see `steady`
# No pixel is changed by more than 51 code values beyond its gain: a bound that can be stated. It tames the
# dark dots that unbounded residuals of -0.7 painted around lit road markings.
RESIDUAL_LIMIT = 0.2
GRID = 16  # the degradation map has one element per 16x16 pixels


@dataclass(frozen=True)
class Config:
    """Level 0 lies at 1/stem of the resolution, each further one at half of that; the last one at 1/16.

    Channel counts are multiples of 16: the blocked CPU kernels want that.
    """

    stem: int = 4
    channels: tuple = (16, 48, 96)
    encoder: tuple = (0, 0, 2)  # blocks per level on the way down
    decoder: tuple = (1, 1)  # and on the way up, without the last level
    head: int = 3  # kernel of the last convolution
    exposure: int = 32
    memory: int = 0  # width of the memory's gate; 0: single frame

    def __post_init__(self):
        if self.stem << (len(self.channels) - 1) != GRID:
            raise ValueError(f"stem {self.stem} with {len(self.channels)} levels does not end at 1/{GRID}")
        if len(self.encoder) != len(self.channels) or len(self.decoder) != len(self.channels) - 1:
            raise ValueError("encoder needs one number per level, decoder one less")

    def to_dict(self) -> dict:
        return asdict(self)


def conv3(cin: int, cout: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, 3, stride, 1)


def to_float(plane: Tensor, middle: int) -> Tensor:
    """uint8 -> the networks' unit"""
    return (plane.float() - middle) / 255


def to_u8(plane: Tensor, middle: int) -> Tensor:
    return (plane * 255 + middle).round().clamp(0, 255).to(torch.uint8)


class Exposure(nn.Module):
    """The logarithm of the gain that gives the frame the light of day, [N,1,1,1]."""

    def __init__(self, width: int):
        super().__init__()
        # One block of 8x8 in every 16x16: a quarter of the time, and 880 samples of a 640x352 frame are
        # enough.
        self.stem_y = nn.Conv2d(1, 24, 8, 16)
        self.stem_uv = nn.Conv2d(2, 8, 4, 8)
        self.patch = nn.Conv2d(32, width, 1)
        self.soft_histogram = nn.Conv2d(width, 2 * width, 1)
        self.hidden = nn.Conv2d(2 * width, 2 * width, 1)
        self.head = nn.Conv2d(2 * width, 1, 1)

    def forward(self, y: Tensor, uv: Tensor) -> Tensor:
        s = torch.cat([F.relu(self.stem_y(y)), F.relu(self.stem_uv(uv))], 1)
        x = F.relu(self.patch(torch.sqrt(s + SQRT_EPS)))  # the root spreads the dark end
        x = F.relu(self.soft_histogram(x)).mean((2, 3), keepdim=True)
        x = F.relu(self.hidden(torch.log(x + MEAN_EPS)))  # the logarithm lets small lamps count
        raw = self.head(x)
        # Detached: a wrong answer inside the dead zone must still feel which way is out.
        dead = raw.clamp(-DEAD_ZONE, DEAD_ZONE).detach()
        return (raw - dead).clamp(MIN_LOG_GAIN, MAX_LOG_GAIN)


class Up(nn.Module):
    """1x1 convolution, then each pixel four times: [N,cin,h,w] -> [N,cout,2h,2w].

    Depth-to-space looked better on paper and cost 9 ms more at 720p in ONNX Runtime.
    """

    def __init__(self, cin: int, cout: int):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(self.conv(x), scale_factor=2, mode="nearest")


class Block(nn.Module):
    """x + conv(relu(conv(x))): what runs through the network is never rectified.

    `x + relu(conv(x))` costs half as much and died every time: it can only add, an untrained sum is best
    silenced, and within a thousand steps 0.5 % of the units at 1/16 were alive.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.first, self.second = conv3(channels, channels), conv3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(x)))


def blocks(channels: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(Block(channels) for _ in range(count)))


class Memory(nn.Module):
    """A running mean of the stem's features whose step is chosen per feature and 8x8 pixels.

        new = old + step * (now - old),    0 < step < 1

    A mean of what was seen cannot grow: the naive state of a trial exploded after 24 frames. A step of 1
    forgets. Without a past, or with a step of 1, the network is exactly its single-frame self.
    """

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.compare = nn.Conv2d(2 * channels, width, 3, 2, 1)
        self.step = nn.Conv2d(width, channels, 3, padding=1)
        self.use = conv3(channels, channels)

    def forward(self, x: Tensor, past: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """x and past [N,c,h,w], known [N,1,1,1] (0: no past) -> features, new past"""
        step = torch.sigmoid(self.step(F.relu(self.compare(torch.cat([x, past - x], 1)))))
        step = F.interpolate(step, scale_factor=2, mode="nearest")
        change = known * (1 - step) * (past - x)
        return x + self.use(change), x + change


@dataclass
class State:
    """What a network with a memory hands to its next frame."""

    features: Tensor  # [N,c,H/stem,W/stem]
    frame: Tensor  # [N,2,1,1]: 1 once there is a past, logarithm of the last gain

    def detach(self) -> "State":
        return State(self.features.detach(), self.frame.detach())


class Restoration(nn.Module):
    """Residual at 1/stem, degradation logits at 1/16 and what to remember, from the raw planes and the
    gain."""

    def __init__(self, cfg: Config):
        super().__init__()
        ch, s = cfg.channels, cfg.stem
        self.stem_y = nn.Conv2d(1, ch[0], 2 * s, s, s // 2)
        self.stem_uv = nn.Conv2d(2, ch[0], s, s // 2, s // 4, bias=False)
        self.memory = Memory(ch[0], cfg.memory) if cfg.memory else None
        self.encoder = nn.ModuleList(blocks(c, n) for c, n in zip(ch, cfg.encoder))
        self.down = nn.ModuleList(conv3(a, b, 2) for a, b in zip(ch, ch[1:]))
        self.up = nn.ModuleList(Up(b, a) for a, b in zip(ch, ch[1:]))
        self.decoder = nn.ModuleList(blocks(c, n) for c, n in zip(ch, cfg.decoder))
        self.degradation = nn.Conv2d(ch[-1], 3, 1)
        self.condition = nn.Conv2d(3, ch[-1], 1)
        self.from_gain = nn.Conv2d(1, ch[-1], 1)
        self.head = nn.Conv2d(ch[0], s * s + 2 * (s // 2) ** 2, cfg.head, padding=cfg.head // 2)

    def forward(
        self, y: Tensor, uv: Tensor, log_gain: Tensor, past: State | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        # A convolution without bias is linear: gaining its output equals gaining the picture, at 1/16 of the
        # cost.
        raw = F.conv2d(y, self.stem_y.weight, None, self.stem_y.stride, self.stem_y.padding)
        raw = raw + self.stem_uv(uv)
        x = raw * log_gain.exp() + self.stem_y.bias[:, None, None]
        features = x
        if past is not None:
            x, features = self.memory(x, past.features, past.frame[:, :1])
        skips = []
        for i, level in enumerate(self.encoder):
            x = self.down[i - 1](x) if i else x
            x = x + self.from_gain(log_gain) if i == len(self.down) else x
            x = level(x)
            skips.append(x)
        degradation = self.degradation(x)
        x = x + self.condition(torch.sigmoid(degradation))
        for i in reversed(range(len(self.up))):
            x = self.decoder[i](skips[i] + self.up[i](x))
        return self.head(x).clamp(-RESIDUAL_LIMIT, RESIDUAL_LIMIT), degradation, features


def steady(now: Tensor, frame: Tensor) -> Tensor:
    """The gain's logarithm, eased towards `now`: a tenth of a small change, all of one above a quarter.

    Small changes are the estimate's own noise and would pump; large ones are somebody switching the light on.
    """
    known, last = frame[:, :1], frame[:, 1:]
    change = now - last
    share = (change.abs() * (1 / FULL_STEP)).clamp(LEAST_SHARE, 1.0)
    return now - known * (1 - share) * change


class Network(nn.Module):
    """A student: planes in, planes out."""

    def __init__(self, cfg: Config | None = None):
        super().__init__()
        self.cfg = cfg or Config()
        self.exposure = Exposure(self.cfg.exposure)
        self.restoration = Restoration(self.cfg)
        self.reset()

    def reset(self) -> None:
        """He initialisation; heads start near zero: the untrained network only doubles the light."""
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
        e, r = self.exposure, self.restoration
        # Luma is positive: start every stem centred on its middle, or half of its ReLUs never open.
        w = e.stem_y.weight.data
        w.sub_(w.mean((2, 3), keepdim=True)).add_(torch.rand(w.shape[0], 1, 1, 1) / 64)
        e.patch.bias.data.copy_(-0.4 * e.patch.weight.data.sum((1, 2, 3)))
        r.stem_y.bias.data.copy_(-0.35 * r.stem_y.weight.data.sum((1, 2, 3)))
        nn.init.uniform_(e.soft_histogram.bias, -0.5, 0.5)  # thresholds
        nn.init.normal_(e.head.weight, std=1e-3)
        e.head.bias.data.fill_(0.7)  # the average training picture wants about twice its light
        nn.init.normal_(r.degradation.weight, std=1e-3)
        nn.init.normal_(r.head.weight, std=1e-3)
        if r.memory:
            nn.init.zeros_(r.memory.use.weight)
        for block in r.modules():
            if isinstance(block, Block):
                block.second.weight.data.mul_(0.1)
        # Detail comes over the skips: enlarged features as large as it would drown it.
        for up in r.up:
            up.conv.weight.data.mul_(0.3)

    def start(self, y: Tensor) -> State | None:
        """The state before the first frame of luma `y`: zeros, as the player gives after a cut or a seek."""
        if not self.cfg.memory:
            return None
        n, _, h, w = y.shape
        s = self.cfg.stem
        return State(y.new_zeros(n, self.cfg.channels[0], h // s, w // s), y.new_zeros(n, 2, 1, 1))

    def forward(
        self, y: Tensor, uv: Tensor, log_gain: Tensor | None = None, state: State | None = None
    ) -> dict:
        """-> y, uv (unclipped), degradation (logits), log_gain, state (None without memory).

        `log_gain` given: the exposure is not asked. `state` None: the first frame.
        """
        past = state or self.start(y)
        if log_gain is None:
            log_gain = self.exposure(y, uv)
            log_gain = steady(log_gain, past.frame) if past else log_gain
        gain = log_gain.exp()
        residual, degradation, features = self.restoration(y, uv, log_gain, past)
        s = self.cfg.stem
        return {
            "y": y * gain + F.pixel_shuffle(residual[:, : s * s], s),
            "uv": uv * gain + F.pixel_shuffle(residual[:, s * s :], s // 2),
            "degradation": degradation,
            "log_gain": log_gain,
            "state": State(features, torch.cat([torch.ones_like(log_gain), log_gain], 1)) if past else None,
        }
