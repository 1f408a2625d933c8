"""The nano network: gain first, then a small U-Net on the gained picture.

All planes are float32 in units of `unit` (1.0 while training: a u8 value v is v / 255;
255.0 in the exported graph, where the scale is folded into the weights).
Limited-range video: black is 16/255, white 235/255, neutral chroma 128/255.

    y [N,1,H,W], u and v [N,1,H/2,W/2], H and W multiples of 16

Two parts:

* GainNet sees stride-8 statistics of the raw planes (square-rooted, so that the dark end is
  spread out) and a wide neighbourhood at 1/16 (dilated convolutions, edge padding: a crop then
  looks like a frame), and predicts smooth maps: luma gain and offset, chroma gain and offsets.
  The maps are enlarged bilinearly and applied in float at full resolution.
* UNet sees the gained picture, so its noise and contrast are normalised whatever the darkness,
  and predicts a pixel residual at 1/4 (16 luma + 4 + 4 chroma channels, depth-to-space) and the
  degradation map (dark, blurred, noisy) at 1/16.

    out = in + strength * (gain * (in - black) + black + offset + residual - in)
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLACK = 16.0 / 255.0
NEUTRAL = 128.0 / 255.0
SQRT_EPS = 4e-3
MAX_LOG_GAIN = 3.2
MIN_LOG_GAIN = -0.7


@dataclass(frozen=True)
class NanoConfig:
    """Channel counts, multiples of 16 (the blocked CPU kernels want that)."""

    quarter: int = 32
    eighth: int = 48
    sixteenth: int = 96
    gain: int = 32
    quarter_convs: int = 1
    eighth_convs: int = 2
    sixteenth_convs: int = 3
    gain_dilations: tuple = (1, 2, 4, 8)

    def to_dict(self) -> dict:
        return asdict(self)


def conv3(cin: int, cout: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, 3, stride, dilation, dilation)


class EdgeConv(nn.Conv2d):
    """3x3 convolution that repeats the border outward: a crop then looks like part of a frame."""

    def __init__(self, cin: int, cout: int, dilation: int = 1):
        super().__init__(cin, cout, 3, dilation=dilation)
        self.edge = dilation

    def forward(self, x: Tensor) -> Tensor:
        d = self.edge  # concatenation, since torch.compile mishandles replication_pad2d
        x = torch.cat([x[:, :, :1].expand(-1, -1, d, -1), x, x[:, :, -1:].expand(-1, -1, d, -1)], 2)
        x = torch.cat([x[..., :1].expand(-1, -1, -1, d), x, x[..., -1:].expand(-1, -1, -1, d)], 3)
        return super().forward(x)


class GainNet(nn.Module):
    """Smooth gain and offset maps at 1/16 from stride-8 statistics of the raw planes."""

    def __init__(self, cfg: NanoConfig):
        super().__init__()
        c = cfg.gain
        self.stem_y = nn.Conv2d(1, 16, 8, 8)
        self.stem_uv = nn.Conv2d(2, 16, 4, 4)
        self.down = nn.Conv2d(32, c, 4, 2, 1)
        self.context = nn.ModuleList(EdgeConv(c, c, d) for d in cfg.gain_dilations)
        # log gain of luma, offset of luma, extra log gain of chroma, offsets of u and v
        self.head = EdgeConv(c, 5)

    def forward(self, y: Tensor, uv: Tensor) -> tuple[Tensor, Tensor]:
        """-> features [N,c,H/16,W/16], maps [N,5,H/16,W/16] (raw head values)"""
        s = torch.cat([F.relu(self.stem_y(y)), F.relu(self.stem_uv(uv))], 1)
        x = self.down(torch.sqrt(s + SQRT_EPS))  # no ReLU: once dead, a gain stays dead
        for conv in self.context:
            x = x + F.relu(conv(x))
        return x, self.head(x)


class Up(nn.Module):
    """1x1 convolution, then each pixel four times: [N,cin,h,w] -> [N,cout,2h,2w].

    Depth-to-space looked better on paper and cost 9 ms more at 720p in ONNX Runtime.
    """

    def __init__(self, cin: int, cout: int):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(self.conv(x), scale_factor=2, mode="nearest")


class UNet(nn.Module):
    """Residual at 1/4 and degradation map at 1/16 from the gained planes."""

    def __init__(self, cfg: NanoConfig):
        super().__init__()
        q, e, s = cfg.quarter, cfg.eighth, cfg.sixteenth
        self.stem_y = nn.Conv2d(1, q, 8, 4, 2)
        self.stem_uv = nn.Conv2d(2, q, 4, 2, 1)
        self.enc4 = nn.ModuleList(conv3(q, q) for _ in range(cfg.quarter_convs))
        self.down8 = conv3(q, e, 2)
        self.enc8 = nn.ModuleList(conv3(e, e) for _ in range(cfg.eighth_convs - 1))
        self.down16 = conv3(e, s, 2)
        self.from_gain = nn.Conv2d(cfg.gain, s, 1)
        self.mid = nn.ModuleList(conv3(s, s) for _ in range(cfg.sixteenth_convs))
        self.up8 = Up(s, e)
        self.dec8 = nn.ModuleList(conv3(e, e) for _ in range(cfg.eighth_convs))
        self.up4 = Up(e, q)
        self.dec4 = nn.ModuleList(conv3(q, q) for _ in range(cfg.quarter_convs + 1))
        self.head = conv3(q, 24)
        self.degradation = nn.Conv2d(s, 3, 1)

    def forward(self, y: Tensor, uv: Tensor, gain_features: Tensor) -> tuple[Tensor, Tensor]:
        """-> residual [N,24,H/4,W/4], degradation logits [N,3,H/16,W/16]"""
        x4 = F.relu(self.stem_y(y) + self.stem_uv(uv))
        for conv in self.enc4:
            x4 = x4 + F.relu(conv(x4))
        x8 = F.relu(self.down8(x4))
        for conv in self.enc8:
            x8 = x8 + F.relu(conv(x8))
        x = F.relu(self.down16(x8) + self.from_gain(gain_features))
        for conv in self.mid:
            x = x + F.relu(conv(x))
        # Sums all the way: chained ReLUs shut themselves within a hundred steps, three times out of three, since
        # an untrained residual is best silenced; with sums the head always sees the stem's detail.
        x8 = x8 + self.up8(x)
        for conv in self.dec8:
            x8 = x8 + F.relu(conv(x8))
        x4 = x4 + self.up4(x8)
        for conv in self.dec4:
            x4 = x4 + F.relu(conv(x4))
        return self.head(x4), self.degradation(x)


class Nano(nn.Module):
    """y, u, v, strength -> dict of y, u, v (unclipped), degradation (logits), gained planes."""

    def __init__(self, cfg: NanoConfig | None = None):
        super().__init__()
        self.cfg = cfg or NanoConfig()
        self.gain = GainNet(self.cfg)
        self.unet = UNet(self.cfg)
        self.reset()

    def reset(self) -> None:
        """He initialisation; heads start near zero: the untrained network only doubles the light."""
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.zeros_(m.bias)
        # Planes are positive with a known middle: start every stem centred on it, or half of
        # its ReLUs never open.
        w = self.gain.stem_y.weight.data
        w.sub_(w.mean((2, 3), keepdim=True)).add_(torch.rand(w.shape[0], 1, 1, 1) / 64)
        for stem, middle in (
            (self.gain.stem_uv, NEUTRAL),
            (self.unet.stem_uv, NEUTRAL),
            (self.unet.stem_y, 0.4),
        ):
            stem.bias.data.copy_(-middle * stem.weight.data.sum((1, 2, 3)))
        self.gain.down.bias.data.copy_(-0.4 * self.gain.down.weight.data.sum((1, 2, 3)))
        for head in (self.gain.head, self.unet.head, self.unet.degradation):
            nn.init.normal_(head.weight, std=1e-3)
        self.gain.head.bias.data[0] = 0.7  # the average training picture wants about twice its light
        u = self.unet
        for conv in (*self.gain.context, *u.mid, *u.enc4, *u.enc8, *u.dec8, *u.dec4):
            conv.weight.data.mul_(0.5)
        # Detail comes over the skips: enlarged features ten times as large would drown it.
        for conv in (u.up8.conv, u.up4.conv):
            conv.weight.data.mul_(0.1)
        nn.init.normal_(u.head.weight, std=5e-3)

    def maps(self, y: Tensor, uv: Tensor) -> tuple[Tensor, ...]:
        """-> features, then at 1/16: gain and offset of luma [N,1], gain [N,1] and offsets [N,2] of chroma

        x -> gain * (x - zero) + zero + offset, written as gain * x + (offset + zero * (1 - gain)).
        """
        features, maps = self.gain(y, uv)
        gain_y = maps[:, 0:1].clamp(MIN_LOG_GAIN, MAX_LOG_GAIN).exp()
        gain_uv = (maps[:, 0:1] + maps[:, 2:3]).clamp(MIN_LOG_GAIN, MAX_LOG_GAIN).exp()
        off_y = maps[:, 1:2] + BLACK * (1 - gain_y)
        off_uv = maps[:, 3:5] + NEUTRAL * (1 - gain_uv)
        return features, gain_y, off_y, gain_uv, off_uv

    def coarse(self, y: Tensor, uv: Tensor) -> tuple[Tensor, Tensor]:
        """The gained planes at 1/16, without the U-Net: brightness learns from many more pictures so."""
        _, gain_y, off_y, gain_uv, off_uv = self.maps(y, uv)
        return F.avg_pool2d(y, 16) * gain_y + off_y, F.avg_pool2d(uv, 8) * gain_uv + off_uv

    def forward(self, y: Tensor, u: Tensor, v: Tensor, strength: float = 1.0) -> dict:
        uv = torch.cat([u, v], 1)
        features, gain_y, off_y, gain_uv, off_uv = self.maps(y, uv)
        up_y = F.interpolate(torch.cat([gain_y, off_y], 1), scale_factor=16, mode="bilinear")
        up_uv = F.interpolate(torch.cat([gain_uv, off_uv], 1), scale_factor=8, mode="bilinear")
        gained_y = y * up_y[:, 0:1] + up_y[:, 1:2]
        gained_uv = uv * up_uv[:, 0:1] + up_uv[:, 1:3]
        residual, degradation = self.unet(gained_y, gained_uv, features)
        full_y = gained_y + F.pixel_shuffle(residual[:, :16], 4)
        full_uv = gained_uv + F.pixel_shuffle(residual[:, 16:], 2)
        return {
            "y": y + strength * (full_y - y),
            "uv": uv + strength * (full_uv - uv),
            "residual_y": full_y - gained_y,
            "residual_uv": full_uv - gained_uv,
            "gained_y": gained_y,
            "gained_uv": gained_uv,
            "degradation": degradation,
        }
