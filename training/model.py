"""The networks of the family: one exposure for the whole frame, then a U-Net on the gained picture.

Planes are float32; a u8 value v is (v - middle) / 255 with middle 16 for luma (black of limited
range) and 128 for chroma (grey), so that light is a factor and zero padding is black and grey.

    y [N,1,H,W], uv [N,2,H/2,W/2], H and W multiples of 16

* Exposure sees statistics of 8x8 blocks of the raw planes and pools them over the frame into one number,
  the logarithm of the gain. One number cannot paint clouds: a gain map lost 3 dB after gain
  alignment (docs/design/network.md).
* Restoration sees the gained picture, so its noise and contrast are normalised whatever the darkness,
  and the picture that was restored last. It predicts a pixel residual (depth-to-space), how much of the
  last picture each block keeps, and the degradation map (dark, blurred, noisy).

    now = clip(gain * y + residual)
    restored = now + keep * (last - now), moved by MOST_MOVED at most

The restored picture is the whole memory: it cannot grow, whatever the weights, because every pixel lies
between pictures none of which leaves gain * y by more than RESIDUAL_LIMIT.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLACK, NEUTRAL = 16, 128  # the u8 values of zero
SQRT_EPS = 4e-3
MEAN_EPS = 1e-2
MAX_LOG_GAIN = 3.2
MIN_LOG_GAIN = 0.0  # it never darkens: white made 233 was the worst it did to pixels that needed nothing
DEAD_ZONE = 0.2  # raw log gains this small mean "well exposed": the gain is exactly 1
LEAST_SHARE, FULL_STEP = 0.1, 0.25  # of the eased gain: see `steady`
# No pixel is changed by more than 51 code values beyond its gain: a bound that can be stated. It tames the
# dark dots that unbounded residuals of -0.7 painted around lit road markings.
RESIDUAL_LIMIT = 51 / 255
# Most of a block's last picture that stays: noise that stands still goes down by up to 12 dB, and what has
# been kept by mistake is down to an eighth after 16 frames.
MOST_KEPT = 7 / 8
# And no value is moved by more than this towards the last picture: noise needs no more, and what moved leaves
# a ghost of so much. Without it a passing number plate was smeared; on validation sequences it costs
# nothing (30.20 dB with 10 code values, 30.17 without).
MOST_MOVED = 10 / 255
# Residuals below are exactly zero: what needs nothing is left alone.
RESIDUAL_DEAD_ZONE = 2 / 255
GRID = 16  # the degradation map has one element per 16x16 pixels


@dataclass(frozen=True)
class Config:
    """Level 0 lies at 1/stem of the resolution, each further one at half of that; the last one at 1/16.

    Channel counts are multiples of 16: the blocked CPU kernels want that.
    """

    stem: int = 4
    channels: tuple = (32, 32, 32)
    encoder: tuple = (0, 0, 1)  # blocks per level on the way down
    decoder: tuple = (1, 1)  # and on the way up, without the last level
    exposure: int = 32
    past: bool = True  # sees the picture that was restored last

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


@dataclass
class State:
    """What one frame hands to the next. Zeros before the first frame: a black picture."""

    y: Tensor  # [N,1,H,W], restored
    uv: Tensor  # [N,2,H/2,W/2], restored
    frame: Tensor  # [N,2,1,1]: 1 once there is a past, logarithm of the last gain


def visible(plane: Tensor, middle: int) -> Tensor:
    """Clipped as code values are; the gradient passes."""
    return plane + (plane.clamp(-middle / 255, (255 - middle) / 255) - plane).detach()


def shrink(x: Tensor) -> Tensor:
    """Nothing below the dead zone, at most the limit beyond it.

    The gradient passes both: inside the dead zone it must still feel which way is out, beyond the limit
    which way is in. Without the second, a small whose residual had run into the limit wherever it saw a
    past could not come back in fifty minutes.
    """
    most = RESIDUAL_LIMIT + RESIDUAL_DEAD_ZONE
    x = x + (x.clamp(-most, most) - x).detach()
    return x - x.clamp(-RESIDUAL_DEAD_ZONE, RESIDUAL_DEAD_ZONE).detach()


def kept(x: Tensor) -> Tensor:
    """The head's answer -> share of the last picture, 0 to MOST_KEPT. In a residual's unit, so that both pass
    through the same 8 bits; the gradient passes its ends."""
    share = x * (MOST_KEPT / (RESIDUAL_LIMIT + RESIDUAL_DEAD_ZONE))
    return share + (share.clamp(0, MOST_KEPT) - share).detach()


class Restoration(nn.Module):
    """Residual and share of the past at 1/stem, degradation logits at 1/16."""

    def __init__(self, cfg: Config):
        super().__init__()
        self.cfg, ch, s = cfg, cfg.channels, cfg.stem
        stem = lambda planes, step, bias: nn.Conv2d(planes, ch[0], step, step, bias=bias)
        # Kernels as large as their stride: the same as a 1x1 convolution of the unshuffled picture, which is
        # how the player feeds the CPU (export.py). Kernels twice as large cost 4 ms of 17 at 720p.
        self.stem_y, self.stem_uv = stem(1, s, True), stem(2, s // 2, False)
        if cfg.past:
            self.past_y, self.past_uv = stem(1, s, False), stem(2, s // 2, False)
        self.encoder = nn.ModuleList(blocks(c, n) for c, n in zip(ch, cfg.encoder))
        self.down = nn.ModuleList(conv3(a, b, 2) for a, b in zip(ch, ch[1:]))
        self.up = nn.ModuleList(Up(b, a) for a, b in zip(ch, ch[1:]))
        self.decoder = nn.ModuleList(blocks(c, n) for c, n in zip(ch, cfg.decoder))
        self.degradation = nn.Conv2d(ch[-1], 3, 1)
        self.condition = nn.Conv2d(3, ch[-1], 1)
        self.from_gain = nn.Conv2d(1, ch[-1], 1)
        self.head = nn.Conv2d(ch[0], s * s + 2 * (s // 2) ** 2, 1)
        if cfg.past:
            self.keep = nn.Conv2d(ch[0], 1, 1)

    def forward(self, y: Tensor, uv: Tensor, log_gain: Tensor, past: State) -> tuple[Tensor, Tensor, Tensor]:
        x = self.stem_y(y) + self.stem_uv(uv)
        if self.cfg.past:
            x = x + self.past_y(past.y) + self.past_uv(past.uv)
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
        keep = kept(self.keep(x)) if self.cfg.past else x.new_zeros(1, 1, 1, 1)
        return shrink(self.head(x)), keep, degradation


def steady(now: Tensor, frame: Tensor) -> Tensor:
    """The gain's logarithm, eased towards `now`: a tenth of a small change, all of one above a quarter.

    Small changes are the estimate's own noise and would pump; large ones are somebody switching the light on.
    """
    known, last = frame[:, :1], frame[:, 1:]
    change = now - last
    share = (change.abs() * (1 / FULL_STEP)).clamp(LEAST_SHARE, 1.0)
    return now - known * (1 - share) * change


def code_values(plane: Tensor, middle: int) -> Tensor:
    """Rounded and clipped as uint8 does it; the gradient passes the rounding."""
    plane = plane.clamp(-middle / 255, (255 - middle) / 255)
    return plane + ((plane * 255).round() / 255 - plane).detach()


def blended(light: Tensor, residual: Tensor, keep: Tensor, last: Tensor, middle: int) -> Tensor:
    """One plane, restored; `keep` [N,1,h,w] per block"""
    now = visible(light + residual, middle)
    if keep.shape[-1] > 1:
        keep = F.interpolate(keep, size=now.shape[-2:], mode="nearest")
    return now + (keep * (last - now)).clamp(-MOST_MOVED, MOST_MOVED)


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
        if self.cfg.past:  # comes in as training finds a use for it
            nn.init.zeros_(r.past_y.weight)
            nn.init.zeros_(r.past_uv.weight)
            nn.init.normal_(r.keep.weight, std=1e-3)
            nn.init.constant_(r.keep.bias, 0.1 * RESIDUAL_LIMIT)
        for block in r.modules():
            if isinstance(block, Block):
                block.second.weight.data.mul_(0.1)
        # Detail comes over the skips: enlarged features as large as it would drown it.
        for up in r.up:
            up.conv.weight.data.mul_(0.3)

    def start(self, y: Tensor, uv: Tensor) -> State:
        """The state before the first frame, and after a cut or a seek."""
        return State(torch.zeros_like(y), torch.zeros_like(uv), y.new_zeros(len(y), 2, 1, 1))

    def forward(
        self, y: Tensor, uv: Tensor, log_gain: Tensor | None = None, state: State | None = None
    ) -> dict:
        """-> y, uv (clipped), degradation (logits), log_gain, state (for the next frame)

        `log_gain` given: the exposure is not asked. `state` None: the first frame.
        """
        state = state or self.start(y, uv)
        if log_gain is None:
            log_gain = steady(self.exposure(y, uv), state.frame)
        gain = log_gain.exp()
        light = y * gain, uv * gain
        seen = visible(light[0], BLACK), visible(light[1], NEUTRAL)
        residual, keep, degradation = self.restoration(*seen, log_gain, state)
        keep = keep * state.frame[:, :1]  # there may be no past
        s = self.cfg.stem
        parts = residual[:, : s * s], residual[:, s * s :]
        out_y = blended(light[0], F.pixel_shuffle(parts[0], s), keep, state.y, BLACK)
        out_uv = blended(light[1], F.pixel_shuffle(parts[1], s // 2), keep, state.uv, NEUTRAL)
        frame = torch.cat([torch.ones_like(log_gain), log_gain], 1)
        return {
            "y": out_y,
            "uv": out_uv,
            "degradation": degradation,
            "log_gain": log_gain,
            "state": State(code_values(out_y, BLACK), code_values(out_uv, NEUTRAL), frame),
        }
