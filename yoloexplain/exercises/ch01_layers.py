"""Chapter 1: a dense layer and a transition as learners write them, right and wrong.

It stands beside the path from image to picture, under ``ch01``.
"""

from math import ceil

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import Transition
from .exercise import Mistake

# --- ch01.dense_layer ----------------------------------------------------------------------------


class MyDenseLayer(nn.Module):
    """A solution of ch01.dense_layer."""

    def __init__(self, in_channels: int, growth_rate: int) -> None:
        super().__init__()
        hidden = 4 * growth_rate
        self.narrow = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, hidden, 1, bias=False),
        )
        self.norm = nn.BatchNorm2d(hidden)
        self.conv = nn.Conv2d(hidden, growth_rate, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.relu(self.norm(self.narrow(x))))


class Layer(nn.Module):
    """A dense layer in which something is wrong."""

    kernels = (1, 3)

    def __init__(self, in_channels: int, growth_rate: int) -> None:
        super().__init__()
        hidden = self.hidden(in_channels, growth_rate)
        first, last = self.kernels
        self.narrow = nn.Sequential(
            *self.before(in_channels),
            nn.Conv2d(in_channels, hidden, first, padding=first // 2, bias=False),
        )
        self.norm = nn.BatchNorm2d(hidden)
        self.conv = nn.Conv2d(hidden, growth_rate, last, padding=last // 2, bias=False)

    def hidden(self, c: int, k: int) -> int:
        return 4 * k

    def before(self, c: int) -> tuple[nn.Module, ...]:
        """What stands before the first convolution."""
        return nn.BatchNorm2d(c), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Narrow, norm, bend, mix."""
        return self.conv(F.relu(self.norm(self.narrow(x))))


class NarrowedToK(Layer):
    def hidden(self, c: int, k: int) -> int:
        return k


class NarrowedToAQuarter(Layer):
    def hidden(self, c: int, k: int) -> int:
        return c // 4


class WideFirst(Layer):
    kernels = (3, 1)


class ReLUBeforeNorm(Layer):
    def before(self, c: int) -> tuple[nn.Module, ...]:
        return nn.ReLU(), nn.BatchNorm2d(c)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.norm(F.relu(self.narrow(x))))


class ReLUAtTheEnd(Layer):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu(super().forward(x))


class OneNorm(Layer):
    def __init__(self, in_channels: int, growth_rate: int) -> None:
        super().__init__(in_channels, growth_rate)
        del self.norm

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.narrow(x))


class ConvolutionFirst(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        hidden = 4 * k
        self.narrow = nn.Sequential(
            nn.Conv2d(c, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU()
        )
        self.conv = nn.Conv2d(hidden, k, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(k)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(self.narrow(x))))


class LaidBehind(Layer):
    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, super().forward(x)], dim=1)


class Added(Layer):
    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x)


DENSE_LAYER_MISTAKES = (
    Mistake(
        "convolution first",
        ConvolutionFirst,
        "a dense layer is pre-activated. Norm and ReLU stand before each convolution, so that "
        "every reader of a shared map brings its own scale and threshold.",
    ),
    Mistake(
        "ReLU before norm",
        ReLUBeforeNorm,
        "the norm comes first and shifts the maps, then the ReLU cuts off what is below zero.",
    ),
    Mistake(
        "ReLU at the end",
        ReLUAtTheEnd,
        "what a layer writes stays unbent, for its readers have a norm and a ReLU of their own.",
    ),
    Mistake(
        "second norm missing",
        OneNorm,
        "a norm and a ReLU stand before the 3×3 too. With no bend between them, a 1×1 and a 3×3 "
        "do no more than one 3×3 can.",
    ),
    Mistake(
        "narrowed to k",
        NarrowedToK,
        "the 1×1 narrows to four times the growth rate, and only the 3×3 goes down to k.",
    ),
    Mistake(
        "narrowed to a quarter",
        NarrowedToAQuarter,
        "that is how a ResNet narrows. Here the width follows from what is added, 4k, however "
        "much is read.",
    ),
    Mistake(
        "wide kernel first",
        WideFirst,
        "the 1×1 comes first, so that the costly 3×3 has only 4k channels to read.",
    ),
    Mistake(
        "lays them behind",
        LaidBehind,
        "the layer gives its new maps alone. The block lays them behind the old ones, and would "
        "now have those twice.",
    ),
    Mistake(
        "adds its input",
        Added,
        "a ResNet adds. A dense layer gives k new maps, whatever the number that it has read.",
    ),
)

# --- ch01.transition -----------------------------------------------------------------------------


class MyTransition(nn.Module):
    """A solution of ch01.transition."""

    def __init__(self, in_channels: int, compression: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, int(compression * in_channels), 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), 2)


def transition(in_channels: int, compression: float) -> Transition:
    """Build the package's own, which is told the channels and not the share of them."""
    return Transition(in_channels, int(compression * in_channels))


class Bridge(nn.Module):
    """A transition in which something is wrong."""

    stride = 1

    def __init__(self, in_channels: int, compression: float) -> None:
        super().__init__()
        kept = self.kept(in_channels, compression)
        self.norm = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, kept, 1, self.stride, bias=False)

    def kept(self, c: int, share: float) -> int:
        return int(share * c)

    def bend(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(x))

    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Norm and bend, mix, halve."""
        return self.pool(self.conv(self.bend(x)))


class AllKept(Bridge):
    def kept(self, c: int, share: float) -> int:
        return c


class AlwaysHalf(Bridge):
    def kept(self, c: int, share: float) -> int:
        return c // 2


class ShareRemoved(Bridge):
    def kept(self, c: int, share: float) -> int:
        return int((1 - share) * c)


class RoundedUp(Bridge):
    def kept(self, c: int, share: float) -> int:
        return ceil(share * c)


class Maximum(Bridge):
    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 2)


class WidePool(Bridge):
    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 3, stride=2, padding=1)


class NoPool(Bridge):
    def pool(self, x: Tensor) -> Tensor:
        return x


class StrideInstead(NoPool):
    stride = 2


class BentTwice(Bridge):
    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(F.relu(x), 2)


class PoolFirst(Bridge):
    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.bend(F.avg_pool2d(x, 2)))


class MixedFirst(Bridge):
    def __init__(self, in_channels: int, compression: float) -> None:
        super().__init__(in_channels, compression)
        self.norm = nn.BatchNorm2d(self.conv.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.bend(self.conv(x)), 2)


TRANSITION_MISTAKES = (
    Mistake("nothing compressed", AllKept, "the 1×1 keeps the share `compression` of the maps."),
    Mistake("always half", AlwaysHalf, "half is the share of DenseNet-C; use what is asked for."),
    Mistake(
        "share removed",
        ShareRemoved,
        "the compression θ is the share that is kept, not the share that goes.",
    ),
    Mistake(
        "rounded up", RoundedUp, "the paper rounds down: where θ leaves half a channel, it goes."
    ),
    Mistake(
        "maximum",
        Maximum,
        "a transition averages its 2×2 patches; the stem is the only part that takes a maximum.",
    ),
    Mistake("other window", WidePool, "the windows are 2×2 and do not overlap."),
    Mistake("sides not halved", NoPool, "a transition mixes *and* halves the sides: a pool of 2."),
    Mistake(
        "stride instead of pool",
        StrideInstead,
        "a 1×1 with stride 2 looks at one position of four and throws three away; the average "
        "reads them all.",
    ),
    Mistake(
        "bent twice",
        BentTwice,
        "behind the convolution nothing bends, for the next layer begins with a norm and a ReLU.",
    ),
    Mistake(
        "pool before the ReLU",
        PoolFirst,
        "a pool may change places with the 1×1, since both are sums, but not with the ReLU: the "
        "average of bent values is not the bent average.",
    ),
    Mistake(
        "convolution first",
        MixedFirst,
        "a transition is pre-activated like the layers: it norms and bends what it reads.",
    ),
)
