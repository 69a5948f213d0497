"""PAN: a second way up, so that fine detail reaches the coarse levels on a short path.

It stands between the FPN and the head.
Source: Path Aggregation Network (Liu et al. 2018, arXiv 1803.01534), section 3.1 and figure 1.

An FPN carries meaning downwards, to the fine levels. From a fine level back to the coarsest the way
led through the whole backbone; the bottom-up path of PAN takes two convolutions a level.
Departure: the published form adds, as here; YOLOv4 and YOLOv5 concatenate instead, and YOLOv5's
whole neck is in ``yoloexplain.yolov5.network``.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Levels = dict[str, Float[Tensor, "b c _ _"]]


class PAN(nn.Module):
    """Bottom-up path augmentation: n3 = p3, then n(i+1) = conv(down(n(i)) + p(i+1)).

    Takes the levels of an FPN, finest first, all with ``channels`` channels, and returns as many
    under the same names.

    Parameters
    ----------
    channels
        Of every level.
    num_levels
        How many levels the FPN hands over.
    """

    def __init__(self, channels: int = 256, num_levels: int = 4) -> None:
        super().__init__()
        steps = num_levels - 1
        self.down = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, stride=2, padding=1) for _ in range(steps)
        )
        self.out = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(steps))

    def forward(self, pyramid: Levels) -> Levels:
        """Walk from the finest level up, adding as we go."""
        names = list(pyramid)
        path = {names[0]: pyramid[names[0]]}
        for below, name, down, out in zip(names[:-1], names[1:], self.down, self.out, strict=True):
            summed = F.relu(down(path[below])) + pyramid[name]
            path[name] = F.relu(out(summed))
        return path
